//! Tokens set aside; never changes.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Tokens set aside; never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "hold")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub ticket: String,
    pub lot: String,
    pub tokens: i64,
    pub at: i64,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
