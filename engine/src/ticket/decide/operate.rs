//! What people do to a ticket outside gates: cancel, stop, do by hand, repair, rework.

use super::{
    draft::{Draft, entitled, snapshot, text},
    flow::right_of,
};
use crate::{
    approval::GateState,
    envelope,
    notice::Occasion,
    people::Right,
    run::Run,
    ticket::{Ending, Refusal, Status, Task},
};
use catalogue::{Price, Text, Tokens};
use serde_json::json;
use std::sync::Arc;
use workflows::{Join, Node, Phase, Role, UndoKind, Work};

/// The largest price anybody may name; beyond it a slip of the finger is more likely.
pub(super) const LARGEST: u32 = 10_000;

/// S31: the provider names a price; S32: for time and materials, a ceiling.
pub(super) fn quote(draft: &mut Draft<'_>, tokens: Tokens, note: &str) -> Result<(), Refusal> {
    draft.person(Right::Steer)?;
    if tokens.0 == 0 || tokens.0 > LARGEST {
        return Err(Refusal::OutOfRange { field: "tokens" });
    }
    let note = text("note", note)?;
    let formula = if draft.it.ticket.capped {
        Text::new(
            format!("plafond de {tokens} tokens"),
            format!("ceiling of {tokens} tokens"),
        )
    } else {
        Text::new(
            format!("devis\u{a0}: {tokens} tokens"),
            format!("quote: {tokens} tokens"),
        )
    };
    draft.it.ticket.price = Some(Price {
        base: tokens,
        surcharge: Tokens(0),
        formula,
    });
    draft.say("note", note.clone());
    draft.it.record.tokens.insert("quoted", tokens.0);
    let now = draft.now();
    let by = draft.facts.actor.person().map(|it| it.id);
    let task = draft.task_in(envelope::QUOTE, &[Status::Ready])?;
    task.note = Some(note);
    task.by = by;
    task.receipt = Some(json!({ "tokens": tokens }));
    task.rest(Status::Done, now);
    draft.it.record.task = Some(envelope::QUOTE.into());
    draft.advance()
}

/// Free of charge before anything acted; afterwards everything is taken back first.
pub(super) fn cancel(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    let rights = [Right::Request, Right::Commit, Right::Support, Right::Steer];
    if !rights.iter().any(|it| entitled(draft.facts, *it).is_ok()) {
        return Err(Refusal::NotEntitled);
    }
    let reason = text("reason", reason)?;
    not_twice(draft, "cancel")?;
    draft.say("reason", reason.clone());
    let acted = draft.it.ticket.tasks.iter().any(|it| it.begun.is_some());
    if acted {
        return draft.turn_back(Ending::Cancelled, &reason);
    }
    draft.it.ticket.cause = Some(reason);
    draft.close(Ending::Cancelled);
    Ok(())
}

/// Clocks stand still; what already runs ends its own call.
pub(super) fn suspend(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    draft.person(Right::Operate)?;
    let reason = text("reason", reason)?;
    draft.say("reason", reason.clone());
    draft.tell_requester(Occasion::Question, json!({ "suspended": reason }));
    draft.it.ticket.suspended = Some(reason);
    Ok(())
}

pub(super) fn resume(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    draft.person(Right::Operate)?;
    draft.it.ticket.suspended = None;
    // The clock stood still: whoever was asked has as long as if asked now.
    let now = draft.now();
    for gate in &mut draft.it.ticket.gates {
        if gate.state == GateState::Open {
            gate.expires_at = gate.expires_at.map(|it| now + (it - gate.opened_at));
        }
    }
    draft.advance()
}

/// Whether an operation that people do in its stead changes nothing.
fn only_looks(task: &Task) -> bool {
    match &task.node.work {
        Work::Manual {
            instead_of: Some(op),
            ..
        } => op.starts_with("check") || op == "oci.resolve",
        _ => false,
    }
}

