//! Gates: opened with what they are about, answered by persons, asked again, expired.

use super::draft::{Draft, snapshot, text};
use crate::{
    approval::{self, Decision, Gate, GateState, Verdict},
    id::GateId,
    notice::Occasion,
    people::Right,
    ticket::{Ending, Refusal, Status, Ticket},
};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use workflows::{GateSpec, Party, Purpose, Work, plan};

impl Draft<'_> {
    /// Opens the gate of the task at `at` and asks everybody entitled to answer.
    pub(crate) fn open_gate(&mut self, at: usize) -> Result<(), Refusal> {
        let Work::Gate(spec) = self.it.ticket.tasks[at].node.work.clone() else {
            return Ok(());
        };
        let task = self.it.ticket.tasks[at].node.name.clone();
        if spec.purpose == Purpose::Validation {
            self.unlock();
        }
        let now = self.now();
        let expires_at = spec
            .deadline_hours
            .map(|it| now + Duration::hours(i64::from(it)));
        let gate = Gate {
            id: GateId(self.facts.name()),
            digest: subject(&self.it.ticket, &task, &spec),
            barred: self.it.ticket.barred(),
            task,
            party: spec.party,
            purpose: spec.purpose,
            quorum: spec.quorum,
            state: GateState::Open,
            opened_at: now,
            expires_at,
            remind_at: self.reminder(now, 0),
            reminders: 0,
            decisions: Vec::new(),
        };
        let occasion = match spec.purpose {
            Purpose::Agreement if self.it.ticket.round > 1 => Occasion::PlanChanged,
            Purpose::Agreement => Occasion::Agreement,
            Purpose::Offer => Occasion::Offer,
            Purpose::Estimate => Occasion::Estimate,
            Purpose::Validation => Occasion::Validation,
            Purpose::Operations => Occasion::Work,
            Purpose::Passage if spec.party == Party::Client => Occasion::Agreement,
            Purpose::Passage => Occasion::Work,
        };
        self.ask(&gate, occasion);
        self.it.ticket.gates.push(gate);
        Ok(())
    }

    fn reminder(&self, opened: DateTime<Utc>, nth: u32) -> Option<DateTime<Utc>> {
        let days = self.facts.contract.terms.reminder_days.get(nth as usize)?;
        Some(opened + Duration::days(i64::from(*days)))
    }

    /// Asks everybody who may answer and has not.
    fn ask(&mut self, gate: &Gate, occasion: Occasion) {
        let operators = self.it.ticket.approving_operators();
        let facts = self.facts;
        let client = self.it.ticket.client.clone();
        let who = approval::eligible(
            &facts.people,
            &client,
            gate.party,
            gate.purpose,
            &gate.barred,
            &operators,
        );
        let about = snapshot(&self.it.ticket, facts);
        if who.is_empty() {
            let about = json!({ "gate": gate.task, "nobody": true });
            self.tell_staff(Right::Steer, Occasion::Work, &about);
        }
        for person in who {
            if !gate.decisions.iter().any(|it| it.person == person.id) {
                self.tell(occasion, person.id, Some(gate.id), about.clone());
            }
        }
    }
}

/// Digest of what a gate is about: whoever decides, decides on exactly this.
pub(crate) fn subject(ticket: &Ticket, task: &str, spec: &GateSpec) -> String {
    let price = json!({ "price": ticket.price, "capped": ticket.capped });
    let about = match spec.purpose {
        Purpose::Agreement | Purpose::Operations => {
            json!({ "plan": ticket.digest, "round": ticket.round })
        }
        Purpose::Offer => json!({
            "offer": price, "code": ticket.code, "answers": ticket.ordered.answers,
            "title": ticket.title,
        }),
        Purpose::Estimate => {
            let study = ticket.study.as_ref();
            json!({
                "estimate": study.and_then(|it| it.estimate),
                "effort": study.and_then(|it| it.effort_days),
                "lead": study.and_then(|it| it.lead_days),
                "minutes": study.and_then(|it| it.minutes.clone()),
            })
        }
        Purpose::Passage => json!({ "task": task, "plan": ticket.digest }),
        Purpose::Validation => json!({ "plan": ticket.digest, "results": results(ticket) }),
    };
    plan::digest(&json!({ "ticket": ticket.reference, "purpose": spec.purpose, "about": about }))
}

