//! What a writer keeps in memory between groups, and what it lets go of.

use super::{Needs, batch::Batch, rows::Rows};
use crate::{store::load::Known, ticket::Ticket};
use std::sync::Arc;

/// Tickets, and clients, kept in memory between groups; beyond that all are read anew.
const KEPT: usize = 1_024;

/// What a group is about that is on its way to the disk.
pub(super) struct Away {
    /// Whether it wakes tickets that wait for others.
    pub(super) wakes: bool,
    tickets: Vec<Known>,
}

impl Batch {
    /// Whether everything that this is about is in memory, as it will be in the database too: a
    /// ticket that waits for another one is woken there.
    pub(super) fn knows(&self, needs: &Needs) -> bool {
        let ticket = needs.ticket.is_none_or(|id| {
            let client = needs.client.clone();
            let found = self.tickets.get(&Known { client, id });
            found.is_some_and(|it| it.as_ref().is_none_or(|it| it.waits_for.is_none()))
        });
        ticket && self.clients.contains_key(&needs.client)
    }

    /// Somebody else changed something of that client: forgets it, and is not sure of its tickets
    /// any more.
    pub(super) fn doubt(&mut self, client: &str) {
        self.clients.remove(client);
        let its = self.tickets.keys().filter(|it| it.client == client);
        self.unsure.extend(its.cloned());
        self.applied.retain(|(of, _), _| of != client);
    }

    /// The ticket as it is certain to stand.
    pub(super) fn certain(&self, at: &Known) -> Option<&Option<Arc<Ticket>>> {
        self.tickets.get(at).filter(|_| !self.unsure.contains(at))
    }

    /// What was to be written is on its way: keeps the state that it leads to.
    pub(super) fn depart(&mut self) -> Away {
        let rows = std::mem::replace(&mut self.rows, Rows::new(self.backend));
        self.applying = std::mem::take(&mut self.applied);
        Away {
            wakes: !rows.freed.is_empty(),
            tickets: rows.before.into_keys().collect(),
        }
    }

    /// It is committed: forgets what will hardly be asked for again, unless a later group is
    /// about it.
    pub(super) fn arrived(&mut self, away: &Away) {
        let waiting = |it: &Ticket| it.waits_for.is_some();
        self.applying.clear();
        for known in &away.tickets {
            // Whoever waits for a lock is woken in the database, not here.
            let stays = self.tickets.get(known).is_some_and(|it| {
                it.as_ref()
                    .is_some_and(|it| it.ending.is_none() && !waiting(it))
            });
            if !stays && !self.rows.before.contains_key(known) {
                self.tickets.remove(known);
            }
        }
        self.tickets.retain(|_, it| it.is_some());
        self.clients.retain(|_, it| it.is_some());
        let rows = &self.rows;
        if self.tickets.len() > KEPT {
            self.tickets.retain(|it, _| rows.before.contains_key(it));
        }
        if self.clients.len() > KEPT {
            self.clients.retain(|it, _| rows.logs.contains_key(it));
        }
        self.unsure.retain(|it| self.tickets.contains_key(it));
    }
}
