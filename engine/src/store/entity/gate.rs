//! A question put to persons.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A question put to persons.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "gate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub ticket: String,
    pub task: String,
    pub party: String,
    pub purpose: String,
    pub quorum: i32,
    pub digest: String,
    pub state: String,
    pub opened_at: i64,
    pub expires_at: Option<i64>,
    pub remind_at: Option<i64>,
    pub reminders: i32,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
