//! The mailer: takes messages owed from the engine, writes the letters, hands them over, says how
//! it went. One bad address or letter never stands in the way of the others.
//!
//! A message is taken under a lease, which is prolonged as long as its letter is under way. A
//! letter is only begun while that lease is certain, and how it ended is said to the database until
//! it has been heard: a letter whose end is forgotten is sent again.

mod leases;
mod letter;

use crate::mail::{
    self, Deliver, Delivery, MailError, Rendered,
    view::{Addressee, Envelope, Request, Sender},
};
use catalogue::Text;
use engine::{
    contract::Terms,
    desk::Desk,
    outbox::{Delivered, Due},
    people::Person,
    store::StoreError,
};
use leases::Leases;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinSet,
    time,
};

/// Letters handed over at once.
const AT_ONCE: usize = 4;
/// Most messages held at once: the next letters are written while others are handed over.
const HELD: usize = 512;
/// How many of these must be free before more are taken, while there are more: to read many at
/// once costs little more than to read a few.
const REFILL: u32 = 128;
/// How long nobody rings before we look anyway.
const PATROL: Duration = Duration::from_secs(1);
/// Pause before saying to the database once more what it could not take.
const AGAIN: Duration = Duration::from_millis(250);

/// The mailer.
#[derive(Clone)]
pub struct Post {
    desk: Desk,
    deliver: Arc<dyn Deliver>,
    sender: Sender,
    base_url: String,
}

/// What the letters about one contract have in common.
struct Around {
    people: Vec<Person>,
    terms: Option<Terms>,
}

/// One message on its way; its seat is free once its end is noted.
struct Carried {
    due: Arc<Due>,
    around: Result<Arc<Around>, String>,
    seat: OwnedSemaphorePermit,
}

/// What those who carry letters share.
struct Office {
    post: Post,
    leases: Leases,
    hands: Semaphore,
    stop: watch::Receiver<bool>,
}

impl Post {
    /// A mailer that hands letters to `deliver`; links begin with `base_url`.
    #[must_use]
    pub fn new(desk: Desk, deliver: Arc<dyn Deliver>, sender: Sender, base_url: String) -> Post {
        Post {
            desk,
            deliver,
            sender,
            base_url,
        }
    }

    /// Works until `stop` says true; letters being handed over are then ended, all others handed
    /// back.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut bell = self.desk.bell.listen();
        let leases = Leases::default();
        let beat = tokio::spawn(leases.clone().beat(self.desk.clone()));
        let (tell, ended) = mpsc::unbounded_channel();
        let clerk = tokio::spawn(note(self.desk.clone(), leases.clone(), ended));
        let seats = Arc::new(Semaphore::new(HELD));
        let office = Arc::new(Office {
            hands: Semaphore::new(AT_ONCE),
            leases,
            stop: stop.clone(),
            post: self,
        });
        let mut letters = JoinSet::new();
        while !*stop.borrow() {
            bell.mark_unchanged();
            let mut more = false;
            match office.take(&seats).await {
                Ok(taken) => {
                    more = !taken.is_empty();
                    for it in taken {
                        letters.spawn(office.clone().carry(it, tell.clone()));
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot take letters"),
            }
            while letters.try_join_next().is_some() {}
            if more {
                tokio::select! {
                    _ = seats.acquire_many(REFILL) => {}
                    _ = stop.changed() => {}
                }
                continue;
            }
            tokio::select! {
                _ = bell.changed() => {}
                _ = stop.changed() => {}
                () = time::sleep(PATROL) => {}
            }
        }
        while letters.join_next().await.is_some() {}
        drop(tell);
        if clerk.await.is_err() {
            tracing::error!("the ends of some letters were not noted");
        }
        beat.abort();
    }

    /// People and terms of the contract that the message is about.
    async fn around(&self, due: &Due) -> Result<Around, StoreError> {
        let contract = self.desk.contract(&due.ticket.contract, None).await?;
        Ok(Around {
            people: self.desk.people_around(&due.ticket.client).await?,
            terms: contract.map(|it| it.terms),
        })
    }

    fn write(&self, due: &Due, around: &Around) -> Result<Rendered, MailError> {
        let ticket = &due.ticket;
        let room = letter::Room {
            due,
            people: &around.people,
            terms: around.terms.as_ref(),
            base_url: &self.base_url,
            provider: &self.sender.provider,
            registry: &self.desk.registry,
        };
        let requester = letter::name_of(&around.people, ticket.requester);
        let request = Request {
            title: ticket.title.clone(),
            requester: format!("{requester} ({})", ticket.client),
            cluster: ticket.cluster.clone(),
        };
        let to = Addressee {
            name: due.to.name.clone(),
            mail: due.to.mail.clone(),
            lang: due.to.lang,
        };
        let envelope = Envelope {
            reference: ticket.reference.clone(),
            n: number(due),
            root: ticket.reference.clone(),
            last: None,
            date: due.at,
        };
        mail::render(&room.letter(), &request, &to, &self.sender, &envelope)
    }

    async fn send(&self, written: Result<Rendered, MailError>) -> Delivered {
        let answer = match written {
            Ok(mail) => self.deliver.deliver(&mail).await,
            Err(error) => Err(error.into()),
        };
        match answer {
            Ok(accepted) => Delivered::Sent(accepted.reply),
            Err(Delivery::Permanent(code, words)) => Delivered::Never(format!("{code} {words}")),
            Err(Delivery::Transient(words)) => Delivered::Later(words),
            Err(Delivery::Unknown(words)) => Delivered::Unknown(words),
        }
    }
}

impl Office {
    /// Takes as many messages as there are seats.
    async fn take(&self, seats: &Arc<Semaphore>) -> Result<Vec<Carried>, StoreError> {
        let most = seats.available_permits();
        if most == 0 {
            return Ok(Vec::new());
        }
        let since = time::Instant::now();
        let dues = self.post.desk.take_notices(most as u64).await?;
        let mut known = HashMap::new();
        let mut taken = Vec::with_capacity(dues.len());
        for due in dues {
            let Ok(seat) = seats.clone().try_acquire_owned() else {
                break;
            };
            self.leases.add(&due, since);
            let place = (due.ticket.client.clone(), due.ticket.contract.clone());
            if !known.contains_key(&place) {
                let found = self.post.around(&due).await.map(Arc::new);
                known.insert(place.clone(), found.map_err(|it| it.to_string()));
            }
            taken.push(Carried {
                around: known[&place].clone(),
                due: Arc::new(due),
                seat,
            });
        }
        Ok(taken)
    }

