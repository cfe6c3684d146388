//! What was ordered, and the nodes of the tasks that it turned into.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What was ordered, and the nodes of the tasks that it turned into, in their order: both JSON.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "ticket_order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket: String,
    pub body: String,
    pub graph: String,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
