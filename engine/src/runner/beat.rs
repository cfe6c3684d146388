//! Heartbeats: a lease is prolonged as long as its claim holds.

use super::LEASE;
use crate::{
    ambient::Clock,
    store::{Batch, Job, Known, Needs, Store, StoreError, codec, entity, time::DATABASE_MICROS},
    ticket::{Status, Task},
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use tokio::sync::oneshot;

/// On PostgreSQL: on a connection of its own, so that a busy engine cannot make itself look dead.
pub(super) async fn beside_it(
    store: &Store,
    at: &Known,
    task: &Task,
    clock: &dyn Clock,
) -> Result<bool, StoreError> {
    use entity::task::{Column as C, Entity};
    let until = if clock.yields_to_the_database() {
        let lease = LEASE.num_microseconds().unwrap_or_default();
        Expr::cust(format!("{DATABASE_MICROS} + {lease}"))
    } else {
        Expr::value(codec::micros(clock.now() + LEASE))
    };
    let held = Entity::update_many()
        .col_expr(C::LeaseUntil, until)
        .filter(C::Client.eq(&at.client))
        .filter(C::Ticket.eq(at.id.to_string()))
        .filter(C::Name.eq(&task.node.name))
        .filter(C::Fence.eq(task.fence))
        .filter(C::Status.is_in([Status::Running.word(), Status::Undoing.word()]))
        .exec(store.beating())
        .await?;
    Ok(held.rows_affected == 1)
}

/// On SQLite: through the one writer, which also remembers leases.
pub(super) async fn through_the_writer(
    store: &Store,
    at: &Known,
    task: &Task,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (answer, held) = oneshot::channel();
    store.send(Box::new(Beat {
        needs: Needs {
            client: at.client.clone(),
            ticket: Some(at.id),
            command: None,
        },
        at: at.clone(),
        task: task.node.name.clone(),
        fence: task.fence,
        until,
        held: false,
        answer,
    }));
    held.await
        .unwrap_or_else(|_| Err(StoreError::Unfit("the writer is gone".into())))
}

struct Beat {
    needs: Needs,
    at: Known,
    task: String,
    fence: i64,
    until: DateTime<Utc>,
    held: bool,
    answer: oneshot::Sender<Result<bool, StoreError>>,
}

impl Job for Beat {
    fn needs(&self) -> &Needs {
        &self.needs
    }
    fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        self.held = batch.prolong(&self.at, &self.task, self.fence, self.until);
        Ok(())
    }
    fn end(self: Box<Self>, how: Result<(), StoreError>) {
        // Whoever held the task may have finished it meanwhile.
        drop(self.answer.send(how.map(|()| self.held)));
    }
}
