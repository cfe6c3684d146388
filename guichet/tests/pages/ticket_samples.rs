//! Tickets and studies, as views.

use catalogue::Lang;
use guichet::{
    i18n::I18n,
    pages::{
        fields::{Choice, Field, Form, Input, Line, Shown},
        parts::{Badge, Check, Class, Mark, Progress, Step, Tone, Turn},
        plan::PlanView,
        study::{Call, StudyPage},
        ticket::{
            Agreement, Event, Failure, Head, Kin, Move, Next, Price, ProofLine, Task, Tense,
            TicketPage, Tokens,
        },
        ui::Fact,
    },
};
use serde_json::json;
use workflows::plan::{Change, Fidelity, Level, Plan, Verb};

use crate::samples::{at, two, ui};

/// A small picture, as the drawer of workflows makes them.
pub const PICTURE: &str = r#"
<svg class="dag" viewBox="0 0 240 100" width="240" height="100" aria-hidden="true">
<path d="M120 30L120 63"/>
<g class="s-ok"><rect x="40" y="0" width="160" height="30" rx="6"/>
<text x="120" y="20" text-anchor="middle">Plan</text></g>
<g class="s-wait"><rect x="40" y="63" width="160" height="30" rx="6"/>
<text x="120" y="83" text-anchor="middle">Accord</text></g></svg>"#;

pub fn plan(lang: Lang) -> PlanView {
    let change = |path: &str, before, after, secret| Change {
        path: path.into(),
        verb: Verb::Update,
        before,
        after,
        secret,
        fidelity: Fidelity::Exact,
    };
    let mut plan = Plan::new(
        json!(null),
        vec![
            change(
                "prod-paris/nodepools/frontaux/max",
                json!(6),
                json!(10),
                false,
            ),
            change(
                "prod-paris/alertmanager.yml",
                json!("route:\n  receiver: base\n"),
                json!("route:\n  receiver: base\n  routes: []\n"),
                false,
            ),
            change(
                "prod-paris/secret",
                json!("sha256:0a11b22c33d44e55"),
                json!("sha256:77e1a9c3d4e5f601"),
                true,
            ),
        ],
        Level::RollingRestart,
    );
    plan.impact.restarts = vec!["prometheus".into()];
    plan.warnings = vec!["The label is used by 2 dashboards.".into()];
    PlanView::of(I18n::get(lang), "sha256:9f2c1e77aabbccdd41", &[plan])
}

fn head(lang: Lang, class: Class) -> Head {
    Head {
        reference: "ACME-2026-0042".into(),
        title: two(
            lang,
            "Modifier les valeurs min/max de «\u{a0}<b>frontaux</b>\u{a0}»",
            "Change the bounds of “<b>frontaux</b>”",
        ),
        class,
        slot: Some((3, 6)),
        contract: "ACME-K8S".into(),
        zone: Some("prod-paris".into()),
        requester: "Camille Roy".into(),
        ordered: at("2026-11-22T14:50:00Z"),
        mark: Mark::WaitingPerson("Paul Dupont".into()),
        sentence: two(lang, "Attend votre accord", "Waiting for your agreement"),
        due: Some(at("2026-11-22T17:00:00Z")),
        badges: vec![],
    }
}

fn steps(at: usize, last: Progress) -> Vec<Step> {
    let keys = [
        "step-received",
        "step-qualified",
        "step-planned",
        "step-agreed",
        "step-executed",
        "step-closed",
    ];
    keys.iter()
        .enumerate()
        .map(|(i, key)| Step {
            key,
            progress: match i {
                1 => Progress::NotNeeded,
                i if i < at => Progress::Done,
                i if i == at => last,
                _ => Progress::Ahead,
            },
        })
        .collect()
}

fn form(lang: Lang, button: String, shape: Shown, fields: Vec<Field>) -> Form {
    Form {
        words: I18n::get(lang),
        action: "/tickets/ACME-2026-0042/cancel".into(),
        key: "0192f0aa".into(),
        fields,
        hidden: vec![("task".into(), "deposit".into())],
        button,
        shape,
    }
}

fn task(lang: Lang, number: usize, fr: &str, en: &str, mark: Mark) -> Task {
    Task {
        name: format!("task-{number}"),
        title: two(lang, fr, en),
        span: (mark == Mark::Done).then(|| "48\u{a0}s".into()),
        mark,
        who: "cluster".into(),
        instructions: None,
        log: vec![],
        proofs: vec![],
        forms: vec![],
    }
}

fn tasks(lang: Lang) -> Vec<Task> {
    vec![
        task(lang, 1, "Calculer le plan", "Compute the plan", Mark::Done),
        task(
            lang,
            2,
            "Accord du client",
            "Client’s agreement",
            Mark::WaitingPerson("Paul Dupont".into()),
        ),
        task(
            lang,
            3,
            "Fenêtre",
            "Window",
            Mark::WaitingWindow(at("2026-11-22T21:00:00Z")),
        ),
        task(
            lang,
            4,
            "Appliquer",
            "Apply",
            Mark::Running(at("2026-11-22T14:50:00Z")),
        ),
        task(lang, 5, "Contrôler", "Check", Mark::Queued),
        task(lang, 6, "Prévenir", "Announce", Mark::Skipped),
    ]
}

pub fn moves(lang: Lang) -> Vec<Move> {
    vec![Move {
        at: at("2026-11-22T14:50:00Z"),
        label: two(lang, "Réservation, accéléré", "Held, accelerated"),
        reference: Some("ACME-2026-0042".into()),
        amount: -4,
        held: 4,
        available: 36,
    }]
}

