//! A dated lot of tokens with its counters.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A dated lot of tokens with its counters.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "lot")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub contract: String,
    pub granted: i64,
    pub held: i64,
    pub spent: i64,
    pub expired: i64,
    pub granted_at: i64,
    pub expires_at: Option<i64>,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
