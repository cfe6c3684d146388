//! Replays what real servers once answered, against the installed programs and against the
//! stand-ins: where both give the recorded answers, the one may play the other.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use adapters::{
    monitor::document,
    sandbox::monitoring::{Monitoring, Programs},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

/// What is not compared, and why: program, transcript, note of the step, pointer (empty: the whole
/// step), reason.
const LEFT_OUT: [(Programs, &str, &str, &str, &str); 5] = [
    (
        Programs::StandIn,
        "prometheus/01-status",
        "build information",
        "",
        "a stand-in does not claim to be a release of the real program",
    ),
    (
        Programs::StandIn,
        "prometheus/02-reload",
        "bad rule file: 500 without detail",
        "",
        "the stand-in reads no rules: it has no parser of PromQL",
    ),
    (
        Programs::StandIn,
        "prometheus/02-reload",
        "the old rules run on",
        "",
        "the stand-in reads no rules: it has no parser of PromQL",
    ),
    (
        Programs::StandIn,
        "alertmanager/01-status-reload",
        "status: the running configuration as text in config.original, secrets masked",
        "/versionInfo/version",
        "a stand-in does not claim to be a release of the real program",
    ),
    (
        Programs::StandIn,
        "alertmanager/02-alerts",
        "body is not a list: 400",
        "/message",
        "the words of another JSON parser; the status is the same",
    ),
];

/// The stand-in of Prometheus collects nothing and has no PromQL, so it is held to the first two
/// only: no action of ours reads the others from it.
const PROMETHEUS: [&str; 4] = [
    "prometheus/01-status",
    "prometheus/02-reload",
    "prometheus/03-query",
    "prometheus/04-rules-alerts-targets",
];

#[tokio::test]
async fn real_prometheus_answers_as_recorded() {
    replay(Programs::Real, &PROMETHEUS).await;
}

#[tokio::test]
async fn sim_prometheus_answers_as_recorded() {
    replay(Programs::StandIn, &PROMETHEUS[..2]).await;
}

const ALERTMANAGER: [&str; 3] = [
    "alertmanager/01-status-reload",
    "alertmanager/02-alerts",
    "alertmanager/03-silences",
];

#[tokio::test]
async fn real_alertmanager_answers_as_recorded() {
    replay(Programs::Real, &ALERTMANAGER).await;
}

#[tokio::test]
async fn sim_alertmanager_answers_as_recorded() {
    replay(Programs::StandIn, &ALERTMANAGER).await;
}

/// A server under replay, and what the placeholders stand for so far.
struct Replay {
    programs: Programs,
    client: reqwest::Client,
    base: String,
    folder: PathBuf,
    bound: BTreeMap<String, String>,
}

async fn replay(programs: Programs, files: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let monitoring = Monitoring::start(dir.path(), "c1", programs).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    for file in files {
        let component = file.split('/').next().unwrap();
        let base = match component {
            "prometheus" => &monitoring.prometheus_url,
            _ => &monitoring.alertmanager_url,
        };
        let folder = dir.path().join(component);
        let host = |url: &str| url.strip_prefix("http://").unwrap().to_owned();
        let sink = monitoring.sink.url("");
        let bound = [
            ("<prometheus>", host(&monitoring.prometheus_url)),
            ("<alertmanager>", host(&monitoring.alertmanager_url)),
            ("<sink>", host(sink.trim_end_matches('/'))),
            ("<dir>", folder.display().to_string()),
        ];
        let mut replay = Replay {
            programs,
            client: client.clone(),
            base: base.clone(),
            folder,
            bound: bound.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        };
        replay.file(file).await;
    }
}

