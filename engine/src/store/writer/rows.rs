//! What a group leaves to be written: for tickets the state before, from which the difference is
//! told at the end; for everything that only grows, its rows.

use crate::{
    approval::Decision,
    id::{GateId, TicketId},
    ledger::Move,
    quota::SlotMove,
    store::{
        StoreError,
        append::{self, Seal},
        codec,
        entity::{decision, hold, inbox, notice, opening, posting, record, settlement},
        load::Known,
        sets::Set,
        tokens::{self, ByLot},
    },
    ticket::{Ticket, Transition},
};
use chrono::{DateTime, Utc};
use sea_orm::DbBackend;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::batch::Locks;

/// Rows to be written, and states to be compared with.
pub(super) struct Rows {
    /// Tickets that changed, as they were before; `None` for new ones.
    pub(super) before: BTreeMap<Known, Option<Arc<Ticket>>>,
    /// Tickets of which what was ordered changed.
    pub(super) reordered: HashSet<Known>,
    /// How many tickets each client got.
    pub(super) counted: BTreeMap<String, i64>,
    /// Holders that let go, and when: whoever waits for them looks again.
    pub(super) freed: BTreeMap<String, Vec<(TicketId, DateTime<Utc>)>>,
    /// Locks as they were before, and when they changed.
    pub(super) locked: BTreeMap<String, (Arc<Locks>, DateTime<Utc>)>,
    pub(super) slots: Vec<(Known, String, SlotMove)>,
    /// Size of each log before.
    pub(super) logs: BTreeMap<String, i64>,
    pub(super) records: Set<record::Model>,
    pub(super) openings: Set<opening::Model>,
    /// Gates on which somebody decided in this group.
    pub(super) decided: HashSet<GateId>,
    pub(super) decisions: Set<decision::Model>,
    pub(super) holds: Set<hold::Model>,
    pub(super) settlements: Set<settlement::Model>,
    pub(super) postings: Set<posting::Model>,
    pub(super) lots: ByLot,
    pub(super) notices: Set<notice::Model>,
    pub(super) inbox: Set<inbox::Model>,
    /// When the last command was decided, if any wrote.
    pub(super) until: Option<DateTime<Utc>>,
}

impl Rows {
    pub(super) fn new(backend: DbBackend) -> Rows {
        Rows {
            before: BTreeMap::new(),
            reordered: HashSet::new(),
            counted: BTreeMap::new(),
            freed: BTreeMap::new(),
            locked: BTreeMap::new(),
            slots: Vec::new(),
            logs: BTreeMap::new(),
            records: Set::new(backend),
            openings: Set::new(backend),
            decisions: Set::new(backend),
            decided: HashSet::new(),
            holds: Set::new(backend),
            settlements: Set::new(backend),
            postings: Set::new(backend),
            lots: ByLot::new(),
            notices: Set::new(backend),
            inbox: Set::new(backend),
            until: None,
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.before.is_empty()
    }

    pub(super) fn touch(&mut self, known: &Known, was: Option<Arc<Ticket>>, step: &Transition) {
        self.before.entry(known.clone()).or_insert(was);
        if step.reordered {
            self.reordered.insert(known.clone());
        }
    }

    pub(super) fn keep(&mut self, known: &Known, was: Arc<Ticket>) {
        self.before.entry(known.clone()).or_insert(Some(was));
    }

    pub(super) fn decide(
        &mut self,
        ticket: &Ticket,
        gate: GateId,
        said: &Decision,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let digest = ticket.gate(gate).map(|it| it.digest.clone());
        self.decided.insert(gate);
        self.decisions.push(&decision::Model {
            client: ticket.client.clone(),
            gate: gate.to_string(),
            person: said.person.to_string(),
            digest: digest.unwrap_or_default(),
            verdict: codec::word(&said.verdict)?,
            via: said.via.clone(),
            comment: said.comment.clone(),
            at: codec::micros(now),
        })
    }

    pub(super) fn wake(&mut self, holder: &Ticket, now: DateTime<Utc>) {
        let freed = self.freed.entry(holder.client.clone()).or_default();
        freed.push((holder.id, now));
    }

    pub(super) fn locks(&mut self, client: &str, before: Arc<Locks>, now: DateTime<Utc>) {
        let known = self.locked.entry(client.to_owned());
        known.or_insert((before, now)).1 = now;
    }

    pub(super) fn slot(&mut self, ticket: &Ticket, step: SlotMove) {
        let contract = ticket.contract.clone();
        self.slots.push((Known::from(ticket), contract, step));
    }

    pub(super) fn record(
        &mut self,
        client: &str,
        before: i64,
        record: &record::Model,
        openings: &[opening::Model],
    ) -> Result<(), StoreError> {
        self.logs.entry(client.to_owned()).or_insert(before);
        self.records.push(record)?;
        self.openings.extend(openings)
    }

    pub(super) fn post(
        &mut self,
        client: &str,
        contract: &str,
        moves: &[Move],
        record: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for step in moves {
            match step {
                Move::Hold(it) => self.holds.push(&tokens::hold_row(client, it, now))?,
                Move::Settle { hold, captured } => {
                    let row = tokens::settlement_row(client, hold, *captured, now);
                    self.settlements.push(&row)?;
                }
                Move::Grant(_) | Move::Expire { .. } => {}
            }
        }
        tokens::add(&mut self.lots, client, moves);
        let lines = tokens::posting_rows(client, contract, moves, record, now);
        self.postings.extend(&lines)
    }

    pub(super) fn owe(
        &mut self,
        step: &Transition,
        seq: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.notices.extend(&append::notices(step, seq, now)?)
    }

    pub(super) fn remember(
        &mut self,
        ticket: &Ticket,
        command: &str,
        seal: &Seal<'_>,
    ) -> Result<(), StoreError> {
        self.inbox.push(&inbox::Model {
            client: ticket.client.clone(),
            command: command.to_owned(),
            digest: seal.digest.clone(),
            ticket: ticket.id.to_string(),
            at: codec::micros(seal.now),
        })
    }
}
