//! Rows and what they mean: times in microseconds, names as text, bodies as JSON.

use super::{
    StoreError,
    entity::{gate, task, ticket},
};
use crate::{
    approval::{Decision, Gate, GateState},
    id::{PersonId, TicketId},
    ledger::Hold,
    run::Run,
    ticket::{
        Ending, Ordered, Standstill, Start, State, Status, StudyFile, Task, Ticket,
        system::family,
        task::{Effect, Planned},
    },
};
use catalogue::{Price, Speed, Text, Tokens};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeSet, str::FromStr, sync::Arc};
use workflows::{Evidence, Fault, Impact, Node, Proof, UndoKind, Work};

pub(crate) fn corrupt(what: &'static str, why: impl ToString) -> StoreError {
    StoreError::Corrupt {
        what,
        why: why.to_string(),
    }
}
pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}
pub(crate) fn instant(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt("time", micros))
}
pub(crate) fn maybe(at: Option<i64>) -> Result<Option<DateTime<Utc>>, StoreError> {
    at.map(instant).transpose()
}
pub(crate) fn name<T: FromStr>(text: &str) -> Result<T, StoreError>
where
    T::Err: ToString,
{
    text.parse()
        .map_err(|e: T::Err| corrupt("name", e.to_string()))
}
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| corrupt("value", e))
}
pub(crate) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| corrupt(what, e))
}
/// The word of an enum with unit variants only, as serde writes it.
pub(crate) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        other => Err(corrupt("word", format!("{other:?}"))),
    }
}
pub(crate) fn from_word<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|e| corrupt(what, e))
}
pub(crate) fn count(tokens: i64) -> Result<Tokens, StoreError> {
    u32::try_from(tokens)
        .map(Tokens)
        .map_err(|e| corrupt("tokens", e))
}

/// What of a ticket's header is not searched for. What there is not is not written, so that more
/// rows share a page; lists are, since replicas of the first version ask for them.
#[derive(Serialize, Deserialize)]
struct Head {
    title: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filer: Option<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    capped: bool,
    spent: Tokens,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slot: Option<(NaiveDate, u8)>,
    start: Start,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    starts_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    impact: Option<Impact>,
    round: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspended: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    standstill: Option<Standstill>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unwinding: Option<Ending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contested: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    study: Option<StudyFile>,
}

pub(crate) fn ticket_row(it: &Ticket) -> Result<ticket::Model, StoreError> {
    let head = Head {
        title: it.title.clone(),
        filer: it.filer,
        price: it.price.clone(),
        capped: it.capped,
        spent: it.spent,
        slot: it.slot,
        start: it.start,
        starts_at: it.starts_at,
        digest: it.digest.clone(),
        impact: it.impact.clone(),
        round: it.round,
        suspended: it.suspended.clone(),
        standstill: it.standstill.clone(),
        unwinding: it.unwinding,
        contested: it.contested.clone(),
        cause: it.cause.clone(),
        study: it.study.clone(),
    };
    Ok(ticket::Model {
        client: it.client.clone(),
        id: it.id.to_string(),
        contract: it.contract.clone(),
        reference: it.reference.clone(),
        version: it.version,
        state: it.state.word().into(),
        ending: it.ending.map(|it| it.word().into()),
        code: it.code.clone(),
        cluster: it.cluster.clone(),
        parent: it.parent.map(|it| it.to_string()),
        requester: it.requester.to_string(),
        speed: word(&it.speed)?,
        created_at: micros(it.created_at),
        updated_at: micros(it.updated_at),
        wake_at: it.wake_at.map(micros),
        waits_for: it.waits_for.map(|it| it.to_string()),
        head: json(&head)?,
    })
}

/// A ticket from its rows.
pub(crate) fn ticket_of(
    row: ticket::Model,
    ordered: Arc<Ordered>,
    tasks: Run,
    gates: Vec<Gate>,
    holds: Vec<Hold>,
) -> Result<Ticket, StoreError> {
    let head: Head = from_json("ticket", &row.head)?;
    Ok(Ticket {
        id: name(&row.id)?,
        client: row.client,
        contract: row.contract,
        reference: row.reference,
        version: row.version,
        state: State::from_word(&row.state).ok_or_else(|| corrupt("state", &row.state))?,
        code: row.code,
        title: head.title,
        cluster: row.cluster,
        parent: row.parent.map(|it| name::<TicketId>(&it)).transpose()?,
        requester: name(&row.requester)?,
        filer: head.filer,
        speed: from_word::<Speed>("speed", &row.speed)?,
        price: head.price,
        capped: head.capped,
        spent: head.spent,
        slot: head.slot,
        start: head.start,
        starts_at: head.starts_at,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
        wake_at: maybe(row.wake_at)?,
        digest: head.digest,
        impact: head.impact,
        round: head.round,
        suspended: head.suspended,
        standstill: head.standstill,
        unwinding: head.unwinding,
        contested: head.contested,
        ending: row.ending.map(|it| from_word("ending", &it)).transpose()?,
        cause: head.cause,
        waits_for: row.waits_for.map(|it| name(&it)).transpose()?,
        study: head.study,
        ordered,
        tasks,
        gates,
        holds,
    })
}

