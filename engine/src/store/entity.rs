//! One module per table, private to the store. Columns are named and explained in `migrations`.
#![allow(
    missing_docs,
    reason = "columns are explained where the tables are made"
)]

pub mod account;
pub mod client;
pub mod contract;
pub mod decision;
pub mod gate;
pub mod gate_barred;
pub mod hold;
pub mod inbox;
pub mod link;
pub mod log_head;
pub mod lot;
pub mod notice;
pub mod opening;
pub mod person;
pub mod posting;
pub mod record;
pub mod resource_lock;
pub mod session;
pub mod settlement;
pub mod slot;
pub mod task;
pub mod ticket;
pub mod ticket_order;
pub mod tile;
