//! The portal: handlers that ask the desk, fill a view and send the page.

mod acts;
mod answers;
mod audit;
mod contract;
mod decide;
mod dress;
mod fail;
mod inbox;
mod link;
mod order;
mod outbox;
mod posted;
mod question;
mod shop;
mod sign;
mod study;
mod study_new;
mod ticket;
mod visit;
mod words;

use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use engine::id::PersonId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::Semaphore;

use super::{Web, guess};
use crate::pages::assets;
use fail::Fail;

/// Most bytes of a posted form: the largest form of the catalogue, percent-encoded.
const LARGEST_FORM: usize = 1 << 20;

/// What the portal's handlers share.
#[derive(Clone)]
struct Portal {
    web: Web,
    /// How many things wait for whom, and at which commit that was counted.
    todo: Arc<Mutex<HashMap<PersonId, (u64, u32)>>>,
    /// Passwords are hashed two at a time: each takes memory and time on purpose.
    hashing: Arc<Semaphore>,
}

/// Every page, with the headers, the language and the refusals they share; anything else under
/// these roots is the page that says "not found".
pub fn routes(web: &Web) -> Router<Web> {
    let portal = Portal {
        web: web.clone(),
        todo: Arc::default(),
        hashing: Arc::new(Semaphore::new(2)),
    };
    let mut pages = Router::new()
        .route("/", get(sign::front))
        .route("/sign-in", get(sign::form).post(sign::sign_in))
        .route("/sign-out", post(sign::sign_out))
        .route("/inbox", get(inbox::inbox))
        .route("/tickets", get(inbox::tickets))
        .route("/tickets/{reference}", get(ticket::page))
        .route("/tickets/{reference}/graph.svg", get(ticket::picture))
        .route("/tickets/{reference}/graph.txt", get(ticket::drawing))
        .route(
            "/tickets/{reference}/decide",
            get(decide::form).post(decide::decide),
        )
        .route("/tickets/{reference}/{act}", post(acts::act))
        .route(
            "/tickets/{reference}/tasks/{task}/{act}",
            post(acts::on_task),
        )
        .route("/tickets/{reference}/study/{act}", post(acts::on_study))
        .route("/catalogue", get(shop::catalogue))
        .route("/catalogue/{code}", get(shop::item))
        .route("/catalogue/{code}/new", get(order::form))
        .route("/catalogue/{code}/check", post(order::check))
        .route("/catalogue/{code}/edit", post(order::edit))
        .route("/catalogue/{code}/submit", post(order::submit))
        .route("/studies/new", get(study_new::form).post(study_new::open))
        .route("/contracts/{code}", get(contract::page))
        .route("/audit", get(audit::page))
        .route("/v/{token}", get(link::open).post(link::decide))
        .route("/v/{token}/receipt", get(link::receipt))
        .route("/v/{token}/renew", post(link::renew))
        .route("/assets/{file}", get(asset));
    if web.demo {
        pages = pages
            .route("/demo", get(sign::personas))
            .route("/demo/as/{login}", get(sign::enter).post(sign::enter));
    }
    if web.outbox.is_some() {
        pages = pages
            .route("/outbox", get(outbox::list))
            .route("/outbox/{id}", get(outbox::mail))
            .route("/outbox/{id}/html", get(outbox::html));
    }
    pages
        .fallback(missing)
        .layer(middleware::from_fn_with_state(portal.clone(), guarded))
        .layer(middleware::from_fn_with_state(portal.clone(), dress::dress))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(portal)
}

/// Neither links nor passwords are guessed at.
async fn guarded(
    State(portal): State<Portal>,
    request: Request,
    next: Next,
) -> Result<Response, Fail> {
    let answer = guess::guard(&portal.web.house, request, next).await;
    answer.map_err(|wait| Fail::TooMany(guess::seconds(wait)))
}

async fn missing() -> Fail {
    Fail::NotFound
}

/// The style sheet and the icon. Their content never changes under a name that carries its digest.
async fn asset(Path(file): Path<String>) -> Result<Response, Fail> {
    let (kind, body) = match file.as_str() {
        "guichet.svg" => ("image/svg+xml", assets::ICON),
        css if format!("/assets/{css}") == assets::css_path() => {
            ("text/css; charset=utf-8", assets::CSS)
        }
        _ => return Err(Fail::NotFound),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, body).into_response())
}

/// A page.
fn page(view: &impl Template) -> Result<Response, Fail> {
    page_as(StatusCode::OK, view)
}

/// A page with another status than 200.
fn page_as(status: StatusCode, view: &impl Template) -> Result<Response, Fail> {
    Ok((status, Html(view.render()?)).into_response())
}

/// Sends the browser on after something was done, so that a reload does not do it again.
fn go(to: &str) -> Response {
    axum::response::Redirect::to(to).into_response()
}
