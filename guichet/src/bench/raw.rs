//! SQLite without anything above it: the ceiling that engines are measured against.

mod floor;
mod links;
mod scheduler;

pub(super) use floor::floor;
pub(super) use links::links;
pub(super) use scheduler::scheduler;

use super::stats::{percentile, rate};
use anyhow::Context as _;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::{path::Path, time::Instant};

/// Opens a fresh file as durable as the product's: write-ahead log, full synchronisation.
pub(super) fn open(dir: &Path, name: &str) -> anyhow::Result<Connection> {
    let file = dir.join(name);
    for end in ["", "-wal", "-shm"] {
        let mut old = file.clone().into_os_string();
        old.push(end);
        if Path::new(&old).exists() {
            std::fs::remove_file(&old)?;
        }
    }
    let db = Connection::open(&file)?;
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;
         PRAGMA temp_store=MEMORY;",
    )?;
    Ok(db)
}

/// The next link of a chain of hashes.
pub(super) fn link(before: &[u8; 32], body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(body);
    hash.finalize().into()
}

/// What raw ticket transactions came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Commits {
    /// Units of work a second.
    pub(super) units_per_s: f64,
    /// Median of a commit, in milliseconds.
    pub(super) p50_ms: f64,
}

const TABLES: &str = "
    CREATE TABLE ticket(id INTEGER PRIMARY KEY, state INTEGER, version INTEGER, client INTEGER);
    CREATE TABLE audit(
        seq INTEGER PRIMARY KEY, ticket INTEGER, client INTEGER, at INTEGER, kind TEXT, body BLOB);
    CREATE INDEX audit_ticket ON audit(ticket, seq);
    CREATE TABLE outbox(id INTEGER PRIMARY KEY, ticket INTEGER, payload BLOB, sent INTEGER);";

/// One unit is what one step of a ticket cannot do without: read it, move it, note it, owe a
/// message; `batch` of them share a commit.
pub(super) fn commits(dir: &Path, batch: usize, seconds: f64) -> anyhow::Result<Commits> {
    let mut db = open(dir, "anchor.db")?;
    db.execute_batch(TABLES)?;
    let tx = db.transaction()?;
    for id in 0..1000_i64 {
        tx.execute(
            "INSERT INTO ticket VALUES(?, 0, 0, ?)",
            params![id, id % 20],
        )?;
    }
    tx.commit()?;
    let (body, payload) = (vec![b'b'; 300], vec![b'p'; 150]);
    let (mut nth, mut units) = (0_i64, 0_usize);
    let mut took = Vec::new();
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < seconds || took.is_empty() {
        let one = Instant::now();
        let tx = db.transaction()?;
        for _ in 0..batch {
            nth += 1;
            let ticket = nth % 1000;
            let _state: i64 = tx
                .prepare_cached("SELECT state, version FROM ticket WHERE id = ?")?
                .query_row([ticket], |row| row.get(0))?;
            tx.prepare_cached(
                "UPDATE ticket SET state = state + 1, version = version + 1 WHERE id = ?",
            )?
            .execute([ticket])?;
            tx.prepare_cached(
                "INSERT INTO audit(ticket, client, at, kind, body) VALUES(?, ?, ?, 'moved', ?)",
            )?
            .execute(params![ticket, nth % 20, nth, &body])?;
            tx.prepare_cached("INSERT INTO outbox(ticket, payload, sent) VALUES(?, ?, 0)")?
                .execute(params![ticket, &payload])?;
            units += 1;
        }
        tx.commit()?;
        took.push(one.elapsed().as_secs_f64() * 1e3);
    }
    let units_per_s = rate(units, begun.elapsed().as_secs_f64());
    drop(db);
    Ok(Commits {
        units_per_s,
        p50_ms: percentile(&took, 0.5),
    })
}

/// What one sync of an append of 4 KiB takes: median and 99th percentile, in milliseconds.
pub(super) fn fsync(dir: &Path, times: usize) -> anyhow::Result<(f64, f64)> {
    use std::io::Write as _;
    let path = dir.join("anchor.bin");
    let mut file = std::fs::File::create(&path).context("a file to sync")?;
    let block = [7_u8; 4096];
    let mut took = Vec::with_capacity(times);
    for _ in 0..times.max(1) {
        let one = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        took.push(one.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(&path)?;
    Ok((percentile(&took, 0.5), percentile(&took, 0.99)))
}
