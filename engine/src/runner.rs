//! Performs what tickets are waiting for: takes due tasks under lease and fence, calls the actions,
//! reports. Any number of runners may run; each claim is a command like any other.
//!
//! Recovery has no path of its own: a task whose holder fell silent is claimed again, and where an
//! intent was committed the action is asked what happened before anything is tried.

mod beat;
mod bounds;
mod doubt;
mod due;
mod hand;
mod hands;
mod lines;

use crate::{
    bell::{Candidate, Crew, Seat},
    desk::{Desk, DeskError},
    id::PersonId,
    people::Actor,
    store::{Known, StoreError},
    ticket::{Command, Refusal, Task, Ticket},
};
use chrono::Duration;
use hand::Hand;
use hands::Hands;
use lines::Lines;
use std::{collections::HashMap, sync::Arc, time::Instant};
use tokio::{
    sync::{Mutex, watch},
    time,
};
use tracing::Instrument;
use workflows::{EvidenceLog, Work};

/// How many tasks one process performs at once; those of one system are half of them at most.
const AT_ONCE: usize = 128;
/// How long a runner may be silent before somebody else takes over.
const LEASE: Duration = Duration::seconds(15);
/// How long nobody rings before we look anyway.
const PATROL: time::Duration = time::Duration::from_secs(1);

/// Performs tasks until it is stopped.
pub struct Runner {
    desk: Desk,
    name: String,
    /// Whether no other process works on the database.
    alone: bool,
    /// Names of persons, which never change once known.
    names: Mutex<HashMap<PersonId, String>>,
}

impl Runner {
    /// A runner of that name; the name is for people, claims are told apart by their fence.
    #[must_use]
    pub fn new(desk: Desk, name: impl Into<String>) -> Self {
        Runner {
            desk,
            name: name.into(),
            alone: false,
            names: Mutex::default(),
        }
    }

