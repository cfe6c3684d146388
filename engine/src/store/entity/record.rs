//! One leaf of a client's log; never changes.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One leaf of a client's log; never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: i64,
    pub kind: String,
    pub ticket: Option<String>,
    pub cluster: Option<String>,
    pub task: Option<String>,
    pub person: Option<String>,
    pub leaf: String,
    pub leaf_hash: String,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
