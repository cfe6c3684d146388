//! Plays Alertmanager where it is not installed: the v2 API, the reload, and real notifications to
//! webhooks. Other kinds of receiver are accepted and never notified.

use super::{
    dispatch,
    live::{self, load, now, seconds},
    prometheus::VERSION,
    state::{Held, Here, Labels, Shared, fingerprint},
    troubled::meddle,
};
use crate::{
    monitor::{Component, Matcher},
    sandbox::{fault::Mischief, serving::Serving},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug)]
pub(super) struct AlertmanagerStandIn {
    serving: Serving,
    mischief: Mischief,
    shared: Here,
}

impl AlertmanagerStandIn {
    pub async fn start(path: PathBuf) -> Result<Self, super::StartError> {
        let live = load(Component::Alertmanager, &path).map_err(super::StartError::Config)?;
        // A provider may be installed already; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build();
        let client = client.map_err(|e| super::StartError::Config(e.to_string()))?;
        let (shared, mischief) = (Shared::new(path, live, client), Mischief::default());
        let refused = || async {
            let allow = [("allow", "OPTIONS, POST")];
            (
                StatusCode::METHOD_NOT_ALLOWED,
                allow,
                "Method Not Allowed\n",
            )
        };
        let router = Router::new()
            .route("/-/ready", get(|| async { "OK" }))
            .route("/-/healthy", get(|| async { "OK" }))
            .route("/-/reload", get(refused).post(reload))
            .route("/metrics", get(metrics))
            .route("/api/v2/status", get(status))
            .route("/api/v2/receivers", get(receivers))
            .route("/api/v2/alerts", get(alerts).post(post_alerts))
            .route("/api/v2/alerts/groups", get(groups))
            .route("/api/v2/silences", get(silences).post(post_silence))
            .route("/api/v2/silence/{id}", get(silence).delete(expire))
            .layer(from_fn_with_state(mischief.clone(), meddle))
            .with_state(shared.clone());
        let serving = Serving::start(router, 0).await?;
        Ok(AlertmanagerStandIn {
            serving,
            mischief,
            shared,
        })
    }

    pub fn port(&self) -> u16 {
        self.serving.address().port()
    }

    pub fn mischief(&self) -> &Mischief {
        &self.mischief
    }
}

