//! What every command of a client moves: its lots, its numbers, the head of its log. One statement
//! each, whatever the number of clients, and last, so that nobody waits for them longer than for
//! the commit.

use super::{batch::Batch, flush::all_of};
use crate::store::{
    StoreError, Tx, codec,
    entity::{client, log_head, lot},
    tickets::Keys,
    tokens::Counters,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{CaseStatement, Expr},
};

impl Batch {
    pub(super) async fn write_lots(&self, tx: &Tx) -> Result<(), StoreError> {
        let moved = self
            .rows
            .lots
            .iter()
            .filter(|(_, by)| **by != Counters::default());
        let moved: Vec<_> = moved.collect();
        if moved.is_empty() {
            return Ok(());
        }
        let plus = |column: lot::Column, of: fn(&Counters) -> i64| {
            let by = moved
                .iter()
                .fold(CaseStatement::new(), |all, ((client, id), by)| {
                    let here = lot::Column::Client.eq(client).and(lot::Column::Id.eq(id));
                    all.case(here, of(by))
                });
            Expr::col(column).add(by)
        };
        let keys = Keys::of(
            moved
                .iter()
                .map(|((client, id), _)| (client.as_str(), id.clone())),
        );
        let done = lot::Entity::update_many()
            .col_expr(lot::Column::Held, plus(lot::Column::Held, |by| by.held))
            .col_expr(lot::Column::Spent, plus(lot::Column::Spent, |by| by.spent))
            .col_expr(
                lot::Column::Expired,
                plus(lot::Column::Expired, |by| by.expired),
            )
            .filter(keys.within(lot::Column::Client, lot::Column::Id))
            .exec(tx.db())
            .await?;
        all_of(moved.len(), done.rows_affected)
    }

    pub(super) async fn write_counts(&self, tx: &Tx) -> Result<(), StoreError> {
        let counted = &self.rows.counted;
        if counted.is_empty() {
            return Ok(());
        }
        let new = counted
            .iter()
            .fold(CaseStatement::new(), |all, (code, new)| {
                all.case(client::Column::Client.eq(code), *new)
            });
        let number = Expr::col(client::Column::NextNumber).add(new);
        let done = client::Entity::update_many()
            .col_expr(client::Column::NextNumber, number)
            .filter(client::Column::Client.is_in(counted.keys()))
            .exec(tx.db())
            .await?;
        all_of(counted.len(), done.rows_affected)
    }

    /// Each log has to be exactly as long as it was when the group began.
    pub(super) async fn write_heads(&self, tx: &Tx) -> Result<(), StoreError> {
        let (mut sizes, mut frontiers) = (CaseStatement::new(), CaseStatement::new());
        let mut exact = Condition::any();
        for (code, was) in &self.rows.logs {
            let log = match self.clients.get(code) {
                Some(Some(client)) => &client.log,
                Some(None) | None => return Err(codec::corrupt("log", code)),
            };
            let here = || log_head::Column::Client.eq(code);
            sizes = sizes.case(here(), log.size);
            frontiers = frontiers.case(here(), log.frontier.encode());
            exact = exact.add(here().and(log_head::Column::Size.eq(*was)));
        }
        if self.rows.logs.is_empty() {
            return Ok(());
        }
        let done = log_head::Entity::update_many()
            .col_expr(log_head::Column::Size, sizes.into())
            .col_expr(log_head::Column::Frontier, frontiers.into())
            .filter(exact)
            .exec(tx.db())
            .await?;
        all_of(self.rows.logs.len(), done.rows_affected)
    }
}
