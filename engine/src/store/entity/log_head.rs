//! Where a client's log ends.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Where a client's log ends.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "log_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    pub size: i64,
    pub frontier: String,
    pub signed_size: i64,
    pub signed_root: Option<String>,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