pub fn ticket(lang: Lang) -> TicketPage {
    TicketPage {
        ui: ui(lang, "/tickets/ACME-2026-0042?new=1"),
        head: head(lang, Class::Complex),
        fresh: true,
        steps: steps(3, Progress::Current),
        next: Next {
            title: two(lang, "Donner votre accord", "Give your agreement"),
            turn: Turn::You,
            checks: vec![
                Check {
                    done: true,
                    text: two(lang, "Plan calculé", "Plan computed"),
                },
                Check {
                    done: true,
                    text: two(lang, "Tokens réservés", "Tokens held"),
                },
                Check {
                    done: false,
                    text: two(lang, "Accord de P. Dupont", "P. Dupont agrees"),
                },
            ],
            notes: vec![two(lang, "Sans interruption.", "No interruption.")],
            link: Some((
                "/tickets/ACME-2026-0042/decide".into(),
                two(lang, "Examiner puis décider", "Review and decide"),
            )),
            forms: vec![form(
                lang,
                two(lang, "Annuler la demande", "Cancel the request"),
                Shown::Folded,
                vec![Field::new(
                    I18n::get(lang),
                    "reason",
                    two(lang, "Motif", "Reason"),
                    Input::Line(Line::text("")),
                )],
            )],
        },
        failure: None,
        asked: vec![Fact::new("Maximum", "10"), Fact::new("Minimum", "3")],
        plan: Some(plan(lang)),
        tense: Tense::Ahead,
        price: Price {
            base: Some(2),
            surcharge: 2,
            formula: None,
            state: Tokens::Held,
        },
        tasks: tasks(lang),
        picture: Some(PICTURE.into()),
        agreements: vec![Agreement {
            what: two(lang, "accord sur le plan", "agreement on the plan"),
            who: "Paul Dupont".into(),
            badge: Badge {
                tone: Tone::Wait,
                text: two(lang, "attendu", "awaited"),
            },
            asked: at("2026-11-22T14:50:00Z"),
            answered: None,
            comment: None,
            digest: Some("sha256:9f2c1e77aabbccdd41".into()),
        }],
        moves: moves(lang),
        feed: vec![Event {
            at: at("2026-11-22T14:50:00Z"),
            who: "Camille Roy".into(),
            text: two(lang, "a déposé la demande", "sent the request"),
            comment: Some("<i>merci</i>".into()),
        }],
        kin: vec![],
    }
}

pub fn failed(lang: Lang) -> TicketPage {
    let mut page = ticket(lang);
    page.fresh = false;
    page.head.mark = Mark::RolledBack;
    page.head.sentence = two(
        lang,
        "Non réalisée, retour arrière fait",
        "Not completed, undone",
    );
    page.head.due = None;
    page.steps = steps(4, Progress::Stopped);
    page.next.turn = Turn::Other(two(lang, "exploitation", "operations"));
    page.next.link = None;
    page.price.state = Tokens::Returned;
    page.tense = Tense::Dropped;
    page.failure = Some(Failure {
        task: two(lang, "Appliquer", "Apply"),
        cause: two(
            lang,
            "Alertmanager a refusé la configuration.",
            "Alertmanager refused the configuration.",
        ),
        words: Some("500 <nil>".into()),
        undone: two(
            lang,
            "Tout a été remis comme avant.",
            "Everything was put back.",
        ),
        duty: two(lang, "rien.", "nothing."),
    });
    let mut broken = task(
        lang,
        4,
        "Appliquer",
        "Apply",
        Mark::Failed(two(lang, "configuration refusée", "configuration refused")),
    );
    broken.log = vec![
        "POST /-/reload 500".into(),
        "undefined receiver \"x\" <nil>".into(),
    ];
    broken.proofs = vec![ProofLine {
        claim: "receiver is loaded".into(),
        expected: "\"astreinte\"".into(),
        actual: "null".into(),
        ok: false,
    }];
    broken.forms = vec![form(
        lang,
        two(lang, "Réessayer", "Retry"),
        Shown::Plain,
        vec![],
    )];
    page.tasks[3] = broken;
    page
}

pub fn study(lang: Lang) -> StudyPage {
    let ticket = ticket(lang);
    let slot = |value: &str, chosen| Choice {
        chosen,
        ..Choice::new(value, value)
    };
    StudyPage {
        ui: ui(lang, "/tickets/ACME-2026-0043"),
        head: head(lang, Class::Study),
        fresh: false,
        steps: ticket.steps,
        next: Next {
            title: two(lang, "Choisir un créneau", "Choose a slot"),
            turn: Turn::You,
            checks: vec![],
            notes: vec![],
            link: None,
            forms: vec![form(
                lang,
                two(lang, "Choisir ce créneau", "Choose this slot"),
                Shown::Primary,
                vec![Field::new(
                    I18n::get(lang),
                    "slot",
                    two(lang, "Créneau", "Slot"),
                    Input::Radios(vec![slot("1", false), slot("2", false)]),
                )],
            )],
        },
        need: vec![Fact::new(two(lang, "Besoin", "Need"), "GitLab CI\n→ Gitea")],
        call: Some(Call {
            proposed: vec![at("2026-11-24T09:00:00Z"), at("2026-11-25T13:30:00Z")],
            chosen: None,
            attendees: vec!["Léa Martin".into()],
            minutes: Some("…\n…".into()),
        }),
        outcome: vec![Fact::new(
            two(lang, "Estimation", "Estimate"),
            "6\u{a0}tokens",
        )],
        kin: vec![Kin {
            relation: two(lang, "a donné", "led to"),
            reference: "ACME-2026-0044".into(),
            title: two(lang, "Déployer une image", "Deploy an image"),
        }],
        moves: vec![],
        feed: ticket.feed,
    }
}
