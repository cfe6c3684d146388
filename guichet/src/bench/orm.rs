//! `orm_tax`: the raw unit of work, through the library that the engine speaks to databases with.

mod table;

use super::{
    Line, Options, blocking,
    frame::Frame,
    raw,
    stats::{mean, rate},
    tell,
};
use sea_orm_migration::sea_orm::{
    ColumnTrait as _, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    DbBackend, EntityTrait as _, QueryFilter as _, Statement, TransactionTrait as _,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use serde_json::{Value, json};
use std::{path::Path, time::Instant};
use table::ticket;

/// How many units share a commit.
const BATCHES: [usize; 3] = [1, 16, 64];

/// Measures.
pub(super) async fn run(options: &Options) -> anyhow::Result<Line> {
    let mut frame = Frame::on_file("orm_tax", options).await?;
    let mut figures = Vec::new();
    for batch in BATCHES {
        tell(&format!("orm_tax: {batch} units a commit"));
        let below = plain(frame.dir(), batch, options).await?;
        let through = through(frame.dir(), batch, options.anchor_seconds).await?;
        let above = plain(frame.dir(), batch, options).await?;
        figures.push((batch, through, mean(below, above)));
    }
    frame.anchors(options).await?;
    let line = &mut frame.line;
    for (batch, through, plain) in figures {
        line.figure(&format!("batch{batch}_units_per_s"), through);
        line.figure(&format!("batch{batch}_ratio"), through / plain);
    }
    line.set(
        "units_are",
        "read, move, note and owe, as the anchor's; a commit's units in sets, as the engine's",
    );
    frame.end().await
}

async fn plain(dir: &Path, batch: usize, options: &Options) -> anyhow::Result<f64> {
    let (dir, seconds) = (dir.to_owned(), options.anchor_seconds);
    let done = blocking(move || raw::commits(&dir, batch, seconds)).await?;
    Ok(done.units_per_s)
}

/// Moves those that stand as they were read.
const MOVE: &str = "UPDATE ticket SET state = it.value->>2, version = it.value->>1 + 1
    FROM jsonb_each(?) it WHERE ticket.id = it.value->>0 AND ticket.version = it.value->>1";
const NOTE: &str = "INSERT INTO audit(ticket, client, at, kind, body)
    SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM jsonb_each(?)";
const OWE: &str = "INSERT INTO outbox(ticket, payload, sent)
    SELECT value->>0, value->>1, value->>2 FROM jsonb_each(?)";

/// Units a second, as the engine writes: whatever shares a commit is read and written in sets.
async fn through(dir: &Path, batch: usize, seconds: f64) -> anyhow::Result<f64> {
    let db = open(dir).await?;
    let (mut nth, mut units) = (0_i64, 0_usize);
    let many = i64::try_from(batch)?;
    let (body, payload) = ("b".repeat(300), "p".repeat(150));
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < seconds || units == 0 {
        let tx = db.begin().await?;
        let turn = (nth..nth + many).map(|it| it % 1000);
        let of = ticket::Column::Id.is_in(turn);
        let before = ticket::Entity::find().filter(of).all(&tx).await?;
        anyhow::ensure!(before.len() == batch, "tickets are gone");
        let (mut moved, mut notes, mut owed) = (Vec::new(), Vec::new(), Vec::new());
        for it in &before {
            moved.push(json!([it.id, it.version, it.state + 1]));
            notes.push(json!([it.id, it.client, nth, "moved", body]));
            owed.push(json!([it.id, payload, 0]));
        }
        for (sql, rows) in [(MOVE, moved), (NOTE, notes), (OWE, owed)] {
            let rows = [Value::Array(rows).to_string().into()];
            let one = Statement::from_sql_and_values(DbBackend::Sqlite, sql, rows);
            let done = tx.execute_raw(one).await?;
            anyhow::ensure!(done.rows_affected() == batch as u64, "somebody was faster");
        }
        tx.commit().await?;
        units += batch;
        nth += many;
    }
    let per_s = rate(units, begun.elapsed().as_secs_f64());
    db.close().await?;
    Ok(per_s)
}

/// The same tables in a file as durable as the product's.
async fn open(dir: &Path) -> anyhow::Result<DatabaseConnection> {
    let (at, of) = (dir.to_owned(), "anchor.db");
    // The raw unit has just run there: its tables are as wanted, and are emptied.
    let url = format!("sqlite://{}", at.join(of).display());
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|it: SqliteConnectOptions| {
            it.journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
        });
    let db = Database::connect(options).await?;
    db.execute_unprepared("DELETE FROM audit; DELETE FROM outbox;")
        .await?;
    Ok(db)
}
