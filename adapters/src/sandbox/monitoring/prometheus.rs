//! Plays Prometheus where it is not installed: its configuration, its reload, its health. It
//! scrapes nothing and evaluates no expression.

use super::{
    live::{self, Live, load, seconds},
    troubled::meddle,
};
use crate::{
    monitor::Component,
    sandbox::{fault::Mischief, serving::Serving},
};
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// The version that it says it is, which no release ever was.
pub(super) const VERSION: &str = "0.0.0-stand-in";

#[derive(Debug)]
pub(super) struct PrometheusStandIn {
    serving: Serving,
    mischief: Mischief,
}

struct Shared {
    path: PathBuf,
    state: Mutex<Inner>,
}

struct Inner {
    live: Live,
    reload_ok: bool,
}

type Here = State<Arc<Shared>>;

impl PrometheusStandIn {
    pub async fn start(path: PathBuf) -> Result<Self, super::StartError> {
        let live = load(Component::Prometheus, &path).map_err(super::StartError::Config)?;
        let state = Mutex::new(Inner {
            live,
            reload_ok: true,
        });
        let (shared, mischief) = (Arc::new(Shared { path, state }), Mischief::default());
        let refused = || async {
            (
                StatusCode::METHOD_NOT_ALLOWED,
                "Only POST or PUT requests allowed",
            )
        };
        let router = Router::new()
            .route(
                "/-/ready",
                get(|| async { "Prometheus Server is Ready.\n" }),
            )
            .route(
                "/-/healthy",
                get(|| async { "Prometheus Server is Healthy.\n" }),
            )
            .route("/-/reload", get(refused).post(reload).put(reload))
            .route("/api/v1/status/config", get(config))
            .route("/api/v1/status/flags", get(flags))
            .route("/api/v1/status/runtimeinfo", get(runtime))
            .route("/api/v1/status/buildinfo", get(build))
            .route("/metrics", get(metrics))
            .fallback(|| async { (StatusCode::NOT_FOUND, "404 page not found\n") })
            .layer(from_fn_with_state(mischief.clone(), meddle))
            .with_state(shared);
        let serving = Serving::start(router, 0).await?;
        Ok(PrometheusStandIn { serving, mischief })
    }

    pub fn port(&self) -> u16 {
        self.serving.address().port()
    }

    pub fn mischief(&self) -> &Mischief {
        &self.mischief
    }
}

impl Shared {
    fn look<T>(&self, at: impl FnOnce(&mut Inner) -> T) -> T {
        at(&mut self.state.lock().expect("no holder of this lock panics"))
    }
}

async fn reload(State(here): Here) -> Response {
    let loaded = load(Component::Prometheus, &here.path);
    here.look(|state| {
        state.reload_ok = loaded.is_ok();
        match loaded {
            Ok(live) => {
                state.live = live;
                StatusCode::OK.into_response()
            }
            Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why).into_response(),
        }
    })
}

fn success(data: serde_json::Value) -> Json<serde_json::Value> {
    Json(json!({ "status": "success", "data": data }))
}

async fn config(State(here): Here) -> Json<serde_json::Value> {
    // JSON is YAML too; whoever reads this as text instead of parsing it is caught early.
    success(json!({ "yaml": here.look(|it| live::masked(&it.live.config)).to_string() }))
}

async fn flags(State(here): Here) -> Json<serde_json::Value> {
    success(json!({
        "config.file": here.path, "storage.tsdb.retention.time": "0s",
        "web.enable-lifecycle": "true",
    }))
}

async fn runtime(State(here): Here) -> Json<serde_json::Value> {
    let (ok, at) = here.look(|it| (it.reload_ok, it.live.at));
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    success(json!({
        "reloadConfigSuccess": ok, "lastConfigTime": at, "storageRetention": "15d",
    }))
}

async fn build() -> Json<serde_json::Value> {
    success(json!({ "version": VERSION }))
}

async fn metrics(State(here): Here) -> Response {
    let (ok, at) = here.look(|it| (u8::from(it.reload_ok), seconds(it.live.at)));
    let text = format!(
        "prometheus_config_last_reload_successful {ok}\n\
         prometheus_config_last_reload_success_timestamp_seconds {at:e}\n"
    );
    (
        [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}
