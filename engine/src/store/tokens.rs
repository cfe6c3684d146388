//! Ledger moves as rows: postings, holds, settlements and the lots' counters.

use super::{
    StoreError, Tx, codec,
    entity::{hold, lot, posting, settlement},
    sets::Sheet,
};
use crate::{
    id::LotId,
    ledger::{self, Account, Hold, Lot, Move},
};
use catalogue::Tokens;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel};
use serde_json::{Value, json};
use std::{collections::BTreeMap, ops::AddAssign};

/// By how much the counters of a lot move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) held: i64,
    pub(super) spent: i64,
    pub(super) expired: i64,
}

/// By how much the counters of each lot move: by client and name.
pub(super) type ByLot = BTreeMap<(String, String), Counters>;

const COUNT: &str = "UPDATE lot SET held = held + CAST(it.value->>'held' AS BIGINT),
    spent = spent + CAST(it.value->>'spent' AS BIGINT),
    expired = expired + CAST(it.value->>'expired' AS BIGINT) FROM {rows}
    WHERE lot.client = it.value->>'client' AND lot.id = it.value->>'id'";

/// Adds what these moves do to the counters.
pub(super) fn add(lots: &mut ByLot, client: &str, moves: &[Move]) {
    for step in moves {
        let (lot, by) = counters(step);
        let key = (client.to_owned(), lot.to_string());
        *lots.entry(key).or_default() += by;
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, by: Counters) {
        self.held += by.held;
        self.spent += by.spent;
        self.expired += by.expired;
    }
}

/// Which lot a move concerns, and how its counters move.
pub(super) fn counters(step: &Move) -> (LotId, Counters) {
    let n = |it: Tokens| i64::from(it.0);
    let none = Counters::default();
    match step {
        Move::Grant(it) => (it.id, none),
        Move::Hold(it) => {
            let held = n(it.tokens);
            (it.lot, Counters { held, ..none })
        }
        Move::Settle { hold, captured } => {
            let (held, spent) = (-n(hold.tokens), n(*captured));
            (
                hold.lot,
                Counters {
                    held,
                    spent,
                    ..none
                },
            )
        }
        Move::Expire { lot, tokens } => {
            let expired = n(*tokens);
            (*lot, Counters { expired, ..none })
        }
    }
}

pub(super) fn hold_row(client: &str, it: &Hold, now: DateTime<Utc>) -> hold::Model {
    hold::Model {
        client: client.to_owned(),
        id: it.id.to_string(),
        ticket: it.ticket.to_string(),
        lot: it.lot.to_string(),
        tokens: i64::from(it.tokens.0),
        at: codec::micros(now),
    }
}

pub(super) fn settlement_row(
    client: &str,
    hold: &Hold,
    captured: Tokens,
    now: DateTime<Utc>,
) -> settlement::Model {
    settlement::Model {
        client: client.to_owned(),
        hold: hold.id.to_string(),
        captured: i64::from(captured.0),
        released: i64::from(hold.tokens.0 - captured.0),
        at: codec::micros(now),
    }
}

fn lot_row(client: &str, contract: &str, it: &Lot) -> lot::Model {
    lot::Model {
        client: client.to_owned(),
        id: it.id.to_string(),
        contract: contract.to_owned(),
        granted: i64::from(it.granted.0),
        held: 0,
        spent: 0,
        expired: 0,
        granted_at: codec::micros(it.granted_at),
        expires_at: it.expires_at.map(codec::micros),
    }
}

/// The double entries of the moves of one record.
pub(super) fn posting_rows(
    client: &str,
    contract: &str,
    moves: &[Move],
    record: i64,
    now: DateTime<Utc>,
) -> Vec<posting::Model> {
    let mut rows = Vec::new();
    for step in moves {
        let ticket = match step {
            Move::Grant(_) | Move::Expire { .. } => None,
            Move::Hold(it) | Move::Settle { hold: it, .. } => Some(it.ticket.to_string()),
        };
        let lot = counters(step).0.to_string();
        for ((debit, credit, tokens), n) in ledger::postings(step).into_iter().zip(rows.len()..) {
            rows.push(posting::Model {
                client: client.to_owned(),
                contract: contract.to_owned(),
                record,
                n: i32::try_from(n).unwrap_or(i32::MAX),
                at: codec::micros(now),
                ticket: ticket.clone(),
                lot: lot.clone(),
                debit: debit.word().into(),
                credit: credit.word().into(),
                tokens: i64::from(tokens.0),
            });
        }
    }
    rows
}

impl Tx {
    /// Writes moves that hang on no ticket. Counters are touched last.
    pub(crate) async fn write_moves(
        &self,
        client: &str,
        contract: &str,
        moves: &[Move],
        record: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for step in moves {
            match step {
                Move::Grant(it) => {
                    let row = lot_row(client, contract, it).into_active_model();
                    row.insert(&self.tx).await?;
                }
                Move::Hold(it) => {
                    let row = hold_row(client, it, now).into_active_model();
                    row.insert(&self.tx).await?;
                }
                Move::Settle { hold, captured } => {
                    let row = settlement_row(client, hold, *captured, now).into_active_model();
                    row.insert(&self.tx).await?;
                }
                Move::Expire { .. } => {}
            }
        }
        for row in posting_rows(client, contract, moves, record, now) {
            row.into_active_model().insert(&self.tx).await?;
        }
        let mut by_lot = BTreeMap::new();
        add(&mut by_lot, client, moves);
        let mut sheet = Sheet::new(self.tx.get_database_backend());
        count(&mut sheet, &by_lot)?;
        self.carry_out(sheet).await
    }
}

/// Moves the counters of lots; their checks refuse what the decision should have refused.
pub(super) fn count(sheet: &mut Sheet, lots: &ByLot) -> Result<(), StoreError> {
    let moved = |it: &(&(String, String), &Counters)| *it.1 != Counters::default();
    let row = |((client, id), by): (&(String, String), &Counters)| {
        json!({
            "client": client, "id": id,
            "held": by.held, "spent": by.spent, "expired": by.expired,
        })
    };
    let rows: Vec<Value> = lots.iter().filter(moved).map(row).collect();
    sheet.change(COUNT, &rows, true)
}

/// One posting as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: DateTime<Utc>,
    pub(crate) ticket: Option<String>,
    pub(crate) debit: Account,
    pub(crate) credit: Account,
    pub(crate) tokens: Tokens,
}

pub(crate) fn line_of(row: posting::Model) -> Result<Line, StoreError> {
    let account =
        |word: &str| Account::from_word(word).ok_or_else(|| codec::corrupt("account", word));
    Ok(Line {
        at: codec::instant(row.at)?,
        debit: account(&row.debit)?,
        credit: account(&row.credit)?,
        tokens: codec::count(row.tokens)?,
        ticket: row.ticket,
    })
}
