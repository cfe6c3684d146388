//! Indexes in the order of the pages that are read along them, down to what breaks a tie.

use super::all;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(manager, STATEMENTS).await
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(manager, BACK).await
    }
}

const STATEMENTS: &[&str] = &[
    "DROP INDEX ticket_newest",
    "CREATE INDEX ticket_newest ON ticket(client, created_at, id)",
    // What of it never changes costs nothing once the ticket is written.
    "CREATE INDEX ticket_all ON ticket(created_at, id)",
    "DROP INDEX ticket_open",
    "CREATE INDEX ticket_open ON ticket(client, created_at, id) WHERE state <> 'closed'",
    "CREATE INDEX ticket_accelerated ON ticket(client, created_at, id)
        WHERE speed = 'accelerated'",
    "CREATE INDEX ticket_parent ON ticket(parent, created_at, id) WHERE parent IS NOT NULL",
    // The provider's staff look at tickets and persons of all clients, by name.
    "CREATE INDEX ticket_written ON ticket(reference)",
    "CREATE INDEX ticket_id ON ticket(id)",
    "CREATE INDEX person_id ON person(id)",
    // To the last column of the order, unlike `record_at`: without statistics SQLite would rather
    // walk all records of the client than those of one ticket, cluster or person.
    "DROP INDEX record_ticket",
    "CREATE INDEX record_ticket ON record(client, ticket, at, seq)",
    "DROP INDEX record_cluster",
    "CREATE INDEX record_cluster ON record(client, cluster, at, seq)",
    "DROP INDEX record_person",
    // Most records are the engine's: nobody asks for those by person.
    "CREATE INDEX record_person ON record(client, person, at, seq) WHERE person IS NOT NULL",
    // All that is read of a hold: without statistics, SQLite would rather walk all holds of the
    // client along the key than look up those of one ticket.
    "DROP INDEX hold_ticket",
    "CREATE INDEX hold_ticket ON hold(client, ticket, at, id, lot, tokens)",
    // Letters are taken oldest first, however many are owed.
    "DROP INDEX notice_due",
    "CREATE INDEX notice_due ON notice(next_at, record, n) WHERE state = 'pending'",
];

const BACK: &[&str] = &[
    "DROP INDEX hold_ticket",
    "CREATE INDEX hold_ticket ON hold(client, ticket)",
    "DROP INDEX record_person",
    "CREATE INDEX record_person ON record(client, person, at)",
    "DROP INDEX record_cluster",
    "CREATE INDEX record_cluster ON record(client, cluster, at)",
    "DROP INDEX record_ticket",
    "CREATE INDEX record_ticket ON record(client, ticket, seq)",
    "DROP INDEX notice_due",
    "CREATE INDEX notice_due ON notice(next_at) WHERE state = 'pending'",
    "DROP INDEX person_id",
    "DROP INDEX ticket_id",
    "DROP INDEX ticket_written",
    "DROP INDEX ticket_parent",
    "DROP INDEX ticket_accelerated",
    "DROP INDEX ticket_open",
    "CREATE INDEX ticket_open ON ticket(client, state, created_at) WHERE state <> 'closed'",
    "DROP INDEX ticket_all",
    "DROP INDEX ticket_newest",
    "CREATE INDEX ticket_newest ON ticket(client, created_at)",
];
