//! What runners take, announce and report. An attempt that lost its claim changes nothing (R5).

use super::draft::Draft;
use crate::{
    envelope,
    ticket::{
        Ending, Refusal, State, Status, Takers, Ticket,
        command::Outcome,
        family,
        task::{Effect, Planned, Task},
    },
};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use workflows::{Evidence, Fault, Impact, Level, Phase, Plan, UndoKind, Work, plan};

/// A runner takes a task, or takes over one whose holder has been silent past its lease.
pub(super) fn claim(
    draft: &mut Draft<'_>,
    name: &str,
    owner: &str,
    lease: Duration,
    heir_of: Option<&str>,
) -> Result<(), Refusal> {
    let (now, state) = (draft.now(), draft.it.ticket.state);
    let task = draft.task(name)?;
    // One that ends later than any claim of now could was given by a clock that went back since.
    let absurd = now + lease * 2;
    let expired = task.lease_until.is_some_and(|it| it < now || it > absurd);
    // A call that a dead holder announced may still be under way: its lease is waited for.
    let orphaned = heir_of.is_some()
        && heir_of == task.owner.as_deref()
        && task.status == Status::Running
        && task.effect != Some(Effect::Intended);
    let allowed = match task.status {
        Status::Running | Status::Undoing => expired || orphaned,
        _ => admits(state, task) && task.is_due(now),
    };
    if !allowed {
        let status = task.status.word();
        return Err(Refusal::TaskOutOfOrder {
            task: name.to_owned(),
            status,
        });
    }
    task.hold(owner, now + lease);
    let fence = task.fence;
    draft.it.record.task = Some(name.to_owned());
    draft.it.record.fence = Some(fence);
    Ok(())
}

/// Whether a ticket in that state lets machines work on this task (R10).
fn admits(state: State, task: &Task) -> bool {
    match task.status {
        Status::Ready if task.node.phase == Phase::Plan => state == State::Preparing,
        Status::Ready => state == State::Running,
        Status::UndoDue => state == State::Undoing,
        Status::Waiting
        | Status::Running
        | Status::Asked
        | Status::Timed
        | Status::Done
        | Status::Failed
        | Status::Skipped
        | Status::Cancelled
        | Status::InDoubt
        | Status::Undoing
        | Status::Undone
        | Status::UndoFailed => false,
    }
}

/// Gives what has become due to the hands that are free, in the same transaction.
pub(super) fn take(ticket: &mut Ticket, takers: &Takers, now: DateTime<Utc>) -> Vec<(String, i64)> {
    let (mut mine, mut shares) = (Vec::new(), takers.shares.clone());
    // A system that gets no hand now gets none before this ends.
    let mut refused = BTreeSet::new();
    for (at, task) in ticket.due(now) {
        if mine.len() == takers.hands || refused.len() == ticket.tasks.families() {
            break;
        }
        let family = family(&task.node.work);
        if refused.contains(&family) || !admits(ticket.state, task) {
            continue;
        }
        if shares.give(&ticket.system(task)) {
            mine.push(at);
        } else {
            refused.insert(family);
        }
    }
    let hold = |at: usize| {
        let task = ticket.tasks.change(at);
        task.hold(&takers.owner, now + takers.lease);
        (task.node.name.clone(), task.fence)
    };
    mine.into_iter().map(hold).collect()
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
pub(super) fn report<'t>(
    draft: &mut Draft<'t>,
    before: &'t Ticket,
    name: &str,
    fence: i64,
    outcome: &Outcome,
    evidence: &[Evidence],
) -> Result<(), Refusal> {
    let now = draft.now();
    if before.suspended.is_none() && before.standstill.is_none() {
        draft.settled = Some(&before.tasks);
    }
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
    for task in &draft.it.ticket.tasks {
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
            task.planned = Some(Arc::new(plan.clone()));
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
    let envelope = |it: &Task| (Phase::Plan..Phase::Act).contains(&it.node.phase);
    let idle = |it: &Task| it.node.name == name || it.status == Status::Ready;
    let again = |it: &Task| envelope(it) || (idle(it) && it.begun.is_none());
    draft.it.ticket.tasks.change_those(again, |task| {
        task.rest(Status::Waiting, now);
        task.run_at = None;
        if envelope(task) {
            task.receipt = None;
            task.attempt = 0;
        }
    });
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