fn transcript(name: &str) -> Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let text = fs::read_to_string(root.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The configuration that the set-up lines of every transcript speak of.
fn first_files(name: &str) -> Value {
    let (file, step) = match name.split('/').next().unwrap() {
        "prometheus" => ("prometheus/01-status", 0),
        _ => ("alertmanager/01-status-reload", 3),
    };
    transcript(file)["steps"][step]["before"].clone()
}

impl Replay {
    async fn file(&mut self, name: &str) {
        let transcript = transcript(name);
        self.write(&first_files(name));
        self.client
            .post(format!("{}/-/reload", self.base))
            .send()
            .await
            .unwrap();
        // Alertmanager compares the start of a silence by the second: all of the replay's first
        // exchange must fall into the one it is computed in.
        while now().timestamp_subsec_millis() > 500 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for (placeholder, rule) in transcript["bind"].as_object().into_iter().flatten() {
            let seconds = rule.as_str().unwrap().strip_prefix("now").unwrap();
            let seconds: i64 = seconds.trim_end_matches('s').parse().unwrap();
            let time = now() + TimeDelta::seconds(seconds);
            let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
            self.bound.insert(placeholder.clone(), time);
        }
        let mut left: Vec<_> = LEFT_OUT
            .iter()
            .filter(|it| it.0 == self.programs && it.1 == name)
            .collect();
        for step in transcript["steps"].as_array().unwrap() {
            let note = step["note"].as_str().unwrap();
            self.write(&step["before"]);
            let at = left.iter().position(|it| it.2 == note);
            let out = at.map(|at| left.remove(at));
            let limit = step["poll"]["timeout_seconds"]
                .as_u64()
                .unwrap_or(self.patience(step));
            let end = Instant::now() + Duration::from_secs(limit);
            let mut differences = self.step(step).await;
            while !differences.is_empty() && Instant::now() < end {
                tokio::time::sleep(Duration::from_millis(50)).await;
                differences = self.step(step).await;
            }
            if let Some((_, _, _, pointer, why)) = out {
                let before = differences.len();
                differences.retain(|it| !pointer.is_empty() && it.0 != *pointer);
                assert_ne!(
                    before,
                    differences.len(),
                    "{name}, {note}: no longer true that {why}"
                );
            }
            assert!(differences.is_empty(), "{name}, {note}: {differences:#?}");
        }
        assert!(left.is_empty(), "left out and not found: {left:?}");
    }

    fn write(&self, files: &Value) {
        for file in files.as_array().into_iter().flatten() {
            let path = self.folder.join(file["write"].as_str().unwrap());
            fs::write(path, self.filled(file["content"].as_str().unwrap())).unwrap();
        }
    }

    /// The recorded server had collected for a while; a new one has to be waited for.
    fn patience(&self, step: &Value) -> u64 {
        match self.programs {
            Programs::Real if step["request"]["method"] == "GET" => 20,
            _ => 0,
        }
    }

    /// One exchange, and where the answer is not the recorded one.
    async fn step(&mut self, step: &Value) -> Vec<(String, String)> {
        let (request, wanted) = (&step["request"], &step["response"]);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in request["query"].as_object().into_iter().flatten() {
            let values = value
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![value.clone()]);
            for value in values {
                query.append_pair(key, value.as_str().unwrap());
            }
        }
        let path = self.filled(request["path"].as_str().unwrap());
        let address = format!("{}{path}?{}", self.base, query.finish());
        let method = request["method"].as_str().unwrap().parse().unwrap();
        let mut call = self.client.request(method, address);
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            call = call.header(name, value.as_str().unwrap());
        }
        call = match &request["body"] {
            Value::Null => call,
            Value::String(text) => call.body(self.filled(text)),
            json => call.body(self.filled(&json.to_string())),
        };
        let answer = call.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let mut found = Vec::new();
        if wanted["status"] != status {
            found.push(("status".to_owned(), format!("{status}: {text}")));
        }
        let metrics = request["path"] == "/metrics";
        let body = match &wanted["body"] {
            Value::String(lines) if metrics => Value::String(only(&text, lines)),
            _ if text.is_empty() => Value::Null,
            _ => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        self.compare(step, &wanted["body"], &body, &mut found);
        found
    }

    fn compare(
        &mut self,
        step: &Value,
        wanted: &Value,
        body: &Value,
        found: &mut Vec<(String, String)>,
    ) {
        let rules = &step["compare"];
        let pointers = |key: &str| -> Vec<String> {
            let list = rules[key].as_array().into_iter().flatten();
            list.map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        for pointer in pointers("fields") {
            let (wanted, actual) = (wanted.pointer(&pointer), body.pointer(&pointer));
            if !self.agree(wanted.unwrap(), actual.unwrap_or(&Value::Null)) {
                found.push((pointer, format!("{actual:?}, not {wanted:?}")));
            }
        }
        for pointer in pointers("present") {
            if body.pointer(&pointer).is_none() {
                found.push((pointer, "absent".into()));
            }
            self.learn(wanted, body);
        }
        for pointer in pointers("yaml_fields") {
            let read = |it: Option<&Value>| {
                it.and_then(Value::as_str)
                    .and_then(|it| document::parse(it).ok())
            };
            let (wanted, actual) = (read(wanted.pointer(&pointer)), read(body.pointer(&pointer)));
            let wanted = wanted.expect("a recorded document is YAML");
            if !actual.as_ref().is_some_and(|it| self.agree(&wanted, it)) {
                found.push((pointer, format!("{actual:?}, not {wanted:?}")));
            }
        }
        if let Some(prefix) = rules["prefix"].as_str() {
            if !body.as_str().is_some_and(|it| it.starts_with(prefix)) {
                found.push(("body".into(), format!("{body}, not {prefix}…")));
            }
        } else if rules.is_null() && wanted.is_string() && !body.is_string() {
            found.push((String::new(), format!("{body}, not {wanted}")));
        } else if rules.is_null()
            && wanted.get("message").is_some()
            && wanted["message"] != body["message"]
        {
            found.push(("/message".into(), format!("{body}, not {wanted}")));
        }
    }

    /// Whether `actual` has all that `wanted` has; the first sight of a placeholder binds it.
    fn agree(&mut self, wanted: &Value, actual: &Value) -> bool {
        match (wanted, actual) {
            (Value::Object(wanted), Value::Object(actual)) => wanted
                .iter()
                .all(|(key, it)| actual.get(key).is_some_and(|actual| self.agree(it, actual))),
            (Value::Array(wanted), Value::Array(actual)) => {
                wanted.len() == actual.len()
                    && wanted
                        .iter()
                        .zip(actual)
                        .all(|(wanted, it)| self.agree(wanted, it))
            }
            (Value::String(wanted), _) if wanted == "<any>" || wanted == "<number>" => true,
            (Value::String(wanted), Value::String(actual)) => {
                let filled = self.filled(wanted);
                if is_open(&filled) {
                    self.bound.insert(filled, actual.clone());
                    return true;
                }
                filled == *actual
            }
            _ => wanted == actual,
        }
    }

    /// Binds the placeholders of an answer of which only the presence is compared.
    fn learn(&mut self, wanted: &Value, actual: &Value) {
        for (key, it) in wanted.as_object().into_iter().flatten() {
            if let Some(actual) = actual.get(key) {
                self.agree(it, actual);
            }
        }
    }

    fn filled(&self, text: &str) -> String {
        self.bound
            .iter()
            .fold(text.to_owned(), |text, (placeholder, value)| {
                text.replace(placeholder, value)
            })
    }
}

/// A placeholder that nothing is bound to yet.
fn is_open(text: &str) -> bool {
    (text.starts_with("<uid:") || text.starts_with("<time:")) && text.ends_with('>')
}

/// The metric lines whose names the recording has.
fn only(text: &str, recorded: &str) -> String {
    let name = |line: &str| line.split([' ', '{']).next().unwrap_or_default().to_owned();
    let names: Vec<String> = recorded.lines().map(name).collect();
    let lines = text.lines().filter(|it| names.contains(&name(it)));
    lines.map(|it| format!("{it}\n")).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the programs under test go by the real clock"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}
