//! Writes a group, set by set: as few statements as there are tables, whatever the number of
//! commands. Nothing is answered before the commit that follows.

use super::batch::Batch;
use crate::{
    approval::{Gate, GateState},
    quota::SlotMove,
    store::{
        StoreError, Tx, codec,
        entity::{
            client, decision, gate, gate_barred, log_head, resource_lock, slot, task, ticket,
            ticket_order,
        },
        load::Known,
        tickets::Keys,
    },
    ticket::Ticket,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, Iterable,
    PrimaryKeyToColumn, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use std::collections::BTreeMap;

/// Most rows per statement.
const SET: usize = 32;

/// What of a ticket may change. Columns that never do are left out: so are their indexes.
const TICKET_MOVES: [ticket::Column; 10] = [
    ticket::Column::Version,
    ticket::Column::State,
    ticket::Column::Ending,
    ticket::Column::Code,
    ticket::Column::Cluster,
    ticket::Column::Speed,
    ticket::Column::UpdatedAt,
    ticket::Column::WakeAt,
    ticket::Column::WaitsFor,
    ticket::Column::Head,
];
/// What of a task may change.
const TASK_MOVES: [task::Column; 9] = [
    task::Column::Status,
    task::Column::Attempt,
    task::Column::Fence,
    task::Column::Owner,
    task::Column::LeaseUntil,
    task::Column::RunAt,
    task::Column::ByMachine,
    task::Column::Node,
    task::Column::Body,
];
/// What of a gate may change.
const GATE_MOVES: [gate::Column; 4] = [
    gate::Column::State,
    gate::Column::ExpiresAt,
    gate::Column::RemindAt,
    gate::Column::Reminders,
];

impl Batch {
    /// Writes everything, and checks that every row it changes was as it is remembered.
    pub(super) async fn flush(&mut self, tx: &Tx) -> Result<(), StoreError> {
        self.write_tickets(tx).await?;
        self.write_tasks(tx).await?;
        self.write_gates(tx).await?;
        self.write_locks(tx).await?;
        let rows = &mut self.rows;
        for (known, contract, step) in &rows.slots {
            write_slot(tx, known, contract, *step).await?;
        }
        insert(tx, std::mem::take(&mut rows.records)).await?;
        insert(tx, std::mem::take(&mut rows.openings)).await?;
        insert(tx, std::mem::take(&mut rows.notices)).await?;
        insert(tx, std::mem::take(&mut rows.inbox)).await?;
        insert(tx, std::mem::take(&mut rows.holds)).await?;
        insert(tx, std::mem::take(&mut rows.settlements)).await?;
        insert(tx, std::mem::take(&mut rows.postings)).await?;
        // What others wait for is touched last.
        for ((client, lot), by) in &rows.lots {
            tx.count(client, lot, *by).await?;
        }
        for (code, new) in &rows.counted {
            let number = Expr::col(client::Column::NextNumber).add(*new);
            client::Entity::update_many()
                .col_expr(client::Column::NextNumber, number)
                .filter(client::Column::Client.eq(code))
                .exec(tx.db())
                .await?;
        }
        self.write_heads(tx).await
    }

    fn after(&self, known: &Known) -> Result<&Ticket, StoreError> {
        let found = self.tickets.get(known).and_then(Option::as_ref);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| codec::corrupt("ticket", known.id))
    }

    async fn write_tickets(&self, tx: &Tx) -> Result<(), StoreError> {
        let (mut new, mut orders, mut reordered) = (Vec::new(), Vec::new(), Vec::new());
        // By how many steps each ticket went: the row has to be exactly that far behind.
        let mut moved: BTreeMap<i64, Vec<ticket::Model>> = BTreeMap::new();
        for (known, before) in &self.rows.before {
            let after = self.after(known)?;
            let order = || -> Result<ticket_order::Model, StoreError> {
                Ok(ticket_order::Model {
                    client: after.client.clone(),
                    ticket: after.id.to_string(),
                    body: codec::json(after.ordered.as_ref())?,
                })
            };
            match before {
                None => {
                    new.push(codec::ticket_row(after)?);
                    orders.push(order()?);
                }
                Some(before) => {
                    let steps = after.version - before.version;
                    if steps > 0 {
                        let rows = moved.entry(steps).or_default();
                        rows.push(codec::ticket_row(after)?);
                    }
                    if self.rows.reordered.contains(known) {
                        reordered.push(order()?);
                    }
                }
            }
        }
        insert(tx, new).await?;
        insert(tx, orders).await?;
        replace(tx, reordered, &[ticket_order::Column::Body], None).await?;
        for (steps, rows) in moved {
            let stored = Expr::col((Alias::new("ticket"), ticket::Column::Version));
            let given = Expr::col((Alias::new("excluded"), ticket::Column::Version));
            let exact = stored.eq(given.sub(steps));
            replace(tx, rows, &TICKET_MOVES, Some(exact)).await?;
        }
        for (client, freed) in &self.rows.freed {
            let Some(now) = freed.iter().map(|(_, at)| *at).max() else {
                continue;
            };
            let all = freed
                .iter()
                .map(|(id, _)| (client.as_str(), id.to_string()));
            let keys = Keys::of(all);
            ticket::Entity::update_many()
                .col_expr(ticket::Column::WakeAt, Expr::value(codec::micros(now)))
                .filter(keys.within(ticket::Column::Client, ticket::Column::WaitsFor))
                .exec(tx.db())
                .await?;
        }
        Ok(())
    }

    async fn write_tasks(&self, tx: &Tx) -> Result<(), StoreError> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (known, before) in &self.rows.before {
            let after = self.after(known)?;
            let old = before.as_ref().map_or(&[][..], |it| &it.tasks);
            for (i, task) in after.tasks.iter().enumerate() {
                match old.get(i) {
                    Some(was) if was == task => {}
                    Some(_) => changed.push(codec::task_row(&after.client, after.id, task)?),
                    None => new.push(codec::task_row(&after.client, after.id, task)?),
                }
            }
        }
        insert(tx, new).await?;
        // A claim is never taken back: whatever is stored is older (R2).
        let stored = Expr::col((Alias::new("task"), task::Column::Fence));
        let given = Expr::col((Alias::new("excluded"), task::Column::Fence));
        replace(tx, changed, &TASK_MOVES, Some(stored.lte(given))).await
    }

    /// Decisions go in while their gate is still open: the database checks them against it.
    async fn write_gates(&self, tx: &Tx) -> Result<(), StoreError> {
        let decided = self.rows.decided();
        let (mut new, mut changed, mut barred) = (Vec::new(), Vec::new(), Vec::new());
        for (known, before) in &self.rows.before {
            let after = self.after(known)?;
            for it in &after.gates {
                let was: Option<&Gate> = before.as_ref().and_then(|before| before.gate(it.id));
                if was == Some(it) {
                    continue;
                }
                let row = codec::gate_row(&after.client, after.id, it)?;
                if was.is_some() {
                    changed.push(row);
                    continue;
                }
                barred.extend(it.barred.iter().map(|person| gate_barred::Model {
                    client: after.client.clone(),
                    gate: row.id.clone(),
                    person: person.to_string(),
                }));
                let open = GateState::Open.word();
                if decided.contains_key(row.id.as_str()) && row.state != open {
                    changed.push(row.clone());
                    new.push(gate::Model {
                        state: open.into(),
                        ..row
                    });
                } else {
                    new.push(row);
                }
            }
        }
        insert(tx, new).await?;
        insert(tx, barred).await?;
        insert::<decision::Model>(tx, self.rows.decisions.clone()).await?;
        replace(tx, changed, &GATE_MOVES, None).await
    }

    /// Locks are all taken or none: the primary key refuses a second holder.
    async fn write_locks(&self, tx: &Tx) -> Result<(), StoreError> {
        for (code, (before, now)) in &self.rows.locked {
            let after = match self.clients.get(code) {
                Some(Some(client)) => &client.locks,
                Some(None) | None => return Err(codec::corrupt("client", code)),
            };
            let holder = |it: Option<&(crate::id::TicketId, String)>| it.map(|it| it.0);
            let gone = before
                .iter()
                .filter(|(resource, was)| holder(after.get(*resource)) != Some(was.0));
            let keys = Keys::of(gone.map(|(resource, _)| (code.as_str(), resource.clone())));
            if !keys.is_empty() {
                resource_lock::Entity::delete_many()
                    .filter(keys.within(
                        resource_lock::Column::Client,
                        resource_lock::Column::Resource,
                    ))
                    .exec(tx.db())
                    .await?;
            }
            let fresh = after
                .iter()
                .filter(|(resource, is)| holder(before.get(*resource)) != Some(is.0));
            let taken = fresh.map(|(resource, (ticket, _))| resource_lock::Model {
                client: code.clone(),
                resource: resource.clone(),
                ticket: ticket.to_string(),
                at: codec::micros(*now),
            });
            insert(tx, taken.collect()).await?;
        }
        Ok(())
    }

    async fn write_heads(&self, tx: &Tx) -> Result<(), StoreError> {
        for (code, was) in &self.rows.logs {
            let log = match self.clients.get(code) {
                Some(Some(client)) => &client.log,
                Some(None) | None => return Err(codec::corrupt("log", code)),
            };
            let frontier = Expr::value(log.frontier.encode());
            let moved = log_head::Entity::update_many()
                .col_expr(log_head::Column::Size, Expr::value(log.size))
                .col_expr(log_head::Column::Frontier, frontier)
                .filter(log_head::Column::Client.eq(code))
                .filter(log_head::Column::Size.eq(*was))
                .exec(tx.db())
                .await?;
            if moved.rows_affected != 1 {
                return Err(StoreError::Conflict);
            }
        }
        Ok(())
    }
}

