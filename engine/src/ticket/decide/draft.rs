//! A transition being written: the ticket as it will be, with all that goes with it.

use crate::{
    id::{GateId, PersonId},
    journal::Entry,
    notice::{Notice, Occasion},
    people::{Person, Right},
    run::Run,
    ticket::{
        Facts, Refusal, Status, Task, Ticket, Transition, refusal, state, transition::LockMove,
    },
};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

/// Longest text a person may write into a ticket, in characters.
pub(crate) const LONGEST: usize = 4_000;

pub(crate) struct Draft<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) it: Transition,
    /// The tasks before, when it is certain that nothing could move then.
    pub(crate) settled: Option<&'a Run>,
}

impl<'a> Draft<'a> {
    /// A draft on an existing ticket.
    pub(crate) fn on(ticket: &'a Ticket, kind: &'static str, facts: &'a Facts) -> Self {
        let mut record = Entry::new(kind, Some(ticket.state.word()), ticket.state.word());
        sign(&mut record, facts);
        let mut after = ticket.clone();
        after.version += 1;
        after.updated_at = facts.now;
        Draft {
            facts,
            it: Transition::of(after, record),
            settled: None,
        }
    }
    /// A draft of a new ticket.
    pub(crate) fn new(ticket: Ticket, kind: &'static str, facts: &'a Facts) -> Self {
        let mut record = Entry::new(kind, None, ticket.state.word());
        sign(&mut record, facts);
        let mut it = Transition::of(ticket, record);
        it.new = true;
        let settled = None;
        Draft { facts, it, settled }
    }
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.facts.now
    }
    pub(crate) fn ticket(&mut self) -> &mut Ticket {
        &mut self.it.ticket
    }
    /// Position of the task of that name.
    pub(crate) fn find(&self, name: &str) -> Result<usize, Refusal> {
        self.it.ticket.tasks.find(name).ok_or(Refusal::NotFound)
    }
    pub(crate) fn task(&mut self, name: &str) -> Result<&mut Task, Refusal> {
        let at = self.find(name)?;
        Ok(self.it.ticket.tasks.change(at))
    }
    /// The task, provided it has one of these statuses.
    pub(crate) fn task_in(&mut self, name: &str, allowed: &[Status]) -> Result<&mut Task, Refusal> {
        let task = self.task(name)?;
        if allowed.contains(&task.status) {
            return Ok(task);
        }
        let status = task.status.word();
        Err(Refusal::TaskOutOfOrder {
            task: name.to_owned(),
            status,
        })
    }
    /// Words for people, committed to by the record.
    pub(crate) fn say(&mut self, field: &'static str, words: impl Into<String>) {
        self.it.record.words.insert(field, words.into());
    }
    /// The acting person, provided they hold `right`.
    pub(crate) fn person(&self, right: Right) -> Result<&'a Person, Refusal> {
        entitled(self.facts, right)
    }
    /// Owes a message to one person; nobody is written to about their own act, receipts apart.
    pub(crate) fn tell(
        &mut self,
        occasion: Occasion,
        to: PersonId,
        gate: Option<GateId>,
        facts: Value,
    ) {
        let actor = self.facts.actor.person().map(|it| it.id);
        let own = actor == Some(to) && gate.is_none() && occasion != Occasion::Receipt;
        let known = self.facts.people.iter().any(|it| it.id == to && it.active);
        let twice = self.it.notices.iter().any(|it| {
            it.to == to && it.occasion == occasion && it.gate == gate && it.facts == facts
        });
        if known && !own && !twice {
            self.it.notices.push(Notice {
                occasion,
                to,
                gate,
                facts,
            });
        }
    }
    /// Owes a message to the requester.
    pub(crate) fn tell_requester(&mut self, occasion: Occasion, facts: Value) {
        let to = self.it.ticket.requester;
        self.tell(occasion, to, None, facts);
    }
    /// Owes a message to all active provider staff holding `right`.
    pub(crate) fn tell_staff(&mut self, right: Right, occasion: Occasion, facts: &Value) {
        let all: Vec<PersonId> = self
            .facts
            .people
            .iter()
            .filter(|it| it.is_staff() && it.may(right))
            .map(|it| it.id)
            .collect();
        for to in all {
            self.tell(occasion, to, None, facts.clone());
        }
    }
    /// Lets all locks go.
    pub(crate) fn unlock(&mut self) {
        let id = self.it.ticket.id;
        if self.facts.locks.values().any(|(holder, _)| *holder == id)
            || matches!(self.it.locks, Some(LockMove::Take(_)))
        {
            self.it.locks = Some(LockMove::Release);
        }
    }
    /// The transition, with state and next waking time worked out.
    pub(crate) fn finish(mut self) -> Transition {
        let ticket = &mut self.it.ticket;
        ticket.state = state::derive(ticket);
        ticket.wake_at = wake_at(ticket, self.facts.contract.terms.tacit_validation_days);
        self.it.record.to = ticket.state.word();
        if let Some(takers) = &self.facts.takers {
            let taken = super::report::take(ticket, takers, self.facts.now);
            self.it.taken = taken.iter().map(|(task, _)| task.clone()).collect();
            self.it.record.taken = taken.into_iter().collect();
        }
        self.it
    }
}

