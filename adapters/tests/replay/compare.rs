//! How an answer is compared with the recorded one.

use super::{Seen, bound::Bound};
use serde_json::{Value, json};

pub fn compare(step: &Value, seen: &Seen, bound: &mut Bound) -> Result<(), String> {
    let (golden, rules) = (&step["response"], &step["compare"]);
    if golden["status"] != json!(seen.status) {
        return Err(format!("status {} expected", golden["status"]));
    }
    if golden["stream"].is_array() {
        events(golden, rules, &seen.body, bound)?;
    } else if golden["body"]["status"] == "Failure" {
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

/// Types in order, those that may come at any moment left out, and what each event carries.
fn events(golden: &Value, rules: &Value, seen: &Value, bound: &mut Bound) -> Result<(), String> {
    let optional: Vec<&str> = list(&rules["optional_events"]).collect();
    let wanted: Vec<&str> = list(&rules["events"]).collect();
    let needed = |all: &Value| -> Vec<Value> {
        let all = all.as_array().cloned().unwrap_or_default();
        let kind = |it: &Value| it["type"].as_str().unwrap_or_default().to_owned();
        all.into_iter()
            .filter(|it| !optional.contains(&kind(it).as_str()))
            .collect()
    };
    let (expected, actual) = (needed(&golden["stream"]), needed(seen));
    let types: Vec<&str> = actual.iter().filter_map(|it| it["type"].as_str()).collect();
    if types != wanted {
        return Err(format!("events {wanted:?} expected"));
    }
    for (expected, actual) in expected.iter().zip(actual) {
        let mut object = actual["object"].clone();
        // Recorded without it, except where ownership is the subject.
        if expected["object"]["metadata"]["managedFields"].is_null()
            && let Some(metadata) = object["metadata"].as_object_mut()
        {
            metadata.remove("managedFields");
        }
        bound.fits(&expected["object"], &object, false)?;
    }
    Ok(())
}
