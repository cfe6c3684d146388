//! A whole group as one message to the thread that has SQLite's connection: each message wakes that
//! thread and whoever waits for its answer, which takes longer than most statements.

use super::{
    Base, StoreError,
    parcel::{Cell, MOVED, Parcel},
    writer::Seen,
};
use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        AssertSqlSafe, Error, Executor, Sqlite, pool::PoolConnection, query, query_scalar,
        sqlite::SqliteQueryResult,
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long one writer may keep the connection from whoever else writes, in between groups.
const KEPT: Duration = Duration::from_millis(5);

/// The connection that writes, in the hands of a writer that may need it again at once: to give it
/// back and take it again is two ways to its thread.
#[derive(Debug)]
pub(super) struct Held {
    connection: PoolConnection<Sqlite>,
    since: Instant,
}

impl Held {
    /// The same, unless others have had to wait for long enough.
    pub(super) fn keep(self) -> Option<Held> {
        (self.since.elapsed() < KEPT).then_some(self)
    }
}

impl Base {
    /// Commits what is in the parcel, provided nobody else wrote since `seen`: that is asked for
    /// refusals too, which write nothing. It has to run on a task of its own.
    pub(super) async fn commit_at_once(
        &self,
        held: Option<Held>,
        seen: Seen,
        parcel: Option<Parcel>,
    ) -> Result<Held, StoreError> {
        let mut held = match held {
            Some(held) => held,
            None => Held {
                connection: self.acquired().await?,
                since: Instant::now(),
            },
        };
        if !self.asides.begun_as(seen) {
            return Err(StoreError::Conflict);
        }
        match parcel {
            Some(parcel) => deliver(&mut held.connection, seen, &parcel).await?,
            None => unchanged(&mut held.connection, seen).await?,
        }
        Ok(held)
    }

    async fn acquired(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        let pool = self.write.get_sqlite_connection_pool();
        pool.acquire().await.map_err(failed)
    }
}

/// Nobody else wrote since.
async fn unchanged(connection: &mut PoolConnection<Sqlite>, seen: Seen) -> Result<(), StoreError> {
    let now: i64 = query_scalar("PRAGMA data_version")
        .fetch_one(&mut **connection)
        .await
        .map_err(failed)?;
    match now == seen.version() {
        true => Ok(()),
        false => Err(StoreError::Conflict),
    }
}

/// A connection that never took such a group has no view for it yet.
async fn deliver(
    connection: &mut PoolConnection<Sqlite>,
    seen: Seen,
    parcel: &Parcel,
) -> Result<(), StoreError> {
    let statement = parcel.statement();
    let strange = format!("no such table: {}", parcel.view.name);
    let mut done = put(connection, &statement, seen, &parcel.cells).await;
    if matches!(&done, Err(Error::Database(it)) if it.message() == strange) {
        let made = AssertSqlSafe(parcel.view.made.clone());
        connection.execute(made).await.map_err(failed)?;
        done = put(connection, &statement, seen, &parcel.cells).await;
    }
    match done {
        Ok(_) => Ok(()),
        Err(Error::Database(it)) if it.message() == MOVED => Err(StoreError::Conflict),
        Err(error) => Err(failed(error)),
    }
}

async fn put(
    connection: &mut PoolConnection<Sqlite>,
    statement: &str,
    seen: Seen,
    cells: &[Cell],
) -> Result<SqliteQueryResult, Error> {
    let mut all = query(AssertSqlSafe(statement));
    for cell in cells {
        all = match cell {
            Cell::Nothing => all.bind(None::<&str>),
            Cell::Seen => all.bind(seen.version()),
            // Fewer rows than fit into memory.
            Cell::Rows(it) => all.bind(it.cast_signed()),
            Cell::Step(it) => all.bind(*it),
            Cell::Set(it) => all.bind(it.as_str()),
        };
    }
    all.execute(&mut **connection).await
}

fn failed(error: Error) -> StoreError {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))).into()
}

#[cfg(test)]
mod tests {
    use super::super::{Store, parcel::Forms, sets::Sheet};
    use super::*;
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    use serde_json::json;
    use tempfile::TempDir;

    const ADD: &str = "UPDATE cell SET n = n + 1 FROM {rows} WHERE cell.id = it.value->>'id'";

