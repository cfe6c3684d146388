//! `list_pages`, `audit_query_10m`: what the same question costs as the tables grow.
//!
//! Rows are copies of real ones, put in by SQL: what is measured is the reading.

use super::{
    Line, Options, blocking,
    chain::start,
    flow::Tally,
    frame::Frame,
    stats::percentile,
    tell,
    town::{self, Rules},
};
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use engine::{
    audit::Search,
    desk::Desk,
    id::{PersonId, TicketId},
    query::Filter,
};
use rusqlite::{Connection, params};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Statement};
use std::{future::Future, path::PathBuf, time::Instant};
use uuid::Uuid;

/// How often a question is asked.
pub(super) const TIMES: usize = 200;
/// Rows of a page.
const PAGE: u64 = 50;
/// Tickets of the list.
const TICKETS: usize = 1_000_000;
/// Records of the journal.
const RECORDS: usize = 10_000_000;
/// Tickets, persons and clusters that records are about.
const RECORDS_A_TICKET: usize = 15;
const PERSONS: usize = 500;
const CLUSTERS: usize = 1000;
/// Number of the first copy: the real records come before it.
const FIRST: usize = 100;

/// Median of a question, in microseconds.
pub(super) async fn asked<F, W>(times: usize, one: F) -> anyhow::Result<f64>
where
    F: Fn(usize) -> W,
    W: Future<Output = anyhow::Result<usize>>,
{
    let mut took = Vec::with_capacity(times);
    for nth in 0..times {
        let begun = Instant::now();
        let found = one(nth).await?;
        took.push(begun.elapsed().as_secs_f64() * 1e6);
        anyhow::ensure!(found > 0, "a question found nothing");
    }
    Ok(percentile(&took, 0.5))
}

/// A database in which one ticket has been carried to its end.
pub(super) async fn with_one_ticket(frame: &Frame, options: &Options) -> anyhow::Result<()> {
    let drive = start(&frame.place, options, 1, &Tally::default()).await?;
    drive.carry(0, 1, 1).await?;
    drive.stop().await
}

pub(super) async fn desk(frame: &Frame) -> anyhow::Result<Desk> {
    town::desk(&frame.place.url, Rules::default(), &Tally::default()).await
}

/// The name of the `nth` copy: a version 4 name made of its number.
fn name(nth: usize) -> Uuid {
    uuid::Builder::from_random_bytes((nth as u128).to_be_bytes()).into_uuid()
}

/// A connection that fills: what it writes need not survive.
pub(super) fn filling(path: &PathBuf) -> anyhow::Result<Connection> {
    let db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA synchronous=OFF; PRAGMA cache_size=-262144; PRAGMA temp_store=MEMORY;
         PRAGMA foreign_keys=OFF;",
    )?;
    Ok(db)
}

/// `list_pages`: the first page of a client's tickets against one in the middle of a million.
pub(super) async fn pages(options: &Options) -> anyhow::Result<Line> {
    let tickets = options.tickets.unwrap_or(TICKETS);
    let mut frame = Frame::on_file("list_pages", options).await?;
    with_one_ticket(&frame, options).await?;
    tell(&format!("list_pages: {tickets} rows"));
    let path = frame.place.path();
    let client = blocking(move || copy_tickets(&path, tickets)).await?;
    let desk = desk(&frame).await?;
    let middle = (at(tickets / 2)?, TicketId(name(tickets / 2)));
    let mut figures = Vec::new();
    for before in [None, Some(middle)] {
        let one = |_| async {
            let filter = Filter {
                client: Some(client.clone()),
                before,
                limit: PAGE,
                ..Filter::default()
            };
            Ok(desk.tickets(&filter).await?.len())
        };
        asked(TIMES / 4, one).await?;
        figures.push(asked(TIMES, one).await?);
    }
    desk.store.connection().clone().close().await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", tickets);
    line.figure("first_us", figures[0]);
    line.figure("deep_us", figures[1]);
    line.figure("ratio", figures[1] / figures[0]);
    frame.end().await
}

/// The instant of the `nth` copy, in microseconds and as a time: one a second.
fn micros(nth: usize) -> i64 {
    1_700_000_000_000_000 + i64::try_from(nth).unwrap_or(0) * 1_000_000
}

fn at(nth: usize) -> anyhow::Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros(nth)).context("an instant")
}

