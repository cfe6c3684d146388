//! Orders the misbehaviour of a stand-in: every mutating request passes through here.

use crate::sandbox::fault::{Mischief, Trouble, hang_up};
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Passes the request on, unless trouble was ordered or the stand-in lies.
pub(super) async fn meddle(
    State(mischief): State<Mischief>,
    request: Request,
    next: Next,
) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match mischief.meet() {
        Some(Trouble::Error500) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "ordered by the test").into_response()
        }
        Some(Trouble::Busy) => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "1")],
        )
            .into_response(),
        Some(Trouble::Drop) => hang_up(),
        Some(Trouble::DropThenDo) => {
            tokio::spawn(next.run(request));
            hang_up()
        }
        Some(Trouble::DoThenDrop) => {
            next.run(request).await;
            hang_up()
        }
        None if mischief.lying() => StatusCode::OK.into_response(),
        None => next.run(request).await,
    }
}
