//! Messages owed to people, and the personal links they carry.

use super::{all, drop_all};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &["link", "notice"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(manager, STATEMENTS).await?;

        Ok(())
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, TABLES).await
    }
}

const STATEMENTS: &[&str] = &[
    "CREATE TABLE notice(
        client TEXT NOT NULL, record BIGINT NOT NULL, n INTEGER NOT NULL,
        ticket TEXT NOT NULL, occasion TEXT NOT NULL, person TEXT NOT NULL, gate TEXT,
        facts TEXT NOT NULL, at BIGINT NOT NULL,
        state TEXT NOT NULL CHECK(state IN ('pending', 'sending', 'sent', 'unknown', 'dead')),
        fence BIGINT NOT NULL, lease_until BIGINT, attempts INTEGER NOT NULL,
        next_at BIGINT NOT NULL, sent_at BIGINT, answer TEXT,
        PRIMARY KEY(client, record, n),
        CHECK((state = 'sending') = (lease_until IS NOT NULL)))",
    "CREATE INDEX notice_due ON notice(next_at) WHERE state = 'pending'",
    "CREATE INDEX notice_leased ON notice(lease_until) WHERE state = 'sending'",
    "CREATE INDEX notice_ticket ON notice(client, ticket)",
    // Only the digest of a link is kept: whoever reads the database cannot decide.
    "CREATE TABLE link(
        token_sha256 TEXT PRIMARY KEY, client TEXT NOT NULL, ticket TEXT NOT NULL,
        gate TEXT NOT NULL, person TEXT NOT NULL, code_sha256 TEXT, tries INTEGER NOT NULL,
        at BIGINT NOT NULL, expires_at BIGINT NOT NULL, opened_at BIGINT)",
    "CREATE INDEX link_gate ON link(client, gate, person)",
];
