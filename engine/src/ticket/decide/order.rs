//! A change is ordered: everything is checked before anything is reserved.

use super::draft::{Draft, entitled, text};
use crate::{
    approval,
    envelope::{self, Pricing},
    id::{PersonId, TicketId},
    notice::Occasion,
    people::{Person, Right},
    quota::{self, SlotMove},
    run::Run,
    ticket::{Facts, Order, Ordered, Refusal, Start, State, Task, Ticket, Transition},
    window::paris_date,
};
use catalogue::{Answers, Entry, Family, Inventory, Price, Speed, Text, Tokens};
use chrono::{Datelike, Duration};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use workflows::{Node, Party, Purpose, Work, reference, reference::Scope};

/// How far ahead a start may be asked for.
const FARTHEST_DAYS: i64 = 366;

/// Who asks and who files: the client's own person, or support on their behalf.
pub(super) fn requester(
    facts: &Facts,
    on_behalf_of: Option<PersonId>,
) -> Result<(&Person, Option<PersonId>), Refusal> {
    let Some(id) = on_behalf_of else {
        let person = entitled(facts, Right::Request)?;
        if person.client.as_deref() != Some(facts.contract.client.as_str()) {
            return Err(Refusal::NotEntitled);
        }
        return Ok((person, None));
    };
    let filer = entitled(facts, Right::Support)?;
    let person = facts
        .people
        .iter()
        .find(|it| it.id == id)
        .ok_or(Refusal::NotFound)?;
    let theirs = person.client.as_deref() == Some(facts.contract.client.as_str());
    if !theirs || !person.may(Right::Request) {
        return Err(Refusal::NotEntitled);
    }
    Ok((person, Some(filer.id)))
}

/// Whether the contract lets the line be ordered at all.
fn covered(entry: &Entry, facts: &Facts) -> Result<(), Refusal> {
    let contract = &facts.contract;
    let today = paris_date(facts.now);
    if today < contract.starts || today > contract.ends {
        return Err(Refusal::OutsideContract {
            starts: contract.starts,
            ends: contract.ends,
        });
    }
    let needs: &[Family] = match entry.family {
        Family::Kubernetes => &[Family::Kubernetes],
        Family::Containers => &[Family::Kubernetes, Family::Containers],
    };
    if needs.iter().any(|it| !contract.services.contains(it)) {
        return Err(Refusal::NotSubscribed(entry.code.clone()));
    }
    if !entry.orderable_on(contract.offer, contract.terms.shared_checks) {
        return Err(Refusal::NotOnShared(entry.code.clone()));
    }
    Ok(())
}

/// A line with its answers, checked as far as it can be without touching any system.
pub(super) struct Checked {
    pub(super) ordered: Ordered,
    pub(super) answers: Answers,
    pub(super) acts: Vec<Node>,
    pub(super) cluster: Option<String>,
}

/// Checks the form, finds the workflow and unfolds it, and lets every action look at its
/// parameters. `reference` names the ticket in commit messages and the like.
pub(super) fn check(
    entry: &Entry,
    raw: &Map<String, Value>,
    requester: &Person,
    reference: &str,
    facts: &Facts,
) -> Result<Checked, Refusal> {
    covered(entry, facts)?;
    let answers = entry
        .form
        .accept(raw, facts.contract.as_ref() as &dyn Inventory)
        .map_err(Refusal::Form)?;
    let cluster = answers.text("cluster").map(str::to_owned);
    let workflow = facts
        .workflows
        .get(&entry.workflow)
        .ok_or_else(|| Refusal::NotValidated(entry.workflow.clone()))?;
    if !workflow.is_validated() {
        return Err(Refusal::NotValidated(entry.workflow.clone()));
    }
    let form = answers.as_value();
    let given = Value::Object(entry.given.clone());
    let ticket = json!({
        "reference": reference, "cluster": cluster, "actor": requester.name,
        "client": facts.contract.client,
    });
    let scope = Scope {
        form: &form,
        given: &given,
        ticket: &ticket,
    };
    let exists = |name: &str| facts.registry.get(name).is_some();
    let acts = workflow
        .unfold(&scope, &exists)
        .map_err(|e| Refusal::Workflow(e.to_string()))?;
    parameters(&acts, facts)?;
    let ordered = Ordered {
        entry: Some(entry.clone()),
        answers: form,
        workflow: workflow.name.clone(),
        workflow_version: workflow.version,
        validated_by: workflow.validated_by.clone(),
        why: None,
        need: None,
    };
    Ok(Checked {
        ordered,
        answers,
        acts,
        cluster,
    })
}

/// Every action whose parameters are known already says whether it accepts them.
fn parameters(acts: &[Node], facts: &Facts) -> Result<(), Refusal> {
    let mut violations = Vec::new();
    for node in acts {
        let Work::Action { name, with } = &node.work else {
            continue;
        };
        let Some(action) = facts.registry.get(name) else {
            continue;
        };
        if let Ok(params) = reference::resolve_outputs(with, &|_| None) {
            violations.extend(action.validate(&params));
        }
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Parameters(violations))
    }
}

/// There must be somebody else to agree and to validate, and enough of them (P23, S9, S18).
pub(super) fn somebody_decides(
    facts: &Facts,
    requester: PersonId,
    filer: Option<PersonId>,
    purposes: &[Purpose],
) -> Result<(), Refusal> {
    let barred = filer.into_iter().chain([requester]).collect();
    let client = &facts.contract.client;
    let none = Default::default();
    let few = purposes.iter().any(|it| {
        let needed = match it {
            Purpose::Agreement => facts.contract.terms.agreement_quorum.max(1),
            _ => 1,
        };
        let able = approval::eligible(&facts.people, client, Party::Client, *it, &barred, &none);
        able.len() < needed as usize
    });
    if few {
        Err(Refusal::NobodyToDecide)
    } else {
        Ok(())
    }
}

