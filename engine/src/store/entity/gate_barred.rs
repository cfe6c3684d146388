//! A person who may not decide a gate.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A person who may not decide a gate.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "gate_barred")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub gate: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
