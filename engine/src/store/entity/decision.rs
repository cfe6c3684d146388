//! What one person said at a gate; never changes.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What one person said at a gate; never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub gate: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
    pub digest: String,
    pub verdict: String,
    pub via: String,
    pub comment: Option<String>,
    pub at: i64,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