/// The reference of the `nth` ticket that this command makes.
pub(super) fn reference(facts: &Facts, nth: i64) -> String {
    let year = paris_date(facts.now).year();
    format!(
        "{}-{year}-{:04}",
        facts.contract.client,
        facts.next_number + nth
    )
}

/// A ticket with nothing on it yet.
pub(super) fn blank(facts: &Facts, nth: i64, title: Text, ordered: Ordered) -> Ticket {
    Ticket {
        id: TicketId(facts.name()),
        client: facts.contract.client.clone(),
        contract: facts.contract.code.clone(),
        reference: reference(facts, nth),
        version: 1,
        state: State::Preparing,
        code: ordered.entry.as_ref().map(|it| it.code.clone()),
        title,
        cluster: None,
        parent: None,
        requester: PersonId(uuid::Uuid::nil()),
        filer: None,
        speed: Speed::Normal,
        price: None,
        capped: false,
        spent: Tokens(0),
        slot: None,
        start: Start::Asap,
        starts_at: None,
        created_at: facts.now,
        updated_at: facts.now,
        wake_at: None,
        digest: None,
        impact: None,
        round: 0,
        suspended: None,
        standstill: None,
        unwinding: None,
        contested: None,
        ending: None,
        cause: None,
        waits_for: None,
        study: None,
        ordered: Arc::new(ordered),
        tasks: Run::default(),
        gates: Vec::new(),
        holds: Vec::new(),
    }
}

/// The tasks of a run, numbered from `first`.
pub(super) fn tasks(nodes: Vec<Node>, first: usize) -> Run {
    let numbered = nodes.into_iter().enumerate();
    numbered
        .map(|(i, node)| Task::new(i32::try_from(first + i).unwrap_or(i32::MAX), node))
        .collect()
}

/// Whether time and materials are counted under a ceiling (S32).
pub(super) fn is_capped(entry: &Entry) -> bool {
    matches!(entry.pricing, catalogue::Pricing::TimeAndMaterials)
}

/// Orders a change from the catalogue.
pub(super) fn order(order: &Order, facts: &Facts) -> Result<Transition, Refusal> {
    let (person, filer) = requester(facts, order.on_behalf_of)?;
    let entry = &order.entry;
    let mut checked = check(entry, &order.answers, person, &reference(facts, 0), facts)?;
    checked.ordered.why = order.why.as_deref().map(|it| text("why", it)).transpose()?;
    if let Start::At(at) = order.start
        && (at < facts.now - Duration::minutes(5) || at > facts.now + Duration::days(FARTHEST_DAYS))
    {
        return Err(Refusal::BadStart);
    }
    let price = price(entry, &checked.answers, order.speed)?;
    let purposes: &[Purpose] = match price {
        Some(_) => &[Purpose::Agreement, Purpose::Validation],
        None => &[Purpose::Offer, Purpose::Agreement, Purpose::Validation],
    };
    somebody_decides(facts, person.id, filer, purposes)?;
    let slot = match order.speed {
        Speed::Normal => None,
        Speed::Accelerated => Some(quota::free(&facts.slots).ok_or(Refusal::QuotaSpent {
            resets: facts.year.until,
        })?),
    };
    let pricing = if price.is_some() {
        Pricing::Known
    } else {
        Pricing::Quoted
    };
    let nodes = envelope::wrap(checked.acts, pricing, &facts.contract.terms);
    let mut ticket = blank(facts, 0, entry.title.clone(), checked.ordered);
    ticket.cluster = checked.cluster;
    ticket.requester = person.id;
    ticket.filer = filer;
    ticket.speed = order.speed;
    ticket.start = order.start;
    ticket.capped = is_capped(entry);
    ticket.price = price.clone();
    ticket.slot = slot.map(|ordinal| (facts.year.from, ordinal));
    ticket.tasks = tasks(nodes, 0);
    let mut draft = Draft::new(ticket, "ticket.ordered", facts);
    draft.it.slot = slot.map(|ordinal| SlotMove::Reserve {
        from: facts.year.from,
        ordinal,
    });
    if let Some(price) = &price {
        draft.hold(price.total())?;
    }
    let words = serde_json::to_string(&draft.it.ticket.ordered.answers).unwrap_or_default();
    draft.say("params", words);
    draft.say("line", entry.code.clone());
    let about = super::draft::snapshot(&draft.it.ticket, facts);
    receipt_to_requester(&mut draft, about);
    draft.advance()?;
    Ok(draft.finish())
}

/// N1 goes to the requester even when they ordered themselves: it is their receipt.
pub(super) fn receipt_to_requester(draft: &mut Draft<'_>, facts: Value) {
    let to = draft.it.ticket.requester;
    let notice = crate::notice::Notice {
        occasion: Occasion::Submitted,
        to,
        gate: None,
        facts,
    };
    draft.it.notices.push(notice);
}

/// The price, or `None` for a line on quote.
fn price(entry: &Entry, answers: &Answers, speed: Speed) -> Result<Option<Price>, Refusal> {
    use catalogue::PriceRefusal as No;
    match catalogue::price(entry, answers, speed) {
        Ok(price) => Ok(Some(price)),
        Err(No::Quoted) => Ok(None),
        Err(No::AcceleratedQuote) => Err(Refusal::AccelerationOfQuote),
        Err(No::MissingField { .. } | No::TooLarge) => Err(Refusal::OutOfRange { field: "price" }),
    }
}
