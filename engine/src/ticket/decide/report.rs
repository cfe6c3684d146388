//! What runners take, announce and report. An attempt that lost its claim changes nothing (R5).

use super::draft::Draft;
use crate::{
    envelope,
    ticket::{
        Ending, Refusal, State, Status, Ticket,
        command::Outcome,
        task::{Effect, Planned, Task},
    },
};
use chrono::Duration;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use workflows::{Evidence, Fault, Impact, Level, Phase, Plan, UndoKind, Work, plan};

/// A runner takes a task, or takes over one whose holder has been silent past its lease.
pub(super) fn claim(
    draft: &mut Draft<'_>,
    name: &str,
    owner: &str,
    lease: Duration,
) -> Result<(), Refusal> {
    let (now, state) = (draft.now(), draft.it.ticket.state);
    let task = draft.task(name)?;
    let due = task.run_at.is_none_or(|it| it <= now);
    // One that ends later than any claim of now could was given by a clock that went back since.
    let absurd = now + lease * 2;
    let expired = task.lease_until.is_some_and(|it| it < now || it > absurd);
    let by_machine = matches!(task.node.work, Work::Plan | Work::Action { .. });
    let allowed = match task.status {
        Status::Ready if task.node.phase == Phase::Plan => due && state == State::Preparing,
        Status::Ready => due && state == State::Running,
        Status::UndoDue => due && state == State::Undoing && !crate::run::undone_by_hand(task),
        Status::Running | Status::Undoing => expired,
        Status::Waiting
        | Status::Asked
        | Status::Timed
        | Status::Done
        | Status::Failed
        | Status::Skipped
        | Status::Cancelled
        | Status::InDoubt
        | Status::Undone
        | Status::UndoFailed => false,
    };
    if !allowed || !by_machine {
        let status = task.status.word();
        return Err(Refusal::TaskOutOfOrder {
            task: name.to_owned(),
            status,
        });
    }
    task.status = match task.status {
        Status::UndoDue | Status::Undoing => Status::Undoing,
        _ => Status::Running,
    };
    task.fence += 1;
    task.attempt += 1;
    task.owner = Some(owner.to_owned());
    task.lease_until = Some(now + lease);
    task.ended_at = None;
    let fence = task.fence;
    draft.it.record.task = Some(name.to_owned());
    draft.it.record.fence = Some(fence);
    Ok(())
}

/// The task, provided this claim still holds it.
fn held<'t>(draft: &'t mut Draft<'_>, name: &str, fence: i64) -> Result<&'t mut Task, Refusal> {
    draft.it.record.task = Some(name.to_owned());
    draft.it.record.fence = Some(fence);
    let task = draft.task(name)?;
    let running = matches!(task.status, Status::Running | Status::Undoing);
    if running && task.fence == fence {
        Ok(task)
    } else {
        Err(Refusal::StaleAttempt)
    }
}

/// The intent, committed before any call: only for the agreed plan, under the ticket's locks.
pub(super) fn intend(
    draft: &mut Draft<'_>,
    name: &str,
    fence: i64,
    digest: &str,
    undo: UndoKind,
) -> Result<(), Refusal> {
    let (state, id, version) = (
        draft.it.ticket.state,
        draft.it.ticket.id,
        draft.it.ticket.version,
    );
    let locks = &draft.facts.locks;
    let task = held(draft, name, fence)?;
    if state != State::Running || task.status != Status::Running {
        return Err(Refusal::OutOfOrder {
            state,
            verb: "intend",
        });
    }
    let planned = task.planned.as_ref().ok_or(Refusal::PlanChanged)?;
    if planned.digest != digest && !planned.opaque {
        return Err(Refusal::PlanChanged);
    }
    let loose = planned
        .targets
        .iter()
        .find(|it| locks.get(*it).is_none_or(|(holder, _)| *holder != id));
    if let Some(target) = loose {
        return Err(Refusal::Locked {
            holder: target.clone(),
        });
    }
    task.begun.get_or_insert(version);
    task.effect = Some(Effect::Intended);
    task.undo = undo;
    draft.it.record.subject = Some(digest.to_owned());
    draft.it.record.effect = Some(effect_key(&draft.it.ticket, name));
    Ok(())
}

/// Stable key of a task's effect, whatever the attempt (promises §4.3).
#[must_use]
pub(crate) fn effect_key(ticket: &Ticket, task: &str) -> String {
    plan::digest(&json!([ticket.client, ticket.reference, task]))
}

/// What a runner found out.
pub(super) fn report(
    draft: &mut Draft<'_>,
    name: &str,
    fence: i64,
    outcome: &Outcome,
    evidence: &[Evidence],
) -> Result<(), Refusal> {
    let now = draft.now();
    let task = held(draft, name, fence)?;
    task.evidence.extend(evidence.iter().cloned());
    let undoing = task.status == Status::Undoing;
    match outcome {
        Outcome::Planned(plans) => return planned(draft, name, plans),
        Outcome::Done {
            receipt,
            proofs,
            empty,
        } => {
            task.receipt = Some(receipt.clone());
            task.proofs.clone_from(proofs);
            task.effect = Some(if *empty {
                Effect::Empty
            } else {
                Effect::Proved
            });
            task.fault = None;
            task.rest(Status::Done, now);
            let receipt = plan::digest(receipt);
            draft.it.record.subject = Some(receipt);
        }
        Outcome::Retry { fault, at } => {
            task.fault = Some(fault.clone());
            task.run_at = Some(*at);
            task.rest(
                if undoing {
                    Status::UndoDue
                } else {
                    Status::Ready
                },
                now,
            );
            draft.say("fault", fault.message.clone());
            // Nothing is tried again on a ticket that is being taken back.
            return if draft.it.ticket.unwinding.is_some() {
                draft.advance()
            } else {
                Ok(())
            };
        }
        Outcome::Failed { fault, proofs } => {
            task.fault = Some(fault.clone());
            task.proofs.clone_from(proofs);
            task.rest(
                if undoing {
                    Status::UndoFailed
                } else {
                    Status::Failed
                },
                now,
            );
            draft.say("fault", fault.message.clone());
            return failed(draft, name, fault);
        }
        Outcome::InDoubt { fault } => {
            task.fault = Some(fault.clone());
            task.rest(Status::InDoubt, now);
            draft.say("fault", fault.message.clone());
            draft.block(name, &fault.message);
            return Ok(());
        }
        Outcome::Moved { plan } => return moved(draft, name, plan),
        Outcome::Undone { proofs } => {
            task.proofs.clone_from(proofs);
            task.rest(Status::Undone, now);
        }
        Outcome::UndoFailed { fault } => {
            task.fault = Some(fault.clone());
            task.rest(Status::UndoFailed, now);
            draft.say("fault", fault.message.clone());
            draft.block(name, &fault.message);
            return Ok(());
        }
    }
    draft.advance()
}

