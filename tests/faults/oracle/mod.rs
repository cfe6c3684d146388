//! What must be true whatever was killed, judged from outside: plain SQL, the client's own diary,
//! and what the clients' systems and the mail server kept. Nothing of the engine is asked.

mod commands;
mod effects;
mod journal;
mod letters;
mod standing;

use crate::stage::Stage;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, IsolationLevel, QueryResult, Statement,
    TransactionTrait, TryGetable,
};
use serde_json::Value;
use std::fmt;

/// What was found wrong, and how much was looked at.
#[derive(Debug, Default)]
pub struct Findings {
    pub wrong: Vec<String>,
    pub seen: Vec<(&'static str, usize)>,
}

impl Findings {
    fn blame(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    fn look(&mut self, what: &'static str, much: usize) {
        self.seen.push((what, much));
    }

    /// How many of these were looked at.
    pub fn much(&self, what: &str) -> usize {
        let found = self.seen.iter().find(|it| it.0 == what);
        found.map_or(0, |it| it.1)
    }

    /// Fails the test with everything that is wrong.
    #[track_caller]
    pub fn must_be_clean(&self) {
        let wrong = self.wrong.join("\n");
        assert!(self.wrong.is_empty(), "{self}\nWRONG:\n{wrong}");
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self
            .seen
            .iter()
            .map(|(what, much)| format!("{much} {what}"))
            .collect();
        write!(f, "{}, {} wrong", words.join(", "), self.wrong.len())
    }
}

/// Judges everything, once nothing moves any more.
pub async fn at_the_end(stage: &Stage) -> Findings {
    let db = stage.database().await;
    let found = judge(&db, stage, &stage.letters()).await;
    db.close().await.expect("the connection ends");
    found
}

/// Judges a database against the diary, the systems and the letters of a stage.
pub async fn judge(db: &DatabaseConnection, stage: &Stage, letters: &[Value]) -> Findings {
    let mut found = Findings::default();
    standing::judge(db, &mut found).await;
    standing::nothing_is_under_way(db, &mut found).await;
    journal::judge(db, &mut found).await;
    commands::judge(db, &stage.door.diary, &mut found).await;
    effects::judge(db, &stage.town, &mut found).await;
    letters::judge(db, letters, &mut found).await;
    found
}

/// What holds at any instant, looked at in one snapshot while everything goes on.
pub async fn in_between(db: &DatabaseConnection) -> Findings {
    let mut found = Findings::default();
    let (isolation, access) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
    let postgres = db.get_database_backend() == sea_orm::DbBackend::Postgres;
    let snapshot = match postgres {
        true => db.begin_with_config(Some(isolation), Some(access)).await,
        // One read transaction on SQLite in WAL mode is a snapshot already.
        false => db.begin().await,
    };
    let snapshot = snapshot.expect("a snapshot");
    standing::judge(&snapshot, &mut found).await;
    journal::judge(&snapshot, &mut found).await;
    snapshot.rollback().await.expect("nothing was written");
    found
}

async fn rows<C: ConnectionTrait>(db: &C, sql: &str) -> Vec<QueryResult> {
    let sql = Statement::from_string(db.get_database_backend(), sql);
    db.query_all_raw(sql).await.expect("the database answers")
}

/// The first column of a query as a number; 0 for no row.
pub async fn number<C: ConnectionTrait>(db: &C, sql: &str) -> i64 {
    let found = rows(db, sql).await;
    found
        .first()
        .map_or(0, |it| it.try_get_by_index(0).expect("a number"))
}

fn get<T: TryGetable>(row: &QueryResult, column: &str) -> T {
    let value = row.try_get("", column);
    value.unwrap_or_else(|why| panic!("column {column}: {why}"))
}
