//! A personal link, by the digest of its secret.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A personal link, by the digest of its secret.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_sha256: String,
    pub client: String,
    pub ticket: String,
    pub gate: String,
    pub person: String,
    pub code_sha256: Option<String>,
    pub tries: i32,
    pub at: i64,
    pub expires_at: i64,
    pub opened_at: Option<i64>,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
