//! Tokens and accelerated slots.

use super::{all, drop_all, freeze};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &["slot", "posting", "settlement", "hold", "lot"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(manager, STATEMENTS).await?;
        for table in ["posting", "settlement", "hold"] {
            freeze(manager, table).await?;
        }
        Ok(())
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, TABLES).await
    }
}

const STATEMENTS: &[&str] = &[
    "CREATE TABLE lot(
        client TEXT NOT NULL, id TEXT NOT NULL, contract TEXT NOT NULL,
        granted BIGINT NOT NULL, held BIGINT NOT NULL, spent BIGINT NOT NULL,
        expired BIGINT NOT NULL, granted_at BIGINT NOT NULL, expires_at BIGINT,
        PRIMARY KEY(client, id),
        CHECK(granted > 0 AND held >= 0 AND spent >= 0 AND expired >= 0),
        CHECK(held + spent + expired <= granted))",
    "CREATE INDEX lot_contract ON lot(client, contract)",
    "CREATE TABLE hold(
        client TEXT NOT NULL, id TEXT NOT NULL, ticket TEXT NOT NULL, lot TEXT NOT NULL,
        tokens BIGINT NOT NULL CHECK(tokens > 0), at BIGINT NOT NULL,
        PRIMARY KEY(client, id),
        FOREIGN KEY(client, lot) REFERENCES lot(client, id)) /* short rows */",
    "CREATE INDEX hold_ticket ON hold(client, ticket)",
    // The primary key is what makes settling twice impossible.
    "CREATE TABLE settlement(
        client TEXT NOT NULL, hold TEXT NOT NULL, captured BIGINT NOT NULL,
        released BIGINT NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY(client, hold),
        CHECK(captured >= 0 AND released >= 0 AND captured + released > 0),
        FOREIGN KEY(client, hold) REFERENCES hold(client, id)) /* short rows */",
    "CREATE TABLE posting(
        client TEXT NOT NULL, contract TEXT NOT NULL, record BIGINT NOT NULL, n INTEGER NOT NULL,
        at BIGINT NOT NULL, ticket TEXT, lot TEXT NOT NULL,
        debit TEXT NOT NULL, credit TEXT NOT NULL, tokens BIGINT NOT NULL CHECK(tokens > 0),
        PRIMARY KEY(client, record, n),
        CHECK(debit <> credit)) /* short rows */",
    "CREATE INDEX posting_contract ON posting(client, contract, record)",
    // « maximum de 6 par an »: a seventh row cannot exist.
    "CREATE TABLE slot(
        client TEXT NOT NULL, contract TEXT NOT NULL, year_from TEXT NOT NULL,
        ordinal INTEGER NOT NULL CHECK(ordinal BETWEEN 1 AND 6),
        ticket TEXT NOT NULL, consumed BOOLEAN NOT NULL,
        PRIMARY KEY(client, contract, year_from, ordinal)) /* short rows */",
    "CREATE UNIQUE INDEX slot_ticket ON slot(client, ticket)",
];
