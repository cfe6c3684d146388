//! Everything that is stored, checked against itself: the file, the guards of the schema, the
//! journal, and what people see against what the journal says happened (P30, P31, R21).

mod holds;
mod journal;
mod ledger;
mod reach;
mod tickets;
mod tiles;

use super::source::{Head, View};
use crate::store::{StoreError, entity};
use catalogue::Text;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryOrder, QueryResult,
    QuerySelect, Statement,
};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Most findings that one check spells out; the rest is counted.
const SPELT: u64 = 100;

/// The checks, in the order they are made.
pub const CHECKS: [&str; 11] = [
    "file", "guards", "journal", "openings", "tiles", "tickets", "tasks", "gates", "ledger",
    "slots", "letters",
];

/// Something that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check found it.
    pub check: &'static str,
    /// Code of the client concerned.
    pub client: Option<String>,
    /// What, for people.
    pub what: Text,
}

/// How much a check looked at, and how often it was not content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// One of [`CHECKS`].
    pub name: &'static str,
    /// How many pages, leaves, rows.
    pub looked_at: u64,
    /// How many findings, spelt out or not.
    pub findings: u64,
}

/// What a verification saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All checks.
    pub checks: Vec<Check>,
    /// What is wrong; empty when all is well.
    pub findings: Vec<Finding>,
    /// Where every client's log ends.
    pub heads: Vec<Head>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.checks.iter().all(|it| it.findings == 0)
    }
}

/// Told how far a check has come: its name, how many of how many.
pub type Tell<'a> = &'a mut (dyn FnMut(&'static str, u64, u64) + Send);

/// The findings so far.
#[derive(Default)]
struct Book {
    looked_at: HashMap<&'static str, u64>,
    count: HashMap<&'static str, u64>,
    findings: Vec<Finding>,
}

impl Book {
    fn saw(&mut self, check: &'static str, n: usize) {
        *self.looked_at.entry(check).or_default() += n as u64;
    }
    fn note(&mut self, check: &'static str, client: &str, fr: String, en: String) {
        let count = self.count.entry(check).or_default();
        *count += 1;
        if *count <= SPELT {
            self.findings.push(Finding {
                check,
                client: Some(client.to_owned()).filter(|it| !it.is_empty()),
                what: Text::new(fr, en),
            });
        }
    }
    /// What cannot even be read is a finding too, and does not end the verification.
    fn unreadable(&mut self, check: &'static str, client: &str, result: Result<(), StoreError>) {
        if let Err(why) = result {
            self.note(
                check,
                client,
                format!("illisible\u{a0}: {why}"),
                format!("unreadable: {why}"),
            );
        }
    }
}

/// Checks one view of a database. Findings are no error; what cannot be read is a finding.
///
/// # Errors
/// Not even the list of clients can be read.
pub async fn verify(view: &View, tell: Tell<'_>) -> Result<Report, StoreError> {
    let db = view.db();
    let mut book = Book::default();
    let seen = file(db, &mut book).await;
    book.unreadable("file", "", seen);
    tell("file", 1, 1);
    let seen = guards(db, &mut book).await;
    book.unreadable("guards", "", seen);
    let total = number(db, "SELECT count(*) FROM record").await?;
    let total = u64::try_from(total).unwrap_or_default();
    for client in clients(db).await? {
        let mut done = book.looked_at.get("journal").copied().unwrap_or_default();
        let mut replay = journal::Replay::default();
        let mut read = |n: u64| {
            done += n;
            tell("journal", done, total.max(done));
        };
        let seen = journal::check(db, &client, &mut book, &mut replay, &mut read).await;
        book.unreadable("journal", &client, seen);
        let seen = tickets::check(db, &client, &mut book, &mut replay).await;
        book.unreadable("tickets", &client, seen);
        let seen = ledger::check(db, &client, &mut book, &replay).await;
        book.unreadable("ledger", &client, seen);
    }
    let seen = reach::strays(db, &mut book).await;
    book.unreadable("tickets", "", seen);
    let heads = match view.heads().await {
        Ok(it) => it,
        Err(why) => {
            book.unreadable("journal", "", Err(why));
            Vec::new()
        }
    };
    let checks = CHECKS.map(|name| Check {
        name,
        looked_at: book.looked_at.get(name).copied().unwrap_or_default(),
        findings: book.count.get(name).copied().unwrap_or_default(),
    });
    Ok(Report {
        checks: checks.into(),
        findings: book.findings,
        heads,
    })
}

/// Everybody who has a row or a log, whether the two agree or not.
async fn clients(db: &DatabaseTransaction) -> Result<BTreeSet<String>, StoreError> {
    let mut all: BTreeSet<String> = entity::client::Entity::find()
        .select_only()
        .column(entity::client::Column::Client)
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let logs: Vec<String> = entity::log_head::Entity::find()
        .select_only()
        .column(entity::log_head::Column::Client)
        .order_by_asc(entity::log_head::Column::Client)
        .into_tuple()
        .all(db)
        .await?;
    all.extend(logs);
    let mut tables = vec!["record", "ticket", "lot"];
    if tiles::are_kept(db).await? {
        tables.push("tile");
    }
    for table in tables {
        for row in rows(db, &format!("SELECT DISTINCT client FROM {table}")).await? {
            all.insert(row.try_get("", "client")?);
        }
    }
    Ok(all)
}

/// The file by SQLite's own checks; the validity of indexes and constraints by PostgreSQL's.
async fn file(db: &DatabaseTransaction, book: &mut Book) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT indexrelid::regclass::text AS name, indisvalid AND indisready AS ok
                   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                   JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = current_schema()
                   UNION ALL SELECT conname::text, convalidated FROM pg_constraint c
                   JOIN pg_namespace n ON n.oid = c.connamespace
                   WHERE n.nspname = current_schema()";
        for row in rows(db, sql).await? {
            book.saw("file", 1);
            if !row.try_get::<bool>("", "ok")? {
                let name: String = row.try_get("", "name")?;
                book.note(
                    "file",
                    "",
                    format!("{name} n’est pas valide"),
                    format!("{name} is not valid"),
                );
            }
        }
        return Ok(());
    }
    let pages = number(db, "SELECT page_count FROM pragma_page_count").await?;
    book.saw("file", usize::try_from(pages).unwrap_or_default());
    for row in rows(db, "PRAGMA integrity_check").await? {
        let said: String = row.try_get_by_index(0)?;
        if said != "ok" {
            book.note("file", "", said.clone(), said);
        }
    }
    for row in rows(db, "PRAGMA foreign_key_check").await? {
        let table: String = row.try_get_by_index(0)?;
        book.note(
            "file",
            "",
            format!("{table}\u{a0}: une ligne en désigne une autre qui n’existe pas"),
            format!("{table}: a row names another that does not exist"),
        );
    }
    Ok(())
}

