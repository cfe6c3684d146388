//! A whole group as one message to the thread that has SQLite's connection: each message wakes that
//! thread and whoever waits for its answer, which takes longer than most statements.

use super::{Base, StoreError, sets::Sheet, writer::Seen};
use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{AssertSqlSafe, Error, Sqlite, pool::PoolConnection, query},
};
use std::sync::Arc;

/// Makes SQLite stop unless nobody else has written.
const UNCHANGED: &str =
    "SELECT iif(data_version = ?, 1, json('at ' || data_version)) FROM pragma_data_version;";

impl Base {
    /// Commits what is on the sheet, provided nobody else wrote since `seen`: that is asked for
    /// refusals too, which write nothing. It has to run on a task of its own.
    pub(super) async fn commit_at_once(
        &self,
        seen: Seen,
        sheet: Option<Sheet>,
    ) -> Result<(), StoreError> {
        let pool = self.write.get_sqlite_connection_pool();
        let mut connection = pool.acquire().await.map_err(StoreError::from)?;
        if !self.asides.begun_as(seen) {
            return Err(StoreError::Conflict);
        }
        let done = run(&mut connection, seen, sheet).await;
        if done.is_err() {
            // It may be inside the transaction, which ends with it.
            connection.close().await?;
        }
        done
    }
}

async fn run(
    connection: &mut PoolConnection<Sqlite>,
    seen: Seen,
    sheet: Option<Sheet>,
) -> Result<(), StoreError> {
    let (sql, values) = match sheet {
        None => (UNCHANGED.to_owned(), Vec::new()),
        Some(sheet) => {
            let (lines, values) = sheet.script();
            let sql = format!("BEGIN IMMEDIATE; {UNCHANGED} {lines} COMMIT");
            (sql, values)
        }
    };
    let mut all = query(AssertSqlSafe(sql)).bind(seen.version());
    for value in values {
        all = all.bind(value);
    }
    all.execute(&mut **connection).await?;
    Ok(())
}

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        StoreError::Db(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))))
    }
}
