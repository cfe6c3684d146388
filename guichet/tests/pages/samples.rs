//! One believable view of every page.

use askama::Template;
use catalogue::Lang;
use chrono::{DateTime, Utc};
use guichet::{
    i18n::{I18n, code},
    pages::{
        Theme, Ui, Viewer,
        audit::{AuditPage, Record},
        contract::{ContractPage, Lot, Slots},
        fields::{Choice, Field, Input, Line},
        inbox::{Group, InboxPage, Item as Waiting},
        parts::{Badge, Mark, Tone},
        tickets::{Row, TicketsPage},
        trouble::{Kind, Reason, TroublePage},
        ui::Fact,
    },
};

use crate::{decision_samples, order_samples, ticket_samples};

/// A page as it is sent.
pub struct Page {
    pub name: &'static str,
    pub lang: &'static str,
    pub html: String,
    /// Whether a person decides something on it.
    pub decides: bool,
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn ui(lang: Lang, here: &str) -> Ui {
    Ui {
        words: I18n::get(lang),
        now: at("2026-11-22T14:52:00Z"),
        theme: Theme::Auto,
        here: here.to_owned(),
        viewer: Some(Viewer {
            name: "Paul Dupont".into(),
            role: two(lang, "valideur", "approver"),
            house: "ACME".into(),
            contract: Some("ACME-K8S".into()),
            todo: 3,
            orders: true,
        }),
        provider: "Nuage Sûr".into(),
        demo: true,
    }
}

pub fn two(lang: Lang, fr: &str, en: &str) -> String {
    match lang {
        Lang::Fr => fr.to_owned(),
        Lang::En => en.to_owned(),
    }
}

pub fn page(name: &'static str, lang: Lang, view: &impl Template) -> Page {
    Page {
        name,
        lang: code(lang),
        html: view.render().unwrap(),
        decides: false,
    }
}

/// Every page in one language.
pub fn pages(lang: Lang) -> Vec<Page> {
    let mut all = decision_samples::pages(lang);
    all.extend([
        page("inbox", lang, &inbox(lang)),
        page("tickets", lang, &tickets(lang)),
        page("catalogue", lang, &order_samples::catalogue(lang)),
        page("item", lang, &order_samples::item(lang)),
        page("order", lang, &order_samples::order(lang, false)),
        page("order-error", lang, &order_samples::order(lang, true)),
        page("check", lang, &order_samples::check(lang)),
        page("study-new", lang, &order_samples::study_new(lang)),
        page("contract", lang, &contract(lang)),
        page("audit", lang, &audit(lang)),
        page("outbox", lang, &order_samples::outbox(lang)),
        page("mail", lang, &order_samples::mail(lang)),
        page("sign-in", lang, &order_samples::sign_in(lang)),
        page("personas", lang, &order_samples::personas(lang)),
        page("not-found", lang, &trouble(lang, Kind::NotFound)),
        page("forbidden", lang, &trouble(lang, Kind::Forbidden)),
        page("refused", lang, &trouble(lang, Kind::Refused)),
        page("broken", lang, &trouble(lang, Kind::Broken)),
        page("unavailable", lang, &trouble(lang, Kind::Unavailable)),
        page("too-many", lang, &trouble(lang, Kind::TooMany)),
    ]);
    all
}

fn inbox(lang: Lang) -> InboxPage {
    let waiting = |act: String, title: String, reference: &str, due: &str, tokens| Waiting {
        act,
        title,
        reference: reference.into(),
        href: format!("/tickets/{reference}"),
        due: Some(at(due)),
        tokens: Some(tokens),
        badges: vec![Badge {
            tone: Tone::Wait,
            text: two(lang, "Accéléré", "Accelerated"),
        }],
    };
    let mine = vec![
        waiting(
            two(lang, "Donner votre accord", "Give your agreement"),
            two(
                lang,
                "Modifier min/max du nodepool",
                "Change node pool bounds",
            ),
            "ACME-2026-0042",
            "2026-11-22T17:00:00Z",
            4,
        ),
        waiting(
            two(lang, "Valider et clôturer", "Validate and close"),
            two(
                lang,
                "Changer la rétention des logs",
                "Change log retention",
            ),
            "ACME-2026-0040",
            "2026-11-20T17:00:00Z",
            3,
        ),
    ];
    let group = |title: String, mine, items| Group {
        title,
        mine,
        empty: two(lang, "Rien pour le moment.", "Nothing right now."),
        items,
    };
    InboxPage {
        ui: ui(lang, "/inbox"),
        groups: vec![
            group(two(lang, "Vos décisions", "Your decisions"), true, mine),
            group(
                two(lang, "En cours ailleurs", "Under way elsewhere"),
                false,
                vec![],
            ),
        ],
    }
}

fn tickets(lang: Lang) -> TicketsPage {
    let row = |n: u32, mark: Mark, state: String| Row {
        reference: format!("ACME-2026-00{n}"),
        title: two(
            lang,
            "Ajout d’un receiver Alertmanager",
            "Add an Alertmanager receiver",
        ),
        mark,
        state,
        contract: "ACME-K8S".into(),
        ordered: at("2026-11-16T09:00:00Z"),
        tokens: Some(3),
        badges: vec![],
    };
    TicketsPage {
        ui: ui(lang, "/tickets?q=a"),
        q: "a".into(),
        states: vec![Choice::new("", two(lang, "Tous", "All"))],
        accelerated: false,
        count: 3,
        rows: vec![
            row(
                42,
                Mark::WaitingPerson("Paul Dupont".into()),
                two(lang, "Attend votre accord", "Waiting for your agreement"),
            ),
            row(40, Mark::Done, two(lang, "Clôturée", "Closed")),
            row(
                39,
                Mark::RolledBack,
                two(
                    lang,
                    "Non réalisée, retour arrière fait",
                    "Not completed, rolled back",
                ),
            ),
        ],
        more: Some("/tickets?q=a&after=39".into()),
    }
}

fn contract(lang: Lang) -> ContractPage {
    ContractPage {
        ui: ui(lang, "/contracts/ACME-K8S"),
        code: "ACME-K8S".into(),
        facts: vec![Fact::new(two(lang, "Offre", "Offer"), "Caascad dédié")],
        granted: 100,
        held: 4,
        spent: 60,
        lots: vec![Lot {
            label: two(lang, "Achat initial", "First purchase"),
            granted: 100,
            left: 40,
            expires: Some(at("2026-12-31T23:00:00Z")),
        }],
        slots: Slots {
            of: 6,
            taken: vec![
                ("ACME-2026-0031".into(), true),
                ("ACME-2026-0042".into(), false),
            ],
            from: at("2025-12-31T23:00:00Z"),
            until: at("2026-12-31T23:00:00Z"),
        },
        periods: vec![Choice::new("2026-11", two(lang, "nov. 2026", "Nov 2026"))],
        opening: 40,
        moves: ticket_samples::moves(lang),
    }
}

fn audit(lang: Lang) -> AuditPage {
    let words = I18n::get(lang);
    AuditPage {
        ui: ui(lang, "/audit"),
        fields: vec![
            Field::new(
                words,
                "who",
                two(lang, "Qui", "Who"),
                Input::Line(Line::text("")),
            ),
            Field::new(
                words,
                "from",
                two(lang, "Du", "From"),
                Input::Line(Line::text("")),
            ),
        ],
        count: 1284,
        records: vec![Record {
            seq: 10231,
            at: at("2026-11-22T21:07:14Z"),
            who: "Jules Leroy".into(),
            kind: "task.done".into(),
            text: two(lang, "a appliqué min 2→3", "applied min 2→3"),
            reference: Some("ACME-2026-0042".into()),
            hash: "9f2c1e77aabbccdd4455".into(),
        }],
        more: None,
    }
}

fn trouble(lang: Lang, kind: Kind) -> TroublePage {
    TroublePage {
        ui: ui(lang, "/tickets/X"),
        kind,
        reason: (kind == Kind::Refused).then(|| Reason {
            code: "quota.spent".into(),
            text: two(
                lang,
                "6 sur 6 utilisés cette année.",
                "6 of 6 used this year.",
            ),
            clause: Some("§ 4".into()),
            remedy: Some(two(
                lang,
                "Commandez au prix normal.",
                "Order at the normal price.",
            )),
        }),
        request: (kind == Kind::Broken).then(|| "0192f0ac".into()),
    }
}