/// All plans of the ticket: what agreements will be about.
fn planned(draft: &mut Draft<'_>, name: &str, plans: &[(String, Planned)]) -> Result<(), Refusal> {
    let now = draft.now();
    let known: BTreeSet<&str> = plans.iter().map(|(task, _)| task.as_str()).collect();
    for task in &mut draft.it.ticket.tasks {
        if matches!(task.node.work, Work::Action { .. })
            && !task.status.is_over()
            && task.begun.is_none()
            && !known.contains(task.node.name.as_str())
        {
            return Err(Refusal::PlanChanged);
        }
    }
    for (task, plan) in plans {
        let task = draft.task(task)?;
        if task.begun.is_none() {
            task.planned = Some(plan.clone());
        }
    }
    let ticket = draft.ticket();
    super::by_hand::foresee(ticket);
    let impact = ticket
        .tasks
        .iter()
        .filter_map(|it| it.planned.as_ref())
        .fold(Impact::default(), |worst, it| worst.and(&it.plan.impact));
    let planned = ticket.tasks.iter().filter_map(|it| it.planned.as_ref());
    let changes: usize = planned.map(|it| it.plan.changes.len()).sum();
    ticket.round += 1;
    ticket.digest = Some(combined(ticket));
    let level = serde_json::to_value(impact.level).unwrap_or(Value::Null);
    ticket.impact = Some(impact);
    let digest = ticket.digest.clone();
    let task = draft.task(name)?;
    task.receipt = Some(json!({ "level": level, "changes": changes, "digest": digest }));
    task.fault = None;
    task.rest(Status::Done, now);
    draft.it.record.subject = digest;
    draft.advance()
}

/// Digest over everything an agreement covers (P24): plans, answers, price, workflow version.
fn combined(ticket: &Ticket) -> String {
    let plans: Vec<Value> = ticket
        .tasks
        .iter()
        .filter_map(|it| Some(json!([it.node.name, it.planned.as_ref()?.digest])))
        .collect();
    let by_hand: Vec<Value> = ticket
        .tasks
        .iter()
        .filter(|it| matches!(it.node.work, Work::Manual { .. }))
        .map(|it| json!([it.node.name, it.node.work]))
        .collect();
    plan::digest(&json!({
        "plans": plans, "by_hand": by_hand, "answers": ticket.ordered.answers,
        "code": ticket.code, "price": ticket.price,
        "workflow": [ticket.ordered.workflow, ticket.ordered.workflow_version],
    }))
}

/// The target is not as it was when the plan was agreed: back to the gate, nothing touched.
fn moved(draft: &mut Draft<'_>, name: &str, _plan: &Plan<Value>) -> Result<(), Refusal> {
    let now = draft.now();
    draft.supersede_gates();
    // A runner only says so when no earlier try of this task took effect: it begins anew.
    let task = draft.task(name)?;
    (task.begun, task.effect) = (None, None);
    // Somebody else may only take the targets once no call of ours is under way.
    let acting = |it: &Task| it.begun.is_some() && !it.status.is_over();
    if !draft.it.ticket.tasks.iter().any(acting) {
        draft.unlock();
    }
    for task in &mut draft.it.ticket.tasks {
        let envelope = (Phase::Plan..Phase::Act).contains(&task.node.phase);
        let idle = task.node.name == name || task.status == Status::Ready;
        if envelope || (idle && task.begun.is_none()) {
            task.rest(Status::Waiting, now);
            task.run_at = None;
            if envelope {
                task.receipt = None;
                task.attempt = 0;
            }
        }
    }
    debug_assert!(draft.find(envelope::PLAN).is_ok());
    draft.advance()
}

/// A task failed for good: everything is taken back by itself when nobody is hurt by that, else a
/// person chooses (changes §1.7).
fn failed(draft: &mut Draft<'_>, name: &str, fault: &Fault) -> Result<(), Refusal> {
    let ticket = &draft.it.ticket;
    let planning = ticket
        .task(name)
        .is_some_and(|it| it.node.phase == Phase::Plan);
    let stuck = ticket
        .task(name)
        .is_some_and(|it| it.status == Status::UndoFailed);
    if ticket.unwinding.is_some() && !stuck {
        return draft.advance();
    }
    let mild = ticket
        .impact
        .as_ref()
        .is_none_or(|it| it.level <= Level::RollingRestart);
    if planning || stuck || !mild {
        draft.block(name, &fault.message);
        return Ok(());
    }
    draft.turn_back(Ending::Failed, &fault.message)
}
