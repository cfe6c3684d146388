//! Tokens from one account to another; never changes.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Tokens from one account to another; never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "posting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    pub contract: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub record: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub n: i32,
    pub at: i64,
    pub ticket: Option<String>,
    pub lot: String,
    pub debit: String,
    pub credit: String,
    pub tokens: i64,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
