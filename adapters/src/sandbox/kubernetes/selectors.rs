//! Which objects a list asks for: labels, fields, pages.

use super::{kinds::Kind, status::Failure};
use base64::{
    Engine, alphabet,
    engine::{
        GeneralPurpose,
        general_purpose::{NO_PAD, URL_SAFE_NO_PAD},
    },
};
use serde_json::{Value, json};

/// One condition on the labels.
#[derive(Clone, Debug, PartialEq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Has(String),
    Lacks(String),
}

/// Conditions that all must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Labels(Vec<Requirement>);

impl Labels {
    /// Reads the form of the query, e.g. `app=x,tier in (a,b),!old`.
    pub fn parse(text: &str) -> Result<Labels, Failure> {
        let mut found = Vec::new();
        for part in split(text) {
            let part = part.trim();
            if !part.is_empty() {
                found.push(requirement(part)?);
            }
        }
        Ok(Labels(found))
    }
    /// The `matchLabels` of a selector object; a selector without any matches everything.
    pub fn of(selector: &Value) -> Labels {
        let pairs = selector["matchLabels"].as_object().into_iter().flatten();
        let equal = pairs.map(|(key, value)| {
            Requirement::In(
                key.clone(),
                vec![value.as_str().unwrap_or_default().to_owned()],
            )
        });
        let more = selector["matchExpressions"]
            .as_array()
            .into_iter()
            .flatten();
        Labels(equal.chain(more.filter_map(expression)).collect())
    }
    pub fn fit(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.0.iter().all(|it| match it {
            Requirement::In(key, values) => labels[key]
                .as_str()
                .is_some_and(|it| values.iter().any(|value| value == it)),
            Requirement::NotIn(key, values) => !labels[key]
                .as_str()
                .is_some_and(|it| values.iter().any(|value| value == it)),
            Requirement::Has(key) => labels[key].is_string(),
            Requirement::Lacks(key) => !labels[key].is_string(),
        })
    }
}

fn expression(it: &Value) -> Option<Requirement> {
    let key = it["key"].as_str()?.to_owned();
    let values = it["values"].as_array().into_iter().flatten();
    let values = values
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    match it["operator"].as_str()? {
        "In" => Some(Requirement::In(key, values)),
        "NotIn" => Some(Requirement::NotIn(key, values)),
        "Exists" => Some(Requirement::Has(key)),
        "DoesNotExist" => Some(Requirement::Lacks(key)),
        _ => None,
    }
}

/// Cuts at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn requirement(part: &str) -> Result<Requirement, Failure> {
    let trimmed = |it: &str| it.trim().to_owned();
    for (word, inside) in [(" notin ", false), (" in ", true)] {
        if let Some((key, values)) = part.split_once(word) {
            let values = values
                .trim()
                .strip_prefix('(')
                .and_then(|it| it.strip_suffix(')'));
            let values = values.ok_or_else(|| {
                Failure::bad_request("unable to parse requirement: found '', expected: ',' or ')'")
            })?;
            let values = values.split(',').map(trimmed).collect();
            let key = trimmed(key);
            return Ok(if inside {
                Requirement::In(key, values)
            } else {
                Requirement::NotIn(key, values)
            });
        }
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Ok(Requirement::NotIn(trimmed(key), vec![trimmed(value)]));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Requirement::In(trimmed(key), vec![trimmed(value)]));
    }
    Ok(match part.strip_prefix('!') {
        Some(key) => Requirement::Lacks(trimmed(key)),
        None => Requirement::Has(part.to_owned()),
    })
}

/// Conditions on fields: path, whether equal, value.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldSelector(Vec<(String, bool, String)>);

impl FieldSelector {
    /// Reads the form of the query; only some fields of a kind may be asked for.
    pub fn parse(kind: &Kind, text: &str) -> Result<FieldSelector, Failure> {
        let more: &[&str] = match kind.kind.as_str() {
            "Pod" => &[
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "status.phase",
            ],
            "Event" => &[
                "involvedObject.kind",
                "involvedObject.name",
                "involvedObject.namespace",
                "involvedObject.uid",
                "reason",
                "type",
            ],
            "Node" => &["spec.unschedulable"],
            "Secret" => &["type"],
            _ => &[],
        };
        let mut found = Vec::new();
        for part in text.split(',').filter(|it| !it.is_empty()) {
            let (key, equal, value) = match part.split_once("!=") {
                Some((key, value)) => (key, false, value),
                None => match part.split_once("==").or_else(|| part.split_once('=')) {
                    Some((key, value)) => (key, true, value),
                    None => {
                        let message =
                            format!("invalid selector: '{text}'; can't understand '{part}'");
                        return Err(Failure::bad_request(message));
                    }
                },
            };
            if !["metadata.name", "metadata.namespace"].contains(&key) && !more.contains(&key) {
                return Err(Failure::bad_request(format!(
                    "field label not supported: {key}"
                )));
            }
            found.push((key.to_owned(), equal, value.to_owned()));
        }
        Ok(FieldSelector(found))
    }
    pub fn fit(&self, object: &Value) -> bool {
        self.0.iter().all(|(path, equal, value)| {
            let found = path.split('.').fold(object, |it, name| &it[name]);
            let found = match found {
                Value::String(text) => text.clone(),
                Value::Bool(it) => it.to_string(),
                _ => String::new(),
            };
            (found == *value) == *equal
        })
    }
}

/// The cursor behind a page: the version of the list and the last object shown.
pub(super) fn cursor(version: &str, namespace: &str, name: &str) -> String {
    let key = json!({"v": "meta.k8s.io/v1", "rv": version, "start": format!("{namespace}/{name}")});
    URL_SAFE_NO_PAD.encode(key.to_string())
}

/// The namespace and name after which the next page begins.
pub(super) fn read_cursor(text: &str) -> Result<(String, String), Failure> {
    let broken = |why: String| {
        Failure::bad_request(format!(
            "invalid continue token: continue key is not valid: {why}"
        ))
    };
    // A cursor that was tampered with shall fail by what it says, not by its last bits.
    let lenient = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        NO_PAD.with_decode_allow_trailing_bits(true),
    );
    let bytes = lenient
        .decode(text)
        .map_err(|error| broken(error.to_string()))?;
    let key: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let first = bytes.first().copied().map_or(' ', char::from);
        broken(format!(
            "invalid character '{first}' looking for beginning of value"
        ))
    })?;
    let start = key["start"].as_str().and_then(|it| it.split_once('/'));
    let (namespace, name) = start.ok_or_else(|| broken("no start".to_owned()))?;
    Ok((namespace.to_owned(), name.to_owned()))
}
