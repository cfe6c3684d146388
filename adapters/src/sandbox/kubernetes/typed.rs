//! Whether a body has the shape of its type: refused under apply, under `Strict`, or cut down.

use super::{
    fields::{Path, Step, key_of, words},
    schema::Schema,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is wrong with an applied body, each with its path; empty when nothing is.
pub(super) fn errors(schema: &Schema, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, &mut Vec::new(), &mut found);
    found
}

fn check(schema: &Schema, value: &Value, at: &mut Path, found: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    let mut mismatch = |expected: &str| {
        found.push(format!(
            "{}: expected {expected}, got {}",
            words(at),
            got(value)
        ));
    };
    match (schema.resolved(), value) {
        (Schema::Any, _) => {}
        (Schema::Str, Value::String(_)) | (Schema::Int, Value::Number(_)) => {}
        (Schema::Bool, Value::Bool(_)) => {}
        (Schema::IntOrStr, Value::String(_) | Value::Number(_)) => {}
        (Schema::Str, _) => mismatch("string"),
        (Schema::Int, _) => mismatch("numeric (int or float)"),
        (Schema::Bool, _) => mismatch("boolean"),
        (Schema::IntOrStr, _) => mismatch("string or numeric"),
        (Schema::Atomic(inner), value) => check(&inner, value, at, found),
        (it @ (Schema::Map(_) | Schema::Object(_)), Value::Object(map)) => {
            for (name, value) in map {
                at.push(Step::Field(name.clone()));
                match it.field(name) {
                    Some(inner) => check(&inner, value, at, found),
                    None => found.push(format!("{}: field not declared in schema", words(at))),
                }
                at.pop();
            }
        }
        (Schema::Map(_) | Schema::Object(_), _) => mismatch("map"),
        (Schema::List(item) | Schema::Set(item), Value::Array(list)) => {
            for (index, value) in list.iter().enumerate() {
                at.push(Step::Value(index.to_string()));
                check(&item, value, at, found);
                at.pop();
            }
        }
        (Schema::Keyed(item, keys), Value::Array(list)) => {
            let mut seen = BTreeSet::new();
            for (index, value) in list.iter().enumerate() {
                let omitted = keys
                    .iter()
                    .find(|it| it.default.is_none() && value[&it.name].is_null());
                if let Some(key) = omitted {
                    found.push(format!(
                        "{}: element {index}: associative list with keys has an element that omits \
                         key field {:?}",
                        words(at),
                        key.name
                    ));
                    continue;
                }
                let key = Step::Key(key_of(value, &keys));
                if !seen.insert(key.clone()) {
                    let key = words(&[key]);
                    found.push(format!("{}: duplicate entries for key {key}", words(at)));
                    continue;
                }
                at.push(key);
                check(&item, value, at, found);
                at.pop();
            }
        }
        (Schema::List(_) | Schema::Set(_) | Schema::Keyed(..), _) => mismatch("list"),
        (Schema::Named(_), _) => unreachable!("a resolved type has no name left"),
    }
}

fn got(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(it) if it.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    }
}

/// Takes out of a plain body what its type does not know; the dotted names of it, in order.
pub(super) fn cut_unknown(schema: &Schema, value: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    cut(schema, value, "", &mut unknown);
    unknown
}

fn cut(schema: &Schema, value: &mut Value, at: &str, unknown: &mut Vec<String>) {
    match (schema.resolved(), value) {
        (Schema::Atomic(inner), value) => cut(&inner, value, at, unknown),
        (it @ (Schema::Map(_) | Schema::Object(_)), Value::Object(map)) => {
            map.retain(|name, value| {
                let path = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                match it.field(name) {
                    Some(inner) => {
                        cut(&inner, value, &path, unknown);
                        true
                    }
                    None => {
                        unknown.push(path);
                        false
                    }
                }
            });
        }
        (Schema::List(item) | Schema::Set(item) | Schema::Keyed(item, _), Value::Array(list)) => {
            for (index, value) in list.iter_mut().enumerate() {
                cut(&item, value, &format!("{at}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}