impl Drop for AlertmanagerStandIn {
    fn drop(&mut self) {
        self.shared.look(dispatch::stop);
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

async fn reload(State(here): State<Here>) -> Response {
    let loaded = load(Component::Alertmanager, &here.path);
    let done = here.look(|state| {
        state.reload_ok = loaded.is_ok();
        loaded.map(|live| {
            state.live = live;
            dispatch::stop(state);
        })
    });
    match done {
        Ok(()) => {
            dispatch::dispatch(&here);
            StatusCode::OK.into_response()
        }
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why).into_response(),
    }
}

async fn status(State(here): State<Here>) -> Json<Value> {
    // JSON is YAML too; whoever reads this as text instead of parsing it is caught early.
    let original = here.look(|it| live::masked(&it.live.config)).to_string();
    Json(json!({
        "cluster": { "peers": [], "status": "disabled" },
        "config": { "original": original }, "versionInfo": { "version": VERSION },
    }))
}

async fn receivers(State(here): State<Here>) -> Json<Value> {
    let config = here.look(|it| it.live.config.clone());
    let receivers = config["receivers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    Json(
        receivers
            .iter()
            .map(|it| json!({ "name": it["name"] }))
            .collect(),
    )
}

async fn metrics(State(here): State<Here>) -> Response {
    let (ok, live, n) = here.look(|it| (u8::from(it.reload_ok), it.live.clone(), it.counters));
    let (hash, at) = (live.hash, seconds(live.at));
    let webhook = "{integration=\"webhook\"}";
    let text = format!(
        "alertmanager_config_hash {hash:e}\n\
         alertmanager_config_last_reload_successful {ok}\n\
         alertmanager_config_last_reload_success_timestamp_seconds {at:e}\n\
         alertmanager_notifications_total{webhook} {}\n\
         alertmanager_notifications_failed_total{webhook} {}\n\
         alertmanager_notification_requests_total{webhook} {}\n\
         alertmanager_notification_requests_failed_total{webhook} {}\n",
        n.begun, n.failed, n.requests, n.requests_failed
    );
    (
        [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}

/// What a query asks for.
struct Asked {
    matchers: Vec<Matcher>,
    receiver: Option<Matcher>,
    silenced: bool,
}

fn asked(query: Option<String>) -> Result<Asked, Box<Response>> {
    let refuse = |e: crate::monitor::MatcherError| Box::new(answer(400, &json!(e.to_string())));
    let mut asked = Asked {
        matchers: Vec::new(),
        receiver: None,
        silenced: true,
    };
    for (key, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*key {
            "filter" => asked
                .matchers
                .extend(Matcher::parse_all(&value).map_err(refuse)?),
            "receiver" => {
                let named = Matcher::new("receiver", crate::monitor::Comparison::Like, &value);
                asked.receiver = Some(named.map_err(refuse)?);
            }
            "silenced" => asked.silenced = value != "false",
            _ => {}
        }
    }
    Ok(asked)
}

fn is_for(receiver: &Option<Matcher>, shown: &Value) -> bool {
    let Some(wanted) = receiver else { return true };
    let names = shown["receivers"].as_array().map_or(&[][..], Vec::as_slice);
    names
        .iter()
        .filter_map(|it| it["name"].as_str())
        .any(|name| wanted.holds(&[("receiver".to_owned(), name.to_owned())].into()))
}

fn shown(here: &Here, asked: &Asked) -> Vec<Value> {
    here.look(|state| {
        let found = state.matching(&asked.matchers);
        let shown = found.into_iter().map(|(print, it)| state.shown(print, it));
        shown
            .filter(|it| is_for(&asked.receiver, it))
            .filter(|it| asked.silenced || it["status"]["state"] != "suppressed")
            .collect()
    })
}

async fn alerts(State(here): State<Here>, RawQuery(query): RawQuery) -> Response {
    match asked(query) {
        Ok(asked) => answer(200, &shown(&here, &asked).into()),
        Err(refused) => *refused,
    }
}

async fn groups(State(here): State<Here>, RawQuery(query): RawQuery) -> Response {
    let asked = match asked(query) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let mut groups: Vec<Value> = Vec::new();
    for alert in shown(&here, &asked) {
        let labels: Labels = serde_json::from_value(alert["labels"].clone()).unwrap_or_default();
        for (receiver, by) in here.look(|state| dispatch::groups_of(state, &labels)) {
            let name = json!({ "name": receiver });
            let found = groups
                .iter()
                .position(|it| it["labels"] == json!(by) && it["receiver"] == name);
            let at = found.unwrap_or_else(|| {
                groups.push(json!({ "labels": by, "receiver": name, "alerts": [] }));
                groups.len() - 1
            });
            if let Value::Array(list) = &mut groups[at]["alerts"] {
                list.push(alert.clone());
            }
        }
    }
    answer(200, &groups.into())
}

async fn post_alerts(State(here): State<Here>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refused) = wrong_type(&headers) {
        return refused;
    }
    let Ok(Value::Array(posted)) = serde_json::from_slice(&body) else {
        let message = "parsing alerts body from \"\" failed, because it is no list of alerts";
        return answer(400, &json!({ "code": 400, "message": message }));
    };
    let alerts: Result<Vec<Held>, String> = posted.iter().map(alert).collect();
    match alerts {
        Err(why) => answer(400, &json!(why)),
        Ok(alerts) => {
            here.look(|state| {
                for mut alert in alerts {
                    let print = fingerprint(&alert.labels);
                    if let Some(old) = state.alerts.get(&print).filter(|it| !it.has_ended()) {
                        alert.starts_at = alert.starts_at.min(old.starts_at);
                    }
                    state.alerts.insert(print, alert);
                }
            });
            dispatch::dispatch(&here);
            StatusCode::OK.into_response()
        }
    }
}

fn alert(posted: &Value) -> Result<Held, String> {
    let texts =
        |key: &str| -> Labels { serde_json::from_value(posted[key].clone()).unwrap_or_default() };
    let labels = texts("labels");
    if labels.is_empty() {
        return Err("at least one label pair required".into());
    }
    if let Some(name) = labels.keys().find(|it| !crate::monitor::is_label(it)) {
        return Err(format!("invalid label set: invalid name \"{name}\""));
    }
    let time = |key: &str| -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(posted[key].as_str()?)
            .ok()
            .map(|it| it.with_timezone(&Utc))
    };
    let at = now();
    let ends_at = time("endsAt").unwrap_or(at + TimeDelta::minutes(5));
    let starts_at = time("startsAt").unwrap_or(at.min(ends_at));
    if starts_at > ends_at {
        return Err("start time must be before end time".into());
    }
    Ok(Held {
        labels,
        annotations: texts("annotations"),
        starts_at,
        ends_at,
        updated_at: at,
    })
}

fn wrong_type(headers: &HeaderMap) -> Option<Response> {
    let given = headers
        .get("content-type")
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    (kind != "application/json").then(|| {
        let message =
            format!("unsupported media type \"{kind}\", only [application/json] are allowed");
        answer(415, &json!({ "code": 415, "message": message }))
    })
}

async fn silences(State(here): State<Here>, RawQuery(query): RawQuery) -> Response {
    match asked(query) {
        Ok(asked) => answer(
            200,
            &here.look(|it| it.silences.list(&asked.matchers)).into(),
        ),
        Err(refused) => *refused,
    }
}

async fn post_silence(State(here): State<Here>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refused) = wrong_type(&headers) {
        return refused;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match here.look(|it| it.silences.post(&body)) {
        Ok(id) => answer(200, &json!({ "silenceID": id })),
        Err((status, why)) => answer(status, &why),
    }
}

async fn silence(State(here): State<Here>, Path(id): Path<String>) -> Response {
    match here.look(|it| it.silences.shown(&id)) {
        Some(shown) => answer(200, &shown),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn expire(State(here): State<Here>, Path(id): Path<String>) -> Response {
    match here.look(|it| it.silences.expire(&id)) {
        true => StatusCode::OK.into_response(),
        false => answer(500, &json!("silence not found")),
    }
}
