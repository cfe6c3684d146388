//! The letters themselves.

use super::*;
use chrono::TimeDelta;

/// Every letter under the name of its snapshot.
pub fn all() -> Vec<(&'static str, Letter)> {
    let page = || PORTAL.to_owned();
    let conclusion = |outcome, charged| {
        Letter::Conclusion(Conclusion {
            outcome,
            charged,
            balance: 30,
            page: page(),
        })
    };
    vec![
        (
            "n01_submitted",
            Letter::Submitted {
                next: Text::new("qualification", "triage"),
                before: Some(at("2026-11-22T17:00:00Z")),
                price: Some(accelerated()),
                decider: Some("Paul Dupont".into()),
                page: page(),
            },
        ),
        (
            "n01_submitted_unpriced",
            Letter::Submitted {
                next: Text::new("appel d’une demi-heure", "half-hour call"),
                before: None,
                price: None,
                decider: None,
                page: page(),
            },
        ),
        (
            "n02_question",
            Letter::Question {
                asker: "Léa Martin".into(),
                question: "Quel est le pic attendu ?\nEt jusqu’à quand ?".into(),
                page: page(),
            },
        ),
        (
            "n03_quote",
            Letter::Ask(Ask::Quote(Quote {
                price: Price {
                    base: 12,
                    surcharge: 0,
                    slot: None,
                },
                covers: vec![Text::new(
                    "Tableau de bord à 8 panneaux",
                    "Dashboard of 8 panels",
                )],
                until: at("2026-12-22T22:59:00Z"),
                link: decision(),
            })),
        ),
        ("n04_approval", Letter::Ask(Ask::Approval(approval()))),
        (
            "n04_approval_code",
            Letter::Ask(Ask::Approval(Approval {
                plan: heavy_plan(),
                price: Price {
                    base: 3,
                    surcharge: 0,
                    slot: None,
                },
                window: None,
                by: None,
                link: Link::Decision {
                    url: DECISION.into(),
                    code: Some("402 917".into()),
                },
            })),
        ),
        (
            "n05_plan_changed",
            Letter::Ask(Ask::PlanChanged {
                approved: at("2026-11-22T15:03:00Z"),
                now: approval(),
            }),
        ),
        (
            "n06_reminder",
            Letter::Reminder {
                ask: Ask::Approval(approval()),
                nth: 1,
                of: 2,
                left: Some(TimeDelta::minutes(130)),
                reader: Reader::Decider,
            },
        ),
        (
            "n06_reminder_manager",
            Letter::Reminder {
                ask: Ask::Approval(Approval {
                    link: Link::Portal(page()),
                    ..approval()
                }),
                nth: 2,
                of: 2,
                left: Some(TimeDelta::minutes(-5)),
                reader: Reader::Manager {
                    decider: "Paul Dupont".into(),
                },
            },
        ),
        (
            "n07_receipt_own",
            Letter::Receipt(receipt(Decided::Agreed, true)),
        ),
        (
            "n07_receipt_requester",
            Letter::Receipt(receipt(Decided::Declined, false)),
        ),
        (
            "n07_receipt_validated",
            Letter::Receipt(Receipt {
                heading: Heading::Validation,
                comment: None,
                digest: None,
                ..receipt(Decided::Validated, true)
            }),
        ),
        (
            "n08_scheduled",
            Letter::Scheduled {
                window: Window {
                    from: at("2026-11-22T22:30:00Z"),
                    to: Some(at("2026-11-23T00:30:00Z")),
                },
                starting: false,
                plan: plan(),
                page: page(),
            },
        ),
        (
            "n08_starting",
            Letter::Scheduled {
                window: Window {
                    from: at("2026-11-22T21:00:00Z"),
                    to: None,
                },
                starting: true,
                plan: plan(),
                page: page(),
            },
        ),
        (
            "n09_validation",
            Letter::Ask(Ask::Validation(validation(None))),
        ),
        (
            "n09_validation_tacit",
            Letter::Ask(Ask::Validation(validation(Some(at(
                "2026-12-07T17:00:00Z",
            ))))),
        ),
        ("n10_failed_undone", Letter::Failed(failure(Undo::Done))),
        (
            "n10_failed_not_undone",
            Letter::Failed(failure(Undo::Missing)),
        ),
        ("n11_closed", Letter::Closed(closure(false))),
        ("n11_closed_tacit", Letter::Closed(closure(true))),
        (
            "n12_refused",
            Letter::Stopped(Stopped {
                how: Stop::Refused,
                by: Some("Léa Martin".into()),
                reason: Text::new(
                    "Six changements accélérés sont déjà utilisés.",
                    "Six accelerated changes are already used.",
                ),
                clause: Some("§4, « maximum de 6 par an »".into()),
                remedy: Some(Text::new(
                    "Redéposer au prix normal, ou attendre le 1ᵉʳ mars 2027.",
                    "Order again at the normal price, or wait until 1 March 2027.",
                )),
                returned: 4,
                page: page(),
            }),
        ),
        (
            "n12_expired",
            Letter::Stopped(Stopped {
                how: Stop::Expired,
                by: None,
                reason: Text::new("Aucune décision avant l’échéance.", "No decision in time."),
                clause: None,
                remedy: None,
                returned: 0,
                page: page(),
            }),
        ),
        (
            "n13_call",
            Letter::Call(Call {
                from: at("2026-11-24T09:00:00Z"),
                to: at("2026-11-24T09:30:00Z"),
                place: "+33 1 99 00 12 34".into(),
                attendees: vec![
                    ("Paul Dupont".into(), "paul.dupont@acme.example".into()),
                    (
                        "Léa \"Centre\" Martin".into(),
                        "lea.martin@support.nuage.example".into(),
                    ),
                ],
                moved: 0,
                page: page(),
            }),
        ),
        (
            "n13_estimate",
            Letter::Ask(Ask::Estimate(Estimate {
                tokens: 6,
                duration: Text::new("3 jours de travail", "3 days of work"),
                lead_time: Text::new("10 jours ouvrés", "10 working days"),
                until: at("2026-12-22T22:59:00Z"),
                link: decision(),
            })),
        ),
        ("n13_feasible", conclusion(Outcome::Feasible(lines()), 6)),
        (
            "n13_reclassified",
            conclusion(Outcome::Reclassified(lines()), 0),
        ),
        (
            "n13_infeasible",
            conclusion(
                Outcome::Infeasible(Text::new(
                    "GitLab n’offre pas d’accès au registre demandé.",
                    "GitLab gives no access to the registry asked for.",
                )),
                6,
            ),
        ),
    ]
}
