//! How the database would walk for a question, which says more than how long it took on few rows.

use crate::World;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

/// On a nearly empty table reading all of it is right; the question is whether it must.
const FORCED: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
    SET LOCAL enable_sort = off";

impl World {
    /// The lines in which the database explains how it would answer.
    pub async fn plan(&self, asked: Statement) -> Vec<String> {
        let tx = self.desk.store.connection().begin().await;
        let tx = tx.expect("a transaction");
        let (how, column) = match tx.get_database_backend() {
            DbBackend::Postgres => {
                tx.execute_unprepared(FORCED).await.expect("settings");
                ("EXPLAIN", "QUERY PLAN")
            }
            _ => ("EXPLAIN QUERY PLAN", "detail"),
        };
        let asked = Statement {
            sql: format!("{how} {}", asked.sql),
            ..asked
        };
        let rows = tx.query_all_raw(asked).await.expect("a plan");
        tx.rollback().await.expect("nothing was done");
        let line = |it: &sea_orm::QueryResult| it.try_get("", column).expect("a line");
        rows.iter().map(line).collect()
    }
}
