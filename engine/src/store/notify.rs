//! On PostgreSQL, replicas tell each other that something was committed, within the commit itself.

use super::{Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, DbBackend, Statement, sqlx::postgres::PgListener};
use std::hash::{BuildHasher, Hasher, RandomState};

/// Channel on which replicas tell each other.
const CHANNEL: &str = "guichet";

/// A name by which a process knows its own notifications.
pub(super) fn origin() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

impl Tx {
    /// Tells other replicas, if the commit that follows takes place.
    pub(super) async fn notify(&self, origin: &str) -> Result<(), StoreError> {
        if self.db().get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_notify($1, $2)";
            let values = [CHANNEL.into(), origin.into()];
            let tell = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
            self.db().query_one_raw(tell).await?;
        }
        Ok(())
    }
}

/// Hears what other replicas committed.
pub(crate) struct Ear {
    listener: PgListener,
    own: String,
}

impl Store {
    /// An ear for other replicas; `None` on SQLite, where there are none.
    pub(crate) async fn listen(&self) -> Result<Option<Ear>, StoreError> {
        if self.on_sqlite() {
            return Ok(None);
        }
        let lost = |e| StoreError::Unfit(format!("cannot listen to other replicas: {e}"));
        let pool = self.reading().get_postgres_connection_pool();
        let mut listener = PgListener::connect_with(pool).await.map_err(lost)?;
        listener.listen(CHANNEL).await.map_err(lost)?;
        Ok(Some(Ear {
            listener,
            own: self.base.origin.clone(),
        }))
    }
}

impl Ear {
    /// Waits until another replica committed something, or may have while the connection was lost.
    pub(crate) async fn hear(&mut self) -> Result<(), StoreError> {
        loop {
            match self.listener.try_recv().await {
                Ok(Some(said)) if said.payload() == self.own => {}
                Ok(Some(_) | None) => return Ok(()),
                Err(e) => return Err(StoreError::Unfit(format!("cannot hear replicas: {e}"))),
            }
        }
    }
}
