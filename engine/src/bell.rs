//! Who hears that something was committed: readers of the count, runners that are offered what
//! became due, and other replicas by notification. Polling is only for what nobody announced.

use crate::{
    store::Known,
    ticket::{Status, Ticket},
};
use chrono::{DateTime, Utc};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{Notify, watch};
use workflows::Work;

/// Most tasks that wait to be taken up in memory; the rest is found in the database.
const MOST: usize = 4_096;

/// A task that could be taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Candidate {
    /// Of which ticket.
    pub(crate) known: Known,
    /// Its name.
    pub(crate) task: String,
}

/// Rings after every commit, so that nobody has to poll for work this process made.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    count: watch::Sender<u64>,
    heard: AtomicBool,
    offers: Mutex<VecDeque<Candidate>>,
    elsewhere: Notify,
}

impl Default for Bell {
    fn default() -> Self {
        Bell(Arc::new(Inner {
            count: watch::Sender::new(0),
            heard: AtomicBool::new(false),
            offers: Mutex::default(),
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
    pub(crate) fn ring_from_elsewhere(&self) {
        self.0.elsewhere.notify_one();
        self.ring();
    }

    /// Waits until another replica committed something.
    pub(crate) async fn elsewhere(&self) {
        self.0.elsewhere.notified().await;
    }

    /// From now on a runner of this process takes what is offered.
    pub(crate) fn hear(&self) {
        self.0.heard.store(true, Ordering::Relaxed);
    }

    /// Offers what machines may do on that ticket now.
    pub(crate) fn offer(&self, ticket: &Ticket, now: DateTime<Utc>) {
        if !self.0.heard.load(Ordering::Relaxed) {
            return;
        }
        let due = ticket.tasks.iter().filter(|it| {
            let machine = match it.status {
                Status::Ready => matches!(it.node.work, Work::Plan | Work::Action { .. }),
                Status::UndoDue => !crate::run::undone_by_hand(it),
                _ => false,
            };
            machine && it.run_at.is_none_or(|at| at <= now)
        });
        let mut offers = self.offers();
        for task in due {
            if offers.len() >= MOST {
                return;
            }
            offers.push_back(Candidate {
                known: Known::from(ticket),
                task: task.node.name.clone(),
            });
        }
    }

    /// The next task offered.
    pub(crate) fn next(&self) -> Option<Candidate> {
        self.offers().pop_front()
    }

    fn offers(&self) -> std::sync::MutexGuard<'_, VecDeque<Candidate>> {
        self.0
            .offers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
