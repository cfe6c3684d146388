//! Replays a recorded transcript against a server and compares by the rules of its README: status
//! always, errors by reason, causes and message, the listed fields after binding placeholders.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use regex_lite::Regex;
use reqwest::{Client, Method};
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

/// What placeholders stand for so far.
#[derive(Clone, Default)]
struct Bound(BTreeMap<String, String>);

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
                let seen = self.send(&client, &bound.fill(&step["request"])).await;
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

    async fn send(&self, client: &Client, request: &Value) -> Seen {
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
        call = match &request["body"] {
            Value::Null => call,
            Value::String(raw) => call.body(raw.clone()),
            body => call.body(body.to_string()),
        };
        let answer = call.send().await.expect("the server answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("a readable body");
        let body = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
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
}

fn compare(step: &Value, seen: &Seen, bound: &mut Bound) -> Result<(), String> {
    let (golden, rules) = (&step["response"], &step["compare"]);
    if golden["status"] != json!(seen.status) {
        return Err(format!("status {} expected", golden["status"]));
    }
    if golden["body"]["status"] == "Failure" {
        failure(&golden["body"], &seen.body, rules, bound)?;
    } else {
        let loose = !golden["body"]["(trimmed)"].is_null();
        for pointer in list(&rules["fields"]) {
            let expected = golden["body"].pointer(pointer).unwrap_or(&Value::Null);
            let actual = seen.body.pointer(pointer).unwrap_or(&Value::Null);
            bound
                .fits(expected, actual, loose)
                .map_err(|why| format!("{pointer}: {why}"))?;
        }
        for pointer in list(&rules["present"]) {
            seen.body
                .pointer(pointer)
                .ok_or_else(|| format!("{pointer} must exist"))?;
        }
        if let Some(extra) = list(&rules["absent"]).find(|it| seen.body.pointer(it).is_some()) {
            return Err(format!("{extra} must not exist"));
        }
    }
    headers(rules, seen)
}

fn list(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn failure(golden: &Value, seen: &Value, rules: &Value, bound: &mut Bound) -> Result<(), String> {
    for pointer in [
        "/kind",
        "/status",
        "/reason",
        "/code",
        "/details/kind",
        "/details/name",
    ] {
        let (expected, actual) = (golden.pointer(pointer), seen.pointer(pointer));
        if expected != actual {
            return Err(format!("{pointer}: {expected:?} expected"));
        }
    }
    let exact = rules["message"] != "prefix";
    if exact {
        bound.fits(&golden["message"], &seen["message"], false)?;
    } else {
        let prefix = rules["prefix"]
            .as_str()
            .expect("a prefix rule has its prefix");
        let message = seen["message"].as_str().unwrap_or_default();
        if !message.starts_with(prefix) {
            return Err(format!("message must begin with {prefix}"));
        }
    }
    let causes = |it: &Value| {
        it["details"]["causes"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let (expected, actual) = (causes(golden), causes(seen));
    if expected.len() != actual.len() {
        return Err(format!("causes {expected:?} expected"));
    }
    for (expected, actual) in expected.iter().zip(&actual) {
        let fields: &[&str] = if exact {
            &["reason", "field", "message"]
        } else {
            &["reason", "field"]
        };
        for name in fields {
            bound.fits(&expected[*name], &actual[*name], false)?;
        }
    }
    Ok(())
}

fn headers(rules: &Value, seen: &Seen) -> Result<(), String> {
    for (name, expected) in rules["headers"].as_object().into_iter().flatten() {
        let expected = expected.as_str().expect("header rules are text");
        let actual = seen.headers.get(name).map_or("", String::as_str);
        let right = match expected.strip_prefix("prefix:") {
            Some(prefix) => actual.starts_with(prefix),
            None => actual == expected,
        };
        if !right {
            return Err(format!("header {name}: {expected} expected, got {actual}"));
        }
    }
    for name in list(&rules["present_headers"]) {
        seen.headers
            .get(name)
            .ok_or_else(|| format!("header {name} must be there"))?;
    }
    match list(&rules["headers_absent"]).find(|it| seen.headers.contains_key(*it)) {
        Some(name) => Err(format!("header {name} must not be there")),
        None => Ok(()),
    }
}

fn placeholders() -> Regex {
    Regex::new(
        r"<(resourceVersion|uid|time|hash|suffix|token):(\d+|other)>|<(state|continue|number|any)>",
    )
    .expect("the pattern is fixed and right")
}

impl Bound {
    /// The request with what is known in place of the placeholders.
    fn fill(&self, request: &Value) -> Value {
        match request {
            Value::String(text) => {
                let filled = self.0.iter().fold(text.clone(), |text, (name, value)| {
                    text.replace(name, value)
                });
                Value::String(filled)
            }
            Value::Array(list) => list.iter().map(|it| self.fill(it)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(name, it)| (name.clone(), self.fill(it)))
                .collect(),
            other => other.clone(),
        }
    }

    /// Binds what the recorded answer names and no rule compared, for later requests.
    fn learn(&mut self, golden: &Value, seen: &Value) {
        match (golden, seen) {
            (Value::Object(map), _) => {
                map.iter()
                    .for_each(|(name, it)| self.learn(it, &seen[name.as_str()]));
            }
            (Value::Array(list), Value::Array(seen)) => {
                list.iter().zip(seen).for_each(|(a, b)| self.learn(a, b));
            }
            (Value::String(name), Value::String(value)) => {
                let whole = placeholders()
                    .find(name)
                    .is_some_and(|it| it.len() == name.len());
                if whole && !name.ends_with(":other>") && !name.starts_with("<time") {
                    self.0.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            _ => {}
        }
    }

    /// Whether the answer says what was recorded; `loose` allows it to say more.
    fn fits(&mut self, golden: &Value, seen: &Value, loose: bool) -> Result<(), String> {
        match (golden, seen) {
            (Value::String(expected), Value::String(actual)) => self.text(expected, actual),
            (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
                expected
                    .iter()
                    .zip(actual)
                    .try_for_each(|(a, b)| self.fits(a, b, loose))
            }
            (Value::Object(expected), Value::Object(actual)) => {
                let extra = actual.keys().find(|it| !expected.contains_key(*it));
                if let Some(extra) = extra.filter(|_| !loose) {
                    return Err(format!("member {extra} is not in the recorded {golden}"));
                }
                expected
                    .iter()
                    .filter(|(name, _)| *name != "(trimmed)")
                    .try_for_each(|(name, it)| {
                        let other = actual.get(name).unwrap_or(&Value::Null);
                        self.fits(it, other, loose)
                            .map_err(|why| format!("{name}: {why}"))
                    })
            }
            _ if golden == seen => Ok(()),
            _ => Err(format!("expected {golden}, got {seen}")),
        }
    }

    fn text(&mut self, golden: &str, seen: &str) -> Result<(), String> {
        let mismatch = || format!("expected {golden:?}, got {seen:?}");
        let holes = placeholders();
        let (mut pattern, mut names, mut from) = ("(?s)^".to_owned(), Vec::new(), 0);
        for hole in holes.find_iter(golden) {
            pattern += &escape(&golden[from..hole.start()]);
            pattern += "(.+?)";
            names.push(hole.as_str());
            from = hole.end();
        }
        pattern += &escape(&golden[from..]);
        pattern += "$";
        let whole = Regex::new(&pattern).expect("escaped text is a valid pattern");
        let caught = whole.captures(seen).ok_or_else(mismatch)?;
        for (name, value) in names.into_iter().zip(caught.iter().skip(1).flatten()) {
            self.bind(name, value.as_str())
                .map_err(|why| format!("{}: {why}", mismatch()))?;
        }
        Ok(())
    }

    fn bind(&mut self, name: &str, value: &str) -> Result<(), String> {
        let free = ["<any>", "<number>", "<state>"].contains(&name) || name.ends_with(":other>");
        if free {
            return Ok(());
        }
        if let Some(known) = self.0.get(name) {
            return if known == value {
                Ok(())
            } else {
                Err(format!("{name} was {known}"))
            };
        }
        let kind = name.split(':').next().unwrap_or_default();
        let unique = ["<resourceVersion", "<uid"].contains(&kind);
        let twin = self.0.iter().find(|(other, it)| {
            unique && other.starts_with(&format!("{kind}:")) && it.as_str() == value
        });
        if let Some((twin, _)) = twin {
            return Err(format!("{name} must differ from {twin}"));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

fn escape(text: &str) -> String {
    // What was cut out of a recorded text may be anything.
    regex_lite::escape(text).replace(r"\(trimmed\)", ".*")
}
