//! What is kept of an exchange: enough to prove it, nothing that must stay secret.

use super::{Call, Reply};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use workflows::{Cx, Evidence, plan::canonical};

const HEADERS: [&str; 9] = [
    "x-request-id",
    "etag",
    "location",
    "retry-after",
    "warning",
    "docker-content-digest",
    "x-amzn-requestid",
    "x-concourse-config-version",
    "x-kubernetes-pf-flowschema-uid",
];

/// Keys whose values are blanked before the body is digested, so that the digest of an answer
/// cannot be used to test guesses of a short secret.
const SECRET_KEYS: [&str; 10] = [
    "token",
    "client_token",
    "accessor",
    "password",
    "secret",
    "secret_id",
    "jwt",
    "token_reviewer_jwt",
    "private_key",
    "access_key",
];

pub(super) fn note(cx: &Cx, system: &str, call: &Call, reply: &Reply) {
    let json = serde_json::from_slice::<Value>(&reply.body).ok();
    let mut ids = BTreeMap::new();
    for name in HEADERS {
        if let Some(value) = reply.header(name) {
            ids.insert(name.to_owned(), value.to_owned());
        }
    }
    for (name, pointer) in &call.noted {
        let value = json
            .as_ref()
            .and_then(|it| it.pointer(pointer))
            .and_then(Value::as_str);
        if let Some(value) = value {
            ids.insert((*name).to_owned(), value.to_owned());
        }
    }
    let body = match json {
        Some(mut json) => {
            blank(&mut json);
            canonical(&json).into_bytes()
        }
        None => reply.body.clone(),
    };
    let body_sha256 = hex::encode(Sha256::digest(&body));
    push(cx, system, call, reply.status, body_sha256, ids);
}

pub(super) fn note_silence(cx: &Cx, system: &str, call: &Call) {
    push(cx, system, call, 0, String::new(), BTreeMap::new());
}

fn push(
    cx: &Cx,
    system: &str,
    call: &Call,
    status: u16,
    body_sha256: String,
    ids: BTreeMap<String, String>,
) {
    cx.evidence.push(Evidence {
        at: cx.now,
        system: system.to_owned(),
        request: call.line(),
        status,
        body_sha256,
        ids,
    });
}

fn blank(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // The payload of a Kubernetes Secret has keys of its own choosing.
            let sealed = map.get("kind").and_then(Value::as_str) == Some("Secret");
            for (key, value) in map.iter_mut() {
                let payload = sealed && matches!(key.as_str(), "data" | "stringData");
                if payload || SECRET_KEYS.contains(&key.to_ascii_lowercase().as_str()) {
                    *value = Value::from("<secret>");
                } else {
                    blank(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(blank),
        _ => {}
    }
}
