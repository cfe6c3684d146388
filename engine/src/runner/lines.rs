//! Tasks that could be taken, in a line for each system: those of one that has all the hands it may
//! hold stand in nobody else's way.

use crate::{
    bell::{Candidate, Crew, Seat},
    ticket::System,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Most tasks that wait in one line; the rest is found in the database.
const LONGEST: usize = 4_096;

/// The lines; none of them is empty.
#[derive(Default)]
pub(super) struct Lines(BTreeMap<System, VecDeque<Candidate>>);

impl Lines {
    /// How many systems somebody waits for.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Those systems.
    pub(super) fn systems(&self) -> impl Iterator<Item = &System> {
        self.0.keys()
    }

    /// Puts a task at the end of its line.
    pub(super) fn push(&mut self, it: Candidate) {
        let line = self.0.entry(it.system.clone()).or_default();
        if line.len() < LONGEST {
            line.push_back(it);
        }
    }

    /// The first task of a system that may hold one hand more, and that hand.
    pub(super) fn next(&mut self, crew: &Arc<Crew>) -> Option<(Candidate, Seat)> {
        let hand = |it: &System| Some((it.clone(), crew.seat_for(it)?));
        let (system, seat) = self.0.keys().find_map(hand)?;
        let line = self.0.get_mut(&system)?;
        let next = line.pop_front();
        if line.is_empty() {
            self.0.remove(&system);
        }
        Some((next?, seat))
    }
}
