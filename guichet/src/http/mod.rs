//! HTTP: pages, JSON API, link pages. Knows no SQL and no rule: it asks the desk.

pub mod api;
pub mod pages;
pub mod problem;
pub mod server;
pub mod state;

pub use state::Web;
