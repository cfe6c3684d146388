//! Clients, contracts, persons, accounts, sessions.

use super::{all, drop_all};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &["session", "account", "contract", "person", "client"];

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
    "CREATE TABLE client(
        client TEXT PRIMARY KEY, name TEXT NOT NULL,
        next_number BIGINT NOT NULL DEFAULT 1 CHECK(next_number > 0))",
    // The provider's staff have the empty client.
    "CREATE TABLE person(
        client TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, mail TEXT NOT NULL,
        login TEXT NOT NULL UNIQUE, lang TEXT NOT NULL, rights TEXT NOT NULL,
        pseudonym TEXT NOT NULL UNIQUE, active BOOLEAN NOT NULL,
        PRIMARY KEY(client, id))",
    // One registered address is one person (four eyes are counted in persons).
    "CREATE UNIQUE INDEX person_mail ON person(mail)",
    "CREATE TABLE account(
        login TEXT PRIMARY KEY, client TEXT NOT NULL, person TEXT NOT NULL,
        password TEXT NOT NULL)",
    "CREATE TABLE session(
        id_hash TEXT PRIMARY KEY, client TEXT NOT NULL, person TEXT NOT NULL,
        created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
    "CREATE TABLE contract(
        client TEXT NOT NULL, code TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY(client, code))",
];
