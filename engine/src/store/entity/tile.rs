//! 256 hashes of a client's Merkle tree; never changes.

use sea_orm::entity::prelude::*;

/// 256 hashes of a client's Merkle tree; never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub level: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub idx: i64,
    pub ends: Vec<u8>,
    pub hashes: Vec<u8>,
}

/// No relation is used: queries name their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
