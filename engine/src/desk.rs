//! The one door: load, decide, commit, tell. Pages, API, CLI, links, runner and scheduler all come
//! through here.

use crate::{
    ambient::{Clock, Ids},
    id::{CommandId, TicketId},
    people::Actor,
    store::{Known, Store, StoreError, load},
    ticket::{Command, Facts, Refusal, Ticket, Transition, decide},
};
use catalogue::Catalogue;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{cell::Cell, sync::Arc};
use tokio::sync::watch;
use workflows::{Registry, workflow::Workflows};

/// How often a command is tried again when somebody else was faster.
const PATIENCE: u32 = 50;

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

/// Rings after every commit, so that nobody has to poll for work this process made.
#[derive(Clone, Debug)]
pub struct Bell(watch::Sender<u64>);

impl Default for Bell {
    fn default() -> Self {
        Bell(watch::channel(0).0)
    }
}

impl Bell {
    /// Something was committed.
    pub fn ring(&self) {
        self.0.send_modify(|it| *it = it.wrapping_add(1));
    }
    /// Hears every ring from now on.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
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
}

impl Desk {
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
        self.apply(
            Place::Contract(client.into(), contract.into()),
            command,
            caller,
        )
        .await
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
        self.apply(Place::Ticket(at.clone()), command, caller).await
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
        let now = self.clock.now();
        let db = self.store.reading();
        let loaded = load::facts(db, client, contract, now)
            .await?
            .ok_or(Refusal::NotFound)?;
        let facts = self.facts(loaded, now, &caller);
        Ok(decide(None, command, &facts)?)
    }

    async fn apply(
        &self,
        place: Place,
        command: Command,
        caller: Caller,
    ) -> Result<Ticket, DeskError> {
        let mut tries = 0;
        loop {
            let (desk, place, command, caller) =
                (self.clone(), place.clone(), command.clone(), caller.clone());
            let work = async move { desk.attempt(place, command, caller).await };
            match self.store.unit(work).await {
                Err(error) if error.is_passing() && tries < PATIENCE => tries += 1,
                Err(error) => return Err(error.into()),
                Ok(Err(refusal)) => return Err(refusal.into()),
                Ok(Ok(ticket)) => {
                    self.bell.ring();
                    return Ok(ticket);
                }
            }
        }
    }

    /// One try, in one transaction.
    async fn attempt(
        &self,
        place: Place,
        command: Command,
        caller: Caller,
    ) -> Result<Result<Ticket, Refusal>, StoreError> {
        let tx = self.store.begin().await?;
        let client = place.client().to_owned();
        // The time is read under the client's lock: who comes later in the journal comes later.
        load::lock(tx.db(), &client).await?;
        let now = self.clock.now();
        let digest = hex::encode(Sha256::digest(format!("{command:?}").as_bytes()));
        let name = caller.command.to_string();
        if let Some((was, id)) = load::applied(tx.db(), &client, &name).await? {
            if was != digest {
                return Ok(Err(Refusal::KeyReused));
            }
            let known = Known { client, id };
            return Ok(load::ticket(tx.db(), &known)
                .await?
                .ok_or(Refusal::NotFound));
        }
        let before = match &place {
            Place::Ticket(known) => match load::ticket(tx.db(), known).await? {
                Some(ticket) => Some(ticket),
                None => return Ok(Err(Refusal::NotFound)),
            },
            Place::Contract(..) => None,
        };
        let contract = match (&place, &before) {
            (_, Some(ticket)) => ticket.contract.clone(),
            (Place::Contract(_, code), _) => code.clone(),
            (Place::Ticket(_), None) => return Ok(Err(Refusal::NotFound)),
        };
        let Some(loaded) = load::facts(tx.db(), &client, &contract, now).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        let step = {
            let facts = self.facts(loaded, now, &caller);
            match decide(before.as_ref(), &command, &facts) {
                Ok(step) => step,
                Err(refusal) => return Ok(Err(refusal)),
            }
        };
        let salt = || self.ids.secret();
        let fresh = || self.ids.id();
        let seal = crate::store::Seal {
            now,
            actor: &caller.actor,
            command: caller.command,
            digest,
            salt: &salt,
            name: &fresh,
        };
        tx.write(before.as_ref(), &step, &seal).await?;
        if caller.actor.person().is_some() {
            tx.remember(&client, step.ticket.id.to_string(), &seal)
                .await?;
        }
        tx.end().await?;
        Ok(Ok(step.ticket))
    }

    fn facts(&self, loaded: load::Loaded, now: DateTime<Utc>, caller: &Caller) -> Facts {
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
            drawn: Cell::new(0),
        }
    }
}

/// What a command is applied to.
#[derive(Clone, Debug)]
enum Place {
    Contract(String, String),
    Ticket(Known),
}

impl Place {
    fn client(&self) -> &str {
        match self {
            Place::Contract(client, _) => client,
            Place::Ticket(known) => &known.client,
        }
    }
}

impl From<&Ticket> for Known {
    fn from(ticket: &Ticket) -> Known {
        Known {
            client: ticket.client.clone(),
            id: TicketId(ticket.id.0),
        }
    }
}
