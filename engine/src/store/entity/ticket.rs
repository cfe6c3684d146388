//! Header of a ticket: what is searched for, and the rest as JSON.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Header of a ticket: what is searched for, and the rest as JSON.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "ticket")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub contract: String,
    pub reference: String,
    pub version: i64,
    pub state: String,
    pub ending: Option<String>,
    pub code: Option<String>,
    pub cluster: Option<String>,
    pub parent: Option<String>,
    pub requester: String,
    pub speed: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub wake_at: Option<i64>,
    pub waits_for: Option<String>,
    pub head: String,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
