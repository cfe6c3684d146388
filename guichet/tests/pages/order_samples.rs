//! The catalogue, orders, mails and ways in, as views.

use catalogue::Lang;
use guichet::{
    i18n::I18n,
    pages::{
        catalogue::{CataloguePage, ItemPage, Line as Item, Note, Section, Stage},
        fields::{Choice, Fault, Faults, Field, Input, Line},
        order::{CheckPage, OrderPage, StudyNewPage},
        outbox::{MailPage, OutboxPage, Row as Mail},
        parts::Class,
        people::{Persona, PersonasPage, SignInPage},
        ui::Fact,
    },
};

use crate::{
    samples::{at, two, ui},
    ticket_samples,
};

fn line(lang: Lang, code: &str, fr: &str, en: &str, price: &str, class: Class) -> Item {
    Item {
        code: code.into(),
        title: two(lang, fr, en),
        price: price.into(),
        class,
        automated: code != "C12",
        closed: (code == "C12").then(|| {
            two(
                lang,
                "Non commandable sur Caascad Shared (§ 1.13)",
                "Not on Caascad Shared (§ 1.13)",
            )
        }),
    }
}

fn nodepool(lang: Lang) -> Item {
    line(
        lang,
        "K01",
        "Modifier les valeurs min/max des nodepools",
        "Change node pool bounds",
        "2\u{a0}tokens",
        Class::Complex,
    )
}

pub fn catalogue(lang: Lang) -> CataloguePage {
    CataloguePage {
        ui: ui(lang, "/catalogue?q=pool"),
        q: "pool".into(),
        simple: false,
        sections: vec![Section {
            title: two(lang, "Kubernetes managé", "Managed Kubernetes"),
            lines: vec![
                nodepool(lang),
                line(
                    lang,
                    "K06",
                    "Hibernation",
                    "Hibernate",
                    "1\u{a0}token",
                    Class::Simple,
                ),
                line(
                    lang,
                    "C12",
                    "Dashboard Grafana",
                    "Grafana dashboard",
                    "—",
                    Class::Quote,
                ),
            ],
        }],
    }
}

pub fn item(lang: Lang) -> ItemPage {
    ItemPage {
        ui: ui(lang, "/catalogue/K01"),
        line: nodepool(lang),
        what: Some(two(
            lang,
            "Change les bornes d’un nodepool.",
            "Changes the bounds of a pool.",
        )),
        facts: vec![
            Fact::new(two(lang, "Prix", "Price"), "2\u{a0}tokens"),
            Fact::new(two(lang, "Accéléré", "Accelerated"), "4\u{a0}tokens"),
            Fact::new(
                two(lang, "Délai", "Lead time"),
                two(lang, "non contractuel", "none agreed"),
            ),
        ],
        notes: vec![Note {
            text: two(
                lang,
                "La consommation IaaS des nœuds ajoutés reste à votre charge.",
                "The IaaS consumption of added nodes remains yours.",
            ),
            clause: Some("§ 1.14".into()),
        }],
        tasks: vec![
            Stage {
                name: "task-1".into(),
                title: two(lang, "Calculer le plan", "Compute the plan"),
                who: "Guichet".into(),
            },
            Stage {
                name: "task-2".into(),
                title: two(lang, "Accord du client", "Agreement"),
                who: "ACME".into(),
            },
        ],
        picture: Some(ticket_samples::PICTURE.into()),
        orders: true,
    }
}

/// A form with every kind of field.
fn fields(lang: Lang, wrong: bool) -> Vec<Field> {
    let words = I18n::get(lang);
    let choice = |value: &str, label: String, chosen| Choice {
        chosen,
        ..Choice::new(value, label)
    };
    vec![
        Field::new(
            words,
            "cluster",
            "Cluster",
            Input::Select(vec![choice("prod-paris", "prod-paris".into(), true)]),
        ),
        Field::new(
            words,
            "max",
            "Maximum",
            Input::Line(Line::number("30", Some("nœuds".into()))),
        )
        .hint(two(
            lang,
            "aujourd’hui 6, au plus 20",
            "6 today, 20 at most",
        ))
        .error(wrong.then(|| two(lang, "20 au plus", "20 at most"))),
        Field::new(
            words,
            "labels",
            two(lang, "Étiquettes, une par ligne", "Labels, one per line"),
            Input::Area {
                value: "a=b\nc={d}".into(),
                rows: 3,
                code: true,
            },
        )
        .optional(),
        Field::new(
            words,
            "env",
            two(lang, "Environnements", "Environments"),
            Input::Checks(vec![
                choice("prod", "prod".into(), true),
                choice("preprod", "preprod".into(), false),
            ]),
        ),
        Field::new(
            words,
            "iaas",
            two(
                lang,
                "Le coût IaaS reste à ma charge",
                "The IaaS cost remains mine",
            ),
            Input::Flag(false),
        ),
        Field::new(
            words,
            "speed",
            two(lang, "Délai", "Speed"),
            Input::Radios(vec![
                choice("normal", format!("Normal — {}", "2\u{a0}tokens"), true),
                Choice {
                    hint: Some(two(
                        lang,
                        "2 utilisés sur 6 cette année",
                        "2 used of 6 this year",
                    )),
                    ..choice(
                        "accelerated",
                        two(
                            lang,
                            "Accéléré — 4\u{a0}tokens",
                            "Accelerated — 4\u{a0}tokens",
                        ),
                        false,
                    )
                },
            ]),
        ),
    ]
}

