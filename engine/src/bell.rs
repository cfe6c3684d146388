//! Who hears that something was committed: readers of the count, runners that are offered what
//! became due, and other replicas by notification. Polling is only for what nobody announced.

mod crew;

pub(crate) use crew::{Crew, Seat, Seats, Taken};

use crate::{
    store::{Known, Left},
    ticket::{System, Ticket},
};
use chrono::{DateTime, Utc};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};

/// Most tasks that wait to be taken up in memory; the rest is found in the database.
const MOST: usize = 4_096;

/// A task that could be taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Candidate {
    /// Of which ticket.
    pub(crate) known: Known,
    /// Its name.
    pub(crate) task: String,
    /// Where it goes.
    pub(crate) system: System,
    /// Its holder, when that is known to be dead.
    pub(crate) heir_of: Option<String>,
}

/// Rings after every commit, so that nobody has to poll for work this process made.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    count: watch::Sender<u64>,
    offers: Mutex<VecDeque<Candidate>>,
    crew: Mutex<Option<Arc<Crew>>>,
    elsewhere: Notify,
}

impl Default for Bell {
    fn default() -> Self {
        Bell(Arc::new(Inner {
            count: watch::Sender::new(0),
            offers: Mutex::default(),
            crew: Mutex::default(),
            elsewhere: Notify::new(),
        }))
    }
}

impl Bell {
    /// Something was committed.
    pub fn ring(&self) {
        self.0.count.send_modify(|it| *it = it.wrapping_add(1));
    }

    /// Hears every ring from now on.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.count.subscribe()
    }

    /// Another replica committed something.
    pub(crate) fn ring_from_elsewhere(&self, left: Left) {
        if left == Left::Work {
            self.0.elsewhere.notify_one();
        }
        self.ring();
    }

    /// Waits until another replica left something to do.
    pub(crate) async fn elsewhere(&self) {
        self.0.elsewhere.notified().await;
    }

    /// From now on this runner of the process takes what is offered.
    pub(crate) fn hire(&self, crew: &Arc<Crew>) {
        *lock(&self.0.crew) = Some(crew.clone());
    }

    /// That runner takes nothing more.
    pub(crate) fn dismiss(&self, crew: &Arc<Crew>) {
        crew.rest();
        lock(&self.0.crew).take_if(|it| Arc::ptr_eq(it, crew));
    }

    /// The runner of this process.
    pub(crate) fn crew(&self) -> Option<Arc<Crew>> {
        lock(&self.0.crew).clone()
    }

    /// Offers what machines may do on that ticket now, and could not do on it `before`.
    pub(crate) fn offer(&self, ticket: &Ticket, before: Option<&Ticket>, now: DateTime<Utc>) {
        if self.crew().is_none() {
            return;
        }
        let before = before.filter(|it| it.state == ticket.state);
        let new = ticket.tasks.changed(before.map(|it| &it.tasks));
        let mut offers = self.offers();
        for (_, task) in new.filter(|(_, it)| it.is_due(now)) {
            if offers.len() >= MOST {
                return;
            }
            offers.push_back(Candidate {
                known: Known::from(ticket),
                task: task.node.name.clone(),
                system: ticket.system(task),
                heir_of: None,
            });
        }
    }

    /// The next task offered.
    pub(crate) fn next(&self) -> Option<Candidate> {
        self.offers().pop_front()
    }

    fn offers(&self) -> MutexGuard<'_, VecDeque<Candidate>> {
        lock(&self.0.offers)
    }
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}