fn sign(record: &mut Entry, facts: &Facts) {
    if let Some(person) = facts.actor.person() {
        record.role = if person.is_staff() {
            "provider"
        } else {
            "client"
        };
        record.words.insert("actor", person.name.clone());
    }
}

/// The acting person, provided they hold `right`.
pub(crate) fn entitled(facts: &Facts, right: Right) -> Result<&Person, Refusal> {
    let person = facts.actor.person().ok_or(Refusal::NotEntitled)?;
    if person.may(right) {
        Ok(person)
    } else {
        Err(Refusal::NotEntitled)
    }
}

/// A text a person wrote: trimmed, not empty, not too long, no control characters but newlines.
pub(crate) fn text(field: &'static str, words: &str) -> Result<String, Refusal> {
    let words = words.trim();
    let bad = |it: char| it.is_control() && it != '\n' && it != '\t';
    let words = words.replace("\r\n", "\n");
    if words.is_empty() || words.chars().count() > LONGEST || words.chars().any(bad) {
        return Err(refusal::Refusal::BadText { field });
    }
    Ok(words)
}

/// A text on one line, e.g. a title.
pub(crate) fn line(field: &'static str, words: &str) -> Result<String, Refusal> {
    let words = text(field, words)?;
    if words.chars().count() > 200 || words.contains(['\n', '\t']) {
        return Err(refusal::Refusal::BadText { field });
    }
    Ok(words)
}

/// When the clock has something to do on this ticket.
fn wake_at(ticket: &Ticket, tacit_days: Option<u32>) -> Option<DateTime<Utc>> {
    if ticket.ending.is_some() || ticket.suspended.is_some() {
        return None;
    }
    let still = ticket.standstill.is_some();
    let timers = ticket.tasks.having(&[Status::Timed]);
    let timers = timers.filter(|_| !still).map(|(_, it)| it);
    let gates = ticket
        .open_gates()
        .flat_map(|it| [it.expires_at, it.remind_at]);
    let tacit = ticket
        .open_gates()
        .filter(|it| it.purpose == workflows::Purpose::Validation)
        .map(|it| Some(it.opened_at + Duration::days(i64::from(tacit_days?))));
    // Woken when the holder lets go; this is for the case that nobody does.
    let patience = Duration::seconds(60);
    let held_up = ticket.waits_for.filter(|_| ticket.unwinding.is_some());
    let held_up = held_up.map(|_| Some(ticket.updated_at + patience));
    timers
        .map(|it| it.run_at)
        .chain(held_up)
        .chain(gates)
        .chain(tacit)
        .flatten()
        .min()
}

/// The facts every message may use: price, plan and what is asked, as they stand now.
pub(crate) fn snapshot(ticket: &Ticket, facts: &Facts) -> Value {
    let after = crate::ledger::available(&facts.lots, facts.now);
    json!({
        "available": after.0,
        "slots_used": facts.slots.len(),
        "year_until": facts.year.until,
        "state": ticket.state.word(),
        "cause": ticket.cause,
        "digest": ticket.digest,
        "round": ticket.round,
    })
}
