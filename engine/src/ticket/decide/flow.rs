//! What follows by itself: tasks become ready, gates open, starts come, endings are drawn.

use super::draft::{Draft, snapshot};
use crate::{
    approval::GateState,
    envelope,
    id::TicketId,
    ledger,
    notice::Occasion,
    people::Right,
    quota::SlotMove,
    run,
    ticket::{Ending, Refusal, Standstill, Start, Status, Task, transition::LockMove},
};
use catalogue::Tokens;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use workflows::{Phase, Role, Work};

/// How long a ticket waits before it looks again whether its target is free.
const LOCK_PATIENCE_S: i64 = 600;

impl Draft<'_> {
    /// Lets everything happen that needs nobody.
    pub(crate) fn advance(&mut self) -> Result<(), Refusal> {
        if self.it.ticket.suspended.is_some() || self.it.ticket.standstill.is_some() {
            return Ok(());
        }
        if let Some(ending) = self.it.ticket.unwinding {
            return self.unwind(ending);
        }
        while self.it.ticket.ending.is_none() {
            let now = self.now();
            let opened = run::settle(&mut self.it.ticket.tasks, self.settled, now)
                .map_err(Refusal::Workflow)?;
            let mut moved = !opened.is_empty();
            for at in opened {
                self.open_gate(at)?;
            }
            self.tell_hands();
            moved |= self.start_if_due()?;
            moved |= self.fire_timers();
            if !moved {
                break;
            }
        }
        Ok(())
    }

    /// Tells those who have manual tasks that became ready just now.
    fn tell_hands(&mut self) {
        let now = self.now();
        let changed = self.it.ticket.tasks.changed(self.settled);
        let fresh: Vec<(Role, Value)> = changed
            .filter(|(_, it)| it.status == Status::Ready && it.started_at == Some(now))
            .filter_map(|(_, it)| match &it.node.work {
                Work::Manual { role, .. } => Some((*role, json!({ "task": it.node.name }))),
                _ => None,
            })
            .collect();
        for (role, facts) in fresh {
            // Whoever just finished the task before it is at work already.
            let at_work = self
                .facts
                .actor
                .person()
                .is_some_and(|it| it.may(right_of(role)));
            if !at_work {
                self.tell_staff(right_of(role), Occasion::Work, &facts);
            }
        }
    }

    fn fire_timers(&mut self) -> bool {
        let now = self.now();
        let tasks = &mut self.it.ticket.tasks;
        let timed = tasks.having(&[Status::Timed]);
        let due = timed.filter(|(_, it)| {
            it.run_at.is_some_and(|at| at <= now) && it.node.phase != Phase::Window
        });
        let due: Vec<usize> = due.map(|(at, _)| at).collect();
        for at in &due {
            let task = tasks.change(*at);
            task.receipt = Some(json!({ "at": now }));
            task.rest(Status::Done, now);
        }
        !due.is_empty()
    }

    /// The start: its time has come and its targets are free, or it waits on.
    fn start_if_due(&mut self) -> Result<bool, Refusal> {
        let now = self.now();
        let timed = self.it.ticket.tasks.having(&[Status::Timed]);
        let start = |it: &Task| it.node.name == envelope::START;
        let Some(at) = timed.filter(|(_, it)| start(it)).map(|it| it.0).next() else {
            return Ok(false);
        };
        // While it waits for its targets the time it was due at is only the next look.
        let due = self.it.ticket.tasks[at].run_at;
        if due.is_some_and(|it| it > now) && self.it.ticket.waits_for.is_none() {
            return Ok(false);
        }
        // Asked again each time: the window may have closed while it waited.
        let opens = self.first_start()?;
        self.it.ticket.starts_at.get_or_insert(opens);
        if opens > now {
            self.it.ticket.waits_for = None;
            self.it.ticket.starts_at = Some(opens);
            self.it.ticket.tasks.change(at).run_at = Some(opens);
            self.tell_requester(Occasion::Scheduled, json!({ "starts_at": opens }));
            return Ok(false);
        }
        if !self.takes(run::targets(&self.it.ticket.tasks)) {
            let holder = self.it.ticket.waits_for;
            let locks = &mut self.facts.locks.values();
            let reference = locks.find(|it| Some(it.0) == holder).map(|it| it.1.clone());
            let task = self.it.ticket.tasks.change(at);
            task.run_at = Some(now + Duration::seconds(LOCK_PATIENCE_S));
            task.note = reference;
            return Ok(false);
        }
        if self.it.ticket.slot.is_some() {
            self.it.slot = Some(SlotMove::Consume);
        }
        let task = self.it.ticket.tasks.change(at);
        task.note = None;
        task.receipt = Some(json!({ "at": now }));
        task.rest(Status::Done, now);
        self.tell_requester(
            Occasion::Scheduled,
            json!({ "starts_at": now, "started": true }),
        );
        Ok(true)
    }

    /// Takes the locks of these resources, all or none. While somebody else holds one the ticket
    /// waits, and is woken when that one lets go.
    fn takes(&mut self, targets: Vec<String>) -> bool {
        let (mine, locks) = (self.it.ticket.id, &self.facts.locks);
        let holder = |it: &String| locks.get(it).map(|(holder, _)| *holder);
        let others = targets.iter().filter_map(holder).find(|it| *it != mine);
        self.it.ticket.waits_for = others;
        if others.is_none() && !targets.iter().all(|it| holder(it) == Some(mine)) {
            self.it.locks = Some(LockMove::Take(targets));
        }
        others.is_none()
    }

    fn first_start(&self) -> Result<DateTime<Utc>, Refusal> {
        let earliest = match self.it.ticket.start {
            Start::Asap => self.now(),
            Start::At(at) => at.max(self.now()),
        };
        match &self.facts.contract.terms.window {
            None => Ok(earliest),
            Some(window) => window
                .next(earliest)
                .ok()
                .flatten()
                .ok_or(Refusal::BadStart),
        }
    }

    /// Begins to take everything back; ends the ticket at once when nothing has begun.
    pub(crate) fn turn_back(&mut self, ending: Ending, cause: &str) -> Result<(), Refusal> {
        let now = self.now();
        self.it.ticket.unwinding = Some(ending);
        self.it.ticket.standstill = None;
        self.it.ticket.suspended = None;
        self.it.ticket.cause = Some(cause.to_owned());
        self.supersede_gates();
        run::stop(&mut self.it.ticket.tasks, now);
        self.unwind(ending)
    }

    fn unwind(&mut self, ending: Ending) -> Result<(), Refusal> {
        let now = self.now();
        if !self.takes(run::touched_targets(&self.it.ticket.tasks)) {
            return Ok(());
        }
        if !run::next_undo(&mut self.it.ticket.tasks, now) {
            self.close(ending);
            return Ok(());
        }
        let due = self.it.ticket.tasks.having(&[Status::UndoDue]).next();
        if let Some((_, task)) = due
            && run::undone_by_hand(task)
        {
            let facts = json!({ "task": task.node.name, "undo": true });
            self.tell_staff(Right::Operate, Occasion::Work, &facts);
        }
        Ok(())
    }

    /// A person has to act on `task`.
    pub(crate) fn block(&mut self, task: &str, why: &str) {
        self.it.ticket.standstill = Some(Standstill {
            task: task.to_owned(),
            why: why.to_owned(),
            responsible: Role::Operator,
        });
        let facts = json!({ "task": task, "blocked": true, "cause": why });
        self.tell_staff(Right::Operate, Occasion::Work, &facts);
    }

    pub(crate) fn supersede_gates(&mut self) {
        for gate in &mut self.it.ticket.gates {
            if gate.state == GateState::Open {
                gate.state = GateState::Superseded;
                gate.remind_at = None;
            }
        }
    }

    /// Ends the ticket: tokens are settled, slot and locks returned, people told.
    pub(crate) fn close(&mut self, ending: Ending) {
        let now = self.now();
        self.supersede_gates();
        let open = |it: &Task| !it.status.is_over();
        let tasks = &mut self.it.ticket.tasks;
        tasks.change_those(open, |it| it.rest(Status::Cancelled, now));
        let due = self.due(ending);
        let mut captured = 0;
        for step in ledger::settle(&self.it.ticket.holds, due) {
            if let ledger::Move::Settle {
                hold,
                captured: taken,
            } = &step
            {
                captured += taken.0;
                let holds = &mut self.it.ticket.holds;
                if let Some(it) = holds.iter_mut().find(|it| it.id == hold.id) {
                    it.captured = Some(*taken);
                }
            }
            self.it.moves.push(step);
        }
        let held: u32 = self.it.moves.iter().map(settled).sum();
        if held > 0 {
            self.it.record.tokens.insert("captured", captured);
            self.it.record.tokens.insert("released", held - captured);
        }
        if self.it.ticket.slot.is_some() && self.slot_comes_back(ending) {
            self.it.slot = Some(SlotMove::Return);
        }
        self.unlock();
        self.it.ticket.ending = Some(ending);
        self.it.ticket.unwinding = None;
        self.it.ticket.standstill = None;
        self.it.ticket.contested = None;
        self.it.ticket.waits_for = None;
        self.tell_of_the_end(ending, captured, held - captured);
    }

    /// How many tokens the ending makes due (ruling 3).
    fn due(&self, ending: Ending) -> Tokens {
        let ticket = &self.it.ticket;
        match ending {
            Ending::Validated | Ending::Tacit if ticket.capped => ticket.spent,
            Ending::Validated | Ending::Tacit | Ending::Infeasible | Ending::Feasible => {
                ticket.held()
            }
            Ending::Failed
            | Ending::Cancelled
            | Ending::Declined
            | Ending::Expired
            | Ending::Reclassified => Tokens(0),
        }
    }

    /// Ruling 2: returned when refused, cancelled before the start, or failed by the provider.
    fn slot_comes_back(&self, ending: Ending) -> bool {
        let started = self
            .it
            .ticket
            .task(envelope::START)
            .is_some_and(|it| it.status == Status::Done);
        match ending {
            Ending::Failed => true,
            Ending::Cancelled | Ending::Declined | Ending::Expired => !started,
            Ending::Validated
            | Ending::Tacit
            | Ending::Infeasible
            | Ending::Feasible
            | Ending::Reclassified => false,
        }
    }

    fn tell_of_the_end(&mut self, ending: Ending, captured: u32, released: u32) {
        let occasion = match ending {
            Ending::Validated | Ending::Tacit => Occasion::Closed,
            Ending::Failed => Occasion::Failed,
            Ending::Infeasible | Ending::Feasible => Occasion::Conclusion,
            Ending::Cancelled | Ending::Declined | Ending::Expired | Ending::Reclassified => {
                Occasion::Ended
            }
        };
        let mut facts = snapshot(&self.it.ticket, self.facts);
        facts["ending"] = ending.word().into();
        facts["captured"] = captured.into();
        facts["released"] = released.into();
        facts["available"] = (ledger::available(&self.facts.lots, self.now()).0 + released).into();
        self.tell_requester(occasion, facts.clone());
        if matches!(
            occasion,
            Occasion::Closed | Occasion::Failed | Occasion::Conclusion
        ) {
            let spoke = |it: &crate::approval::Gate| it.party == workflows::Party::Client;
            let deciders: Vec<_> = self
                .it
                .ticket
                .gates
                .iter()
                .filter(|it| spoke(it))
                .flat_map(|it| it.decisions.iter().map(|it| it.person))
                .collect();
            for to in deciders {
                self.tell(occasion, to, None, facts.clone());
            }
        }
        if ending == Ending::Failed {
            self.tell_staff(Right::Operate, Occasion::Failed, &facts);
        }
    }

    /// Sets tokens aside, or refuses.
    pub(crate) fn hold(&mut self, tokens: Tokens) -> Result<(), Refusal> {
        if tokens == Tokens(0) {
            return Ok(());
        }
        let (id, now, facts): (TicketId, _, _) = (self.it.ticket.id, self.now(), self.facts);
        let holds = ledger::hold(&facts.lots, id, tokens, now, || {
            crate::id::HoldId(facts.name())
        })
        .map_err(|it| Refusal::NotEnoughTokens {
            needed: tokens,
            available: it.available,
        })?;
        self.it.record.tokens.insert("hold", tokens.0);
        for hold in holds {
            self.it.ticket.holds.push(hold.clone());
            self.it.moves.push(ledger::Move::Hold(hold));
        }
        Ok(())
    }
}

fn settled(step: &ledger::Move) -> u32 {
    match step {
        ledger::Move::Settle { hold, .. } => hold.tokens.0,
        ledger::Move::Grant(_) | ledger::Move::Hold(_) | ledger::Move::Expire { .. } => 0,
    }
}

/// The right that a role's tasks take.
pub(crate) fn right_of(role: Role) -> Right {
    match role {
        Role::Operator => Right::Operate,
        Role::Support => Right::Support,
        Role::Manager => Right::Steer,
    }
}
