//! Tickets, tasks, gates, decisions, locks.

use super::{all, drop_all, freeze};
use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    "inbox",
    "resource_lock",
    "decision",
    "gate_barred",
    "gate",
    "task",
    "ticket_order",
    "ticket",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(manager, STATEMENTS).await?;
        guard_decisions(manager).await?;
        freeze(manager, "decision").await?;
        Ok(())
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, TABLES).await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            all(manager, &["DROP FUNCTION IF EXISTS decision_guard()"]).await?;
        }
        Ok(())
    }
}

const STATEMENTS: &[&str] = &[
    "CREATE TABLE ticket(
        client TEXT NOT NULL, id TEXT NOT NULL, contract TEXT NOT NULL, reference TEXT NOT NULL,
        version BIGINT NOT NULL, state TEXT NOT NULL, ending TEXT, code TEXT, cluster TEXT,
        parent TEXT, requester TEXT NOT NULL, speed TEXT NOT NULL,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, wake_at BIGINT,
        waits_for TEXT, head TEXT NOT NULL,
        PRIMARY KEY(client, id),
        CHECK((state = 'closed') = (ending IS NOT NULL)))",
    "CREATE UNIQUE INDEX ticket_reference ON ticket(client, reference)",
    "CREATE INDEX ticket_newest ON ticket(client, created_at)",
    "CREATE INDEX ticket_open ON ticket(client, state, created_at) WHERE state <> 'closed'",
    "CREATE INDEX ticket_due ON ticket(wake_at) WHERE wake_at IS NOT NULL",
    "CREATE INDEX ticket_waiting ON ticket(client, waits_for) WHERE waits_for IS NOT NULL",
    "CREATE TABLE ticket_order(
        client TEXT NOT NULL, ticket TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY(client, ticket))",
    "CREATE TABLE task(
        client TEXT NOT NULL, ticket TEXT NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL,
        status TEXT NOT NULL, attempt INTEGER NOT NULL, fence BIGINT NOT NULL,
        owner TEXT, lease_until BIGINT, run_at BIGINT, by_machine BOOLEAN NOT NULL,
        node TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY(client, ticket, seq),
        CHECK((status IN ('running', 'undoing'))
            = (owner IS NOT NULL AND lease_until IS NOT NULL)))",
    "CREATE UNIQUE INDEX task_name ON task(client, ticket, name)",
    "CREATE INDEX task_due ON task(run_at)
        WHERE by_machine AND status IN ('ready', 'undo_due')",
    "CREATE INDEX task_by_hand ON task(client, ticket)
        WHERE NOT by_machine AND status IN ('ready', 'undo_due')",
    "CREATE INDEX task_leased ON task(lease_until) WHERE status IN ('running', 'undoing')",
    "CREATE TABLE gate(
        client TEXT NOT NULL, id TEXT NOT NULL, ticket TEXT NOT NULL, task TEXT NOT NULL,
        party TEXT NOT NULL, purpose TEXT NOT NULL, quorum INTEGER NOT NULL CHECK(quorum > 0),
        digest TEXT NOT NULL, state TEXT NOT NULL, opened_at BIGINT NOT NULL, expires_at BIGINT,
        remind_at BIGINT, reminders INTEGER NOT NULL,
        PRIMARY KEY(client, id))",
    "CREATE INDEX gate_ticket ON gate(client, ticket, opened_at)",
    "CREATE INDEX gate_open ON gate(client, party, opened_at) WHERE state = 'open'",
    "CREATE TABLE gate_barred(
        client TEXT NOT NULL, gate TEXT NOT NULL, person TEXT NOT NULL,
        PRIMARY KEY(client, gate, person)) /* short rows */",
    // One person speaks once per gate.
    "CREATE TABLE decision(
        client TEXT NOT NULL, gate TEXT NOT NULL, person TEXT NOT NULL, digest TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK(verdict IN ('approve', 'reject')), via TEXT NOT NULL,
        comment TEXT, at BIGINT NOT NULL,
        PRIMARY KEY(client, gate, person)) /* short rows */",
    "CREATE TABLE resource_lock(
        client TEXT NOT NULL, resource TEXT NOT NULL, ticket TEXT NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY(client, resource)) /* short rows */",
    "CREATE INDEX resource_lock_ticket ON resource_lock(client, ticket)",
    "CREATE TABLE inbox(
        client TEXT NOT NULL, command TEXT NOT NULL, digest TEXT NOT NULL, ticket TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY(client, command)) /* short rows */",
];

/// Four eyes, whatever the program does: no decision by a barred person, on a gate that is not
/// open, or about anything but the gate's own digest.
pub(crate) async fn guard_decisions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const OPEN: &str = "SELECT 1 FROM gate g WHERE g.client = NEW.client AND g.id = NEW.gate
        AND g.state = 'open' AND g.digest = NEW.digest";
    const BARRED: &str = "SELECT 1 FROM gate_barred b WHERE b.client = NEW.client
        AND b.gate = NEW.gate AND b.person = NEW.person";
    match manager.get_database_backend() {
        DatabaseBackend::Postgres => {
            let body = format!(
                "CREATE OR REPLACE FUNCTION decision_guard() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN
                   IF NOT EXISTS({OPEN}) OR EXISTS({BARRED}) THEN
                     RAISE EXCEPTION 'decision refused by the database';
                   END IF;
                   RETURN NEW;
                 END $$"
            );
            let hook = "CREATE TRIGGER decision_guard BEFORE INSERT ON decision
                        FOR EACH ROW EXECUTE FUNCTION decision_guard()";
            all(manager, &[&body, hook]).await
        }
        _ => {
            let hook = format!(
                "CREATE TRIGGER decision_guard BEFORE INSERT ON decision
                 WHEN NOT EXISTS({OPEN}) OR EXISTS({BARRED})
                 BEGIN SELECT RAISE(ABORT, 'decision refused by the database'); END"
            );
            all(manager, &[&hook]).await
        }
    }
}
