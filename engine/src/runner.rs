//! Performs what tickets are waiting for: takes due tasks under lease and fence, calls the actions,
//! reports. Any number of runners may run; each claim is a command like any other.
//!
//! Recovery has no path of its own: a task whose holder fell silent is claimed again, and where an
//! intent was committed the action is asked what happened before anything is tried.

mod beat;
mod bounds;
mod doubt;
mod hand;

use crate::{
    bell::Candidate,
    desk::{Desk, DeskError},
    id::PersonId,
    people::Actor,
    store::{Known, StoreError, codec, entity},
    ticket::{Command, Refusal, State, Status, Task, Ticket},
};
use chrono::Duration;
use hand::Hand;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Instant,
};
use tokio::{sync::Mutex, task::JoinSet, time};
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
            names: Mutex::default(),
        }
    }

    /// Works until `stop` says true, then finishes what it holds.
    ///
    /// # Errors
    /// None that ends it: what goes wrong is logged and tried again.
    pub async fn run(self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let runner = Arc::new(self);
        let bell = runner.desk.bell.clone();
        bell.hear();
        let mut rung = bell.listen();
        let mut patrol = time::interval(PATROL);
        patrol.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut hands: JoinSet<Candidate> = JoinSet::new();
        let mut held: HashSet<Candidate> = HashSet::new();
        // What nobody announced is looked for at the start, on patrol and for other replicas.
        let mut look = true;
        while !*stop.borrow() {
            rung.mark_unchanged();
            let mut found = VecDeque::new();
            if look && held.len() < AT_ONCE {
                look = false;
                match runner.due().await {
                    Ok(due) => found.extend(due),
                    Err(error) => tracing::warn!(%error, "cannot look for work"),
                }
            }
            while held.len() < AT_ONCE {
                let Some(it) = found.pop_front().or_else(|| bell.next()) else {
                    break;
                };
                if held.insert(it.clone()) {
                    let runner = runner.clone();
                    hands.spawn(async move {
                        runner.take(&it).await;
                        it
                    });
                }
            }
            tokio::select! {
                _ = rung.changed() => {}
                _ = stop.changed() => {}
                () = bell.elsewhere() => look = true,
                _ = patrol.tick() => look = true,
                Some(done) = hands.join_next(), if !hands.is_empty() => {
                    let broke_off = done.map(|it| held.remove(&it)).is_err();
                    if broke_off {
                        // Nobody knows which one: its lease will tell.
                        held.clear();
                    }
                }
            }
            while let Some(done) = hands.try_join_next() {
                if let Ok(it) = done {
                    held.remove(&it);
                }
            }
        }
        while hands.join_next().await.is_some() {}
    }

    /// Tasks that are due, or whose holder fell silent.
    async fn due(&self) -> Result<Vec<Candidate>, StoreError> {
        use entity::task::{Column as C, Entity};
        let now = self.desk.clock.now();
        let absurd = codec::micros(now + LEASE * 2);
        let now = codec::micros(now);
        let fresh = Expr::col(C::Status)
            .is_in([Status::Ready.word(), Status::UndoDue.word()])
            .and(Expr::col(C::RunAt).lte(now))
            .and(Expr::exists(admitting()));
        let silent = Expr::col(C::Status)
            .is_in([Status::Running.word(), Status::Undoing.word()])
            .and(
                Expr::col(C::LeaseUntil)
                    .lt(now)
                    .or(Expr::col(C::LeaseUntil).gt(absurd)),
            );
        let rows = Entity::find()
            .select_only()
            .columns([C::Client, C::Ticket, C::Name])
            .filter(C::ByMachine.eq(true))
            .filter(fresh.or(silent))
            .order_by_asc(C::RunAt)
            .order_by_asc(C::Ticket)
            .order_by_asc(C::Seq)
            .limit(AT_ONCE as u64)
            .into_tuple::<(String, String, String)>()
            .all(self.desk.store.reading())
            .await?;
        rows.into_iter()
            .map(|(client, ticket, task)| {
                Ok(Candidate {
                    known: Known {
                        client,
                        id: codec::name(&ticket)?,
                    },
                    task,
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
            taken += usize::from(self.take(&it).await);
        }
        Ok(taken)
    }

    async fn take(&self, it: &Candidate) -> bool {
        let taken = Instant::now();
        let claim = Command::Claim {
            task: it.task.clone(),
            owner: self.name.clone(),
            lease: LEASE,
        };
        let ticket = match self.send(&it.known, claim).await {
            Ok(ticket) => ticket,
            Err(DeskError::Refused(_)) => return false,
            Err(error) => {
                tracing::warn!(%error, task = it.task, "cannot claim");
                return false;
            }
        };
        let Some(task) = ticket.task(&it.task).cloned() else {
            return false;
        };
        let action = match &task.node.work {
            Work::Action { name, .. } => name.as_str(),
            _ => "plan",
        };
        let span = tracing::info_span!(
            "task",
            ticket = ticket.reference,
            task = it.task,
            action,
            attempt = task.attempt
        );
        let work = self.perform(it, &ticket, &task, taken);
        work.instrument(span).await
    }

    /// Performs a task that was asked for at `taken`, and reports; `false` when it could not even
    /// begin.
    async fn perform(&self, it: &Candidate, ticket: &Ticket, task: &Task, taken: Instant) -> bool {
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
            known: &it.known,
            ticket,
            task,
            evidence,
            taken,
        };
        let (outcome, evidence) = hand.keep_alive().await;
        if let Some(outcome) = outcome {
            let report = Command::Report {
                task: it.task.clone(),
                fence,
                outcome,
                evidence,
            };
            match self.send(&it.known, report).await {
                Ok(_) => {}
                Err(DeskError::Refused(Refusal::StaleAttempt)) => {
                    tracing::info!(
                        ticket = ticket.reference,
                        task = it.task,
                        fence,
                        "stale result ignored"
                    );
                }
                Err(error) => tracing::warn!(%error, ticket = ticket.reference,
                    task = it.task, "cannot report"),
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