/// A person did it by hand and says how it went, with evidence.
pub(super) fn complete(
    draft: &mut Draft<'_>,
    name: &str,
    well: bool,
    evidence: &str,
    spent: Tokens,
) -> Result<(), Refusal> {
    let evidence = text("evidence", evidence)?;
    let (now, version) = (draft.now(), draft.it.ticket.version);
    let facts = draft.facts;
    let followed = |it: &Task| it.node.after.iter().any(|before| before == name);
    let last = !draft.it.ticket.tasks.iter().any(followed);
    let task = draft.task_in(name, &[Status::Ready, Status::UndoDue])?;
    let role = match &task.node.work {
        Work::Manual { role, .. } => *role,
        _ if task.status == Status::UndoDue && crate::run::undone_by_hand(task) => Role::Operator,
        _ => {
            let status = task.status.word();
            return Err(Refusal::TaskOutOfOrder {
                task: name.to_owned(),
                status,
            });
        }
    };
    // These end by a command of their own, with what it has to say.
    let own = match task.node.phase {
        Phase::Call | Phase::Orient | Phase::Quote => true,
        Phase::Study => last,
        Phase::Offer | Phase::Plan | Phase::Agree | Phase::Window => false,
        Phase::Act | Phase::Validate => false,
    };
    if own {
        let status = task.status.word();
        return Err(Refusal::TaskOutOfOrder {
            task: name.to_owned(),
            status,
        });
    }
    let person = entitled(facts, right_of(role))?;
    let undoing = task.status == Status::UndoDue;
    task.by = Some(person.id);
    task.note = Some(evidence.clone());
    match (undoing, well) {
        (true, true) => task.rest(Status::Undone, now),
        (true, false) => task.rest(Status::UndoFailed, now),
        (false, true) => {
            task.begun.get_or_insert(version);
            task.undo = if only_looks(task) {
                UndoKind::None
            } else {
                UndoKind::Manual
            };
            let mut receipt = json!({ "by_hand": true });
            if let Some(Ok(said)) = evidence_object(&evidence) {
                receipt = said;
            }
            task.receipt = Some(receipt);
            task.rest(Status::Done, now);
        }
        (false, false) => task.rest(Status::Failed, now),
    }
    draft.it.record.task = Some(name.to_owned());
    draft.say("evidence", evidence.clone());
    if spent > Tokens(0) {
        let ceiling = draft
            .it
            .ticket
            .price
            .as_ref()
            .map_or(Tokens(0), Price::total);
        let sum = Tokens(draft.it.ticket.spent.0.saturating_add(spent.0));
        if !draft.it.ticket.capped || sum > ceiling {
            return Err(Refusal::OutOfRange { field: "spent" });
        }
        draft.it.ticket.spent = sum;
        draft.it.record.tokens.insert("worked", spent.0);
    }
    match (undoing, well) {
        (_, true) => draft.advance(),
        (true, false) => {
            draft.block(name, &evidence);
            Ok(())
        }
        (false, false) => draft.turn_back(Ending::Failed, &evidence),
    }
}

/// Evidence written as a JSON object is also what later tasks can refer to.
fn evidence_object(words: &str) -> Option<serde_json::Result<serde_json::Value>> {
    words
        .trim_start()
        .starts_with('{')
        .then(|| serde_json::from_str(words))
}

const STUCK: [Status; 3] = [Status::Failed, Status::InDoubt, Status::UndoFailed];

fn repair<'t>(draft: &'t mut Draft<'_>, name: &str) -> Result<&'t mut Task, Refusal> {
    draft.person(Right::Operate)?;
    draft.it.record.task = Some(name.to_owned());
    draft.task_in(name, &STUCK)
}

/// Another try; where an effect may have happened the runner looks before it acts.
pub(super) fn retry(draft: &mut Draft<'_>, name: &str) -> Result<(), Refusal> {
    let now = draft.now();
    let task = repair(draft, name)?;
    task.rest(
        if task.status == Status::UndoFailed {
            Status::UndoDue
        } else {
            Status::Ready
        },
        now,
    );
    task.attempt = 0;
    task.run_at = Some(now);
    draft.it.ticket.standstill = None;
    draft.advance()
}

