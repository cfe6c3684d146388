//! Indexes without what nobody looks for in them.

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
        all(
            manager,
            &[
                "DROP INDEX record_person",
                // Most records are the engine's: nobody asks for those by person.
                "CREATE INDEX record_person ON record(client, person, at)
                    WHERE person IS NOT NULL",
            ],
        )
        .await
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        all(
            manager,
            &[
                "DROP INDEX record_person",
                "CREATE INDEX record_person ON record(client, person, at)",
            ],
        )
        .await
    }
}
