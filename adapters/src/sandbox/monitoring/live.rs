//! The configuration of a stand-in: read, judged and filled in as the real program does it, as far
//! as the routes of alerts and the external labels are concerned.

use crate::monitor::{Component, Matcher, Router, document};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fs, path::Path};

/// A configuration in force.
#[derive(Clone, Debug)]
pub(super) struct Live {
    /// As the file says it, defaults filled in and nothing masked.
    pub config: Value,
    /// When it was loaded.
    pub at: DateTime<Utc>,
    /// Number that another text would not have.
    pub hash: f64,
}

/// The moment, for a server that has no one to ask for it.
#[expect(
    clippy::disallowed_methods,
    reason = "a stand-in plays a machine with its own clock"
)]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Seconds since 1970 with what a double holds of their fraction.
pub(super) fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_micros() as f64 / 1e6
}

/// Reads the file as the component would.
///
/// # Errors
/// The sentence that the component answers to a reload.
pub(super) fn load(component: Component, path: &Path) -> Result<Live, String> {
    let said = |why: String| match component {
        Component::Alertmanager => format!("failed to reload config: {why}\n"),
        Component::Prometheus => format!(
            "failed to reload config: couldn't load configuration (--config.file=\"{path}\"): \
             parsing YAML file {path}: {why}\n",
            path = path.display()
        ),
    };
    let text = fs::read_to_string(path).map_err(|e| said(e.to_string()))?;
    let mut config = document::parse(&text).map_err(|e| said(format!("yaml: {e}")))?;
    match component {
        Component::Prometheus => prometheus(&text, &mut config, path),
        Component::Alertmanager => alertmanager(&text, &mut config),
    }
    .map_err(said)?;
    let sum = Sha256::digest(text.as_bytes());
    let hash = sum
        .iter()
        .take(6)
        .fold(0.0, |sum, byte| sum * 256.0 + f64::from(*byte));
    Ok(Live {
        config,
        at: now(),
        hash,
    })
}

fn prometheus(text: &str, config: &mut Value, path: &Path) -> Result<(), String> {
    let keys = [
        "global",
        "alerting",
        "rule_files",
        "scrape_configs",
        "storage",
        "tracing",
        "remote_write",
        "remote_read",
    ];
    known(text, config, &keys, "config.plain")?;
    fill(config, json!({ "global": {} }));
    fill(
        &mut config["global"],
        json!({ "scrape_interval": "1m", "evaluation_interval": "1m" }),
    );
    let interval = config["global"]["scrape_interval"].clone();
    let ms = interval
        .as_str()
        .and_then(document::milliseconds)
        .unwrap_or(60_000);
    let timeout = if ms < 10_000 {
        interval.clone()
    } else {
        json!("10s")
    };
    fill(&mut config["global"], json!({ "scrape_timeout": timeout }));
    let labels = config.pointer_mut("/global/external_labels");
    if let Some(labels) = labels.and_then(Value::as_object_mut) {
        for (name, value) in labels {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !name.chars().all(fits) || name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(format!("\"{name}\" is not a valid label name"));
            }
            if !value.is_string() {
                *value = json!(value.to_string());
            }
        }
    }
    for files in list(config, "rule_files") {
        if let Some(name) = files.as_str().filter(|it| !it.starts_with('/')) {
            let folder = path.parent().unwrap_or(Path::new("/"));
            *files = json!(folder.join(name));
        }
    }
    for target in config
        .get_mut("alerting")
        .map_or(&mut [][..], |it| list(it, "alertmanagers"))
    {
        let defaults = json!({
            "follow_redirects": true, "enable_http2": true, "scheme": "http", "timeout": "10s",
            "api_version": "v2",
        });
        fill(target, defaults);
    }
    let mut names = BTreeSet::new();
    for job in list(config, "scrape_configs") {
        let name = job["job_name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err("job_name is empty".into());
        }
        if !names.insert(name.clone()) {
            return Err(format!(
                "found multiple scrape configs with job name \"{name}\""
            ));
        }
        let defaults = json!({
            "honor_timestamps": true, "scrape_interval": interval, "scrape_timeout": timeout,
            "metrics_path": "/metrics", "scheme": "http", "follow_redirects": true,
            "enable_http2": true,
        });
        fill(job, defaults);
    }
    Ok(())
}

