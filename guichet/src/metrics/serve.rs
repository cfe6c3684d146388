//! The door of the figures: a listener of its own, so that no proxy of the portal can let anybody
//! through to them by mistake.

use super::{Format, Metrics};
use adapters::wire::Secret;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use engine::desk::Desk;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What the door of the figures needs.
#[derive(Clone)]
pub struct Door {
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// Where those that are not counted are read.
    pub desk: Desk,
    /// What a scraper has to show as `Authorization: Bearer …`, if anything.
    pub token: Option<Secret>,
}

/// `/metrics`, and nothing else.
pub fn routes(door: Door) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(Arc::new(door))
}

async fn metrics(State(door): State<Arc<Door>>, headers: HeaderMap) -> Response {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    if let Some(token) = &door.token {
        let shown = text(header::AUTHORIZATION).and_then(|it| it.strip_prefix("Bearer "));
        if !shown.is_some_and(|it| same(it, token.expose())) {
            let ways = [(header::WWW_AUTHENTICATE, "Bearer")];
            return (StatusCode::UNAUTHORIZED, ways, "401\n").into_response();
        }
    }
    let format = Format::asked(text(header::ACCEPT).unwrap_or_default());
    if let Err(error) = door.metrics.read(&door.desk).await {
        // A figure from before would look like one of now.
        tracing::warn!(%error, "figures cannot be read");
        let later = [(header::RETRY_AFTER, "5")];
        return (StatusCode::SERVICE_UNAVAILABLE, later, "503\n").into_response();
    }
    match door.metrics.text(format) {
        Ok(body) => ([(header::CONTENT_TYPE, format.media())], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "figures cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Compares digests, so that how long it takes tells nothing of how much was right.
fn same(shown: &str, token: &str) -> bool {
    Sha256::digest(shown.as_bytes()) == Sha256::digest(token.as_bytes())
}
