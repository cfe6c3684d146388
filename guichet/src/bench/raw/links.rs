//! A chain of hashes with the four indexes that questions to a journal need.

use super::{link, open};
use crate::bench::stats::rate;
use rusqlite::params;
use std::{path::Path, time::Instant};

/// Appends for that long, `batch` rows a commit; returns rows a second.
pub(in crate::bench) fn links(dir: &Path, batch: i64, seconds: f64) -> anyhow::Result<f64> {
    let mut db = open(dir, "links.db")?;
    db.execute_batch(
        "CREATE TABLE audit(
            seq INTEGER PRIMARY KEY, ticket INTEGER, client INTEGER, cluster INTEGER,
            person INTEGER, at INTEGER, body BLOB, before BLOB, hash BLOB);
         CREATE INDEX audit_ticket ON audit(ticket, seq);
         CREATE INDEX audit_client ON audit(client, at);
         CREATE INDEX audit_cluster ON audit(cluster, at);
         CREATE INDEX audit_person ON audit(person, at);",
    )?;
    let (mut seq, mut before, mut body) = (0_i64, [0_u8; 32], vec![b'b'; 500]);
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < seconds || seq == 0 {
        let tx = db.transaction()?;
        for _ in 0..batch {
            seq += 1;
            body[..8].copy_from_slice(&seq.to_le_bytes());
            let hash = link(&before, &body);
            let (ticket, client) = (seq / 8, seq % 200);
            tx.prepare_cached("INSERT INTO audit VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")?
                .execute(params![
                    seq,
                    ticket,
                    client,
                    seq % 1000,
                    seq % 500,
                    seq,
                    &body,
                    &before[..],
                    &hash[..]
                ])?;
            before = hash;
        }
        tx.commit()?;
    }
    Ok(rate(usize::try_from(seq)?, begun.elapsed().as_secs_f64()))
}
