//! Comparing objects: what would change, what is there of what we applied, what was ours before.

use crate::kube::FIELD_MANAGER;
use serde_json::{Map, Value, json};

/// Annotation that ties an object to the effect that last wrote it.
pub(super) const EFFECT: &str = "guichet/effect";

/// What the server writes, and what differs with every effect.
const SERVERS: [&str; 8] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "uid",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// The object without what the server writes and without our own mark.
pub(super) fn cleaned(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|name, _| !SERVERS.contains(&name.as_str()));
        let bare = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
            .is_some_and(|it| {
                it.remove(EFFECT);
                it.is_empty()
            });
        if bare {
            metadata.remove("annotations");
        }
    }
    object
}

/// Fields in which two objects differ: path, before, after.
pub(super) fn differences(before: &Value, after: &Value) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    differ("", before, after, &mut found);
    found
}

fn differ(at: &str, before: &Value, after: &Value, found: &mut Vec<(String, Value, Value)>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let gone = old.keys().filter(|it| !new.contains_key(*it));
            for name in new.keys().chain(gone) {
                let value = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                differ(&format!("{at}/{name}"), &value(old), &value(new), found);
            }
        }
        _ if before == after => {}
        _ => found.push((at.to_owned(), before.clone(), after.clone())),
    }
}

/// The first field of `wanted` that `live` does not have, with both values. The server may have
/// added fields everywhere, also to the items of a list.
pub(super) fn missing(wanted: &Value, live: &Value) -> Option<(String, Value, Value)> {
    lacks("", wanted, live)
}

fn lacks(at: &str, wanted: &Value, live: &Value) -> Option<(String, Value, Value)> {
    match (wanted, live) {
        (Value::Object(map), Value::Object(_)) => map
            .iter()
            .find_map(|(name, it)| lacks(&format!("{at}/{name}"), it, &live[name])),
        (Value::Array(list), Value::Array(others)) => {
            let named = named(list);
            if !named && list.len() != others.len() {
                return Some((at.to_owned(), wanted.clone(), live.clone()));
            }
            list.iter().enumerate().find_map(|(index, it)| {
                let same = |other: &&Value| other["name"] == it["name"];
                let other = if named {
                    others.iter().find(same)
                } else {
                    others.get(index)
                };
                lacks(&format!("{at}/{index}"), it, other.unwrap_or(&Value::Null))
            })
        }
        _ if wanted == live => None,
        _ => Some((at.to_owned(), wanted.clone(), live.clone())),
    }
}

/// How many single values an object states.
pub(super) fn fields(object: &Value) -> usize {
    match object {
        Value::Object(map) => map.values().map(fields).sum(),
        Value::Array(list) => list.iter().map(fields).sum(),
        _ => 1,
    }
}

/// What to apply so that the object is as it was: what we owned of it, and what of others' fields
/// `wanted` is going to overwrite.
pub(super) fn restoring(live: &Value, wanted: &Value) -> Value {
    let entries = live["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten();
    let mut ours = entries
        .into_iter()
        .filter(|it| it["manager"] == FIELD_MANAGER && it["operation"] == "Apply");
    let mut config = match ours.next() {
        Some(entry) => project(live, &entry["fieldsV1"]),
        None => json!({}),
    };
    overlay(&mut config, &overwritten(wanted, live));
    for name in ["apiVersion", "kind"] {
        config[name] = live[name].clone();
    }
    for name in ["name", "namespace"] {
        if live["metadata"][name].is_string() {
            config["metadata"][name] = live["metadata"][name].clone();
        }
    }
    config
}

fn project(live: &Value, owned: &Value) -> Value {
    let Some(owned) = owned.as_object().filter(|it| !it.is_empty()) else {
        return live.clone();
    };
    match live {
        Value::Object(map) => {
            let mine = map.iter().filter_map(|(name, value)| {
                let below = owned.get(&format!("f:{name}"))?;
                Some((name.clone(), project(value, below)))
            });
            Value::Object(mine.collect())
        }
        Value::Array(list) => list
            .iter()
            .filter_map(|item| item_of(item, owned))
            .collect(),
        other => other.clone(),
    }
}

/// The owned part of an item, if it is among the owned ones.
fn item_of(item: &Value, owned: &Map<String, Value>) -> Option<Value> {
    owned.iter().find_map(|(step, below)| {
        if let Some(value) = step.strip_prefix("v:") {
            let value: Value = serde_json::from_str(value).ok()?;
            return (value == *item).then_some(value);
        }
        let keys: Map<String, Value> = serde_json::from_str(step.strip_prefix("k:")?).ok()?;
        if !keys.iter().all(|(name, value)| item[name] == *value) {
            return None;
        }
        let mut mine = project(item, below);
        for (name, value) in keys {
            mine[name] = value;
        }
        Some(mine)
    })
}

/// The live values of those fields of `wanted` that exist with another value.
fn overwritten(wanted: &Value, live: &Value) -> Value {
    match (wanted, live) {
        (Value::Object(map), Value::Object(_)) => {
            let parts = map
                .iter()
                .map(|(name, it)| (name, overwritten(it, &live[name])));
            let parts = parts.filter(|(_, it)| !it.is_null());
            let parts: Map<String, Value> = parts.map(|(name, it)| (name.clone(), it)).collect();
            if parts.is_empty() {
                Value::Null
            } else {
                Value::Object(parts)
            }
        }
        (Value::Array(list), Value::Array(others)) if named(list) => {
            // Item by item: the rest of an item may be somebody else's to fill in.
            let parts = list.iter().filter_map(|it| {
                let other = others.iter().find(|other| other["name"] == it["name"])?;
                let mut part = Some(overwritten(it, other)).filter(|it| !it.is_null())?;
                part["name"] = it["name"].clone();
                Some(part)
            });
            let parts: Vec<Value> = parts.collect();
            if parts.is_empty() {
                Value::Null
            } else {
                Value::Array(parts)
            }
        }
        _ if lacks("", wanted, live).is_none() => Value::Null,
        _ => live.clone(),
    }
}

fn named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|it| it["name"].is_string())
}