/// How many of `left` rows go into the next statement: a power of two, so that each table has six
/// statements, prepared once. Preparing one anew costs as much as its rows.
fn size(left: usize) -> usize {
    (1usize << left.ilog2()).min(SET)
}

/// Inserts rows, a set at a time.
async fn insert<M>(tx: &Tx, rows: Vec<M>) -> Result<(), StoreError>
where
    M: IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel> + sea_orm::ModelTrait,
    <M::Entity as EntityTrait>::ActiveModel:
        ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    let mut rows = rows.into_iter().map(M::into_active_model);
    while rows.len() > 0 {
        let size = size(rows.len());
        let set: Vec<_> = rows.by_ref().take(size).collect();
        M::Entity::insert_many(set)
            .exec_without_returning(tx.db())
            .await?;
    }
    Ok(())
}

/// Replaces these columns of rows that exist, a set at a time; with a condition on what is stored
/// each row has to meet it.
async fn replace<M>(
    tx: &Tx,
    rows: Vec<M>,
    moves: &[<M::Entity as EntityTrait>::Column],
    only: Option<sea_orm::sea_query::SimpleExpr>,
) -> Result<(), StoreError>
where
    M: IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel> + sea_orm::ModelTrait,
    <M::Entity as EntityTrait>::ActiveModel:
        ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    let mut rows = rows.into_iter().map(M::into_active_model);
    while rows.len() > 0 {
        let size = size(rows.len());
        let set: Vec<_> = rows.by_ref().take(size).collect();
        let count = set.len() as u64;
        let keys = <M::Entity as EntityTrait>::PrimaryKey::iter().map(|it| it.into_column());
        let mut conflict = OnConflict::columns(keys);
        conflict.update_columns(moves.iter().copied());
        if let Some(only) = &only {
            conflict.action_and_where(only.clone());
        }
        let written = M::Entity::insert_many(set)
            .on_conflict(conflict)
            .exec_without_returning(tx.db())
            .await?;
        if written != count {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

async fn write_slot(
    tx: &Tx,
    known: &Known,
    contract: &str,
    step: SlotMove,
) -> Result<(), StoreError> {
    let mine = slot::Column::Client
        .eq(&known.client)
        .and(slot::Column::Ticket.eq(known.id.to_string()));
    match step {
        SlotMove::Reserve { from, ordinal } => {
            let row = slot::Model {
                client: known.client.clone(),
                contract: contract.to_owned(),
                year_from: from.to_string(),
                ordinal: i32::from(ordinal),
                ticket: known.id.to_string(),
                consumed: false,
            };
            row.into_active_model().insert(tx.db()).await?;
        }
        SlotMove::Consume => {
            slot::Entity::update_many()
                .col_expr(slot::Column::Consumed, Expr::value(true))
                .filter(mine)
                .exec(tx.db())
                .await?;
        }
        SlotMove::Return => {
            slot::Entity::delete_many()
                .filter(mine)
                .exec(tx.db())
                .await?;
        }
    }
    Ok(())
}
