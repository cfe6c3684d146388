//! One request, and one answer.

use super::Secret;
use reqwest::{Method, header::HeaderMap};
use serde::Serialize;
use serde_json::Value;
use std::{fmt::Write, time::Duration};
use workflows::{Fault, FaultClass};

/// Longest quotation of a system's own words in a fault.
const LONGEST_QUOTE: usize = 400;

/// One request to a system.
#[derive(Clone)]
pub struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) mutates: bool,
    pub(super) within: Option<Duration>,
    pub(super) hidden: Vec<Secret>,
    pub(super) noted: Vec<(&'static str, &'static str)>,
}

impl Call {
    /// A request; anything but GET and HEAD is taken to change something.
    pub fn new(method: Method, path: impl Into<String>) -> Call {
        let mutates = !matches!(method, Method::GET | Method::HEAD);
        Call {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: None,
            mutates,
            within: None,
            hidden: Vec::new(),
            noted: Vec::new(),
        }
    }
    /// `GET path`; the path begins with `/` and is relative to the configured address.
    pub fn get(path: impl Into<String>) -> Call {
        Call::new(Method::GET, path)
    }
    /// `POST path`.
    pub fn post(path: impl Into<String>) -> Call {
        Call::new(Method::POST, path)
    }
    /// `PUT path`.
    pub fn put(path: impl Into<String>) -> Call {
        Call::new(Method::PUT, path)
    }
    /// `PATCH path`.
    pub fn patch(path: impl Into<String>) -> Call {
        Call::new(Method::PATCH, path)
    }
    /// `DELETE path`.
    pub fn delete(path: impl Into<String>) -> Call {
        Call::new(Method::DELETE, path)
    }
    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Call {
        let body = serde_json::to_vec(body).expect("what we send has string keys only");
        self.bytes("application/json", body)
    }
    /// With a body of another type.
    #[must_use]
    pub fn bytes(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Call {
        self.headers.push(("content-type", content_type.to_owned()));
        self.body = Some(body.into());
        self
    }
    /// With one more header; never a secret, which belongs in [`super::Auth`].
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.headers.push((name, value.into()));
        self
    }
    /// Changes nothing despite its method: a dry run, a review, a query by POST.
    #[must_use]
    pub fn reading(mut self) -> Call {
        self.mutates = false;
        self
    }
    /// Answered within this time instead of the usual one.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Call {
        self.within = Some(time);
        self
    }
    /// Never quote this secret back, whatever the system answers.
    #[must_use]
    pub fn hiding(mut self, secret: &Secret) -> Call {
        self.hidden.push(secret.clone());
        self
    }
    /// Notes in the evidence, as `name`, what the JSON answer holds at `pointer`.
    #[must_use]
    pub fn noting(mut self, name: &'static str, pointer: &'static str) -> Call {
        self.noted.push((name, pointer));
        self
    }
    /// Method and path, without what must stay hidden.
    #[must_use]
    pub fn line(&self) -> String {
        let line = format!("{} {}", self.method, self.path);
        self.hidden
            .iter()
            .fold(line, |line, secret| secret.hide_in(&line))
    }
}

/// `text` made safe as one segment of a path or one value of a query.
#[must_use]
pub fn segment(text: &str) -> String {
    // A segment of dots alone would be resolved away as a relative path.
    let dots = text.bytes().all(|it| it == b'.');
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(byte.into()),
            b'.' if !dots => out.push('.'),
            _ => write!(out, "%{byte:02X}").expect("a String takes everything"),
        }
        out
    })
}

/// What a system answered, whatever the status.
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Raw body.
    pub body: Vec<u8>,
    pub(super) headers: HeaderMap,
}

impl Reply {
    pub(super) fn new(status: u16, headers: HeaderMap, body: Vec<u8>) -> Reply {
        Reply {
            status,
            body,
            headers,
        }
    }
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// One header, when present and readable as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|it| it.to_str().ok())
    }
    /// All values of one header, e.g. `warning`.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.headers
            .get_all(name)
            .iter()
            .filter_map(|it| it.to_str().ok())
            .collect()
    }
    /// The body as JSON.
    ///
    /// # Errors
    /// `Rejected` when it is none: something else answers at that address.
    pub fn json(&self) -> Result<Value, Fault> {
        serde_json::from_slice(&self.body).map_err(|e| {
            Fault::new(
                FaultClass::Rejected,
                format!("the answer is not the expected JSON: {e}"),
            )
        })
    }
    /// The body as text, with what is no UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// What the system says about itself: `message`, `error`, `errors` of a JSON body, else the
    /// beginning of the body.
    #[must_use]
    pub fn words(&self) -> String {
        let said = serde_json::from_slice::<Value>(&self.body)
            .ok()
            .and_then(|it| {
                ["message", "error", "errors"]
                    .iter()
                    .find_map(|key| match it.get(key)? {
                        Value::String(text) if !text.is_empty() => Some(text.clone()),
                        Value::Array(list) if !list.is_empty() => {
                            let texts = list.iter().map(|it| match it.as_str() {
                                Some(text) => text.to_owned(),
                                None => it.to_string(),
                            });
                            Some(texts.collect::<Vec<_>>().join("; "))
                        }
                        _ => None,
                    })
            });
        let words = said.unwrap_or_else(|| self.text());
        words.trim().chars().take(LONGEST_QUOTE).collect()
    }
}
