//! One letter of every kind, with facts a reader could meet.

#![allow(dead_code, reason = "each test program uses its part")]

mod all;

pub use all::all;

use catalogue::{Lang, Text};
use chrono::{DateTime, Utc};
use guichet::mail::view::*;
use serde_json::json;
use workflows::plan::{Change, Fidelity, Impact, Level, Verb};

pub const PORTAL: &str = "https://guichet.nuage.example/tickets/ACME-2026-0042";
pub const DECISION: &str =
    "https://guichet.nuage.example/v/gch1_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE_1a2b";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

pub fn reader(lang: Lang) -> Addressee {
    Addressee {
        name: "Paul Dupont".into(),
        mail: "paul.dupont@acme.example".into(),
        lang,
    }
}

pub fn sender() -> Sender {
    Sender {
        provider: "Nuage Sûr".into(),
        address: "guichet@support.nuage.example".into(),
        domain: "support.nuage.example".into(),
        support_phone: "+33 1 99 00 12 34".into(),
        support_mail: "support@support.nuage.example".into(),
        inbound: true,
    }
}

pub fn envelope(n: u32) -> Envelope {
    Envelope {
        reference: "ACME-2026-0042".into(),
        n,
        root: "ACME-2026-0042".into(),
        last: n.checked_sub(1),
        date: at("2026-11-22T14:50:00Z"),
    }
}

pub fn request() -> Request {
    Request {
        title: Text::new(
            "valeurs min et max du nodepool « frontaux »",
            "min and max values of node pool “frontaux”",
        ),
        requester: "Camille Roy (ACME)".into(),
        cluster: Some("prod-paris".into()),
    }
}

pub fn decision() -> Link {
    Link::Decision {
        url: DECISION.into(),
        code: None,
    }
}

pub fn accelerated() -> Price {
    Price {
        base: 2,
        surcharge: 2,
        slot: Some((3, 6)),
    }
}

fn change(path: &str, before: serde_json::Value, after: serde_json::Value, secret: bool) -> Change {
    let verb = match (before.is_null(), after.is_null()) {
        (true, _) => Verb::Create,
        (_, true) => Verb::Delete,
        _ => Verb::Update,
    };
    Change {
        path: path.into(),
        verb,
        before,
        after,
        secret,
        fidelity: Fidelity::Exact,
    }
}

pub fn plan() -> PlanFacts {
    let changes = [
        change("nodepool/frontaux/min", json!(2), json!(3), false),
        change("nodepool/frontaux/max", json!(6), json!(10), false),
    ];
    PlanFacts {
        effects: changes.iter().map(Effect::from).collect(),
        impact: Impact::of(Level::None),
        reversible: Reversible::Alone(Some(5)),
        warnings: vec![Text::new(
            "La consommation IaaS des nœuds ajoutés est à votre charge.",
            "The IaaS consumption of the nodes added is yours to pay.",
        )],
        digest: "sha256:9f2c1e77aabbccddeeff00112233445566778899aabbccddeeff001122334441".into(),
    }
}

/// A plan that cannot be taken back and has a secret in it.
pub fn heavy_plan() -> PlanFacts {
    let changes = [
        change(
            "alertmanager.yml/receivers/astreinte",
            json!(null),
            json!({"webhook": 1}),
            false,
        ),
        change(
            "alertmanager.yml/receivers/ancien",
            json!("courriel"),
            json!(null),
            false,
        ),
        change(
            "secret/alertmanager/astreinte",
            json!("sha256:aa11bb22cc33"),
            json!("sha256:dd44ee55ff66"),
            true,
        ),
    ];
    PlanFacts {
        effects: changes
            .iter()
            .map(Effect::from)
            .chain((1..=11).map(|i| Effect {
                verb: Verb::Run,
                path: format!("pod/alertmanager-{i}"),
                before: None,
                after: None,
                secret: false,
            }))
            .collect(),
        impact: Impact {
            level: Level::DataLoss,
            restarts: vec!["alertmanager-0".into(), "alertmanager-1".into()],
            irreversible: Some("Metrics older than 15 days.".into()),
        },
        reversible: Reversible::No,
        warnings: Vec::new(),
        digest: "sha256:0011223344556677".into(),
    }
}

pub fn approval() -> Approval {
    Approval {
        plan: plan(),
        price: accelerated(),
        window: Some(Window {
            from: at("2026-11-22T21:00:00Z"),
            to: Some(at("2026-11-22T22:00:00Z")),
        }),
        by: Some(at("2026-11-22T17:00:00Z")),
        link: decision(),
    }
}

fn validation(tacit_on: Option<DateTime<Utc>>) -> Validation {
    Validation {
        done: at("2026-11-22T21:07:00Z"),
        results: vec![
            Text::new(
                "min 2 → 3 et max 6 → 10 appliqués.",
                "min 2 → 3 and max 6 → 10 applied.",
            ),
            Text::new(
                "Prometheus voit 3 nœuds prêts dans « frontaux ».",
                "Prometheus sees 3 ready nodes in “frontaux”.",
            ),
        ],
        remains: vec![Text::new(
            "Ajuster vos propres quotas de pods.",
            "Adjust your own pod quotas.",
        )],
        price: accelerated(),
        balance_after: 36,
        by: at("2026-12-06T17:00:00Z"),
        tacit_on,
        link: decision(),
    }
}

fn receipt(decided: Decided, own: bool) -> Receipt {
    Receipt {
        heading: Ask::Approval(approval()).heading(),
        decided,
        at: at("2026-11-22T15:03:00Z"),
        decider: "Paul Dupont".into(),
        own,
        comment: Some("Vu avec l’équipe produit.\nMerci de prévenir l’astreinte.".into()),
        price: Some(accelerated()),
        digest: Some(plan().digest),
        record: 10_231,
        page: PORTAL.into(),
    }
}

fn failure(undo: Undo) -> Failure {
    Failure {
        step: 6,
        title: Text::new("Appliquer min et max", "Apply min and max"),
        cause: Text::new(
            "Le fournisseur refuse plus de 8 nœuds dans cette zone.",
            "The provider refuses more than 8 nodes in this zone.",
        ),
        undo,
        returned: if undo == Undo::Missing { 0 } else { 4 },
        page: PORTAL.into(),
    }
}

fn closure(tacit: bool) -> Closure {
    Closure {
        charged: 4,
        balance: 36,
        accelerated: (3, 6),
        tacit,
        record: 10_240,
        page: PORTAL.into(),
    }
}

fn lines() -> Vec<(Text, u32)> {
    vec![
        (
            Text::new("Structurer le dépôt Git", "Structure the Git repository"),
            4,
        ),
        (Text::new("Routine de déploiement", "Deployment routine"), 1),
    ]
}
