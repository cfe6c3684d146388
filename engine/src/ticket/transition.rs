//! What a decision may look at, and what it changes.

use super::{Shares, Ticket};
use crate::{
    approval::Decision,
    contract::Contract,
    id::{CommandId, GateId, TicketId},
    journal::Entry as JournalEntry,
    ledger::{Lot, Move},
    notice::Notice,
    people::{Actor, Person},
    quota::{Slot, SlotMove, Year},
};
use chrono::{DateTime, Duration, Utc};
use std::{cell::Cell, collections::BTreeMap, sync::Arc};
use uuid::Uuid;
use workflows::{Registry, workflow::Workflows};

/// Everything a decision may look at besides the ticket itself. Read in the same transaction.
pub struct Facts {
    /// Now.
    pub now: DateTime<Utc>,
    /// Name of the command.
    pub command: CommandId,
    /// Who caused it.
    pub actor: Actor,
    /// The contract.
    pub contract: Arc<Contract>,
    /// The client's persons and the provider's staff.
    pub people: Arc<Vec<Person>>,
    /// The contract's lots.
    pub lots: Vec<Lot>,
    /// The current counting period of accelerated changes.
    pub year: Year,
    /// Slots taken in it.
    pub slots: Vec<Slot>,
    /// Resources held by tickets of this client: who holds them, and their reference.
    pub locks: Arc<BTreeMap<String, (TicketId, String)>>,
    /// Number that the client's next ticket gets.
    pub next_number: i64,
    /// Workflows as they stand now.
    pub workflows: Arc<Workflows>,
    /// Actions that exist, for names and offline rules only.
    pub registry: Arc<Registry>,
    /// Hands of this process that are free.
    pub takers: Option<Takers>,
    /// How many names were drawn from the command so far.
    pub drawn: Cell<u32>,
}

impl Facts {
    /// A name that follows from the command: the same command again gives the same name.
    #[must_use]
    pub fn name(&self) -> Uuid {
        let n = self.drawn.get();
        self.drawn.set(n + 1);
        self.command.derive(n)
    }
}

/// Free hands of a runner: they take what becomes due, in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takers {
    /// Name of the runner.
    pub owner: String,
    /// How long it may be silent.
    pub lease: Duration,
    /// How many hands.
    pub hands: usize,
    /// How many of them each system may have.
    pub shares: Shares,
}

/// What happens to the locks of the ticket's targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockMove {
    /// Takes these, all or none.
    Take(Vec<String>),
    /// Lets all go.
    Release,
}

/// What one accepted command changes. Written in one transaction or not at all.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The ticket afterwards.
    pub ticket: Ticket,
    /// Whether it is new.
    pub new: bool,
    /// Whether what was ordered changed (reclassification).
    pub reordered: bool,
    /// Ledger.
    pub moves: Vec<Move>,
    /// Accelerated slot.
    pub slot: Option<SlotMove>,
    /// Locks.
    pub locks: Option<LockMove>,
    /// Decisions made on gates.
    pub decisions: Vec<(GateId, Decision)>,
    /// The one record.
    pub record: JournalEntry,
    /// Messages owed.
    pub notices: Vec<Notice>,
    /// Tasks that free hands took.
    pub taken: Vec<String>,
    /// Tickets that come into being with it.
    pub children: Vec<Transition>,
}

impl Transition {
    /// A transition that so far changes nothing but the version.
    #[must_use]
    pub fn of(ticket: Ticket, record: JournalEntry) -> Self {
        Transition {
            ticket,
            new: false,
            reordered: false,
            moves: Vec::new(),
            slot: None,
            locks: None,
            decisions: Vec::new(),
            record,
            notices: Vec::new(),
            taken: Vec::new(),
            children: Vec::new(),
        }
    }
}
