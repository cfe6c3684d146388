//! The smallest durable scheduler of a graph: every task a row, the ready ones taken a round at a
//! time, one commit a round, one link of a chain of hashes a task.

use super::{link, open};
use crate::bench::{shape::Shape, stats::rate};
use rusqlite::params;
use std::{
    collections::{BTreeSet, VecDeque},
    path::Path,
    time::Instant,
};

/// Most tasks of one round.
const WORKERS: usize = 64;

/// Runs the graph; returns tasks a second.
pub(in crate::bench) fn scheduler(dir: &Path, shape: &Shape) -> anyhow::Result<f64> {
    let mut db = open(dir, "graph.db")?;
    db.execute_batch(
        "CREATE TABLE task(
            ticket INTEGER, no INTEGER, state INTEGER, missing INTEGER,
            PRIMARY KEY(ticket, no)) WITHOUT ROWID;
         CREATE INDEX task_ready ON task(ticket, no) WHERE state = 1;
         CREATE TABLE audit(seq INTEGER PRIMARY KEY, ticket INTEGER, body TEXT, hash BLOB);
         CREATE INDEX audit_ticket ON audit(ticket, seq);",
    )?;
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); shape.0.len()];
    for (nth, before) in shape.0.iter().enumerate() {
        for it in before {
            after[*it].push(nth);
        }
    }
    let mut missing: Vec<usize> = shape.0.iter().map(Vec::len).collect();
    let begun = Instant::now();
    let tx = db.transaction()?;
    for (nth, many) in missing.iter().enumerate() {
        tx.prepare_cached("INSERT INTO task VALUES(1, ?, ?, ?)")?
            .execute(params![nth, *many == 0, many])?;
    }
    tx.commit()?;
    let free = |(nth, many): (usize, &usize)| (*many == 0).then_some(nth);
    let mut ready: VecDeque<usize> = missing.iter().enumerate().filter_map(free).collect();
    let (mut done, mut before) = (0, [0_u8; 32]);
    while !ready.is_empty() {
        let round: Vec<usize> = ready.drain(..ready.len().min(WORKERS)).collect();
        let tx = db.transaction()?;
        let mut touched = BTreeSet::new();
        for nth in round {
            tx.prepare_cached(
                "UPDATE task SET state = 9 WHERE ticket = 1 AND no = ? AND state = 1",
            )?
            .execute([nth])?;
            let body = format!(r#"{{"task":{nth},"detail":"{}"}}"#, "d".repeat(380));
            before = link(&before, body.as_bytes());
            tx.prepare_cached("INSERT INTO audit(ticket, body, hash) VALUES(1, ?, ?)")?
                .execute(params![body, &before[..]])?;
            done += 1;
            for next in &after[nth] {
                missing[*next] -= 1;
                touched.insert(*next);
            }
        }
        for nth in touched {
            let free = missing[nth] == 0;
            tx.prepare_cached(
                "UPDATE task SET missing = ?, state = ? WHERE ticket = 1 AND no = ?",
            )?
            .execute(params![missing[nth], free, nth])?;
            if free {
                ready.push_back(nth);
            }
        }
        tx.commit()?;
    }
    anyhow::ensure!(done == shape.0.len(), "the graph did not run to its end");
    Ok(rate(done, begun.elapsed().as_secs_f64()))
}
