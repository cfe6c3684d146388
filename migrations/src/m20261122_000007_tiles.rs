//! Tiles of the journal's Merkle trees, from which proofs are made.

use super::{all, drop_all, freeze};
use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        let bytes = if postgres { "BYTEA" } else { "BLOB" };
        all(manager, &[&TILE.replace("BYTES", bytes)]).await?;
        if postgres {
            // Hashes do not compress.
            let plain = "ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL";
            all(manager, &[plain]).await?;
        }
        freeze(manager, "tile").await
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["tile"]).await
    }
}

/// Complete tiles only (C2SP tlog-tiles): what is in one follows from the leaves, so that it does
/// not matter who makes it, nor when. `ends` holds the roots of the subtrees that end with it and
/// stands before the long column, where it is read without that.
const TILE: &str = "CREATE TABLE tile(
    client TEXT NOT NULL, level INTEGER NOT NULL CHECK(level BETWEEN 0 AND 6),
    idx BIGINT NOT NULL CHECK(idx >= 0),
    ends BYTES NOT NULL CHECK(length(ends) BETWEEN 32 AND 256 AND length(ends) % 32 = 0),
    hashes BYTES NOT NULL CHECK(length(hashes) = 8192),
    PRIMARY KEY(client, level, idx))";
