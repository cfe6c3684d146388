//! `audit_proof`: what it costs to prove that a record is in the journal, as the journal grows.
//!
//! Leaves are copies of a real one with their own numbers and hashes, put in by SQL; proofs are
//! asked of the product, and each is verified by whoever asked.

use super::{
    Line, Options, blocking,
    frame::Frame,
    reads::{TIMES, asked, desk, filling, with_one_ticket},
    tell,
};
use anyhow::Context as _;
use engine::{
    desk::Desk,
    journal::{Frontier, leaf_hash},
};
use rusqlite::params;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Statement};
use std::{path::Path, time::Instant};

/// Leaves of the longest log.
const LEAVES: usize = 10_000_000;
/// The shortest one: a tile is complete.
const LEAST: usize = 300;
/// A step that meets every record before it meets one twice, and jumps from page to page.
const STRIDE: usize = 7_654_321;

/// What was measured at one size.
struct Figures {
    size: usize,
    proof_us: f64,
    lookup_us: f64,
}

impl Figures {
    /// To as many point look-ups as the tree is high.
    fn ratio(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
        let high = (self.size as f64).log2();
        self.proof_us / (high * self.lookup_us)
    }
}

/// Measures.
pub(super) async fn run(options: &Options) -> anyhow::Result<Line> {
    let most = options.tickets.unwrap_or(LEAVES);
    let mut sizes = [1000, 100, 10, 1]
        .map(|part| (most / part).max(LEAST))
        .to_vec();
    sizes.dedup();
    let mut frame = Frame::on_file("audit_proof", options).await?;
    with_one_ticket(&frame, options).await?;
    let mut all: Vec<Figures> = Vec::new();
    let (mut first_us, mut newest_us) = (0.0, 0.0);
    let mut before = 0;
    for size in sizes {
        tell(&format!("audit_proof: {size} leaves"));
        let path = frame.place.path();
        let client = blocking(move || fill(&path, size)).await?;
        let desk = desk(&frame).await?;
        // Whoever asks first makes the tiles.
        let begun = Instant::now();
        proved(&desk, &client, 0).await?;
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let per_leaf = begun.elapsed().as_secs_f64() * 1e6 / (size - before).max(1) as f64;
        (first_us, before) = (per_leaf, size);
        let random = |nth: usize| proved(&desk, &client, nth * STRIDE % size);
        asked(TIMES, random).await?;
        let proof_us = asked(TIMES, random).await?;
        let newest = |nth: usize| proved(&desk, &client, size - 1 - nth % 100);
        newest_us = asked(TIMES, newest).await?;
        let looked = |nth: usize| looked_up(&desk, &client, nth * STRIDE % size);
        asked(TIMES, looked).await?;
        let lookup_us = asked(TIMES, looked).await?;
        all.push(Figures {
            size,
            proof_us,
            lookup_us,
        });
        desk.store.connection().clone().close().await?;
    }
    frame.anchors(options).await?;
    let line = &mut frame.line;
    let (few, many) = (all.first(), all.last());
    let (few, many) = few.zip(many).context("at least one size")?;
    line.set("n", many.size);
    line.set("n_small", few.size);
    line.figure("proof_us", many.proof_us);
    line.figure("lookup_us", many.lookup_us);
    line.figure("newest_us", newest_us);
    line.figure("tiles_us_per_leaf", first_us);
    line.figure("ratio", all.iter().map(Figures::ratio).fold(0.0, f64::max));
    line.figure("growth", many.proof_us / few.proof_us);
    for it in &all {
        line.figure(&format!("proof_{}_us", it.size), it.proof_us);
    }
    line.set(
        "proofs_are",
        "of records at random, through the product, and verified",
    );
    frame.end().await
}

async fn proved(desk: &Desk, client: &str, seq: usize) -> anyhow::Result<usize> {
    let proof = desk.inclusion(client, seq as u64, None).await?;
    let proof = proof.context("a record without proof")?;
    anyhow::ensure!(proof.holds(), "a proof that does not hold");
    Ok(1)
}

async fn looked_up(desk: &Desk, client: &str, seq: usize) -> anyhow::Result<usize> {
    let db = desk.store.connection();
    let sql = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT * FROM record WHERE client = ? AND seq = ?",
        [client.into(), i64::try_from(seq)?.into()],
    );
    Ok(db.query_all_raw(sql).await?.len())
}

/// Brings a log to that many leaves, and its head with it.
fn fill(path: &Path, to: usize) -> anyhow::Result<String> {
    let mut db = filling(&path.to_owned())?;
    let tx = db.transaction()?;
    tx.execute_batch(
        "CREATE TEMP TABLE pattern AS
         SELECT * FROM record WHERE kind = 'effect.proved' ORDER BY seq LIMIT 1",
    )?;
    let (client, seq, leaf): (String, i64, String) =
        tx.query_row("SELECT client, seq, leaf FROM pattern", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let number = format!("\"i\":{seq},");
    let (left, right) = leaf.split_once(&number).context("the number in a leaf")?;
    let (from, edge): (i64, String) = tx.query_row(
        "SELECT size, frontier FROM log_head WHERE client = ?",
        [&client],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let from = u64::try_from(from)?;
    let mut edge = Frontier::decode(from, &edge).context("the head of the log")?;
    for nth in from..to as u64 {
        let leaf = format!("{left}\"i\":{nth},{right}");
        let hash = leaf_hash(leaf.as_bytes());
        edge.append(hash);
        tx.prepare_cached("UPDATE pattern SET seq = ?, leaf = ?, leaf_hash = ?")?
            .execute(params![i64::try_from(nth)?, leaf, hex::encode(hash)])?;
        tx.prepare_cached("INSERT INTO record SELECT * FROM pattern")?
            .execute([])?;
    }
    tx.execute(
        "UPDATE log_head SET size = ?, frontier = ? WHERE client = ?",
        params![i64::try_from(edge.size)?, edge.encode(), client],
    )?;
    tx.execute_batch("DROP TABLE pattern")?;
    tx.commit()?;
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;")?;
    Ok(client)
}
