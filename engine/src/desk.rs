//! The one door: load, decide, commit, tell. Pages, API, CLI, links, runner and scheduler all come
//! through here.

pub use crate::bell::Bell;

use crate::{
    ambient::{Clock, Ids},
    id::CommandId,
    people::Actor,
    store::{Batch, Job, Known, Needs, Seal, Store, StoreError, load},
    ticket::{Command, Facts, Refusal, Ticket, Transition, decide},
    witness::Witness,
};
use catalogue::Catalogue;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{cell::Cell, sync::Arc};
use tokio::sync::oneshot;
use tracing::{Instrument, field::Empty};
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

    /// Rings the bell for what other replicas commit, until `stop` says true. Ends at once where
    /// there can be none.
    pub async fn overhear(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let overheard = async {
                let Some(mut ear) = self.store.listen().await? else {
                    return Ok::<bool, StoreError>(false);
                };
                loop {
                    ear.hear().await?;
                    self.bell.ring_from_elsewhere();
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
    ) -> Result<Ticket, DeskError> {
        let span = tracing::info_span!("command", command = command.kind(), ticket = Empty);
        let end = self.carry(place, command, caller);
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
    ) -> Result<Ticket, DeskError> {
        let mut tries = 0;
        loop {
            let (answer, said) = oneshot::channel();
            let asked = Asked::new(self.clone(), place.clone(), command.clone(), caller.clone());
            self.store.send(Box::new(Visit {
                asked,
                said: None,
                answer,
            }));
            let said = said
                .await
                .unwrap_or_else(|_| Err(StoreError::Unfit("the writer is gone".into())));
            match said {
                Err(error) if error.is_passing() && tries < PATIENCE => tries += 1,
                Err(error) if error.is_lost() && tries < ENDURANCE => {
                    // Whether it was applied is told by its name, once the database is back.
                    tries += 1;
                    tokio::time::sleep(PAUSE * tries.min(10)).await;
                }
                Err(error) => return Err(error.into()),
                Ok(Err(refusal)) => return Err(refusal.into()),
                Ok(Ok(ticket)) => return Ok(ticket),
            }
        }
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

/// A command as it was asked for.
struct Asked {
    desk: Desk,
    place: Place,
    command: Command,
    caller: Caller,
    /// Of what a person asked for: the same name with another content is refused.
    digest: String,
    needs: Needs,
}

impl Asked {
    fn new(desk: Desk, place: Place, command: Command, caller: Caller) -> Asked {
        let by_person = caller.actor.person().is_some();
        let digest = if by_person {
            hex::encode(Sha256::digest(format!("{command:?}").as_bytes()))
        } else {
            String::new()
        };
        let needs = Needs {
            client: place.client().to_owned(),
            ticket: match &place {
                Place::Contract(..) => None,
                Place::Ticket(known) => Some(known.id),
            },
            // What machines send is told apart by its fence.
            command: by_person.then(|| caller.command.to_string()),
        };
        Asked {
            desk,
            place,
            command,
            caller,
            digest,
            needs,
        }
    }

    /// Decides on the state that the commands before left.
    fn decide(&self, batch: &mut Batch) -> Result<Said, StoreError> {
        let client = self.place.client();
        let now = batch.now(self.desk.clock.as_ref());
        if let Some((was, id)) = batch.applied(client, &self.caller.command.to_string()) {
            if *was != self.digest {
                return Ok(Said::Refused(Refusal::KeyReused));
            }
            let known = Known {
                client: client.to_owned(),
                id: *id,
            };
            let ticket = batch.ticket(&known).map(Arc::unwrap_or_clone);
            return Ok(ticket.map_or(Said::Refused(Refusal::NotFound), |it| {
                Said::Before(Box::new(it))
            }));
        }
        let before = match &self.place {
            Place::Ticket(known) => match batch.ticket(known) {
                Some(ticket) => Some(ticket),
                None => return Ok(Said::Refused(Refusal::NotFound)),
            },
            Place::Contract(..) => None,
        };
        let contract = match (&self.place, &before) {
            (_, Some(ticket)) => &ticket.contract,
            (Place::Contract(_, code), None) => code,
            (Place::Ticket(_), None) => return Ok(Said::Refused(Refusal::NotFound)),
        };
        let Some(loaded) = batch.facts(client, contract, now) else {
            return Ok(Said::Refused(Refusal::NotFound));
        };
        let facts = self.desk.facts(loaded, now, &self.caller);
        let step = match decide(before.as_deref(), &self.command, &facts) {
            Ok(step) => step,
            Err(refusal) => return Ok(Said::Refused(refusal)),
        };
        drop(facts);
        let salt = || self.desk.ids.secret();
        let fresh = || self.desk.ids.id();
        let seal = Seal {
            now,
            actor: &self.caller.actor,
            command: self.caller.command,
            digest: self.digest.clone(),
            salt: &salt,
            name: &fresh,
        };
        batch.write(&step, &seal)?;
        if self.needs.command.is_some() {
            batch.remember(&step.ticket, &seal);
        }
        Ok(Said::Done(Box::new(Done {
            before,
            step,
            at: now,
        })))
    }
}

/// What a command came to.
enum Said {
    /// It changed something.
    Done(Box<Done>),
    /// The same command had been applied before.
    Before(Box<Ticket>),
    /// It changed nothing.
    Refused(Refusal),
}

/// A change, for whoever looks on.
struct Done {
    before: Option<Arc<Ticket>>,
    step: Transition,
    at: DateTime<Utc>,
}

/// A command on its way through the writer.
struct Visit {
    asked: Asked,
    said: Option<Said>,
    answer: oneshot::Sender<Result<Result<Ticket, Refusal>, StoreError>>,
}

impl Job for Visit {
    fn needs(&self) -> &Needs {
        &self.asked.needs
    }

    fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        self.said = None;
        self.said = Some(self.asked.decide(batch)?);
        Ok(())
    }

    fn end(self: Box<Self>, how: Result<(), StoreError>) {
        let Visit {
            asked,
            said,
            answer,
        } = *self;
        let undecided = || StoreError::Unfit("nothing was decided".into());
        let said = how.and_then(|()| said.ok_or_else(undecided));
        let said = said.map(|it| match it {
            Said::Refused(refusal) => Err(refusal),
            Said::Before(ticket) => Ok(*ticket),
            Said::Done(done) => {
                let Done { before, step, at } = *done;
                let (desk, command) = (&asked.desk, &asked.command);
                desk.witness
                    .committed(before.as_deref(), &step, command, at);
                desk.bell.offer(&step.ticket, at);
                desk.bell.ring();
                Ok(step.ticket)
            }
        });
        // Whoever asked may have gone; it was carried out all the same.
        drop(answer.send(said));
    }
}