/// Not needed, or already so: the proof takes the place of the effect.
pub(super) fn skip(draft: &mut Draft<'_>, name: &str, proof: &str) -> Result<(), Refusal> {
    let proof = text("proof", proof)?;
    let now = draft.now();
    let by = draft.facts.actor.person().map(|it| it.id);
    let task = repair(draft, name)?;
    let undoing = task.status == Status::UndoFailed;
    task.by = by;
    task.note = Some(proof.clone());
    if !undoing && task.receipt.is_none() {
        task.receipt = Some(json!({ "skipped": true }));
    }
    task.rest(
        if undoing {
            Status::Undone
        } else {
            Status::Done
        },
        now,
    );
    draft.say("proof", proof);
    draft.it.ticket.standstill = None;
    draft.advance()
}

/// From now on a person does it.
pub(super) fn take_over(draft: &mut Draft<'_>, name: &str, reason: &str) -> Result<(), Refusal> {
    let reason = text("reason", reason)?;
    let now = draft.now();
    let by = draft.facts.actor.person().map(|it| it.id);
    let task = repair(draft, name)?;
    let undoing = task.status == Status::UndoFailed;
    task.by = by;
    if undoing {
        task.undo = UndoKind::Manual;
        task.rest(Status::UndoDue, now);
    } else {
        if let Work::Action { name, with } = task.node.work.clone() {
            Arc::make_mut(&mut task.node).work = Work::Manual {
                role: Role::Operator,
                instructions: task.node.title.clone(),
                with,
                instead_of: Some(name),
            };
        }
        task.rest(Status::Ready, now);
    }
    draft.say("reason", reason);
    draft.it.ticket.standstill = None;
    draft.advance()
}

/// What is being taken back already ends as it began to.
fn not_twice(draft: &Draft<'_>, verb: &'static str) -> Result<(), Refusal> {
    let ticket = &draft.it.ticket;
    if ticket.unwinding.is_some() {
        let state = ticket.state;
        return Err(Refusal::OutOfOrder { state, verb });
    }
    Ok(())
}

/// The provider gives up: everything begun is taken back, nothing is charged (A15).
pub(super) fn give_up(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    draft.person(Right::Operate)?;
    let reason = text("reason", reason)?;
    not_twice(draft, "give up")?;
    draft.say("reason", reason.clone());
    draft.it.ticket.contested = None;
    draft.turn_back(Ending::Failed, &reason)
}

/// A14: the provider reworked for free; the client is asked again.
pub(super) fn redeliver(draft: &mut Draft<'_>, note: &str) -> Result<(), Refusal> {
    let staff = [Right::Support, Right::Operate];
    if !staff.iter().any(|it| entitled(draft.facts, *it).is_ok()) {
        return Err(Refusal::NotEntitled);
    }
    let note = text("note", note)?;
    let now = draft.now();
    let seq = i32::try_from(draft.it.ticket.tasks.len()).unwrap_or(i32::MAX);
    let node = Node {
        name: format!("rework-{seq}"),
        title: Text::new("Reprise", "Rework"),
        work: Work::Manual {
            role: Role::Operator,
            instructions: Text::new("Reprise après contestation", "Rework after contest"),
            with: serde_json::Map::new(),
            instead_of: Some("check".into()),
        },
        after: Vec::new(),
        join: Join::All,
        when: Vec::new(),
        contractual: None,
        phase: Phase::Act,
    };
    let mut task = Task::new(seq, node);
    task.by = draft.facts.actor.person().map(|it| it.id);
    task.note = Some(note.clone());
    task.receipt = Some(json!({ "by_hand": true }));
    task.started_at = Some(now);
    task.rest(Status::Done, now);
    draft.it.ticket.tasks.extend(Run::from_iter([task]));
    draft.it.ticket.contested = None;
    draft.say("note", note);
    let about = snapshot(&draft.it.ticket, draft.facts);
    draft.tell_requester(
        Occasion::Scheduled,
        json!({ "reworked": true, "about": about }),
    );
    let validation = draft.task(envelope::VALIDATION)?;
    validation.rest(Status::Waiting, now);
    draft.advance()
}
