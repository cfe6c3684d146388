//! A command on its way through the writer: decided on the state that those before it left, told
//! when it is durable.

use super::{Caller, Desk};
use crate::{
    bell::{Seat, Seats},
    store::{Batch, Job, Known, Needs, Seal, StoreError},
    ticket::{Command, Refusal, Takers, Ticket, Transition, decide},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Instant};
use tokio::sync::oneshot;

/// What a command is applied to.
#[derive(Clone, Debug)]
pub(super) enum Place {
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
pub(super) struct Asked {
    desk: Desk,
    place: Place,
    command: Command,
    caller: Caller,
    /// Of what a person asked for: the same name with another content is refused.
    digest: String,
    needs: Needs,
}

impl Asked {
    pub(super) fn new(desk: Desk, place: Place, command: Command, caller: Caller) -> Asked {
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
    fn decide(&self, batch: &mut Batch, mut seats: Seats) -> Result<Said, StoreError> {
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
        let takers = seats.crew().map(|(crew, hands, shares)| Takers {
            owner: crew.owner.clone(),
            lease: crew.lease,
            hands,
            shares,
        });
        let taken_at = Instant::now();
        let facts = self.desk.facts(loaded, now, &self.caller, takers);
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
        let after = batch.write(&step, &seal)?;
        if self.needs.command.is_some() {
            batch.remember(&step.ticket, &seal)?;
        }
        let taken = step.taken.iter().filter_map(|it| after.task(it));
        seats.keep(taken.map(|it| after.system(it)).collect());
        Ok(Said::Done(Box::new(Done {
            before,
            step,
            after,
            at: now,
            seats,
            taken_at,
        })))
    }
}

/// What a command came to.
pub(super) enum Said {
    /// It changed something.
    Done(Box<Done>),
    /// The same command had been applied before.
    Before(Box<Ticket>),
    /// It changed nothing.
    Refused(Refusal),
}

/// A change, for whoever looks on.
pub(super) struct Done {
    before: Option<Arc<Ticket>>,
    step: Transition,
    after: Arc<Ticket>,
    at: DateTime<Utc>,
    /// Hands that took something with it, and when.
    seats: Seats,
    taken_at: Instant,
}

/// A command on its way through the writer.
pub(super) struct Visit {
    pub(super) asked: Asked,
    /// The hand that reports.
    pub(super) seat: Option<Seat>,
    pub(super) said: Option<Said>,
    pub(super) answer: oneshot::Sender<Result<Result<Ticket, Refusal>, StoreError>>,
}

impl Job for Visit {
    fn needs(&self) -> &Needs {
        &self.asked.needs
    }

    fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        // Hands that an earlier run gave something to are free again.
        self.said = None;
        let seats = if self.asked.command.claims() {
            Seats::default()
        } else {
            let crew = self.asked.desk.bell.crew();
            Seats::around(self.seat.take(), crew.as_ref())
        };
        self.said = Some(self.asked.decide(batch, seats)?);
        Ok(())
    }

    fn end(self: Box<Self>, how: Result<(), StoreError>) {
        let Visit {
            asked,
            seat: _,
            said,
            answer,
        } = *self;
        let undecided = || StoreError::Unfit("nothing was decided".into());
        let said = how.and_then(|()| said.ok_or_else(undecided));
        let said = said.map(|it| match it {
            Said::Refused(refusal) => Err(refusal),
            Said::Before(ticket) => Ok(*ticket),
            Said::Done(done) => {
                let Done {
                    before,
                    step,
                    after,
                    at,
                    seats,
                    taken_at,
                } = *done;
                let (desk, command) = (&asked.desk, &asked.command);
                desk.witness
                    .committed(before.as_deref(), &step, command, at);
                seats.give(&after, &step.taken, taken_at);
                desk.bell.offer(&step.ticket, before.as_deref(), at);
                for it in &step.children {
                    desk.bell.offer(&it.ticket, None, at);
                }
                desk.bell.ring();
                Ok(step.ticket)
            }
        });
        // Whoever asked may have gone; it was carried out all the same.
        drop(answer.send(said));
    }
}
