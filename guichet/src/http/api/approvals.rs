//! `/approvals`: questions put to persons, and their answers.

use super::{
    super::{Web, problem::Problem},
    auth::{Acting, Signed},
    body::Sent,
    tickets::{names, seen, view},
    views::ticket::{GateView, TicketView, WaitingView},
};
use axum::{
    Json,
    extract::{Path, State},
};
use engine::{
    approval::Verdict,
    id::GateId,
    people::Person,
    query::Turn,
    store::Known,
    ticket::{Command, Ticket},
};
use serde::Deserialize;

/// Questions this person may answer now.
pub(super) async fn list(
    State(web): State<Web>,
    signed: Signed,
) -> Result<Json<Vec<WaitingView>>, Problem> {
    let waiting = web.desk.inbox(&signed.person).await?;
    let gates = waiting
        .iter()
        .filter(|it| matches!(it.what, Turn::Gate(..)));
    Ok(Json(
        gates.map(|it| WaitingView::of(it, signed.lang)).collect(),
    ))
}

/// The ticket and the gate that `REFERENCE.gate` names.
async fn find(web: &Web, person: &Person, id: &str) -> Result<(Ticket, GateId), Problem> {
    let (reference, gate) = id.split_once('.').ok_or_else(Problem::not_found)?;
    let gate: GateId = gate.parse().map_err(|_| Problem::not_found())?;
    let ticket = seen(web, person, reference).await?;
    match ticket.gate(gate) {
        Some(_) => Ok((ticket, gate)),
        None => Err(Problem::not_found()),
    }
}

pub(super) async fn one(
    State(web): State<Web>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<GateView>, Problem> {
    let (ticket, gate) = find(&web, &signed.person, &id).await?;
    let names = names(&web, &ticket.client).await?;
    let gate = ticket.gate(gate).ok_or_else(Problem::not_found)?;
    Ok(Json(GateView::of(gate, &ticket.reference, &names)))
}

/// A decision, bound to what was read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    decision: Verdict,
    plan_digest: String,
    comment: Option<String>,
}

pub(super) async fn decide(
    State(web): State<Web>,
    acting: Acting,
    Path(id): Path<String>,
    Sent(body): Sent<DecisionBody>,
) -> Result<Json<TicketView>, Problem> {
    let (ticket, gate) = find(&web, &acting.person, &id).await?;
    let command = Command::Decide {
        gate,
        verdict: body.decision,
        digest: body.plan_digest,
        comment: body.comment,
    };
    let ticket = web
        .desk
        .handle(&Known::from(&ticket), command, acting.caller)
        .await?;
    Ok(Json(view(&web, &ticket, acting.lang).await?))
}

pub(super) async fn remind(
    State(web): State<Web>,
    acting: Acting,
    Path(id): Path<String>,
) -> Result<Json<TicketView>, Problem> {
    let (ticket, gate) = find(&web, &acting.person, &id).await?;
    let command = Command::Remind { gate };
    let ticket = web
        .desk
        .handle(&Known::from(&ticket), command, acting.caller)
        .await?;
    Ok(Json(view(&web, &ticket, acting.lang).await?))
}
