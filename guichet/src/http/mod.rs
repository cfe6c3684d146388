//! HTTP: pages, JSON API, link pages. Knows no SQL and no rule: it asks the desk.

pub mod address;
pub mod api;
pub mod guess;
pub mod pages;
pub mod problem;
pub mod server;
pub mod state;
pub mod trace;

pub use state::{House, Web};
