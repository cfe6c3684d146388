//! A task: one row.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A task: one row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i32,
    pub name: String,
    pub status: String,
    pub attempt: i32,
    pub fence: i64,
    pub owner: Option<String>,
    pub lease_until: Option<i64>,
    pub run_at: Option<i64>,
    pub by_machine: bool,
    pub family: Option<String>,
    pub body: String,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
