//! The one door: load, decide, commit, tell. Pages, API, CLI, links, runner and scheduler all come
//! through here.

mod visit;

pub use crate::bell::Bell;

use crate::{
    ambient::{Clock, Ids},
    bell::Seat,
    id::CommandId,
    people::Actor,
    store::{Batch, Known, Needs, Store, StoreError, load},
    ticket::{Command, Facts, Refusal, Takers, Ticket, Transition, decide},
    witness::{Silent, Witness},
};
use catalogue::Catalogue;
use chrono::{DateTime, Utc};
use std::{cell::Cell, sync::Arc};
use tokio::sync::oneshot;
use tracing::{Instrument, field::Empty};
use visit::{Asked, Place, Visit};
use workflows::{Registry, workflow::Workflows};

/// How often a command is tried again when somebody else was faster.
const PATIENCE: u32 = 50;
/// How often it is tried again while the database cannot be reached.
const ENDURANCE: u32 = 15;
/// Pause before the first of those tries; later ones grow up to ten times.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Refused whole, with a reason for people.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed; whether it was applied can be asked with the same command again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who sends a command, and under which name: the same name again is the same command.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// Under which name.
    pub command: CommandId,
}

/// The desk.
#[derive(Clone)]
pub struct Desk {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Names and secrets.
    pub ids: Arc<dyn Ids>,
    /// Lines that can be ordered.
    pub catalogue: Arc<Catalogue>,
    /// Procedures.
    pub workflows: Arc<Workflows>,
    /// Actions.
    pub registry: Arc<Registry>,
    /// Rings after every commit.
    pub bell: Bell,
    /// Hears of every change.
    pub witness: Arc<dyn Witness>,
}

impl Desk {
    /// A desk at which nobody looks on yet; time, names and secrets come from `ambient`.
    #[must_use]
    pub fn new<A: Clock + Ids + Clone>(
        store: Store,
        ambient: &A,
        catalogue: Catalogue,
        workflows: Workflows,
        registry: Registry,
    ) -> Desk {
        Desk {
            store,
            clock: Arc::new(ambient.clone()),
            ids: Arc::new(ambient.clone()),
            catalogue: Arc::new(catalogue),
            workflows: Arc::new(workflows),
            registry: Arc::new(registry),
            bell: Bell::default(),
            witness: Arc::new(Silent),
        }
    }

    /// A caller with a fresh command name.
    #[must_use]
    pub fn caller(&self, actor: Actor) -> Caller {
        Caller {
            actor,
            command: CommandId(self.ids.id()),
        }
    }

    /// Applies a command that makes a ticket under `contract`.
    ///
    /// # Errors
    /// [`DeskError::Refused`] with nothing written; [`DeskError::Store`] when the database failed.
    pub async fn create(
        &self,
        client: &str,
        contract: &str,
        command: Command,
        caller: Caller,
    ) -> Result<Ticket, DeskError> {
        let place = Place::Contract(client.into(), contract.into());
        self.apply(place, command, caller, None).await
    }

    /// Applies a command to a ticket.
    ///
    /// # Errors
    /// As [`Desk::create`].
    pub async fn handle(
        &self,
        at: &Known,
        command: Command,
        caller: Caller,
    ) -> Result<Ticket, DeskError> {
        let place = Place::Ticket(at.clone());
        self.apply(place, command, caller, None).await
    }

    /// Applies what a hand reports; the same hand takes what becomes due by it.
    ///
    /// # Errors
    /// As [`Desk::create`].
    pub(crate) async fn report(
        &self,
        at: &Known,
        command: Command,
        caller: Caller,
        seat: Seat,
    ) -> Result<Ticket, DeskError> {
        let place = Place::Ticket(at.clone());
        self.apply(place, command, caller, Some(seat)).await
    }

    /// What a command that makes a ticket would lead to; writes nothing.
    ///
    /// # Errors
    /// As [`Desk::create`].
    pub async fn preview(
        &self,
        client: &str,
        contract: &str,
        command: &Command,
        caller: Caller,
    ) -> Result<Transition, DeskError> {
        let needs = Needs {
            client: client.to_owned(),
            ticket: None,
            command: None,
        };
        let batch = Batch::glance(self.store.reading(), &needs).await?;
        let now = batch.now(self.clock.as_ref());
        let loaded = batch.facts(client, contract, now);
        let loaded = loaded.ok_or(Refusal::NotFound)?;
        let facts = self.facts(loaded, now, &caller, None);
        Ok(decide(None, command, &facts)?)
    }

    /// Rings the bell for what other replicas commit, until `stop` says true. Ends at once where
    /// there can be none.
    pub async fn overhear(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let overheard = async {
                let Some(mut ear) = self.store.listen().await? else {
                    return Ok::<bool, StoreError>(false);
                };
                loop {
                    let left = ear.hear().await?;
                    self.bell.ring_from_elsewhere(left);
                }
            };
            tokio::select! {
                _ = stop.changed() => return,
                ended = overheard => match ended {
                    Ok(_) => return,
                    Err(error) => tracing::warn!(%error, "replicas are not heard; polling"),
                },
            }
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(PAUSE * 10) => {}
            }
        }
    }

    async fn apply(
        &self,
        place: Place,
        command: Command,
        caller: Caller,
        seat: Option<Seat>,
    ) -> Result<Ticket, DeskError> {
        let span = tracing::info_span!("command", command = command.kind(), ticket = Empty);
        let end = self.carry(place, command, caller, seat);
        let end = end.instrument(span.clone()).await;
        if let Ok(ticket) = &end {
            span.record("ticket", &ticket.reference);
        }
        end
    }

    async fn carry(
        &self,
        place: Place,
        command: Command,
        caller: Caller,
        mut seat: Option<Seat>,
    ) -> Result<Ticket, DeskError> {
        let (mut overtaken, mut unheard) = (0, 0);
        loop {
            let (answer, said) = oneshot::channel();
            let asked = Asked::new(self.clone(), place.clone(), command.clone(), caller.clone());
            self.store.send(Box::new(Visit {
                asked,
                seat: seat.take(),
                said: None,
                answer,
            }));
            let said = said
                .await
                .unwrap_or_else(|_| Err(StoreError::Unfit("the writer is gone".into())));
            match said {
                Err(error) if error.is_passing() && overtaken < PATIENCE => overtaken += 1,
                Err(error) if error.is_lost() && unheard < ENDURANCE => {
                    // Whether it was applied is told by its name, once the database is back.
                    unheard += 1;
                    tokio::time::sleep(PAUSE * unheard.min(10)).await;
                }
                Err(error) => return Err(error.into()),
                Ok(Err(refusal)) => return Err(refusal.into()),
                Ok(Ok(ticket)) => return Ok(ticket),
            }
        }
    }

    fn facts(
        &self,
        loaded: load::Loaded,
        now: DateTime<Utc>,
        caller: &Caller,
        takers: Option<Takers>,
    ) -> Facts {
        Facts {
            now,
            command: caller.command,
            actor: caller.actor.clone(),
            contract: loaded.contract,
            people: loaded.people,
            lots: loaded.lots,
            year: loaded.year,
            slots: loaded.slots,
            locks: loaded.locks,
            next_number: loaded.next_number,
            workflows: self.workflows.clone(),
            registry: self.registry.clone(),
            takers,
            drawn: Cell::new(0),
        }
    }
}
