//! The record of every transition, one log per client.

use super::{all, drop_all, freeze};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &["opening", "record", "log_head"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(manager, STATEMENTS).await?;
        freeze(manager, "record").await?;
        Ok(())
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, TABLES).await
    }
}

const STATEMENTS: &[&str] = &[
    "CREATE TABLE log_head(
        client TEXT PRIMARY KEY, size BIGINT NOT NULL CHECK(size >= 0), frontier TEXT NOT NULL,
        signed_size BIGINT NOT NULL DEFAULT 0, signed_root TEXT, CHECK(signed_size <= size))",
    "CREATE TABLE record(
        client TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL,
        ticket TEXT, cluster TEXT, task TEXT, person TEXT,
        leaf TEXT NOT NULL, leaf_hash TEXT NOT NULL,
        PRIMARY KEY(client, seq))",
    "CREATE INDEX record_at ON record(client, at)",
    "CREATE INDEX record_cluster ON record(client, cluster, at)",
    "CREATE INDEX record_person ON record(client, person, at)",
    "CREATE INDEX record_ticket ON record(client, ticket, seq)",
    // What leaves commit to; erasable without breaking a proof.
    "CREATE TABLE opening(
        client TEXT NOT NULL, seq BIGINT NOT NULL, field TEXT NOT NULL,
        salt TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY(client, seq, field)) /* short rows */",
];
