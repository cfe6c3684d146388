//! Decisions and what links open, as views.

use catalogue::Lang;
use guichet::{
    i18n::I18n,
    pages::{
        decide::{DecidePage, Decision, Recorded, StalePage},
        fields::{Choice, Faults, Field, Input, Line},
        link::{GonePage, LinkPage, ReceiptPage, RenewedPage},
        plan::PlanView,
        ui::Fact,
    },
};
use serde_json::json;
use workflows::plan::{Change, Fidelity, Level, Plan, Verb};

use crate::{
    samples::{self, Page, at, page, two},
    ticket_samples,
};

pub fn pages(lang: Lang) -> Vec<Page> {
    let decides = |it: Page| Page {
        decides: true,
        ..it
    };
    let mut ui = samples::ui(lang, "/v/gch1_0000");
    ui.viewer = None;
    vec![
        page("ticket", lang, &ticket_samples::ticket(lang)),
        page("ticket-failed", lang, &ticket_samples::failed(lang)),
        page("study", lang, &ticket_samples::study(lang)),
        decides(page(
            "decide",
            lang,
            &DecidePage {
                ui: samples::ui(lang, "/tickets/ACME-2026-0042/decide"),
                reference: "ACME-2026-0042".into(),
                decision: decision(lang, false),
            },
        )),
        page(
            "stale",
            lang,
            &StalePage {
                ui: samples::ui(lang, "/tickets/ACME-2026-0042/decide"),
                reference: "ACME-2026-0042".into(),
                read: "sha256:0011223344556677".into(),
                plan: Some(ticket_samples::plan(lang)),
            },
        ),
        decides(page("link", lang, &link(lang, false))),
        decides(page("link-error", lang, &link(lang, true))),
        page(
            "receipt",
            lang,
            &ReceiptPage {
                ui: ui.clone(),
                recorded: recorded(lang),
                already: true,
            },
        ),
        page("gone", lang, &GonePage { ui: ui.clone() }),
        page("renewed", lang, &RenewedPage { ui }),
    ]
}

fn decision(lang: Lang, wrong: bool) -> Decision {
    let words = I18n::get(lang);
    let fields = vec![
        Field::new(
            words,
            "choice",
            two(lang, "Votre décision", "Your decision"),
            Input::Radios(vec![
                Choice::new("approve", two(lang, "Je donne mon accord", "I agree")),
                Choice::new("refuse", two(lang, "Je refuse", "I refuse")),
            ]),
        )
        .error(wrong.then(|| two(lang, "Choisissez une réponse", "Choose an answer"))),
        Field::new(
            words,
            "comment",
            two(lang, "Commentaire", "Comment"),
            Input::Area {
                value: String::new(),
                rows: 3,
                code: false,
            },
        )
        .hint(two(
            lang,
            "obligatoire si vous refusez",
            "required if you refuse",
        )),
        Field::new(
            words,
            "code",
            two(
                lang,
                "Code à 6 chiffres du courriel",
                "6-digit code of the e-mail",
            ),
            Input::Line(Line {
                complete: "one-time-code",
                ..Line::number("", None)
            }),
        ),
    ];
    Decision {
        question: two(lang, "Donnez-vous votre accord\u{202f}?", "Do you agree?"),
        facts: vec![
            Fact::new(two(lang, "Demande", "Request"), "ACME-2026-0042 — frontaux"),
            Fact::new(two(lang, "Prix", "Price"), "4\u{a0}tokens"),
        ],
        plan: Some(ticket_samples::plan(lang).capped(30)),
        detail: two(lang, "En détail", "In detail"),
        caution: Some(two(
            lang,
            "Dus même si impossible.",
            "Due even if infeasible.",
        )),
        action: "/v/gch1_0000".into(),
        nonce: "n0".into(),
        faults: Faults::of(words, &fields),
        fields,
        again: None,
    }
}

fn link(lang: Lang, wrong: bool) -> LinkPage {
    let mut ui = samples::ui(lang, "/v/gch1_0000");
    ui.viewer = None;
    LinkPage {
        ui,
        decision: decision(lang, wrong),
        person: "Paul Dupont".into(),
    }
}

fn recorded(lang: Lang) -> Recorded {
    Recorded {
        reference: "ACME-2026-0042".into(),
        title: "frontaux".into(),
        who: "Paul Dupont".into(),
        what: two(lang, "Accord donné", "Agreed"),
        yes: true,
        at: at("2026-11-22T14:58:00Z"),
        comment: None,
        digest: Some("sha256:9f2c1e77aabbccdd41".into()),
        next: two(
            lang,
            "Le changement commence à 22 h.",
            "The change starts at 22:00.",
        ),
    }
}

/// A link about a change of very many objects.
pub fn heavy_link(lang: Lang) -> LinkPage {
    let text: String = (0..40).map(|n| format!("key-{n}: value\n")).collect();
    let change = |n: usize| Change {
        path: format!("prod-paris/namespace/with-a-long-name/object-{n}"),
        verb: Verb::Create,
        before: json!(null),
        after: json!(text),
        secret: false,
        fidelity: Fidelity::Exact,
    };
    let plan = Plan::new(json!(null), (0..200).map(change).collect(), Level::Reload);
    let plan = PlanView::of(I18n::get(lang), "sha256:9f2c1e77aabbccdd41", &[plan]);
    let mut page = link(lang, true);
    page.decision.plan = Some(plan.capped(24));
    page
}