fn alertmanager(text: &str, config: &mut Value) -> Result<(), String> {
    let keys = [
        "global",
        "route",
        "receivers",
        "templates",
        "inhibit_rules",
        "mute_time_intervals",
        "time_intervals",
    ];
    known(text, config, &keys, "config.plain")?;
    let http = json!({ "follow_redirects": true, "enable_http2": true });
    let defaults = json!({
        "resolve_timeout": "5m", "http_config": http, "smtp_hello": "localhost",
        "smtp_require_tls": true,
        "pagerduty_url": "https://events.pagerduty.com/v2/enqueue",
        "opsgenie_api_url": "https://api.opsgenie.com/",
        "wechat_api_url": "https://qyapi.weixin.qq.com/cgi-bin/",
        "victorops_api_url":
            "https://alert.victorops.com/integrations/generic/20131114/alert/",
        "telegram_api_url": "https://api.telegram.org",
        "webex_api_url": "https://webexapis.com/v1/messages",
    });
    fill(config, json!({ "templates": [], "global": {} }));
    fill(&mut config["global"], defaults);
    let mut names = BTreeSet::new();
    for receiver in list(config, "receivers") {
        let name = receiver["name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err("missing name in receiver".into());
        }
        if !names.insert(name.clone()) {
            return Err(format!("notification config name \"{name}\" is not unique"));
        }
        for hook in list(receiver, "webhook_configs") {
            if !hook["url"]
                .as_str()
                .is_some_and(|it| it.starts_with("http"))
            {
                return Err("missing URL in webhook config".into());
            }
            fill(
                hook,
                json!({ "send_resolved": true, "max_alerts": 0, "http_config": {} }),
            );
            fill(&mut hook["http_config"], http.clone());
        }
    }
    let router = Router::of(config).map_err(|e| e.to_string())?;
    if !["match", "match_re", "matchers"]
        .iter()
        .all(|it| config["route"].get(it).is_none())
    {
        return Err("root route must not have any matchers".into());
    }
    if let Some(unknown) = router.named().into_iter().find(|it| !names.contains(it)) {
        return Err(format!("undefined receiver \"{unknown}\" used in route"));
    }
    route(text, &mut config["route"])
}

fn route(text: &str, route: &mut Value) -> Result<(), String> {
    let keys = [
        "receiver",
        "group_by",
        "match",
        "match_re",
        "matchers",
        "continue",
        "routes",
        "group_wait",
        "group_interval",
        "repeat_interval",
        "mute_time_intervals",
        "active_time_intervals",
    ];
    known(text, route, &keys, "config.plain")?;
    fill(route, json!({ "continue": false }));
    let mut matchers = Vec::new();
    for line in list(route, "matchers") {
        let line = line.as_str().unwrap_or_default();
        matchers.extend(Matcher::parse_all(line).map_err(|e| e.to_string())?);
    }
    if !matchers.is_empty() {
        matchers.sort();
        route["matchers"] = matchers.iter().map(ToString::to_string).collect();
    }
    for child in list(route, "routes") {
        self::route(text, child)?;
    }
    Ok(())
}

/// What is printed of a configuration: like it, without its secrets.
pub(super) fn masked(config: &Value) -> Value {
    const SECRETS: [&str; 14] = [
        "password",
        "credentials",
        "bearer_token",
        "smtp_auth_password",
        "smtp_auth_secret",
        "auth_password",
        "auth_secret",
        "api_key",
        "routing_key",
        "service_key",
        "slack_api_url",
        "bot_token",
        "user_key",
        "token",
    ];
    match config {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let secret = SECRETS.contains(&key.as_str());
                (
                    key.clone(),
                    if secret {
                        json!("<secret>")
                    } else {
                        masked(value)
                    },
                )
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(masked).collect(),
        other => other.clone(),
    }
}

fn known(text: &str, value: &Value, keys: &[&str], kind: &str) -> Result<(), String> {
    let unknown = value
        .as_object()
        .ok_or_else(|| format!("yaml: unmarshal errors:\n  line 1: cannot unmarshal into {kind}"))?
        .keys()
        .find(|it| !keys.contains(&it.as_str()));
    let Some(key) = unknown else { return Ok(()) };
    let at = text
        .lines()
        .position(|it| it.trim_start_matches([' ', '-']).starts_with(key));
    let line = at.map_or(0, |it| it + 1);
    Err(format!(
        "yaml: unmarshal errors:\n  line {line}: field {key} not found in type {kind}"
    ))
}

/// Adds what is not there.
fn fill(value: &mut Value, defaults: Value) {
    if value.is_null() {
        *value = json!({});
    }
    if let (Value::Object(map), Value::Object(defaults)) = (value, defaults) {
        for (key, default) in defaults {
            map.entry(key).or_insert(default);
        }
    }
}

fn list<'a>(value: &'a mut Value, key: &str) -> &'a mut [Value] {
    value
        .get_mut(key)
        .and_then(Value::as_array_mut)
        .map_or(&mut [], Vec::as_mut_slice)
}