    /// No other process works on this database while this one does: whoever else holds a task is
    /// dead, and what it held is taken up at once. Its name must not be one of theirs.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Works until `stop` says true, then finishes what it holds.
    ///
    /// # Errors
    /// None that ends it: what goes wrong is logged and tried again.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let runner = Arc::new(self);
        let bell = runner.desk.bell.clone();
        let (crew, mut given) = Crew::new(runner.name.clone(), LEASE, AT_ONCE);
        bell.hire(&crew);
        let mut rung = bell.listen();
        let mut patrol = time::interval(PATROL);
        patrol.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut hands = Hands::default();
        // What nobody announced is looked for at the start, on patrol and for other replicas.
        let (mut look, mut more) = (true, false);
        let mut lines = Lines::default();
        while !*stop.borrow() {
            rung.mark_unchanged();
            let waited_for = lines.count();
            if look && crew.has_free() {
                (look, more) = (false, false);
                let due = runner.due(lines.systems()).await;
                match due {
                    Ok(due) => {
                        more = due.len() == AT_ONCE;
                        due.into_iter().for_each(|it| lines.push(it));
                    }
                    Err(error) => tracing::warn!(%error, "cannot look for work"),
                }
            }
            std::iter::from_fn(|| bell.next()).for_each(|it| lines.push(it));
            while let Some((it, seat)) = lines.next(&crew) {
                hands.take(&runner, it, seat);
            }
            // One look does not show everything that is due, least of all where those that it
            // showed have to wait for others of their system.
            if more && crew.has_free() && (hands.were_fruitful() || lines.count() > waited_for) {
                look = true;
                continue;
            }
            tokio::select! {
                Some(it) = given.recv() => hands.go_on(&runner, it),
                _ = rung.changed() => {}
                _ = stop.changed() => {}
                () = bell.elsewhere() => look = true,
                _ = patrol.tick() => look = true,
                () = hands.end(), if !hands.is_empty() => {}
            }
            while let Ok(it) = given.try_recv() {
                hands.go_on(&runner, it);
            }
            hands.end_all();
        }
        bell.dismiss(&crew);
        drop(crew);
        // What a command gave to a hand meanwhile is committed: it is finished like the rest.
        loop {
            tokio::select! {
                it = given.recv() => match it {
                    Some(it) => hands.go_on(&runner, it),
                    None => break,
                },
                () = hands.end(), if !hands.is_empty() => {}
            }
        }
        while !hands.is_empty() {
            hands.end().await;
        }
    }

    /// Does what is due, one round, and waits for it: for tests that move the clock by hand.
    /// Returns how many tasks were taken.
    ///
    /// # Errors
    /// The database failed.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let mut taken = 0;
        for it in self.due(std::iter::empty()).await? {
            taken += usize::from(self.take(&it, None).await);
        }
        Ok(taken)
    }

    /// Claims a task and performs it; `false` when it was not to be had.
    async fn take(&self, it: &Candidate, seat: Option<Seat>) -> bool {
        let taken = Instant::now();
        let claim = Command::Claim {
            task: it.task.clone(),
            owner: self.name.clone(),
            lease: LEASE,
            heir_of: it.heir_of.clone(),
        };
        let ticket = match self.send(&it.known, claim).await {
            Ok(ticket) => ticket,
            Err(DeskError::Refused(_)) => return false,
            Err(error) => {
                tracing::warn!(%error, task = it.task, "cannot claim");
                return false;
            }
        };
        self.work(&it.known, &ticket, &it.task, taken, seat).await
    }

    /// Performs a task that is held since `taken`.
    async fn work(
        &self,
        known: &Known,
        ticket: &Ticket,
        task: &str,
        taken: Instant,
        seat: Option<Seat>,
    ) -> bool {
        let Some(task) = ticket.task(task) else {
            return false;
        };
        let action = match &task.node.work {
            Work::Action { name, .. } => name.as_str(),
            _ => "plan",
        };
        let span = tracing::info_span!(
            "task",
            ticket = ticket.reference,
            task = task.node.name,
            action,
            attempt = task.attempt
        );
        let work = self.perform(known, ticket, task, taken, seat);
        work.instrument(span).await
    }

    /// Performs a task that was asked for at `taken`, and reports; `false` when it could not even
    /// begin.
    async fn perform(
        &self,
        known: &Known,
        ticket: &Ticket,
        task: &Task,
        taken: Instant,
        seat: Option<Seat>,
    ) -> bool {
        let fence = task.fence;
        let evidence = EvidenceLog::default();
        let actor = match self.name_of(ticket.requester).await {
            Ok(name) => name,
            Err(error) => {
                tracing::warn!(%error, "cannot name the requester");
                return false;
            }
        };
        let hand = Hand {
            runner: self,
            actor,
            known,
            ticket,
            task,
            evidence,
            taken,
        };
        let (outcome, evidence) = hand.keep_alive().await;
        if let Some(outcome) = outcome {
            let report = Command::Report {
                task: task.node.name.clone(),
                fence,
                outcome,
                evidence,
            };
            let said = match seat {
                Some(seat) => {
                    let caller = self.desk.caller(Actor::Engine("runner"));
                    self.desk.report(known, report, caller, seat).await
                }
                None => self.send(known, report).await,
            };
            match said {
                Ok(_) => {}
                Err(DeskError::Refused(Refusal::StaleAttempt)) => {
                    tracing::info!(
                        ticket = ticket.reference,
                        task = task.node.name,
                        fence,
                        "stale result ignored"
                    );
                }
                Err(error) => tracing::warn!(%error, ticket = ticket.reference,
                    task = task.node.name, "cannot report"),
            }
        }
        true
    }

    async fn name_of(&self, person: PersonId) -> Result<String, StoreError> {
        let known = self.names.lock().await.get(&person).cloned();
        if let Some(name) = known {
            return Ok(name);
        }
        let Some(found) = self.desk.person_by_id(person).await? else {
            return Ok("guichet".into());
        };
        let mut names = self.names.lock().await;
        names.insert(person, found.name.clone());
        Ok(found.name)
    }

    async fn send(&self, at: &Known, command: Command) -> Result<Ticket, DeskError> {
        let caller = self.desk.caller(Actor::Engine("runner"));
        self.desk.handle(at, command, caller).await
    }

    /// Prolongs a lease; `false` when the claim is lost.
    async fn prolong(&self, at: &Known, task: &Task) -> Result<bool, StoreError> {
        let clock = self.desk.clock.as_ref();
        if self.desk.store.on_sqlite() {
            let until = clock.now() + LEASE;
            return beat::through_the_writer(&self.desk.store, at, task, until).await;
        }
        beat::beside_it(&self.desk.store, at, task, clock).await
    }
}
