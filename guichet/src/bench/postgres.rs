//! PostgreSQL without anything above it: the same four statements a unit, as pgbench sends them;
//! where pgbench is not installed, as this program's own plain client does.

use super::{
    Line, Options,
    place::Place,
    stats::{mean, rate, round},
};
use anyhow::Context as _;
use sea_orm_migration::sea_orm::{
    ConnectionTrait as _, Database, Statement,
    sqlx::{self, Connection as _, PgConnection},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const TABLES: &str = "
    CREATE TABLE unit_ticket(id INT PRIMARY KEY, state INT, version INT, client INT);
    CREATE TABLE unit_audit(
        seq BIGSERIAL PRIMARY KEY, ticket INT, client INT, at BIGINT, kind TEXT, body TEXT);
    CREATE INDEX unit_audit_ticket ON unit_audit(ticket, seq);
    CREATE TABLE unit_outbox(id BIGSERIAL PRIMARY KEY, ticket INT, payload TEXT, sent BOOLEAN);
    INSERT INTO unit_ticket SELECT it, 0, 0, it % 20 FROM generate_series(0, 999) AS it;";

const READ: &str = "SELECT state, version FROM unit_ticket WHERE id = $1 FOR UPDATE";
const MOVE: &str = "UPDATE unit_ticket SET state = state + 1, version = version + 1 WHERE id = $1";
const NOTE: &str = "INSERT INTO unit_audit(ticket, client, at, kind, body)
    VALUES($1, $1 % 20, 1, 'moved', repeat('b', 300))";
const OWE: &str = "INSERT INTO unit_outbox(ticket, payload, sent)
    VALUES($1, repeat('p', 150), false)";

/// What the server does by itself at one moment.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    one: f64,
    eight: f64,
    by: &'static str,
    version: String,
}

impl Anchor {
    /// Measures on a database of its own.
    pub(super) async fn take(options: &Options) -> anyhow::Result<Anchor> {
        let place = Place::server(options).await?;
        let db = Database::connect(&place.url).await?;
        db.execute_unprepared(TABLES).await?;
        let sql = Statement::from_string(db.get_database_backend(), "SHOW server_version");
        let row = db.query_one_raw(sql).await?.context("a version")?;
        let version = row.try_get_by_index(0)?;
        db.close().await?;
        let script = place.dir().join("unit.sql");
        let at = |sql: &str| sql.replace("$1", ":id");
        let text = format!(
            "\\set id random(0, 999)\nBEGIN;\n{};\n{};\n{};\n{};\nCOMMIT;\n",
            at(READ),
            at(MOVE).replace('\n', " "),
            at(NOTE).replace('\n', " "),
            at(OWE).replace('\n', " ")
        );
        std::fs::write(&script, text)?;
        let seconds = options.anchor_seconds.max(1.0);
        let by = if std::process::Command::new("pgbench")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
        {
            "pgbench"
        } else {
            "own client"
        };
        let mut figures = Vec::new();
        for clients in [1, 8] {
            figures.push(if by == "pgbench" {
                pgbench(&place.url, &script, clients, seconds).await?
            } else {
                own(&place.url, clients, seconds).await?
            });
        }
        place.leave().await?;
        Ok(Anchor {
            one: figures[0],
            eight: figures[1],
            by,
            version,
        })
    }

    fn value(&self) -> Value {
        json!({ "c1_commits_per_s": round(self.one), "c8_commits_per_s": round(self.eight) })
    }
}

/// Notes both anchors, and returns what ratios are taken to: commits a second of eight clients.
pub(super) fn note(line: &mut Line, before: &Anchor, after: &Anchor) -> f64 {
    line.set("postgres", before.version.as_str());
    line.set("pg_anchor_by", before.by);
    line.set(
        "pg_anchors",
        json!({ "before": before.value(), "after": after.value() }),
    );
    if super::anchor::apart(before.eight, after.eight) {
        line.set("disturbed", true);
    }
    mean(before.eight, after.eight)
}

async fn pgbench(url: &str, script: &Path, clients: usize, seconds: f64) -> anyhow::Result<f64> {
    let out = tokio::process::Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-j", "2"])
        .args(["-c", &clients.to_string()])
        .args(["-T", &format!("{:.0}", seconds.ceil())])
        .arg("-f")
        .arg(script)
        .arg(url)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let tps = said
        .lines()
        .find_map(|it| it.strip_prefix("tps = "))
        .and_then(|it| it.split(' ').next());
    let wrong = || String::from_utf8_lossy(&out.stderr).into_owned();
    Ok(tps.with_context(wrong)?.parse()?)
}

async fn own(url: &str, clients: usize, seconds: f64) -> anyhow::Result<f64> {
    let mut hands = JoinSet::new();
    let begun = Instant::now();
    let last = Duration::from_secs_f64(seconds);
    for hand in 0..clients {
        let url = url.to_owned();
        hands.spawn(async move {
            let mut db = PgConnection::connect(&url).await?;
            let mut done = 0_usize;
            while begun.elapsed() < last {
                let id = i32::try_from((done * 31 + hand * 125) % 1000).unwrap_or(0);
                let mut tx = db.begin().await?;
                for sql in [READ, MOVE, NOTE, OWE] {
                    sqlx::query(sql).bind(id).execute(&mut *tx).await?;
                }
                tx.commit().await?;
                done += 1;
            }
            db.close().await?;
            Ok::<_, sqlx::Error>(done)
        });
    }
    let mut done = 0;
    while let Some(it) = hands.join_next().await {
        done += it.context("a client broke off")??;
    }
    Ok(rate(done, begun.elapsed().as_secs_f64()))
}
