//! What may happen, and the one transaction that makes it so.
//!
//! Pure modules (no I/O, no clock, no chance): everything except `ambient`, `bell`, `desk`,
//! `runner`, `outbox`, `link`, `scheduler`, `query`, `gauges`, `inbox`, `audit`, `office` and
//! `store`. Every change of state, from every face, takes the same four steps: load, decide,
//! commit, tell.

pub mod ambient;
pub mod approval;
pub mod audit;
mod bell;
pub mod contract;
pub mod desk;
pub mod envelope;
pub mod gauges;
pub mod id;
pub mod inbox;
pub mod journal;
pub mod ledger;
pub mod link;
pub mod notice;
pub mod office;
pub mod outbox;
pub mod people;
pub mod query;
pub mod quota;
pub mod run;
pub mod runner;
pub mod scheduler;
pub mod store;
pub mod ticket;
pub mod window;
pub mod witness;