/// The triggers that keep evidence from being changed, on SQLite and on PostgreSQL.
const GUARDS: [(&str, &[&str]); 7] = [
    ("record", &["record_no_UPDATE", "record_no_DELETE"]),
    ("tile", &["tile_no_UPDATE", "tile_no_DELETE"]),
    ("posting", &["posting_no_UPDATE", "posting_no_DELETE"]),
    ("hold", &["hold_no_UPDATE", "hold_no_DELETE"]),
    (
        "settlement",
        &["settlement_no_UPDATE", "settlement_no_DELETE"],
    ),
    ("decision", &["decision_no_UPDATE", "decision_no_DELETE"]),
    ("decision", &["decision_guard"]),
];

async fn guards(db: &DatabaseTransaction, book: &mut Book) -> Result<(), StoreError> {
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let sql = if postgres {
        "SELECT tgname::text AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = current_schema() AND NOT tgisinternal AND tgenabled <> 'D'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    };
    let mut found = BTreeSet::new();
    for row in rows(db, sql).await? {
        found.insert(row.try_get::<String>("", "name")?);
    }
    let kept = tiles::are_kept(db).await?;
    for (table, names) in GUARDS {
        if table == "tile" && !kept {
            continue;
        }
        let frozen = [format!("{table}_frozen")];
        let wanted: Vec<&str> = match names {
            [_, _] if postgres => frozen.iter().map(String::as_str).collect(),
            names => names.to_vec(),
        };
        book.saw("guards", wanted.len());
        for name in wanted.iter().filter(|it| !found.contains(**it)) {
            book.note(
                "guards",
                "",
                format!("{table}\u{a0}: le déclencheur {name} manque ou dort"),
                format!("{table}: the trigger {name} is missing or asleep"),
            );
        }
    }
    Ok(())
}

/// Rows of a query.
async fn rows(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let sql = Statement::from_string(db.get_database_backend(), sql);
    db.query_all_raw(sql).await
}

/// The first column of the first row as a number; 0 for no row.
pub(super) async fn number(db: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let sql = Statement::from_string(db.get_database_backend(), sql);
    match db.query_one_raw(sql).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(0),
    }
}
