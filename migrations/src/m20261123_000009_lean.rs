//! Nothing is found by two indexes that one of them finds.
//!
//! Times of a client's records never go back, so that a day is found by halving along their key;
//! letters hang on records, which know their ticket. Whether a ticket is open is asked of a column
//! that changes once in its life, and not with each of its states. Each entry that a command does
//! not make is a page less on its way to the disk.

use super::{
    all,
    m20261122_000008_near::{Table, rebuild, table},
};
use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(manager, FEWER).await?;
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => all(manager, ROOM).await,
            _ => rebuild(manager, &NOTICE_IN_ITS_KEY).await,
        }
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => {
                all(manager, ROOM_BACK).await?;
                all(
                    manager,
                    &["CREATE INDEX notice_ticket ON notice(client, ticket)"],
                )
                .await?;
            }
            _ => {
                rebuild(manager, &NOTICE_APART).await?;
                all(
                    manager,
                    &["CREATE INDEX notice_ticket ON notice(ticket, client)"],
                )
                .await?;
            }
        }
        all(manager, MORE).await
    }
}

const FEWER: &[&str] = &[
    "DROP INDEX record_at",
    "DROP INDEX notice_ticket",
    "DROP INDEX ticket_open",
    "CREATE INDEX ticket_open ON ticket(client, created_at, id) WHERE ending IS NULL",
    "DROP INDEX ticket_reference",
    "DROP INDEX ticket_written",
    "CREATE UNIQUE INDEX ticket_reference ON ticket(reference, client)",
];
const MORE: &[&str] = &[
    "DROP INDEX ticket_reference",
    "CREATE UNIQUE INDEX ticket_reference ON ticket(client, reference)",
    "CREATE INDEX ticket_written ON ticket(reference)",
    "DROP INDEX ticket_open",
    "CREATE INDEX ticket_open ON ticket(client, created_at, id) WHERE state <> 'closed'",
    "CREATE INDEX record_at ON record(client, at)",
];

/// A row that changes in none of its indexed columns stays on its page, where there is room for
/// it, and PostgreSQL leaves all its indexes alone.
const ROOM: &[&str] = &["ALTER TABLE ticket SET (fillfactor = 50)"];
const ROOM_BACK: &[&str] = &["ALTER TABLE ticket RESET (fillfactor)"];

const NOTICE: &str = "client TEXT NOT NULL, record BIGINT NOT NULL, n INTEGER NOT NULL,
    ticket TEXT NOT NULL, occasion TEXT NOT NULL, person TEXT NOT NULL, gate TEXT,
    facts TEXT NOT NULL, at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('pending', 'sending', 'sent', 'unknown', 'dead')),
    fence BIGINT NOT NULL, lease_until BIGINT, attempts INTEGER NOT NULL,
    next_at BIGINT NOT NULL, sent_at BIGINT, answer TEXT, PRIMARY KEY{},
    CHECK((state = 'sending') = (lease_until IS NOT NULL))";
const NOTICE_KEY: &str = "(client, record, n)";
const NOTICE_IN_ITS_KEY: [(&str, Table); 1] = [("notice", table(NOTICE, NOTICE_KEY, true))];
const NOTICE_APART: [(&str, Table); 1] = [("notice", table(NOTICE, NOTICE_KEY, false))];
