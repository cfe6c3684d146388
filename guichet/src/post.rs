//! The mailer: takes messages owed from the engine, writes the letters, hands them over, says how
//! it went. One bad address or letter never stands in the way of the others.
//!
//! A message is taken under a lease, which is prolonged as long as it is held. Several hands carry
//! letters, one each at a time. That its letter begins is durable before any of the text leaves,
//! and how the one before ended is durable by then: whoever dies leaves one letter a hand in doubt.

mod clerk;
mod hand;
mod leases;
mod letter;
mod write;

use crate::mail::{Deliver, view::Sender};
use catalogue::Text;
use clerk::Clerk;
use engine::{
    contract::Terms,
    desk::Desk,
    outbox::{Delivered, Due},
    people::Person,
    store::StoreError,
};
use hand::{Carried, Hand, Queue};
use leases::Leases;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time,
};

/// Letters handed over at once.
const AT_ONCE: usize = 4;
/// Most messages held at once: the next ones are read while others are handed over.
const HELD: usize = 512;
/// How many of these must be free before more are taken, while there are more: to read many at
/// once costs little more than to read a few.
const REFILL: u32 = 128;
/// How long nobody rings before we look anyway.
const PATROL: Duration = Duration::from_secs(1);

/// The mailer.
#[derive(Clone)]
pub struct Post {
    desk: Desk,
    deliver: Arc<dyn Deliver>,
    sender: Sender,
    base_url: String,
    /// Whether no other process works on the database.
    alone: bool,
}

/// What the letters about one contract have in common.
struct Around {
    people: Vec<Person>,
    terms: Option<Terms>,
}

/// Where messages come in: what is held, and what waits for a hand.
struct Tray {
    seats: Arc<Semaphore>,
    leases: Leases,
    put: mpsc::UnboundedSender<Carried>,
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
            alone: false,
        }
    }

    /// No other process works on this database while this one does: whoever else holds a message
    /// is dead, and what it had not begun is taken up at once.
    #[must_use]
    pub fn alone(mut self) -> Post {
        self.alone = true;
        self
    }

    /// Works until `stop` says true; letters being handed over are then ended, all others handed
    /// back.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let leases = Leases::default();
        let beat = tokio::spawn(leases.clone().beat(self.desk.clone()));
        let (clerk, noting) = Clerk::open(self.desk.clone(), leases.clone());
        let noting = tokio::spawn(noting);
        let (put, queue) = Queue::new();
        let post = Arc::new(self);
        let mut hands = JoinSet::new();
        for _ in 0..AT_ONCE {
            let hand = Hand {
                post: post.clone(),
                queue: queue.clone(),
                clerk: clerk.clone(),
            };
            hands.spawn(hand.work(stop.clone()));
        }
        let tray = Tray {
            seats: Arc::new(Semaphore::new(HELD)),
            leases,
            put,
        };
        post.gather(&tray, &mut stop).await;
        drop(tray);
        while hands.join_next().await.is_some() {}
        while let Some(left) = queue.next().await {
            clerk.ended(left, Delivered::Back);
        }
        drop(clerk);
        if noting.await.is_err() {
            tracing::error!("the ends of some letters were not noted");
        }
        beat.abort();
    }

    /// Keeps the tray full.
    async fn gather(&self, tray: &Tray, stop: &mut watch::Receiver<bool>) {
        let mut bell = self.desk.bell.listen();
        let mut heir = self.alone;
        while !*stop.borrow() {
            bell.mark_unchanged();
            let mut more = false;
            match self.take(tray, &mut heir).await {
                Ok(taken) => more = taken > 0,
                Err(error) => tracing::warn!(%error, "cannot take letters"),
            }
            if more {
                tokio::select! {
                    _ = tray.seats.acquire_many(REFILL) => {}
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
    }

    /// Takes as many messages as there are seats, after those that the dead held.
    async fn take(&self, tray: &Tray, heir: &mut bool) -> Result<usize, StoreError> {
        if *heir {
            self.desk.inherit_notices().await?;
            *heir = false;
        }
        let most = tray.seats.available_permits();
        if most == 0 {
            return Ok(0);
        }
        let dues = self.desk.take_notices(most as u64).await?;
        let count = dues.len();
        let mut known = HashMap::new();
        for due in dues {
            let Ok(seat) = tray.seats.clone().try_acquire_owned() else {
                break;
            };
            tray.leases.add(&due);
            let place = (due.ticket.client.clone(), due.ticket.contract.clone());
            if !known.contains_key(&place) {
                let found = self.around(&due).await.map(Arc::new);
                known.insert(place.clone(), found.map_err(|it| it.to_string()));
            }
            let carried = Carried {
                around: known[&place].clone(),
                due: Arc::new(due),
                seat,
            };
            // The queue lives as long as this tray.
            let _ = tray.put.send(carried);
        }
        Ok(count)
    }

    /// People and terms of the contract that the message is about.
    async fn around(&self, due: &Due) -> Result<Around, StoreError> {
        let contract = self.desk.contract(&due.ticket.contract, None).await?;
        Ok(Around {
            people: self.desk.people_around(&due.ticket.client).await?,
            terms: contract.map(|it| it.terms),
        })
    }
}

/// The same words in both languages: what systems and people say is not translated.
fn quoted(words: &str) -> Text {
    Text::new(words, words)
}
