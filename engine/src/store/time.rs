//! By whose clock a transaction goes.

use super::{StoreError, Tx, codec};
use crate::ambient::Clock;
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Microseconds of PostgreSQL's own clock, for a statement that needs no answer first.
pub(crate) const DATABASE_MICROS: &str =
    "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

impl Tx {
    /// The time by which this transaction decides: the database's where several processes share
    /// one, so that a host whose clock is wrong misleads nobody else (R11).
    pub(crate) async fn now(&self, clock: &dyn Clock) -> Result<DateTime<Utc>, StoreError> {
        if !clock.yields_to_the_database() {
            return Ok(clock.now());
        }
        Ok(self.moment().await?.unwrap_or_else(|| clock.now()))
    }

    /// What the database's clock says; `None` on SQLite, whose only process has one itself.
    pub(super) async fn moment(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        if self.db().get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let sql = "SELECT clock_timestamp()";
        let sql = Statement::from_string(DbBackend::Postgres, sql);
        let row = self.db().query_one_raw(sql).await?;
        let row = row.ok_or_else(|| codec::corrupt("time", "the database has none"))?;
        let now: DateTime<Utc> = row.try_get_by_index(0)?;
        Ok(Some(now.trunc_subsecs(6)))
    }
}
