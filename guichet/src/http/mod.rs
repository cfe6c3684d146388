//! HTTP: pages, JSON API, link pages. Knows no SQL and no rule: it asks the desk.

pub mod state;

pub use state::Web;