/// What the tasks left, as far as a validation is about it.
fn results(ticket: &Ticket) -> Vec<Value> {
    let acts = ticket
        .tasks
        .iter()
        .filter(|it| it.node.phase == workflows::Phase::Act);
    acts.map(|it| {
        json!({ "task": it.node.name, "status": it.status.word(), "receipt": it.receipt,
            "proofs": it.proofs, "note": it.note })
    })
    .collect()
}

/// A person answers.
pub(super) fn answer(
    draft: &mut Draft<'_>,
    id: GateId,
    verdict: Verdict,
    digest: &str,
    comment: Option<&str>,
) -> Result<(), Refusal> {
    let person = draft.facts.actor.person().ok_or(Refusal::NotEntitled)?;
    let gate = draft.it.ticket.gate(id).ok_or(Refusal::NotFound)?.clone();
    let operators = draft.it.ticket.approving_operators();
    let client = draft.it.ticket.client.clone();
    approval::may_decide(&gate, &client, person, digest, &operators, draft.now())?;
    let comment = match (verdict, comment.map(str::trim).filter(|it| !it.is_empty())) {
        (Verdict::Reject, None) => return Err(Refusal::ReasonMissing),
        (_, None) => None,
        (_, Some(words)) => Some(text("comment", words)?),
    };
    let decision = Decision {
        person: person.id,
        verdict,
        via: draft.facts.actor.via().word().to_owned(),
        comment: comment.clone(),
        at: draft.now(),
    };
    draft.it.decisions.push((id, decision.clone()));
    draft.it.record.task = Some(gate.task.clone());
    draft.it.record.subject = Some(gate.digest.clone());
    draft.say(
        "verdict",
        if verdict == Verdict::Approve {
            "approve"
        } else {
            "reject"
        },
    );
    if let Some(comment) = &comment {
        draft.say("comment", comment.clone());
    }
    let now = draft.now();
    let mut approvals = 0;
    for it in &mut draft.it.ticket.gates {
        if it.id == id {
            it.decisions.push(decision.clone());
            approvals = it
                .decisions
                .iter()
                .filter(|d| d.verdict == Verdict::Approve)
                .count();
            match verdict {
                Verdict::Approve if approvals >= it.quorum as usize => {
                    it.state = GateState::Approved;
                }
                Verdict::Approve => {}
                Verdict::Reject => it.state = GateState::Rejected,
            }
            if it.state != GateState::Open {
                it.remind_at = None;
            }
        }
    }
    receipts(draft, &gate, verdict, comment.as_deref());
    if verdict == Verdict::Reject {
        return rejected(draft, &gate, &comment.unwrap_or_default());
    }
    if approvals < gate.quorum as usize {
        return Ok(());
    }
    match gate.purpose {
        Purpose::Offer => {
            let tokens = draft.it.ticket.price.as_ref().map(catalogue::Price::total);
            draft.hold(tokens.unwrap_or_default())?;
        }
        Purpose::Estimate => {
            let tokens = draft.it.ticket.study.as_ref().and_then(|it| it.estimate);
            draft.hold(tokens.unwrap_or_default())?;
        }
        Purpose::Agreement | Purpose::Operations | Purpose::Passage | Purpose::Validation => {}
    }
    let task = draft.task_in(&gate.task, &[Status::Asked])?;
    task.receipt = Some(json!({ "verdict": "approve" }));
    task.by = Some(decision.person);
    task.rest(Status::Done, now);
    if gate.purpose == Purpose::Validation {
        draft.close(Ending::Validated);
        return Ok(());
    }
    draft.advance()
}

/// N7: to whoever decided and to the requester, so that a wrong decision is seen at once.
fn receipts(draft: &mut Draft<'_>, gate: &Gate, verdict: Verdict, comment: Option<&str>) {
    let Some(person) = draft.facts.actor.person() else {
        return;
    };
    let facts = json!({
        "purpose": gate.purpose, "verdict": verdict, "by": person.name,
        "comment": comment, "digest": gate.digest, "at": draft.now(),
    });
    let (decider, requester) = (person.id, draft.it.ticket.requester);
    draft.tell(Occasion::Receipt, decider, None, facts.clone());
    if decider != requester {
        draft.tell(Occasion::Receipt, requester, None, facts);
    }
}