fn overlay(target: &mut Value, extra: &Value) {
    match (&mut *target, extra) {
        (_, Value::Null) => {}
        (Value::Object(map), Value::Object(extra)) => {
            for (name, value) in extra {
                overlay(map.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(list), Value::Array(extra)) if named(list) && named(extra) => {
            for item in extra {
                match list.iter_mut().find(|it| it["name"] == item["name"]) {
                    Some(known) => overlay(known, item),
                    None => list.push(item.clone()),
                }
            }
        }
        _ => *target = extra.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_added_to_our_fields_is_no_difference() {
        let wanted = json!({"rules": [{"verbs": ["get"]}], "ports": [{"name": "a", "port": 1}]});
        let live = json!({
            "rules": [{"verbs": ["get"], "scope": "*"}], "status": {},
            "ports": [{"name": "b", "port": 2}, {"name": "a", "port": 1, "protocol": "TCP"}],
        });
        assert_eq!(missing(&wanted, &live), None);
    }

    #[test]
    fn a_changed_a_lost_and_a_lengthened_field_are_each_missed() {
        let wanted = json!({"a": {"b": 1}, "l": [1, 2]});
        let lost = |live: Value| missing(&wanted, &live).map(|it| it.0);
        assert_eq!(
            lost(json!({"a": {"b": 2}, "l": [1, 2]})).as_deref(),
            Some("/a/b")
        );
        assert_eq!(lost(json!({"l": [1, 2]})).as_deref(), Some("/a"));
        assert_eq!(
            lost(json!({"a": {"b": 1}, "l": [1, 2, 3]})).as_deref(),
            Some("/l")
        );
    }

    #[test]
    fn what_is_restored_is_ours_and_what_we_take_from_others() {
        let live = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "x", "namespace": "n", "managedFields": [
                {"manager": "guichet", "operation": "Apply",
                 "fieldsV1": {"f:data": {"f:a": {}}, "f:list": {"k:{\"name\":\"i\"}":
                    {".": {}, "f:name": {}, "f:v": {}}}}},
                {"manager": "helm", "operation": "Apply", "fieldsV1": {"f:data": {"f:b": {}}}},
            ]},
            "data": {"a": "1", "b": "2", "c": "3"},
            "list": [{"name": "i", "v": 1, "w": 2}, {"name": "j", "x": 1, "y": 2}],
        });
        let wanted = json!({
            "data": {"a": "9", "b": "9", "d": "9"},
            "list": [{"name": "i", "v": 7}, {"name": "j", "x": 7}],
        });
        let expected = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "x", "namespace": "n"},
            "data": {"a": "1", "b": "2"}, "list": [{"name": "i", "v": 1}, {"name": "j", "x": 1}],
        });
        assert_eq!(restoring(&live, &wanted), expected);
    }
}
