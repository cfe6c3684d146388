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
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    EntityTrait as _, ExprTrait as _, QueryFilter as _, TransactionTrait as _,
    sea_query::Expr,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{path::Path, time::Instant};
use table::{audit, outbox, ticket};

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
        "read, move, note and owe: the same four statements as the anchor's",
    );
    frame.end().await
}

async fn plain(dir: &Path, batch: usize, options: &Options) -> anyhow::Result<f64> {
    let (dir, seconds) = (dir.to_owned(), options.anchor_seconds);
    let done = blocking(move || raw::commits(&dir, batch, seconds)).await?;
    Ok(done.units_per_s)
}

/// Units a second: each row read and moved by itself, what is appended goes in together.
async fn through(dir: &Path, batch: usize, seconds: f64) -> anyhow::Result<f64> {
    let db = open(dir).await?;
    let (mut nth, mut units) = (0_i64, 0_usize);
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < seconds || units == 0 {
        let tx = db.begin().await?;
        let (mut notes, mut owed) = (Vec::new(), Vec::new());
        for _ in 0..batch {
            nth += 1;
            let id = nth % 1000;
            let Some(before) = ticket::Entity::find_by_id(id).one(&tx).await? else {
                anyhow::bail!("ticket {id} is gone");
            };
            ticket::Entity::update_many()
                .col_expr(ticket::Column::State, Expr::value(before.state + 1))
                .col_expr(
                    ticket::Column::Version,
                    Expr::col(ticket::Column::Version).add(1),
                )
                .filter(ticket::Column::Id.eq(id))
                .filter(ticket::Column::Version.eq(before.version))
                .exec(&tx)
                .await?;
            notes.push(audit::ActiveModel {
                seq: NotSet,
                ticket: Set(id),
                client: Set(before.client),
                at: Set(nth),
                kind: Set("moved".into()),
                body: Set("b".repeat(300)),
            });
            owed.push(outbox::ActiveModel {
                id: NotSet,
                ticket: Set(id),
                payload: Set("p".repeat(150)),
                sent: Set(0),
            });
            units += 1;
        }
        audit::Entity::insert_many(notes)
            .exec_without_returning(&tx)
            .await?;
        outbox::Entity::insert_many(owed)
            .exec_without_returning(&tx)
            .await?;
        tx.commit().await?;
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
