//! What hangs on a transition: its record in the client's log, and the messages it owes.

use super::{
    StoreError, Tx, codec,
    commit::Seal,
    entity::{log_head, notice, opening, record},
};
use crate::{
    journal::{self, Frontier, Place},
    ticket::{Ticket, Transition},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::Expr,
};

impl Tx {
    /// Appends one record; the log's head is the last row touched but for what hangs on it.
    pub(crate) async fn append(
        &self,
        about: Option<&Ticket>,
        entry: &journal::Entry,
        mut place: Place<'_>,
        seal: &Seal<'_>,
    ) -> Result<i64, StoreError> {
        let client = match about {
            Some(ticket) => ticket.client.clone(),
            None => place.about.split('/').next().unwrap_or_default().to_owned(),
        };
        let head = log_head::Entity::find_by_id(client.clone())
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or_else(|| codec::corrupt("log", &client))?;
        let size = u64::try_from(head.size).map_err(|e| codec::corrupt("log", e))?;
        let mut frontier = Frontier::decode(size, &head.frontier)
            .ok_or_else(|| codec::corrupt("log", "frontier"))?;
        place.index = head.size;
        let last = self.last_at(&client, head.size).await?;
        place.at = last.map_or(place.at, |it| it.max(place.at));
        let at = codec::micros(place.at);
        let (leaf, openings) = journal::leaf(entry, &place, || (seal.salt)());
        let hash = journal::leaf_hash(leaf.as_bytes());
        frontier.append(hash);
        let row = record::Model {
            client: client.clone(),
            seq: head.size,
            at,
            kind: entry.kind.to_owned(),
            ticket: about.map(|it| it.id.to_string()),
            cluster: about.and_then(|it| it.cluster.clone()),
            task: entry.task.clone(),
            person: seal.actor.person().map(|it| it.id.to_string()),
            leaf,
            leaf_hash: hex::encode(hash),
        };
        row.into_active_model().insert(&self.tx).await?;
        let openings: Vec<opening::ActiveModel> = openings
            .into_iter()
            .map(|it| {
                opening::Model {
                    client: client.clone(),
                    seq: head.size,
                    field: it.field,
                    salt: it.salt,
                    value: it.value,
                }
                .into_active_model()
            })
            .collect();
        if !openings.is_empty() {
            opening::Entity::insert_many(openings)
                .exec_without_returning(&self.tx)
                .await?;
        }
        let moved = log_head::Entity::update_many()
            .col_expr(log_head::Column::Size, Expr::value(head.size + 1))
            .col_expr(log_head::Column::Frontier, Expr::value(frontier.encode()))
            .filter(log_head::Column::Client.eq(&client))
            .filter(log_head::Column::Size.eq(head.size))
            .exec(&self.tx)
            .await?;
        if moved.rows_affected != 1 {
            return Err(StoreError::Conflict);
        }
        Ok(head.size)
    }

    /// When the last record was written: a clock that jumps back does not turn the journal around.
    async fn last_at(&self, client: &str, size: i64) -> Result<Option<DateTime<Utc>>, StoreError> {
        let last = record::Entity::find_by_id((client.to_owned(), size - 1))
            .select_only()
            .column(record::Column::At)
            .into_tuple::<i64>()
            .one(&self.tx)
            .await?;
        codec::maybe(last)
    }

    pub(super) async fn write_notices(
        &self,
        step: &Transition,
        seq: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for (n, it) in step.notices.iter().enumerate() {
            let row = notice::Model {
                client: step.ticket.client.clone(),
                record: seq,
                n: i32::try_from(n).map_err(|e| codec::corrupt("notice", e))?,
                ticket: step.ticket.id.to_string(),
                occasion: it.occasion.word().into(),
                person: it.to.to_string(),
                gate: it.gate.map(|it| it.to_string()),
                facts: it.facts.to_string(),
                at: codec::micros(now),
                state: "pending".into(),
                fence: 0,
                lease_until: None,
                attempts: 0,
                next_at: codec::micros(now),
                sent_at: None,
                answer: None,
            };
            rows.push(row.into_active_model());
        }
        if !rows.is_empty() {
            notice::Entity::insert_many(rows)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}
