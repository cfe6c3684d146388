//! A request as the server reads it: who may answer it, and with which options.

use super::{
    kinds::Kind,
    status::{Cause, Failure},
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// One request, read from the wire.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub content_type: String,
    pub accept: String,
    pub user_agent: String,
    /// The bearer token, when one was sent.
    pub token: Option<String>,
    pub body: Vec<u8>,
}

/// An answer that is no refusal.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Value,
    pub warnings: Vec<String>,
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Answer {
        Answer {
            status,
            body,
            warnings: Vec::new(),
        }
    }
}

/// The objects a path leads to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub kind: Arc<Kind>,
    pub namespace: String,
    pub name: String,
    pub subresource: String,
}

/// A path cut into what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub group: String,
    pub version: String,
    pub namespace: String,
    pub plural: String,
    pub name: String,
    pub subresource: String,
}

/// Reads `/api/v1/…` and `/apis/<group>/<version>/…`.
pub(super) fn parts(path: &str) -> Option<Parts> {
    let mut words = path.trim_start_matches('/').split('/');
    let mut next = || words.next().filter(|it| !it.is_empty()).map(str::to_owned);
    let group = match next()?.as_str() {
        "api" => String::new(),
        "apis" => next()?,
        _ => return None,
    };
    let version = next()?;
    let first = next()?;
    let second = next();
    let third = next();
    let (namespace, plural, name) = match (first.as_str(), second, third) {
        // `namespaces/x/status` is about the namespace itself.
        ("namespaces", Some(name), Some(sub)) if ["status", "finalize"].contains(&sub.as_str()) => {
            return Some(Parts {
                group,
                version,
                plural: first,
                name,
                subresource: sub,
                ..Parts::default()
            });
        }
        ("namespaces", Some(namespace), Some(plural)) => (namespace, plural, next()),
        (_, name, subresource) => {
            let (name, subresource) = (name.unwrap_or_default(), subresource.unwrap_or_default());
            return Some(Parts {
                group,
                version,
                plural: first,
                name,
                subresource,
                ..Parts::default()
            });
        }
    };
    let name = name.unwrap_or_default();
    let subresource = next().unwrap_or_default();
    Some(Parts {
        group,
        version,
        namespace,
        plural,
        name,
        subresource,
    })
}

impl Request {
    pub fn option(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
    /// Whether the request only asks what would happen.
    pub fn dry_run(&self, options: &str) -> Result<bool, Failure> {
        dry_run(self.query.get("dryRun").map(String::as_str), options)
    }
    /// Who writes, when the request does not say it.
    pub fn manager(&self) -> String {
        match self.option("fieldManager") {
            "" => match self.user_agent.split('/').next() {
                Some(program) if !program.is_empty() => program.to_owned(),
                _ => "unknown".to_owned(),
            },
            given => given.to_owned(),
        }
    }
    /// The body, in JSON or YAML.
    pub fn yaml(&self) -> Result<Value, Failure> {
        if let Ok(value) = serde_json::from_slice(&self.body) {
            return Ok(value);
        }
        let text = String::from_utf8_lossy(&self.body);
        serde_saphyr::from_str::<Value>(&text).map_err(|error| {
            let why = unclosed(&text).unwrap_or_else(|| error.to_string());
            let prefix = "error decoding YAML: error converting YAML to JSON: yaml";
            Failure::bad_request(format!("{prefix}: {why}"))
        })
    }
    /// The body, in JSON only.
    pub fn json(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::bad_request(error.to_string()))
    }
}

/// Reads the option of that name, from a query or from a body.
pub(super) fn dry_run(value: Option<&str>, options: &str) -> Result<bool, Failure> {
    match value {
        None | Some("") => Ok(false),
        Some("All") => Ok(true),
        Some(other) => {
            let cause = Cause::unsupported("dryRun", &format!("[{other:?}]"), "\"All\"");
            Err(Failure::options(options, cause))
        }
    }
}

/// The server's words for a flow list or map that is never closed.
fn unclosed(text: &str) -> Option<String> {
    let mut open: Vec<(usize, char)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for letter in line.chars() {
            match letter {
                '[' | '{' => open.push((number + 1, letter)),
                ']' | '}' => {
                    open.pop();
                }
                _ => {}
            }
        }
    }
    let (line, letter) = open.last()?;
    let closing = if *letter == '[' { ']' } else { '}' };
    Some(format!(
        "line {line}: did not find expected ',' or '{closing}'"
    ))
}
