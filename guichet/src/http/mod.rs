//! HTTP: pages, JSON API, link pages. Knows no SQL and no rule: it asks the desk.

pub mod server;
pub mod state;

pub use state::Web;

/// Every route.
pub(crate) fn routes() -> axum::Router<Web> {
    axum::Router::new()
}
