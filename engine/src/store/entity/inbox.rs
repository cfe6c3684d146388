//! A command that was applied.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A command that was applied.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub command: String,
    pub digest: String,
    pub ticket: String,
    pub at: i64,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