pub fn order(lang: Lang, wrong: bool) -> OrderPage {
    let fields = fields(lang, wrong);
    let mut faults = Faults::of(I18n::get(lang), &fields);
    if wrong {
        faults.items.push(Fault {
            id: None,
            text: two(lang, "6 sur 6 utilisés", "6 of 6 used"),
            clause: Some("§ 4".into()),
        });
    }
    OrderPage {
        ui: ui(lang, "/catalogue/K01/new"),
        line: nodepool(lang),
        fields,
        faults,
        price: vec![
            Fact::new(two(lang, "Changement", "Change"), "2\u{a0}tokens"),
            Fact::new(two(lang, "Disponibles", "Available"), "40\u{a0}tokens"),
        ],
        key: "0192f0aa".into(),
    }
}

pub fn check(lang: Lang) -> CheckPage {
    CheckPage {
        ui: ui(lang, "/catalogue/K01/new"),
        line: nodepool(lang),
        answers: vec![
            Fact::new("Cluster", "prod-paris"),
            Fact::new("Maximum", "10"),
        ],
        terms: vec![Fact::new(two(lang, "Prix", "Price"), "4\u{a0}tokens")],
        posted: vec![
            ("cluster".into(), "prod-paris".into()),
            ("max".into(), "\"10\"".into()),
        ],
        key: "0192f0aa".into(),
        cautions: vec![two(
            lang,
            "Le coût IaaS reste à votre charge.",
            "IaaS cost remains yours.",
        )],
    }
}

pub fn study_new(lang: Lang) -> StudyNewPage {
    let words = I18n::get(lang);
    StudyNewPage {
        ui: ui(lang, "/studies/new"),
        fields: vec![Field::new(
            words,
            "need",
            two(lang, "Votre besoin", "Your need"),
            Input::Area {
                value: String::new(),
                rows: 8,
                code: false,
            },
        )],
        faults: Faults::none(words),
        key: "0192f0ab".into(),
    }
}

fn row(lang: Lang) -> Mail {
    Mail {
        id: "12".into(),
        to: "Paul Dupont (paul.dupont@acme.example)".into(),
        subject: two(
            lang,
            "[ACME-2026-0042] Accord attendu\u{a0}: nodepool",
            "[ACME-2026-0042] Approval needed: node pool",
        ),
        at: at("2026-11-22T14:50:00Z"),
        reference: Some("ACME-2026-0042".into()),
    }
}

pub fn outbox(lang: Lang) -> OutboxPage {
    OutboxPage {
        ui: ui(lang, "/outbox"),
        mails: vec![row(lang)],
    }
}

pub fn mail(lang: Lang) -> MailPage {
    MailPage {
        ui: ui(lang, "/outbox/12"),
        row: row(lang),
        headers: vec![("Auto-Submitted".into(), "auto-generated".into())],
        text: two(
            lang,
            "Bonjour Paul Dupont,\n\nVotre accord…",
            "Hello Paul Dupont,\n\nYour…",
        ),
        links: vec!["/v/gch1_0000".into()],
        html: Some("/outbox/12/html".into()),
    }
}

pub fn sign_in(lang: Lang) -> SignInPage {
    let words = I18n::get(lang);
    let fields = vec![
        Field::new(
            words,
            "login",
            two(lang, "Identifiant", "Login"),
            Input::Line(Line {
                complete: "username",
                ..Line::text("")
            }),
        ),
        Field::new(
            words,
            "password",
            two(lang, "Mot de passe", "Password"),
            Input::Line(Line {
                kind: "password",
                complete: "current-password",
                ..Line::text("")
            }),
        ),
    ];
    let mut ui = ui(lang, "/sign-in");
    ui.viewer = None;
    SignInPage {
        ui,
        fields,
        faults: Faults::none(words),
        next: "/inbox".into(),
    }
}

pub fn personas(lang: Lang) -> PersonasPage {
    let persona = |login: &str, name: &str, fr: &str, en: &str| Persona {
        login: login.into(),
        name: name.into(),
        role: two(lang, fr, en),
        house: "ACME".into(),
        sees: two(
            lang,
            "Ses demandes et leur prix.",
            "Their requests and what they cost.",
        ),
    };
    let mut ui = ui(lang, "/demo");
    ui.viewer = None;
    PersonasPage {
        ui,
        personas: vec![
            persona("camille", "Camille Roy", "Demandeuse", "Requester"),
            persona("paul", "Paul Dupont", "Valideur", "Approver"),
            persona("jules", "Jules Leroy", "Opérateur", "Operator"),
        ],
        tour: vec![two(
            lang,
            "Camille dépose une demande",
            "Camille sends a request",
        )],
    }
}
