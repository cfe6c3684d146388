//! What surrounds every change: price, plan, agreements, start, validation (S16–S18, `changes.md`
//! §1). The workflow file says only what is particular to the change.

use crate::contract::Terms;
use catalogue::Text;
use serde_json::Value;
use workflows::{GateSpec, Guard, Join, Node, Party, Phase, Purpose, Role, Test, Work};

/// Computes all plans.
pub const PLAN: &str = "plan";
/// The operators agree.
pub const OPERATIONS: &str = "operations";
/// The client agrees.
pub const AGREEMENT: &str = "agreement";
/// The start time.
pub const START: &str = "start";
/// The client validates and closes.
pub const VALIDATION: &str = "validation";
/// The provider gives a price.
pub const QUOTE: &str = "quote";
/// The client accepts a price.
pub const OFFER: &str = "offer";

/// How the price comes to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// Printed in the catalogue: ordering holds the tokens.
    Known,
    /// Already named by a study or a reclassification: held when the client accepts.
    Offered,
    /// The provider names it first.
    Quoted,
}

fn node(name: &str, fr: &str, en: &str, work: Work, after: &[&str], phase: Phase) -> Node {
    Node {
        name: name.to_owned(),
        title: Text::new(fr, en),
        work,
        after: after.iter().map(|it| (*it).to_owned()).collect(),
        join: Join::All,
        when: Vec::new(),
        contractual: None,
        phase,
    }
}

fn gate(party: Party, purpose: Purpose, days: Option<u32>, quorum: u32) -> Work {
    Work::Gate(GateSpec {
        party,
        purpose,
        quorum: quorum.max(1),
        deadline_hours: days.map(|it| it * 24),
    })
}

/// The whole run of a change: `acts` come from its workflow file.
#[must_use]
pub fn wrap(acts: Vec<Node>, pricing: Pricing, terms: &Terms) -> Vec<Node> {
    let mut run = Vec::new();
    let mut before_plan: Vec<&str> = Vec::new();
    if pricing == Pricing::Quoted {
        let work = Work::Manual {
            role: Role::Manager,
            instructions: Text::new(
                "Chiffrer la demande en tokens et dire ce que le prix couvre.",
                "Price the request in tokens and say what the price covers.",
            ),
            with: serde_json::Map::new(),
            instead_of: None,
        };
        run.push(node(QUOTE, "Devis", "Quote", work, &[], Phase::Quote));
        before_plan = vec![QUOTE];
    }
    if pricing != Pricing::Known {
        let work = gate(Party::Client, Purpose::Offer, Some(terms.offer_days), 1);
        let (fr, en) = ("Accord du client sur le prix", "Client accepts the price");
        run.push(node(OFFER, fr, en, work, &before_plan, Phase::Offer));
        before_plan = vec![OFFER];
    }
    run.push(node(
        PLAN,
        "Plan",
        "Plan",
        Work::Plan,
        &before_plan,
        Phase::Plan,
    ));
    let work = gate(
        Party::Operations,
        Purpose::Operations,
        Some(terms.agreement_days),
        1,
    );
    let (fr, en) = ("Accord de l’exploitation", "Operations agree");
    let mut operations = node(OPERATIONS, fr, en, work, &[PLAN], Phase::Agree);
    operations.when.push(Guard {
        value: format!("$task.{PLAN}.level"),
        test: Test::Not(Value::String("none".into())),
    });
    run.push(operations);
    let work = gate(
        Party::Client,
        Purpose::Agreement,
        Some(terms.agreement_days),
        terms.agreement_quorum,
    );
    let (fr, en) = ("Accord du client", "Client agrees");
    run.push(node(
        AGREEMENT,
        fr,
        en,
        work,
        &[PLAN, OPERATIONS],
        Phase::Agree,
    ));
    let (fr, en) = ("Début de l’intervention", "Start of the intervention");
    let timer = Work::Timer { after_s: None };
    run.push(node(START, fr, en, timer, &[AGREEMENT], Phase::Window));

    let leaves: Vec<String> = acts
        .iter()
        .filter(|it| !acts.iter().any(|other| other.after.contains(&it.name)))
        .map(|it| it.name.clone())
        .collect();
    for mut act in acts {
        if act.after.is_empty() {
            act.after.push(START.to_owned());
        }
        run.push(act);
    }
    let work = gate(Party::Client, Purpose::Validation, None, 1);
    let (fr, en) = ("Validation et clôture", "Validation and closure");
    let mut last = node(VALIDATION, fr, en, work, &[], Phase::Validate);
    last.after = leaves;
    run.push(last);
    run
}
