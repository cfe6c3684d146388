//! The schema, one step after another, the same on SQLite and on PostgreSQL.
//!
//! Every table that belongs to a client has the client in its key, and on PostgreSQL begins it with
//! the client, so that data can be spread by client; no transaction crosses clients. Times are
//! microseconds since 1970, names are text: both read the same everywhere. Steps are frozen once
//! released.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{
        DatabaseBackend, DatabaseConnection, EntityTrait, QueryOrder, Statement, TransactionTrait,
    },
    seaql_migrations,
};
use std::collections::BTreeSet;

mod m20261122_000001_people;
mod m20261122_000002_tickets;
mod m20261122_000003_ledger;
mod m20261122_000004_journal;
mod m20261122_000005_outbox;
mod m20261122_000006_pages;
mod m20261122_000007_tiles;
mod m20261122_000008_near;
mod m20261123_000009_lean;

/// All steps, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_people::Migration),
            Box::new(m20261122_000002_tickets::Migration),
            Box::new(m20261122_000003_ledger::Migration),
            Box::new(m20261122_000004_journal::Migration),
            Box::new(m20261122_000005_outbox::Migration),
            Box::new(m20261122_000006_pages::Migration),
            Box::new(m20261122_000007_tiles::Migration),
            Box::new(m20261122_000008_near::Migration),
            Box::new(m20261123_000009_lean::Migration),
        ]
    }
}

/// Brings the schema up to date. Several processes that start at once take turns on PostgreSQL;
/// the library itself takes no lock, and all but one of them would fail.
///
/// # Errors
/// A step failed; none of it was applied then.
pub async fn bring_up(db: &DatabaseConnection) -> Result<(), DbErr> {
    if db.get_database_backend() != DatabaseBackend::Postgres {
        return up_on_files(db).await;
    }
    let turn = db.begin().await?;
    turn.execute_unprepared(PATIENT).await?;
    turn.execute_unprepared(TURN).await?;
    let done = Migrator::up(db, None).await;
    turn.commit().await?;
    done
}

/// Indexes of large tables are sorted in files, whatever the connection does otherwise.
async fn up_on_files(db: &DatabaseConnection) -> Result<(), DbErr> {
    let asked = Statement::from_string(DatabaseBackend::Sqlite, "PRAGMA temp_store");
    let row = db.query_one_raw(asked).await?;
    let was: i32 = row
        .map(|it| it.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0);
    db.execute_unprepared("PRAGMA temp_store = file").await?;
    let done = Migrator::up(db, None).await;
    let back = format!("PRAGMA temp_store = {was}");
    db.execute_unprepared(&back).await?;
    done
}

/// Names of the steps that this program knows, oldest first.
#[must_use]
pub fn steps() -> Vec<String> {
    let all = Migrator::migrations();
    all.iter().map(|it| it.name().to_owned()).collect()
}

/// How the schema of a database stands to the steps that this program knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Steps applied, oldest first.
    pub applied: Vec<String>,
    /// Steps still to apply.
    pub pending: Vec<String>,
    /// Steps applied that this program does not know: a newer one made them.
    pub unknown: Vec<String>,
}

/// Looks at the schema and changes nothing, not even on an empty database.
///
/// # Errors
/// The database failed.
pub async fn standing(db: &DatabaseConnection) -> Result<Standing, DbErr> {
    let table = Migrator::migration_table_name().to_string();
    let mut applied = Vec::new();
    if SchemaManager::new(db).has_table(table).await? {
        let rows = seaql_migrations::Entity::find()
            .order_by_asc(seaql_migrations::Column::Version)
            .all(db)
            .await?;
        applied.extend(rows.into_iter().map(|it| it.version));
    }
    let known = steps();
    let done: BTreeSet<&String> = applied.iter().collect();
    let ours: BTreeSet<&String> = known.iter().collect();
    Ok(Standing {
        pending: known
            .iter()
            .filter(|it| !done.contains(it))
            .cloned()
            .collect(),
        unknown: applied
            .iter()
            .filter(|it| !ours.contains(it))
            .cloned()
            .collect(),
        applied: applied.clone(),
    })
}

/// Whoever waits for the turn, or holds it idly, does so as long as the steps take.
const PATIENT: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// A step takes its time, and goes through whole tables: sessions of decisions avoid that.
const WHOLE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on;
    SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on";

/// Held until the transaction ends; the number is ours and means nothing.
const TURN: &str = "SELECT pg_advisory_xact_lock(714200)";

/// Stands behind tables of short rows: SQLite keeps those in the index of their key itself, which
/// halves the pages that each row touches.
const COMPACT: &str = "/* short rows */";

/// Runs statements one by one.
async fn all(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
    if !sqlite {
        manager.get_connection().execute_unprepared(WHOLE).await?;
    }
    for statement in statements {
        let statement = statement.replace(COMPACT, if sqlite { "WITHOUT ROWID" } else { "" });
        manager
            .get_connection()
            .execute_unprepared(&statement)
            .await?;
    }
    Ok(())
}

/// Makes a table refuse UPDATE and DELETE: its rows are evidence.
async fn freeze(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    match manager.get_database_backend() {
        DatabaseBackend::Postgres => {
            let body = format!(
                "CREATE OR REPLACE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION '{table} rows never change'; END $$"
            );
            let hook = format!(
                "CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION {table}_frozen()"
            );
            all(manager, &[&body, &hook]).await
        }
        _ => {
            for verb in ["UPDATE", "DELETE"] {
                let hook = format!(
                    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} \
                     BEGIN SELECT RAISE(ABORT, '{table} rows never change'); END"
                );
                all(manager, &[&hook]).await?;
            }
            Ok(())
        }
    }
}

/// Drops tables, and on PostgreSQL what `freeze` made for them.
async fn drop_all(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
    for table in tables {
        all(manager, &[&format!("DROP TABLE {table}")]).await?;
        if postgres {
            all(
                manager,
                &[&format!("DROP FUNCTION IF EXISTS {table}_frozen()")],
            )
            .await?;
        }
    }
    Ok(())
}
