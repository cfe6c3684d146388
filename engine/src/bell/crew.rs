//! The runner of this process and its free hands. A command that makes tasks due gives them to a
//! free hand in the same transaction: what would be a claim of its own is part of it.

use crate::{store::Known, ticket::Ticket};
use chrono::Duration;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Most tasks that one command gives away: a wide graph spreads over the replicas.
const MOST: usize = 16;

/// A runner as others in its process see it.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Its name, for people.
    pub(crate) owner: String,
    /// How long it may be silent.
    pub(crate) lease: Duration,
    seats: Arc<Semaphore>,
    at_work: AtomicBool,
    way: mpsc::UnboundedSender<Taken>,
}

/// A free hand; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crew: Arc<Crew>,
    _permit: OwnedSemaphorePermit,
}

/// A task that is held for a hand already: its claim is committed.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Of which ticket.
    pub(crate) known: Known,
    /// The ticket as the claim left it.
    pub(crate) ticket: Arc<Ticket>,
    /// Its name.
    pub(crate) task: String,
    /// From when the lease counts, at the latest.
    pub(crate) at: Instant,
    /// Whose.
    pub(crate) seat: Seat,
}

impl Crew {
    /// A runner with that many hands, and where it hears of what they hold.
    pub(crate) fn new(
        owner: String,
        lease: Duration,
        hands: usize,
    ) -> (Arc<Crew>, mpsc::UnboundedReceiver<Taken>) {
        let (way, heard) = mpsc::unbounded_channel();
        let crew = Crew {
            owner,
            lease,
            seats: Arc::new(Semaphore::new(hands)),
            at_work: AtomicBool::new(true),
            way,
        };
        (Arc::new(crew), heard)
    }

    /// A free hand, if there is one.
    pub(crate) fn seat(self: &Arc<Crew>) -> Option<Seat> {
        let permit = self.seats.clone().try_acquire_owned().ok()?;
        Some(Seat {
            crew: self.clone(),
            _permit: permit,
        })
    }

    /// From now on its hands take nothing more.
    pub(crate) fn rest(&self) {
        self.at_work.store(false, Ordering::SeqCst);
    }
}

/// The hands that a command may give tasks to.
#[derive(Debug, Default)]
pub(crate) struct Seats(Vec<Seat>);

impl Seats {
    /// The hand of whoever reports, and others that are free.
    pub(crate) fn around(own: Option<Seat>, crew: Option<&Arc<Crew>>) -> Seats {
        let crew = own.as_ref().map(|it| &it.crew).or(crew).cloned();
        let Some(crew) = crew.filter(|it| it.at_work.load(Ordering::SeqCst)) else {
            return Seats::default();
        };
        let free = std::iter::from_fn(|| crew.seat());
        Seats(own.into_iter().chain(free).take(MOST).collect())
    }

    /// Who the hands belong to, and how many they are.
    pub(crate) fn crew(&self) -> Option<(&Crew, usize)> {
        self.0.first().map(|it| (it.crew.as_ref(), self.0.len()))
    }

    /// Keeps as many as were given something.
    pub(crate) fn keep(&mut self, many: usize) {
        self.0.truncate(many);
    }

    /// Gives each of `tasks` of that ticket to a hand: the claims are committed.
    pub(crate) fn give(self, ticket: &Arc<Ticket>, tasks: &[String], at: Instant) {
        for (seat, task) in self.0.into_iter().zip(tasks) {
            let way = seat.crew.way.clone();
            let taken = Taken {
                known: Known::from(ticket.as_ref()),
                ticket: ticket.clone(),
                task: task.clone(),
                at,
                seat,
            };
            // A runner that is gone leaves its lease to whoever finds it expired.
            drop(way.send(taken));
        }
    }
}
