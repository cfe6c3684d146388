//! One of six accelerated changes of a year.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One of six accelerated changes of a year.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "slot")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contract: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub year_from: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i32,
    pub ticket: String,
    pub consumed: bool,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
