//! Addresses of fields inside an object, and sets of them: what an ownership is made of.

use super::schema::{ListKey, Schema};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use workflows::plan::canonical;

/// One step from an object towards a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A field or a map's key.
    Field(String),
    /// An item by its keys, as canonical JSON.
    Key(String),
    /// A value of a set, as canonical JSON.
    Value(String),
}

/// From the object to a field.
pub(super) type Path = Vec<Step>;
/// The fields somebody owns.
pub(super) type Fields = BTreeSet<Path>;

/// What can be owned in `value`, with what it holds now. An item of a keyed list counts for itself
/// (`null`), besides its fields.
pub(super) fn leaves(schema: &Schema, value: &Value) -> BTreeMap<Path, Value> {
    let mut found = BTreeMap::new();
    collect(schema, value, &mut Vec::new(), &mut found);
    found
}

fn collect(schema: &Schema, value: &Value, at: &mut Path, found: &mut BTreeMap<Path, Value>) {
    match (schema.resolved(), value) {
        (_, Value::Null) => {}
        (it @ (Schema::Map(_) | Schema::Object(_) | Schema::Any), Value::Object(map))
            if !map.is_empty() =>
        {
            for (name, value) in map {
                at.push(Step::Field(name.clone()));
                collect(&it.field(name).unwrap_or(Schema::Any), value, at, found);
                at.pop();
            }
        }
        (Schema::Keyed(item, keys), Value::Array(list)) if !list.is_empty() => {
            for value in list {
                at.push(Step::Key(key_of(value, &keys)));
                found.insert(at.clone(), Value::Null);
                collect(&item, value, at, found);
                at.pop();
            }
        }
        (Schema::Set(_), Value::Array(list)) if !list.is_empty() => {
            for value in list {
                at.push(Step::Value(canonical(value)));
                found.insert(at.clone(), Value::Null);
                at.pop();
            }
        }
        (_, value) => {
            found.insert(at.clone(), value.clone());
        }
    }
}

/// The keys of an item, as canonical JSON.
pub(super) fn key_of(item: &Value, keys: &[ListKey]) -> String {
    let pairs = keys.iter().map(|key| {
        let value = match (&item[&key.name], &key.default) {
            (Value::Null, Some(default)) => json!(default),
            (value, _) => value.clone(),
        };
        (key.name.clone(), value)
    });
    canonical(&Value::Object(pairs.collect()))
}

/// The path as the server's messages write it, e.g. `.spec.containers[name="app"].image`.
pub(super) fn words(path: &[Step]) -> String {
    path.iter().map(Step::words).collect()
}

impl Step {
    fn words(&self) -> String {
        match self {
            Step::Field(name) => format!(".{name}"),
            Step::Value(value) => format!("[={value}]"),
            Step::Key(key) => {
                let pairs: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
                let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
                format!("[{}]", pairs.collect::<Vec<_>>().join(","))
            }
        }
    }
    fn wire(&self) -> String {
        match self {
            Step::Field(name) => format!("f:{name}"),
            Step::Key(key) => format!("k:{key}"),
            Step::Value(value) => format!("v:{value}"),
        }
    }
}

/// The set in the form of `managedFields[].fieldsV1`.
pub(super) fn to_wire(fields: &Fields) -> Value {
    let mut tree = Map::new();
    for path in fields {
        let mut at = &mut tree;
        for (depth, step) in path.iter().enumerate() {
            let child = at.entry(step.wire()).or_insert_with(|| json!({}));
            at = child
                .as_object_mut()
                .expect("only objects are ever put into the tree");
            let last = depth + 1 == path.len();
            let has_more = last
                && fields
                    .iter()
                    .any(|it| it.len() > path.len() && it.starts_with(path));
            if has_more {
                at.insert(".".into(), json!({}));
            }
        }
    }
    Value::Object(tree)
}

/// Removes what is at `path`, and every container that becomes empty by it.
pub(super) fn remove(schema: &Schema, value: &mut Value, path: &[Step]) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    match (schema.resolved(), step) {
        (it, Step::Field(name)) => {
            let Some(map) = value.as_object_mut() else {
                return;
            };
            if rest.is_empty() {
                map.remove(name);
            } else if let Some(child) = map.get_mut(name) {
                remove(&it.field(name).unwrap_or(Schema::Any), child, rest);
                if is_empty(child) {
                    map.remove(name);
                }
            }
        }
        (Schema::Keyed(item, keys), Step::Key(key)) => {
            let Some(list) = value.as_array_mut() else {
                return;
            };
            let Some(at) = list.iter().position(|it| key_of(it, &keys) == *key) else {
                return;
            };
            if rest.is_empty() {
                list.remove(at);
            } else {
                remove(&item, &mut list[at], rest);
            }
        }
        (_, Step::Value(wanted)) => {
            if let Some(list) = value.as_array_mut() {
                list.retain(|it| canonical(it) != *wanted);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}