    /// Carries one letter to its end.
    async fn carry(self: Arc<Self>, it: Carried, tell: mpsc::UnboundedSender<Ended>) {
        let end = match it.around {
            Ok(around) => self.hand_over(&it.due, around).await,
            Err(why) => Delivered::Later(why),
        };
        if !matches!(end, Delivered::Sent(_) | Delivered::Back) {
            let (ticket, occasion) = (&it.due.ticket.reference, &it.due.occasion);
            tracing::warn!(ticket, occasion, ?end, "letter not delivered");
        }
        // The clerk listens until the last letter has ended.
        let _ = tell.send((it.due, end, it.seat));
    }

    /// On a task of its own: a letter that brings its writer down takes nobody along.
    async fn hand_over(self: Arc<Self>, due: &Arc<Due>, around: Arc<Around>) -> Delivered {
        let due = due.clone();
        let sent = tokio::spawn(async move { self.write_and_send(&due, &around).await });
        sent.await
            .unwrap_or_else(|_| Delivered::Never("554 the letter could not be written".into()))
    }

    async fn write_and_send(&self, due: &Due, around: &Around) -> Delivered {
        // Written before a hand is free: no connection waits for words.
        let written = self.post.write(due, around);
        let mut stop = self.stop.clone();
        let _hand = tokio::select! {
            biased;
            _ = stop.wait_for(|it| *it) => return Delivered::Back,
            hand = self.hands.acquire() => hand,
        };
        if !self.leases.certain(due) {
            return Delivered::Back;
        }
        self.post.send(written).await
    }
}

/// A letter that came to its end, and its seat.
type Ended = (Arc<Due>, Delivered, OwnedSemaphorePermit);

/// Notes how letters ended, as many at once as there are, until nobody can tell of one any more.
async fn note(desk: Desk, leases: Leases, mut ended: mpsc::UnboundedReceiver<Ended>) {
    let mut some = Vec::new();
    while ended.recv_many(&mut some, HELD).await > 0 {
        let all: Vec<_> = some.iter().map(|it| (&*it.0, it.1.clone())).collect();
        while let Err(error) = desk.notices_ended(&all).await {
            tracing::warn!(%error, "cannot note how letters ended; trying again");
            time::sleep(AGAIN).await;
        }
        for (due, ..) in some.drain(..) {
            leases.remove(&due);
        }
    }
}

/// Number of the letter: from the record that owes it, so that a second try has the same name.
fn number(due: &Due) -> u32 {
    let record = u32::try_from(due.key.record).unwrap_or(u32::MAX / 100);
    let n = u32::try_from(due.key.n).unwrap_or(0);
    record.saturating_mul(100).saturating_add(n)
}

/// The same words in both languages: what systems and people say is not translated.
fn quoted(words: &str) -> Text {
    Text::new(words, words)
}
