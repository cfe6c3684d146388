//! A whole group as one message to the thread that has SQLite's connection: each message wakes that
//! thread and whoever waits for its answer, which takes longer than most statements.

use super::{
    Base, StoreError,
    sets::{Sheet, stopped},
    writer::Seen,
};
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
        let mut connection = pool.acquire().await.map_err(failed)?;
        if !self.asides.begun_as(seen) {
            return Err(StoreError::Conflict);
        }
        let done = run(&mut connection, seen, sheet).await;
        if done.is_err() {
            // It may be inside the transaction, which ends with it.
            connection.close_on_drop();
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
    let done = all.execute(&mut **connection).await;
    done.map(drop).map_err(failed)
}

fn failed(error: Error) -> StoreError {
    stopped(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))))
}

#[cfg(test)]
mod tests {
    use super::super::Store;
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

    /// Adds one to each of these, in a statement of its own.
    fn adding(ids: &[&str]) -> Sheet {
        let mut sheet = Sheet::new(DbBackend::Sqlite);
        for id in ids {
            let row = [json!({ "id": id })];
            sheet.change(ADD, &row, true).expect("it can be spelt");
        }
        sheet
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
        let commit = async |seen: Seen, ids: &[&str]| {
            let sheet = Some(adding(ids));
            store.base.commit_at_once(seen, sheet).await
        };
        let whole = commit(seen, &["a", "b"]).await;
        whole.expect("all are there");
        assert_eq!(total(&store).await, 2);
        let moved = commit(seen, &["a", "nobody", "b"]).await;
        let moved = moved.expect_err("one is not there");
        assert!(moved.is_passing(), "it may be tried again: {moved}");
        assert_eq!(total(&store).await, 2, "not even what was found");
        let blind = commit(seen, &["b"]).await;
        let blind = blind.expect_err("another connection counts anew");
        assert!(blind.is_passing(), "it may be tried again: {blind}");
        let again = commit(look(&store).await, &["b"]).await;
        again.expect("the connection after it is whole");
        assert_eq!(total(&store).await, 3);
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
        for sheet in [Some(adding(&["a"])), None] {
            let late = store.base.commit_at_once(then, sheet).await;
            assert!(late.expect_err("somebody wrote").is_passing());
        }
        assert_eq!(total(&store).await, 10);
        let now = look(&store).await;
        let done = store.base.commit_at_once(now, Some(adding(&["a"]))).await;
        done.expect("nobody wrote since");
        assert_eq!(total(&store).await, 11);
    }
}