    /// A file with two cells that count, and how it stands.
    async fn cells() -> (TempDir, Store, Seen) {
        let dir = TempDir::new().expect("a directory");
        let url = format!("sqlite://{}", dir.path().join("it.db").display());
        let store = Store::open(&url).await.expect("it opens");
        let made = "CREATE TABLE cell(id TEXT PRIMARY KEY, n INTEGER);
            INSERT INTO cell VALUES ('a', 0), ('b', 0)";
        let made = store.connection().execute_unprepared(made).await;
        made.expect("a table");
        let seen = look(&store).await;
        (dir, store, seen)
    }

    async fn look(store: &Store) -> Seen {
        let tx = store.begin_apart().await.expect("it begins");
        store.base.asides.seen_by(&tx).await.expect("it answers")
    }

    /// Adds one to each of these, in a line of its own.
    fn adding(ids: &[&str]) -> Option<Parcel> {
        let mut sheet = Sheet::new(DbBackend::Sqlite);
        for id in ids {
            let row = [json!({ "id": id })];
            sheet.change(ADD, &row, true).expect("it can be spelt");
        }
        Some(Forms::default().pack(sheet, ids.len()))
    }

    async fn total(store: &Store) -> i64 {
        let sql = Statement::from_string(DbBackend::Sqlite, "SELECT sum(n) FROM cell");
        let row = store
            .reading()
            .query_one_raw(sql)
            .await
            .expect("it answers");
        row.expect("a row").try_get_by_index(0).expect("a number")
    }

    #[tokio::test]
    async fn a_group_is_committed_whole_or_leaves_nothing() {
        let (_dir, store, seen) = cells().await;
        let commit = async |ids: &[&str]| {
            let done = store.base.commit_at_once(None, seen, adding(ids)).await;
            done.map(drop)
        };
        commit(&["a", "b"]).await.expect("all are there");
        assert_eq!(total(&store).await, 2);
        let moved = commit(&["a", "nobody", "b"]).await;
        let moved = moved.expect_err("one is not there");
        assert!(moved.is_passing(), "it may be tried again: {moved}");
        assert_eq!(total(&store).await, 2, "not even what was found");
        commit(&["b"]).await.expect("nobody is in the way");
        assert_eq!(total(&store).await, 3);
    }

    #[tokio::test]
    async fn another_connection_counts_anew_what_others_wrote() {
        let (_dir, store, seen) = cells().await;
        let pool = store.connection().get_sqlite_connection_pool();
        let old = pool.acquire().await.expect("the connection");
        old.close().await.expect("it closes");
        let blind = store.base.commit_at_once(None, seen, adding(&["b"])).await;
        let blind = blind
            .map(drop)
            .expect_err("what was seen is not what is seen");
        assert!(blind.is_passing(), "it may be tried again: {blind}");
        let now = look(&store).await;
        let again = store.base.commit_at_once(None, now, adding(&["b"])).await;
        again.expect("it makes the view it needs");
        assert_eq!(total(&store).await, 1);
    }

    #[tokio::test]
    async fn the_connection_is_kept_for_what_follows_at_once_and_not_for_long() {
        let (_dir, store, seen) = cells().await;
        let held = store.base.commit_at_once(None, seen, adding(&["a"])).await;
        let mut held = held.expect("it is there");
        held.since = Instant::now();
        let held = held.keep().expect("it is fresh");
        let held = store.base.commit_at_once(Some(held), seen, None).await;
        let mut held = held.expect("nobody wrote");
        held.since -= KEPT;
        assert!(held.keep().is_none(), "others have waited for long enough");
        assert_eq!(total(&store).await, 1);
    }

    #[tokio::test]
    async fn a_group_decided_before_somebody_else_wrote_leaves_nothing() {
        let (dir, store, then) = cells().await;
        let other = format!("sqlite://{}", dir.path().join("it.db").display());
        let other = Store::open(&other).await.expect("another process");
        let wrote = other
            .connection()
            .execute_unprepared("UPDATE cell SET n = 5");
        wrote.await.expect("it writes");
        for parcel in [adding(&["a"]), None] {
            let late = store.base.commit_at_once(None, then, parcel).await;
            let late = late.map(drop).expect_err("somebody wrote");
            assert!(late.is_passing(), "it may be tried again: {late}");
        }
        assert_eq!(total(&store).await, 10);
        let now = look(&store).await;
        let done = store.base.commit_at_once(None, now, adding(&["a"])).await;
        done.expect("nobody wrote since");
        assert_eq!(total(&store).await, 11);
    }
}
