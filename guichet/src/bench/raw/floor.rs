//! The smallest ticket engine that is still honest: what cannot be left out of a durable ticket,
//! and nothing else.
//!
//! A ticket is seven durable steps: ordered, five tasks done, one approval. Each step checks the
//! ticket's version and moves it, moves the tasks, and appends to a chain of hashes; ordering
//! touches the client's account; three of the seven owe a message. One thread writes, and steps
//! that wait for it share a commit.

use super::{link, open};
use crate::bench::stats::{percentile, rate};
use anyhow::Context as _;
use rusqlite::{Connection, Transaction, params};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Instant,
};
use tokio::{sync::oneshot, task::JoinSet};

/// Most steps that share a commit.
const GROUP: usize = 64;
/// The step that is the approval; the others after the first are tasks.
const APPROVAL: i64 = 3;
/// Durable steps of one ticket.
pub(in crate::bench) const STEPS: i64 = 7;

/// What the smallest engine came to.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench) struct Floor {
    /// Tickets a second.
    pub(in crate::bench) tickets_per_s: f64,
    /// Steps that shared a commit, on average.
    pub(in crate::bench) steps_per_commit: f64,
    /// Median of a ticket's life, in milliseconds.
    pub(in crate::bench) p50_ms: f64,
}

const TABLES: &str = "
    CREATE TABLE ticket(
        id INTEGER PRIMARY KEY, client INTEGER, state INTEGER, version INTEGER, tokens INTEGER);
    CREATE TABLE task(
        ticket INTEGER, no INTEGER, state INTEGER, PRIMARY KEY(ticket, no)) WITHOUT ROWID;
    CREATE INDEX task_ready ON task(ticket) WHERE state = 1;
    CREATE TABLE audit(
        seq INTEGER PRIMARY KEY, ticket INTEGER, client INTEGER, at INTEGER, body TEXT, hash BLOB);
    CREATE INDEX audit_ticket ON audit(ticket, seq);
    CREATE INDEX audit_client ON audit(client, at);
    CREATE TABLE outbox(id INTEGER PRIMARY KEY, ticket INTEGER, payload TEXT, sent INTEGER);
    CREATE TABLE account(client INTEGER PRIMARY KEY, tokens INTEGER) WITHOUT ROWID;";

/// A step that wants to become durable, and whom to tell.
struct Step {
    ticket: i64,
    nth: i64,
    done: oneshot::Sender<()>,
}

