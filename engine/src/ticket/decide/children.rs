//! Tickets that a study turns into: further catalogue lines, and bespoke changes at the study's
//! price. Each is offered to the client and ordered separately (S30).

use super::{
    draft::{Draft, line},
    operate::LARGEST,
    order::{Checked, blank, is_capped, tasks},
};
use crate::{
    envelope::{self, Pricing},
    ticket::{Item, Ordered, Refusal, Ticket, Transition},
};
use catalogue::{Entry, Price, Speed, Text, Tokens};
use serde_json::json;
use workflows::reference::Scope;

/// Workflow of changes that have no catalogue line of their own.
const BESPOKE: &str = "quoted-work";

/// The price of a line at normal speed, when it has one before a quote.
pub(super) fn known_price(entry: &Entry, checked: &Checked) -> Option<Price> {
    catalogue::price(entry, &checked.answers, Speed::Normal).ok()
}

/// A further line of the same study: its own ticket, offered to the client.
pub(super) fn offered_child(
    draft: &Draft<'_>,
    nth: i64,
    entry: &Entry,
    checked: Checked,
) -> Result<Transition, Refusal> {
    let price = known_price(entry, &checked);
    let pricing = if price.is_some() {
        Pricing::Offered
    } else {
        Pricing::Quoted
    };
    let cluster = checked.cluster.clone();
    let nodes = envelope::wrap(checked.acts, pricing, &draft.facts.contract.terms);
    let mut ticket = blank(draft.facts, nth, entry.title.clone(), checked.ordered);
    ticket.cluster = cluster;
    ticket.price = price;
    ticket.capped = is_capped(entry);
    ticket.tasks = tasks(nodes, 0);
    child(draft, ticket)
}

fn child(draft: &Draft<'_>, mut ticket: Ticket) -> Result<Transition, Refusal> {
    ticket.parent = Some(draft.it.ticket.id);
    ticket.requester = draft.it.ticket.requester;
    ticket.filer = draft.it.ticket.filer;
    let mut child = Draft::new(ticket, "ticket.offered", draft.facts);
    child.say("parent", draft.it.ticket.reference.clone());
    child.advance()?;
    Ok(child.finish())
}

/// A change that the catalogue does not have: done by hand, step by step, at its own price.
pub(super) fn bespoke_child(
    draft: &Draft<'_>,
    nth: i64,
    item: &Item,
) -> Result<Transition, Refusal> {
    let facts = draft.facts;
    if item.tokens.0 == 0 || item.tokens.0 > LARGEST {
        return Err(Refusal::OutOfRange { field: "tokens" });
    }
    let title = Text::new(
        line("title", &item.title.fr)?,
        line("title", &item.title.en)?,
    );
    let workflow = facts
        .workflows
        .get(BESPOKE)
        .filter(|it| it.is_validated())
        .ok_or_else(|| Refusal::NotValidated(BESPOKE.into()))?;
    let answers = json!({ "description": title.fr });
    let empty = json!({});
    let scope = Scope {
        form: &answers,
        given: &empty,
        ticket: &empty,
    };
    let acts = workflow
        .unfold(&scope, &|_| false)
        .map_err(|e| Refusal::Workflow(e.to_string()))?;
    let nodes = envelope::wrap(acts, Pricing::Offered, &facts.contract.terms);
    let ordered = Ordered {
        entry: None,
        answers: answers.clone(),
        workflow: workflow.name.clone(),
        workflow_version: workflow.version,
        validated_by: workflow.validated_by.clone(),
        why: None,
        need: Some(item.title.fr.clone()),
    };
    let mut ticket = blank(facts, nth, title, ordered);
    let tokens = item.tokens;
    let formula = Text::new("selon l’étude", "as the study says");
    ticket.price = Some(Price {
        base: tokens,
        surcharge: Tokens(0),
        formula,
    });
    ticket.tasks = tasks(nodes, 0);
    child(draft, ticket)
}
