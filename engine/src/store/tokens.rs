//! Ledger moves as rows: postings, holds, settlements and the lots' counters.

use super::{
    StoreError, Tx, codec,
    entity::{hold, lot, posting, settlement},
};
use crate::ledger::{self, Account, Move};
use catalogue::Tokens;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

/// How a move changes the counters of its lot: held, spent, expired.
fn counters(step: &Move) -> (i64, i64, i64) {
    let n = |it: Tokens| i64::from(it.0);
    match step {
        Move::Grant(_) => (0, 0, 0),
        Move::Hold(hold) => (n(hold.tokens), 0, 0),
        Move::Settle { hold, captured } => (-n(hold.tokens), n(*captured), 0),
        Move::Expire { tokens, .. } => (0, 0, n(*tokens)),
    }
}

impl Tx {
    /// Writes the moves of one record. The lot's row is touched last; its checks refuse what the
    /// decision should have refused.
    pub(crate) async fn write_moves(
        &self,
        client: &str,
        contract: &str,
        moves: &[Move],
        record: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut n = 0;
        for step in moves {
            let (lot_id, ticket) = match step {
                Move::Grant(it) => (it.id, None),
                Move::Hold(it) | Move::Settle { hold: it, .. } => {
                    (it.lot, Some(it.ticket.to_string()))
                }
                Move::Expire { lot, .. } => (*lot, None),
            };
            self.write_fact(client, contract, step, now).await?;
            for (debit, credit, tokens) in ledger::postings(step) {
                let row = posting::Model {
                    client: client.to_owned(),
                    contract: contract.to_owned(),
                    record,
                    n,
                    at: codec::micros(now),
                    ticket: ticket.clone(),
                    lot: lot_id.to_string(),
                    debit: debit.word().into(),
                    credit: credit.word().into(),
                    tokens: i64::from(tokens.0),
                };
                row.into_active_model().insert(&self.tx).await?;
                n += 1;
            }
            let (held, spent, expired) = counters(step);
            if (held, spent, expired) != (0, 0, 0) {
                let plus = |column: lot::Column, by: i64| Expr::col(column).add(by);
                let moved = lot::Entity::update_many()
                    .col_expr(lot::Column::Held, plus(lot::Column::Held, held))
                    .col_expr(lot::Column::Spent, plus(lot::Column::Spent, spent))
                    .col_expr(lot::Column::Expired, plus(lot::Column::Expired, expired))
                    .filter(lot::Column::Client.eq(client))
                    .filter(lot::Column::Id.eq(lot_id.to_string()))
                    .exec(&self.tx)
                    .await?;
                if moved.rows_affected != 1 {
                    return Err(StoreError::Conflict);
                }
            }
        }
        Ok(())
    }

    async fn write_fact(
        &self,
        client: &str,
        contract: &str,
        step: &Move,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        match step {
            Move::Grant(it) => {
                let row = lot::Model {
                    client: client.to_owned(),
                    id: it.id.to_string(),
                    contract: contract.to_owned(),
                    granted: i64::from(it.granted.0),
                    held: 0,
                    spent: 0,
                    expired: 0,
                    granted_at: codec::micros(it.granted_at),
                    expires_at: it.expires_at.map(codec::micros),
                };
                row.into_active_model().insert(&self.tx).await?;
            }
            Move::Hold(it) => {
                let row = hold::Model {
                    client: client.to_owned(),
                    id: it.id.to_string(),
                    ticket: it.ticket.to_string(),
                    lot: it.lot.to_string(),
                    tokens: i64::from(it.tokens.0),
                    at: codec::micros(now),
                };
                row.into_active_model().insert(&self.tx).await?;
            }
            Move::Settle { hold, captured } => {
                let row = settlement::Model {
                    client: client.to_owned(),
                    hold: hold.id.to_string(),
                    captured: i64::from(captured.0),
                    released: i64::from(hold.tokens.0 - captured.0),
                    at: codec::micros(now),
                };
                row.into_active_model().insert(&self.tx).await?;
            }
            Move::Expire { .. } => {}
        }
        Ok(())
    }
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