/// Takes `tickets` through their seven steps, `in_flight` at a time.
pub(in crate::bench) async fn floor(
    dir: &Path,
    tickets: usize,
    in_flight: usize,
) -> anyhow::Result<Floor> {
    let db = open(dir, "floor.db")?;
    db.execute_batch(TABLES)?;
    let (ask, asked) = mpsc::channel();
    let writer = std::thread::spawn(move || write(db, &asked));
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut hands = JoinSet::new();
    for _ in 0..in_flight.clamp(1, tickets.max(1)) {
        hands.spawn(carry(ask.clone(), next.clone(), tickets));
    }
    drop(ask);
    let mut took = Vec::with_capacity(tickets);
    while let Some(done) = hands.join_next().await {
        took.extend(done.context("a ticket of the floor broke off")??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let commits = writer
        .join()
        .map_err(|_| anyhow::anyhow!("the floor's writer broke off"))??;
    Ok(Floor {
        tickets_per_s: rate(tickets, seconds),
        steps_per_commit: rate(tickets * STEPS.unsigned_abs() as usize, 1.0)
            / rate(commits.max(1), 1.0),
        p50_ms: percentile(&took, 0.5),
    })
}

/// Takes tickets until there are no more; returns how long each took, in milliseconds.
async fn carry(
    ask: mpsc::Sender<Step>,
    next: Arc<AtomicUsize>,
    tickets: usize,
) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    loop {
        let ticket = next.fetch_add(1, Ordering::Relaxed);
        if ticket >= tickets {
            return Ok(took);
        }
        let begun = Instant::now();
        for nth in 0..STEPS {
            let (done, durable) = oneshot::channel();
            let ticket = i64::try_from(ticket)?;
            ask.send(Step { ticket, nth, done })
                .context("the floor's writer is gone")?;
            durable.await.context("a step was lost")?;
        }
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
}

fn write(mut db: Connection, asked: &mpsc::Receiver<Step>) -> anyhow::Result<usize> {
    let (mut before, mut seq, mut commits) = ([0_u8; 32], 0_i64, 0_usize);
    while let Ok(first) = asked.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(more) = asked.try_recv()
        {
            group.push(more);
        }
        let tx = db.transaction()?;
        for step in &group {
            seq += 1;
            before = apply(&tx, step, seq, &before)?;
        }
        tx.commit()?;
        commits += 1;
        for step in group {
            // Whoever no longer waits for the answer does not need it.
            let _ = step.done.send(());
        }
    }
    let open: i64 = db.query_row("SELECT count(*) FROM task WHERE state <> 9", [], |row| {
        row.get(0)
    })?;
    anyhow::ensure!(open == 0, "{open} tasks of the floor are not done");
    Ok(commits)
}

fn apply(
    tx: &Transaction<'_>,
    step: &Step,
    seq: i64,
    before: &[u8; 32],
) -> anyhow::Result<[u8; 32]> {
    let (ticket, nth, client) = (step.ticket, step.nth, step.ticket % 200);
    if nth == 0 {
        tx.prepare_cached("INSERT INTO ticket VALUES(?, ?, 0, 0, 2)")?
            .execute([ticket, client])?;
        for task in 1..=5 {
            tx.prepare_cached("INSERT INTO task VALUES(?, ?, ?)")?
                .execute([ticket, task, i64::from(task == 1)])?;
        }
        tx.prepare_cached(
            "INSERT INTO account VALUES(?, 2) ON CONFLICT DO UPDATE SET tokens = tokens + 2",
        )?
        .execute([client])?;
    } else {
        moves(tx, ticket, nth)?;
    }
    let body = format!(
        r#"{{"ticket":{ticket},"step":{nth},"actor":"worker-1","cluster":"c-{}","detail":"{}"}}"#,
        ticket % 1000,
        "d".repeat(380)
    );
    let hash = link(before, body.as_bytes());
    tx.prepare_cached("INSERT INTO audit VALUES(?, ?, ?, ?, ?, ?)")?
        .execute(params![seq, ticket, client, seq, body, &hash[..]])?;
    if matches!(nth, 0 | 2 | 6) {
        tx.prepare_cached("INSERT INTO outbox(ticket, payload, sent) VALUES(?, 'letter', 0)")?
            .execute([ticket])?;
    }
    Ok(hash)
}

/// Moves the ticket, and the tasks that the step is about.
fn moves(tx: &Transaction<'_>, ticket: i64, nth: i64) -> anyhow::Result<()> {
    let version: i64 = tx
        .prepare_cached("SELECT version FROM ticket WHERE id = ?")?
        .query_row([ticket], |row| row.get(0))?;
    let moved = tx
        .prepare_cached(
            "UPDATE ticket SET state = ?, version = version + 1 WHERE id = ? AND version = ?",
        )?
        .execute([nth, ticket, version])?;
    anyhow::ensure!(
        version == nth - 1 && moved == 1,
        "a step came out of its turn"
    );
    let ready = "UPDATE task SET state = 1 WHERE ticket = ? AND no = ?";
    if nth == APPROVAL {
        tx.prepare_cached(ready)?.execute([ticket, 3])?;
        return Ok(());
    }
    let task = if nth < APPROVAL { nth } else { nth - 1 };
    let done = tx
        .prepare_cached("UPDATE task SET state = 9 WHERE ticket = ? AND no = ? AND state = 1")?
        .execute([ticket, task])?;
    anyhow::ensure!(done == 1, "a task was done that was not ready");
    // The third task waits for the approval.
    if task != 2 && task < 5 {
        tx.prepare_cached(ready)?.execute([ticket, task + 1])?;
    }
    Ok(())
}
