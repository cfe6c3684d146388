//! Replays a recorded transcript against a server and compares by the rules of its README: status
//! always, errors by reason, causes and message, the listed fields after binding placeholders.

mod bound;
mod compare;

use bound::Bound;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use compare::compare;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// How often a polled step is repeated; the clock goes on by a second each time.
const TRIES: u32 = 60;

/// A clock that moves only when told.
#[derive(Clone)]
pub struct Stepping(Arc<Mutex<DateTime<Utc>>>);

impl Stepping {
    pub fn start() -> Stepping {
        let start = Utc
            .with_ymd_and_hms(2026, 1, 5, 9, 0, 0)
            .single()
            .expect("a valid date");
        Stepping(Arc::new(Mutex::new(start)))
    }
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no holder panics")
    }
    fn second(&self) {
        *self.0.lock().expect("no holder panics") += TimeDelta::seconds(1);
    }
}

pub fn folder(system: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden")).join(system)
}

pub fn load(system: &str, file: &str) -> Value {
    let path = folder(system).join(format!("{file}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"))
}

pub struct Player {
    pub base: String,
    pub token: String,
    pub clock: Stepping,
}

struct Seen {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Player {
    /// Plays every step; `before` is called with the number of each step.
    pub async fn play(&self, transcript: &Value, before: impl Fn(usize)) {
        // Somebody may have installed it already; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()
            .expect("plain client");
        let mut bound = Bound::default();
        let steps = transcript["steps"]
            .as_array()
            .expect("a transcript has steps");
        for (number, step) in steps.iter().enumerate() {
            before(number);
            let tries = if step["poll"].is_object() { TRIES } else { 1 };
            let mut outcome = Err(String::new());
            for _ in 0..tries {
                let seen = {
                    let during = bound.fill(&step["during"]);
                    let during = during.as_array().cloned().unwrap_or_default();
                    self.send(&client, &bound.fill(&step["request"]), &during)
                        .await
                };
                let mut tried = bound.clone();
                outcome = compare(step, &seen, &mut tried)
                    .map_err(|why| format!("{why}\nanswered: {} {}", seen.status, seen.body));
                if outcome.is_ok() {
                    tried.learn(&step["response"]["body"], &seen.body);
                    bound = tried;
                    break;
                }
                self.clock.second();
            }
            if let Err(why) = outcome {
                panic!("{} [{number}] {}\n{why}", transcript["title"], step["note"]);
            }
        }
    }

    async fn send(&self, client: &Client, request: &Value, during: &[Value]) -> Seen {
        let answer = self
            .call(client, request)
            .send()
            .await
            .expect("the server answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let watched = request["query"]["watch"] == "true" && status == 200;
        if watched {
            for other in during {
                let other = self
                    .call(client, other)
                    .send()
                    .await
                    .expect("the server answers");
                assert!(
                    other.status().is_success(),
                    "during the watch: {}",
                    other.status()
                );
            }
            let seconds = request["query"]["timeoutSeconds"].as_str();
            let seconds: i64 = seconds
                .and_then(|it| it.parse().ok())
                .expect("a bounded watch");
            (0..=seconds).for_each(|_| self.clock.second());
        }
        let text = answer.text().await.expect("a readable body");
        let body = if watched {
            text.lines()
                .map(|it| serde_json::from_str::<Value>(it).expect("a line is JSON"))
                .collect()
        } else {
            serde_json::from_str(&text).unwrap_or_else(|_| json!(text))
        };
        let headers = headers.iter().map(|(name, value)| {
            (
                name.to_string(),
                value.to_str().expect("text headers").to_owned(),
            )
        });
        Seen {
            status,
            headers: headers.collect(),
            body,
        }
    }

    fn call(&self, client: &Client, request: &Value) -> RequestBuilder {
        let text = |name: &str| {
            request[name]
                .as_str()
                .expect("recorded requests are complete")
        };
        let method = Method::from_bytes(text("method").as_bytes()).expect("a method");
        let mut call = client.request(method, format!("{}{}", self.base, text("path")));
        if let Some(query) = request["query"].as_object() {
            let pairs: Vec<_> = query
                .iter()
                .map(|(k, v)| (k, v.as_str().expect("text")))
                .collect();
            call = call.query(&pairs);
        }
        let mut known = request["headers"]["Authorization"]
            .as_str()
            .map(str::to_owned);
        let known = known.get_or_insert_with(|| format!("Bearer {}", self.token));
        if known != "(none)" {
            call = call.header("Authorization", known.as_str());
        }
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            if name != "Authorization" {
                call = call.header(name, value.as_str().expect("text"));
            }
        }
        match &request["body"] {
            Value::Null => call,
            Value::String(raw) => call.body(raw.clone()),
            body => call.body(body.to_string()),
        }
    }
}
