//! The JSON API: the verbs of the portal and the command line for other programs. Every error is
//! a problem (RFC 9457); every request that creates, charges or decides bears an Idempotency-Key.

pub mod acts;
mod approvals;
mod auth;
mod body;
mod catalogue;
mod contracts;
mod health;
mod journal;
mod ready;
mod studies;
mod tasks;
mod tickets;
pub mod views;

pub use ready::Readiness;

use super::{Web, guess, problem, server};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use std::time::Duration;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

/// Most bytes of a body.
pub const LARGEST_BODY: usize = 256 * 1024;

/// Every route of the API, and the probes of whoever runs this program.
pub fn routes(web: &Web, patience: Duration) -> Router<Web> {
    let v1 = Router::new()
        .route("/me", get(journal::me))
        .route("/inbox", get(journal::inbox))
        .route("/catalogue/items", get(catalogue::items))
        .route("/catalogue/items/{key}", get(catalogue::item))
        .route("/catalogue/items/{key}/graph", get(catalogue::graph))
        .route("/quotes", post(catalogue::quote))
        .route("/tickets", get(tickets::list).post(tickets::create))
        .route("/tickets/{reference}", get(tickets::one))
        .route("/tickets/{reference}/tasks", get(tasks::all))
        .route("/tickets/{reference}/tasks/{task}", get(tasks::one))
        .route("/tickets/{reference}/tasks/{task}/log", get(tasks::log))
        .route("/tickets/{reference}/tasks/{task}/{act}", post(tasks::act))
        .route("/tickets/{reference}/plan", get(tickets::plan))
        .route("/tickets/{reference}/graph", get(tickets::graph))
        .route("/tickets/{reference}/timeline", get(tickets::timeline))
        .route("/tickets/{reference}/ledger-entries", get(tickets::ledger))
        .route("/tickets/{reference}/{act}", post(tickets::act))
        .route("/approvals", get(approvals::list))
        .route("/approvals/{id}", get(approvals::one))
        .route("/approvals/{id}/decision", post(approvals::decide))
        .route("/approvals/{id}/remind", post(approvals::remind))
        .route("/studies", get(studies::list).post(studies::create))
        .route("/studies/{reference}", get(studies::one))
        .route("/studies/{reference}/{act}", post(studies::act))
        .route("/contracts", get(contracts::list))
        .route("/contracts/{code}", get(contracts::one))
        .route("/contracts/{code}/balance", get(contracts::balance))
        .route("/contracts/{code}/accelerated-quota", get(contracts::quota))
        .route("/contracts/{code}/ledger-entries", get(contracts::ledger))
        .route(
            "/contracts/{code}/statements/{period}",
            get(contracts::statement),
        )
        .route("/contracts/{code}/grants", post(contracts::grant))
        .route("/audit/events", get(journal::events))
        .route("/audit/events/{seq}/proof", get(journal::inclusion))
        .route("/audit/consistency", get(journal::consistency))
        .route("/messages", get(journal::messages))
        .fallback(nothing);
    Router::new()
        .nest("/api/v1", v1)
        .route("/api/problems/{code}", get(health::problem))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            patience,
        ))
        .layer(CatchPanicLayer::custom(server::panicked))
        .layer(middleware::from_fn_with_state(web.clone(), guarded))
        .layer(middleware::from_fn(problem::word))
}

/// Passwords are not guessed at here either.
async fn guarded(
    State(web): State<Web>,
    request: Request,
    next: Next,
) -> Result<Response, problem::Problem> {
    let answer = guess::guard(&web.house, request, next).await;
    answer.map_err(|wait| problem::Problem::too_many(guess::seconds(wait)))
}

async fn nothing() -> problem::Problem {
    problem::Problem::not_found()
}
