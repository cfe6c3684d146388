//! A human being; the provider's staff have the empty client.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A human being; the provider's staff have the empty client.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub mail: String,
    pub login: String,
    pub lang: String,
    pub rights: String,
    pub pseudonym: String,
    pub active: bool,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