fn copy_tickets(path: &PathBuf, many: usize) -> anyhow::Result<String> {
    let mut db = filling(path)?;
    let tx = db.transaction()?;
    tx.execute_batch("CREATE TEMP TABLE pattern AS SELECT * FROM ticket LIMIT 1")?;
    for nth in 0..many {
        tx.prepare_cached("UPDATE pattern SET id = ?, reference = ?, created_at = ?")?
            .execute(params![
                name(nth).to_string(),
                format!("B1-2023-{nth}"),
                micros(nth)
            ])?;
        tx.prepare_cached("INSERT INTO ticket SELECT * FROM pattern")?
            .execute([])?;
    }
    let client = tx.query_row("SELECT client FROM pattern", [], |row| row.get(0))?;
    tx.commit()?;
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(client)
}

/// `audit_query_10m`: four questions to a journal, at a hundredth of its size and at all of it.
pub(super) async fn journal(options: &Options) -> anyhow::Result<Line> {
    let records = options.tickets.unwrap_or(RECORDS).max(1000);
    let mut frame = Frame::on_file("audit_query_10m", options).await?;
    with_one_ticket(&frame, options).await?;
    let small = (records / 100).max(5000).min(records);
    let mut figures = Vec::new();
    for (from, to) in [(0, small), (small, records)] {
        tell(&format!("audit_query_10m: {to} rows"));
        let path = frame.place.path();
        let client = blocking(move || copy_records(&path, from, to)).await?;
        let desk = desk(&frame).await?;
        figures.push(questions(&desk, &client, to).await?);
        desk.store.connection().clone().close().await?;
    }
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", records);
    line.set("n_small", small);
    let (mut worst, mut growth) = (0.0_f64, 0.0_f64);
    let lookup = figures[1].last().map_or(f64::NAN, |it| it.1);
    for ((word, few), (_, many)) in figures[0].iter().zip(&figures[1]) {
        line.figure(&format!("{word}_us"), *many);
        if !["lookup", "deep"].contains(word) {
            worst = worst.max(many / lookup);
            growth = growth.max(many / few);
        }
    }
    line.figure("ratio", worst);
    line.figure("growth", growth);
    line.set(
        "pages_are",
        "50 records with their words, through the product",
    );
    frame.end().await
}

/// The four questions, a page in the middle, and last of all one record by its key.
async fn questions(
    desk: &Desk,
    client: &str,
    records: usize,
) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let mut figures = Vec::new();
    for kind in ["client", "cluster", "person", "ticket", "deep"] {
        let one = |nth: usize| {
            let mut it = Search {
                client: Some(client.to_owned()),
                limit: PAGE,
                ..Search::default()
            };
            match kind {
                "cluster" => {
                    it.cluster = Some(format!("c-{}", nth % CLUSTERS));
                    it.from = at(records / 10).ok();
                    it.until = at(records / 10 * 9).ok();
                }
                "person" => it.person = Some(PersonId(name(nth * 7 % PERSONS))),
                "ticket" => {
                    it.ticket = Some(TicketId(name(nth * 7 % (records / RECORDS_A_TICKET))));
                }
                "deep" => it.before = i64::try_from(FIRST + records / 2).ok(),
                _ => {}
            }
            async move { Ok(desk.records(&it).await?.len()) }
        };
        // A first look tells whether it is worth asking often.
        let often = if asked(2, one).await? > 50_000.0 {
            5
        } else {
            TIMES
        };
        figures.push((kind, asked(often, one).await?));
    }
    let db = desk.store.connection();
    let one = |nth: usize| {
        let seq = i64::try_from(FIRST + nth * 31 % records).unwrap_or(0);
        let sql = Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT * FROM record WHERE client = ? AND seq = ?",
            [client.into(), seq.into()],
        );
        async move { Ok(db.query_all_raw(sql).await?.len()) }
    };
    asked(TIMES / 4, one).await?;
    figures.push(("lookup", asked(TIMES, one).await?));
    Ok(figures)
}

fn copy_records(path: &PathBuf, from: usize, to: usize) -> anyhow::Result<String> {
    let mut db = filling(path)?;
    let tx = db.transaction()?;
    tx.execute_batch(
        "CREATE TEMP TABLE pattern AS
         SELECT * FROM record WHERE kind = 'effect.proved' ORDER BY seq LIMIT 1",
    )?;
    for nth in from..to {
        tx.prepare_cached(
            "UPDATE pattern SET seq = ?, at = ?, ticket = ?, cluster = ?, person = ?",
        )?
        .execute(params![
            FIRST + nth,
            micros(nth),
            name(nth / RECORDS_A_TICKET).to_string(),
            format!("c-{}", nth % CLUSTERS),
            name(nth % PERSONS).to_string()
        ])?;
        tx.prepare_cached("INSERT INTO record SELECT * FROM pattern")?
            .execute([])?;
    }
    let client = tx.query_row("SELECT client FROM pattern", [], |row| row.get(0))?;
    tx.commit()?;
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;")?;
    Ok(client)
}
