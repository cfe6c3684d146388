//! The runner of this process and its free hands. A command that makes tasks due gives them to a
//! free hand in the same transaction: what would be a claim of its own is part of it.

use crate::{
    store::Known,
    ticket::{Shares, System, Ticket},
};
use chrono::Duration;
use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio::sync::mpsc;

/// Most tasks that one command gives away: a wide graph spreads over the replicas.
const MOST: usize = 16;

/// A runner as others in its process see it.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Its name, for people.
    pub(crate) owner: String,
    /// How long it may be silent.
    pub(crate) lease: Duration,
    shares: Mutex<Shares>,
    at_work: AtomicBool,
    way: mpsc::UnboundedSender<Taken>,
}

/// A hand; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crew: Arc<Crew>,
    /// Where its task goes; `None` while it is only set aside.
    system: Option<System>,
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
            shares: Mutex::new(Shares::of(hands)),
            at_work: AtomicBool::new(true),
            way,
        };
        (Arc::new(crew), heard)
    }

    /// Whether a hand is free.
    pub(crate) fn has_free(&self) -> bool {
        self.shares().free() > 0
    }

    /// A free hand for a task of that system, if it may hold one more.
    pub(crate) fn seat_for(self: &Arc<Crew>, system: &System) -> Option<Seat> {
        self.shares().give(system).then(|| Seat {
            crew: self.clone(),
            system: Some(system.clone()),
        })
    }

    /// From now on its hands take nothing more.
    pub(crate) fn rest(&self) {
        self.at_work.store(false, Ordering::SeqCst);
    }

    fn shares(&self) -> MutexGuard<'_, Shares> {
        super::lock(&self.shares)
    }
}

impl Seat {
    /// Its task has ended: it is set aside for the next one.
    fn let_go(&mut self) {
        if let Some(system) = self.system.take() {
            self.crew.shares().let_go(&system);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.let_go();
        self.crew.shares().free_again(1);
    }
}

/// The hands that a command may give tasks to.
#[derive(Debug, Default)]
pub(crate) struct Seats(Vec<Seat>);

impl Seats {
    /// The hand of whoever reports, and others that are free.
    pub(crate) fn around(mut own: Option<Seat>, crew: Option<&Arc<Crew>>) -> Seats {
        let crew = own.as_ref().map(|it| &it.crew).or(crew).cloned();
        let Some(crew) = crew.filter(|it| it.at_work.load(Ordering::SeqCst)) else {
            return Seats::default();
        };
        if let Some(own) = &mut own {
            own.let_go();
        }
        let more = crew.shares().set_aside(MOST - own.iter().len());
        let free = std::iter::repeat_with(|| Seat {
            crew: crew.clone(),
            system: None,
        });
        Seats(own.into_iter().chain(free.take(more)).collect())
    }

    /// Who the hands belong to, how many they are, and which systems may have how many of them.
    pub(crate) fn crew(&self) -> Option<(&Crew, usize, Shares)> {
        let crew = &self.0.first()?.crew;
        let mut shares = crew.shares().clone();
        shares.free_again(self.0.len());
        Some((crew, self.0.len(), shares))
    }

    /// Keeps one for each task that was given away, by where it goes.
    pub(crate) fn keep(&mut self, systems: Vec<System>) {
        self.0.truncate(systems.len());
        for (seat, system) in self.0.iter_mut().zip(systems) {
            seat.crew.shares().note(&system);
            seat.system = Some(system);
        }
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