/// What of a task is not searched for; as with [`Head`].
#[derive(Serialize, Deserialize)]
struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effect: Option<Effect>,
    undo: UndoKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    planned: Option<Arc<Planned>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<Value>,
    #[serde(default)]
    proofs: Vec<Proof>,
    #[serde(default)]
    evidence: Vec<Evidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
}

pub(crate) fn task_row(
    client: &str,
    ticket: TicketId,
    it: &Task,
) -> Result<task::Model, StoreError> {
    let body = Body {
        begun: it.begun,
        effect: it.effect,
        undo: it.undo,
        planned: it.planned.clone(),
        receipt: it.receipt.clone(),
        proofs: it.proofs.clone(),
        evidence: it.evidence.clone(),
        fault: it.fault.clone(),
        note: it.note.clone(),
        by: it.by,
        started_at: it.started_at,
        ended_at: it.ended_at,
    };
    let by_machine = match it.status {
        Status::UndoDue => !crate::run::undone_by_hand(it),
        _ => matches!(it.node.work, Work::Plan | Work::Action { .. }),
    };
    Ok(task::Model {
        client: client.to_owned(),
        ticket: ticket.to_string(),
        seq: it.seq,
        name: it.node.name.clone(),
        status: it.status.word().into(),
        attempt: it.attempt,
        fence: it.fence,
        owner: it.owner.clone(),
        lease_until: it.lease_until.map(micros),
        run_at: it.run_at.map(micros),
        by_machine,
        family: family(&it.node.work).map(str::to_owned),
        body: json(&body)?,
    })
}

/// The nodes of a ticket's tasks, in their order.
pub(crate) fn graph(tasks: &Run) -> Result<String, StoreError> {
    let nodes: Vec<&Node> = tasks.iter().map(|it| it.node.as_ref()).collect();
    json(&nodes)
}

pub(crate) fn task_of(row: task::Model, node: Node) -> Result<Task, StoreError> {
    if row.name != node.name {
        return Err(corrupt("graph", row.name));
    }
    let body: Body = from_json("task", &row.body)?;
    Ok(Task {
        seq: row.seq,
        node: Arc::new(node),
        status: Status::from_word(&row.status).ok_or_else(|| corrupt("status", &row.status))?,
        attempt: row.attempt,
        fence: row.fence,
        owner: row.owner,
        lease_until: maybe(row.lease_until)?,
        run_at: maybe(row.run_at)?,
        begun: body.begun,
        effect: body.effect,
        undo: body.undo,
        planned: body.planned,
        receipt: body.receipt,
        proofs: body.proofs,
        evidence: body.evidence,
        fault: body.fault,
        note: body.note,
        by: body.by,
        started_at: body.started_at,
        ended_at: body.ended_at,
    })
}

pub(crate) fn gate_row(
    client: &str,
    ticket: TicketId,
    it: &Gate,
) -> Result<gate::Model, StoreError> {
    Ok(gate::Model {
        client: client.to_owned(),
        id: it.id.to_string(),
        ticket: ticket.to_string(),
        task: it.task.clone(),
        party: word(&it.party)?,
        purpose: word(&it.purpose)?,
        quorum: i32::try_from(it.quorum).map_err(|e| corrupt("quorum", e))?,
        digest: it.digest.clone(),
        state: it.state.word().into(),
        opened_at: micros(it.opened_at),
        expires_at: it.expires_at.map(micros),
        remind_at: it.remind_at.map(micros),
        reminders: i32::try_from(it.reminders).map_err(|e| corrupt("reminders", e))?,
    })
}

pub(crate) fn gate_of(
    row: gate::Model,
    barred: BTreeSet<PersonId>,
    decisions: Vec<Decision>,
) -> Result<Gate, StoreError> {
    Ok(Gate {
        id: name(&row.id)?,
        task: row.task,
        party: from_word("party", &row.party)?,
        purpose: from_word("purpose", &row.purpose)?,
        quorum: u32::try_from(row.quorum).map_err(|e| corrupt("quorum", e))?,
        digest: row.digest,
        barred,
        state: from_word::<GateState>("gate", &row.state)?,
        opened_at: instant(row.opened_at)?,
        expires_at: maybe(row.expires_at)?,
        remind_at: maybe(row.remind_at)?,
        reminders: u32::try_from(row.reminders).map_err(|e| corrupt("reminders", e))?,
        decisions,
    })
}
