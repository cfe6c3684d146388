//! Performs what tickets are waiting for: takes due tasks under lease and fence, calls the actions,
//! reports. Any number of runners may run; each claim is a command like any other.
//!
//! Recovery has no path of its own: a task whose holder fell silent is claimed again, and where an
//! intent was committed the action is asked what happened before anything is tried.

mod beat;
mod bounds;
mod doubt;
mod hand;
mod hands;

use crate::{
    bell::{Candidate, Crew, Seat},
    desk::{Desk, DeskError},
    id::PersonId,
    people::Actor,
    store::{Known, StoreError, codec, entity, entity::task::Column as C},
    ticket::{Command, Refusal, State, Task, Ticket},
};
use chrono::Duration;
use hand::Hand;
use hands::Hands;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, Query, SelectStatement},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};
use tokio::{
    sync::{Mutex, watch},
    time,
};
use tracing::Instrument;
use workflows::{EvidenceLog, Work};

/// How many tasks one process performs at once.
const AT_ONCE: usize = 64;
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
        let mut found = VecDeque::new();
        while !*stop.borrow() {
            rung.mark_unchanged();
            if look
                && found.is_empty()
                && let Some(_free) = crew.seat()
            {
                match runner.due().await {
                    Ok(due) => found.extend(due),
                    Err(error) => tracing::warn!(%error, "cannot look for work"),
                }
                look = false;
                more = found.len() == AT_ONCE;
            }
            let mut idle = false;
            while let Some(seat) = crew.seat() {
                let Some(it) = found.pop_front().or_else(|| bell.next()) else {
                    idle = true;
                    break;
                };
                hands.take(&runner, it, seat);
            }
            if idle && more && hands.were_fruitful() {
                // One look does not show everything that is due.
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

    /// Tasks whose holder fell silent, and then those that are due. The states are written out, not
    /// bound: only then does a database see the conditions of its partial indexes.
    async fn due(&self) -> Result<Vec<Candidate>, StoreError> {
        let now = self.desk.clock.now();
        let absurd = codec::micros(now + LEASE * 2);
        let now = codec::micros(now);
        let mut over = C::LeaseUntil.lt(now).or(C::LeaseUntil.gt(absurd));
        if self.alone {
            over = over.or(C::Owner.ne(&self.name));
        }
        let silent = "status IN ('running', 'undoing') AND by_machine";
        let silent = in_order(silent).filter(over);
        let fresh = "by_machine AND status IN ('ready', 'undo_due')";
        let fresh = in_order(fresh)
            .filter(C::RunAt.lte(now))
            .filter(Expr::exists(admitting()));
        let mut rows: Vec<(String, String, String, Option<String>)> = Vec::new();
        for some in [silent, fresh] {
            let left = AT_ONCE.saturating_sub(rows.len()) as u64;
            let some = some.limit(left).into_tuple();
            rows.extend(some.all(self.desk.store.reading()).await?);
        }
        rows.into_iter()
            .map(|(client, ticket, task, owner)| {
                Ok(Candidate {
                    known: Known {
                        client,
                        id: codec::name(&ticket)?,
                    },
                    task,
                    heir_of: owner.filter(|it| self.alone && *it != self.name),
                })
            })
            .collect()
    }

    /// Does what is due, one round, and waits for it: for tests that move the clock by hand.
    /// Returns how many tasks were taken.
    ///
    /// # Errors
    /// The database failed.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let mut taken = 0;
        for it in self.due().await? {
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

/// Tasks in that state, in the order in which they became due.
fn in_order(state: &'static str) -> Select<entity::task::Entity> {
    entity::task::Entity::find()
        .select_only()
        .columns([C::Client, C::Ticket, C::Name, C::Owner])
        .filter(Expr::cust(state))
        .order_by_asc(C::RunAt)
        .order_by_asc(C::Ticket)
        .order_by_asc(C::Seq)
}

/// The ticket of a task, if it lets machines work: tasks of tickets that stand still must not stand
/// in the way of others (R10, R15).
fn admitting() -> SelectStatement {
    use entity::{task, ticket};
    let of = |column| Expr::col((ticket::Entity, column));
    let ours = |column| Expr::col((task::Entity, column));
    let states = [State::Preparing, State::Running, State::Undoing];
    Query::select()
        .expr(Expr::value(1))
        .from(ticket::Entity)
        .and_where(of(ticket::Column::Client).eq(ours(task::Column::Client)))
        .and_where(of(ticket::Column::Id).eq(ours(task::Column::Ticket)))
        .and_where(of(ticket::Column::State).is_in(states.map(State::word)))
        .take()
}
