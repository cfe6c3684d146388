//! A message owed to one person.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A message owed to one person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub record: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub n: i32,
    pub ticket: String,
    pub occasion: String,
    pub person: String,
    pub gate: Option<String>,
    pub facts: String,
    pub at: i64,
    pub state: String,
    pub fence: i64,
    pub lease_until: Option<i64>,
    pub attempts: i32,
    pub next_at: i64,
    pub sent_at: Option<i64>,
    pub answer: Option<String>,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
