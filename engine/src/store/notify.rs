//! On PostgreSQL, replicas tell each other that something was committed.

use super::{Store, StoreError};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, Statement, sqlx::postgres::PgListener,
};
use std::hash::{BuildHasher, Hasher, RandomState};
use tokio::sync::watch;

/// Channel on which replicas tell each other.
const CHANNEL: &str = "guichet";

/// A name by which a process knows its own notifications.
pub(super) fn origin() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Tells other replicas whenever something was committed: after the commit, since PostgreSQL
/// commits one after another what notifies, and many commits are told of at once. Who is not told,
/// because this process died in between, looks by itself a little later.
pub(super) fn crier(db: DatabaseConnection, origin: String) -> watch::Sender<()> {
    let (told, mut news) = watch::channel(());
    if db.get_database_backend() == DbBackend::Postgres {
        tokio::spawn(async move {
            while news.changed().await.is_ok() {
                let sql = "SELECT pg_notify($1, $2)";
                let values = [CHANNEL.into(), origin.as_str().into()];
                let tell = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
                if let Err(why) = db.query_one_raw(tell).await {
                    tracing::debug!(%why, "other replicas were not told");
                }
            }
        });
    }
    told
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