fn rejected(draft: &mut Draft<'_>, gate: &Gate, why: &str) -> Result<(), Refusal> {
    let now = draft.now();
    match gate.purpose {
        Purpose::Agreement | Purpose::Operations if has_acted(&draft.it.ticket) => {
            draft.turn_back(Ending::Declined, why)
        }
        Purpose::Agreement | Purpose::Operations | Purpose::Offer | Purpose::Estimate => {
            draft.it.ticket.cause = Some(why.to_owned());
            draft.close(Ending::Declined);
            Ok(())
        }
        Purpose::Passage => {
            draft.task(&gate.task)?.rest(Status::Failed, now);
            draft.turn_back(Ending::Declined, why)
        }
        Purpose::Validation => {
            draft.it.ticket.contested = Some(why.to_owned());
            let facts = json!({ "contested": true, "cause": why });
            draft.tell_staff(Right::Support, Occasion::Work, &facts);
            draft.tell_staff(Right::Operate, Occasion::Work, &facts);
            Ok(())
        }
    }
}

fn has_acted(ticket: &Ticket) -> bool {
    ticket.tasks.iter().any(crate::ticket::Task::touched)
}

/// Those who have not answered are asked again, by the provider, or by one of themselves who wants
/// a fresh link: then only that person is written to.
pub(super) fn ask_again(draft: &mut Draft<'_>, id: GateId) -> Result<(), Refusal> {
    let gate = draft.it.ticket.gate(id).ok_or(Refusal::NotFound)?.clone();
    let person = draft.facts.actor.person().ok_or(Refusal::NotEntitled)?;
    let reminds = [Right::Support, Right::Operate, Right::Steer];
    let provider = person.is_staff() && reminds.iter().any(|it| person.may(*it));
    if !provider {
        let operators = draft.it.ticket.approving_operators();
        let client = draft.it.ticket.client.clone();
        let now = draft.now();
        approval::may_decide(&gate, &client, person, &gate.digest, &operators, now)?;
    }
    if gate.state != GateState::Open {
        return Err(Refusal::AlreadyDecided);
    }
    draft.it.record.task = Some(gate.task.clone());
    if provider {
        draft.ask(&gate, Occasion::Reminder);
    } else {
        let about = snapshot(&draft.it.ticket, draft.facts);
        draft.tell(Occasion::Reminder, person.id, Some(gate.id), about);
    }
    Ok(())
}

/// Reminders and expiries that are due now.
pub(super) fn clock(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.now();
    let due: Vec<Gate> = draft
        .it
        .ticket
        .open_gates()
        .filter(|it| {
            it.expires_at.is_some_and(|at| at <= now) || it.remind_at.is_some_and(|at| at <= now)
        })
        .cloned()
        .collect();
    for gate in due {
        let over = gate.expires_at.is_some_and(|at| at <= now);
        let next = draft.reminder(gate.opened_at, gate.reminders + 1);
        for it in &mut draft.it.ticket.gates {
            if it.id == gate.id {
                it.reminders += u32::from(!over);
                it.remind_at = if over { None } else { next };
                if over {
                    it.state = GateState::Expired;
                }
            }
        }
        draft.it.record.task = Some(gate.task.clone());
        if !over {
            draft.ask(&gate, Occasion::Reminder);
            if gate.reminders > 0 {
                let facts = json!({ "gate": gate.task, "silent": true });
                draft.tell_staff(Right::Steer, Occasion::Work, &facts);
            }
            continue;
        }
        draft.it.record.kind = "gate.expired";
        let acted = has_acted(&draft.it.ticket);
        let why = "No answer came in time.";
        if acted {
            draft.turn_back(Ending::Expired, why)?;
        } else {
            draft.it.ticket.cause = Some(why.to_owned());
            draft.close(Ending::Expired);
        }
        return Ok(());
    }
    Ok(())
}
