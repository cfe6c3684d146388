//! Who owns which field: server-side apply, and what other writes do to ownership.

use super::{
    fields::{self, Fields, Path, Step, key_of, leaves},
    schema::{ListKey, Schema},
    status::{Cause, Failure},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};
use workflows::plan::canonical;

/// Whether a manager states all it wants, or changed something in passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// One manager's fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Managed {
    pub manager: String,
    pub operation: Operation,
    pub api_version: String,
    pub subresource: String,
    pub time: String,
    pub fields: Fields,
}

/// Who writes.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub manager: String,
    pub api_version: String,
    pub subresource: String,
    pub time: String,
}

impl Writer {
    fn is(&self, it: &Managed, operation: Operation) -> bool {
        it.manager == self.manager
            && it.operation == operation
            && it.subresource == self.subresource
    }
    fn owning(&self, operation: Operation, fields: Fields) -> Managed {
        Managed {
            manager: self.manager.clone(),
            operation,
            api_version: self.api_version.clone(),
            subresource: self.subresource.clone(),
            time: self.time.clone(),
            fields,
        }
    }
}

/// `metadata.managedFields` of an object.
pub(super) fn to_wire(managed: &[Managed]) -> Value {
    let entries = managed.iter().map(|it| {
        let mut entry = json!({
            "manager": it.manager, "operation": format!("{:?}", it.operation),
            "apiVersion": it.api_version, "time": it.time, "fieldsType": "FieldsV1",
            "fieldsV1": fields::to_wire(&it.fields),
        });
        if !it.subresource.is_empty() {
            entry["subresource"] = json!(it.subresource);
        }
        entry
    });
    Value::Array(entries.collect())
}

/// The object after `config` was applied to it, and who owns what then.
pub(super) fn apply(
    schema: &Schema,
    live: &Value,
    managed: &[Managed],
    config: &Value,
    writer: &Writer,
    force: bool,
) -> Result<(Value, Vec<Managed>), Failure> {
    let wanted: Fields = ownable(leaves(schema, config)).into_keys().collect();
    let mut merged = merge(schema, live, config);
    let (before, after) = (leaves(schema, live), leaves(schema, &merged));
    let changed: Fields = after
        .into_iter()
        .filter(|(path, value)| before.get(path) != Some(value))
        .map(|(path, _)| path)
        .collect();
    let mut managed = managed.to_vec();
    let mut conflicts: Vec<(String, Vec<Path>)> = Vec::new();
    for other in managed
        .iter_mut()
        .filter(|it| !writer.is(it, Operation::Apply))
    {
        let lost: Vec<Path> = other.fields.intersection(&changed).cloned().collect();
        if lost.is_empty() {
            continue;
        }
        other.fields.retain(|it| !changed.contains(it));
        conflicts.push((other.words(), lost));
    }
    if !force && !conflicts.is_empty() {
        return Err(conflict(&conflicts));
    }
    let mine = managed
        .iter()
        .position(|it| writer.is(it, Operation::Apply));
    if let Some(mine) = mine {
        let given_up: Vec<Path> = managed[mine]
            .fields
            .iter()
            .filter(|path| {
                let kept = |set: &Fields| set.iter().any(|it| it.starts_with(path));
                let others = managed
                    .iter()
                    .enumerate()
                    .any(|(at, it)| at != mine && kept(&it.fields));
                !kept(&wanted) && !others
            })
            .cloned()
            .collect();
        for path in &given_up {
            fields::remove(schema, &mut merged, path);
        }
        if managed[mine].fields != wanted {
            managed[mine] = writer.owning(Operation::Apply, wanted);
        }
    } else {
        managed.push(writer.owning(Operation::Apply, wanted));
    }
    Ok((merged, tidied(managed)))
}

/// Who owns what after an object was replaced by another.
pub(super) fn update(
    schema: &Schema,
    live: &Value,
    managed: &[Managed],
    new: &Value,
    writer: &Writer,
) -> Vec<Managed> {
    let before = ownable(leaves(schema, live));
    let after = ownable(leaves(schema, new));
    let changed: Fields = after
        .iter()
        .filter(|(path, value)| before.get(*path) != Some(value))
        .map(|(path, _)| path.clone())
        .collect();
    let gone: Fields = before
        .into_keys()
        .filter(|it| !after.contains_key(it))
        .collect();
    let mut managed = managed.to_vec();
    for entry in &mut managed {
        let own = writer.is(entry, Operation::Update);
        entry
            .fields
            .retain(|it| !gone.contains(it) && (own || !changed.contains(it)));
    }
    if !changed.is_empty() {
        match managed
            .iter_mut()
            .find(|it| writer.is(it, Operation::Update))
        {
            Some(mine) => {
                mine.fields.extend(changed);
                mine.time.clone_from(&writer.time);
            }
            None => managed.push(writer.owning(Operation::Update, changed)),
        }
    }
    tidied(managed)
}

fn tidied(mut managed: Vec<Managed>) -> Vec<Managed> {
    managed.retain(|it| !it.fields.is_empty());
    managed.sort_by(|a, b| (a.operation, &a.manager).cmp(&(b.operation, &b.manager)));
    managed
}

impl Managed {
    fn words(&self) -> String {
        match self.operation {
            Operation::Apply => format!("{:?}", self.manager),
            Operation::Update => format!("{:?} using {}", self.manager, self.api_version),
        }
    }
}

fn conflict(conflicts: &[(String, Vec<Path>)]) -> Failure {
    let mut causes = Vec::new();
    let mut groups = Vec::new();
    for (owner, paths) in conflicts {
        let paths: Vec<String> = paths.iter().map(|it| fields::words(it)).collect();
        groups.push(match paths.as_slice() {
            [path] => format!("conflict with {owner}: {path}"),
            paths => paths
                .iter()
                .fold(format!("conflicts with {owner}:"), |mut text, path| {
                    write!(text, "\n- {path}").expect("a String takes everything");
                    text
                }),
        });
        causes.extend(paths.into_iter().map(|path| {
            Cause::new(
                "FieldManagerConflict",
                format!("conflict with {owner}"),
                path,
            )
        }));
    }
    let count = causes.len();
    let plural = if count == 1 { "" } else { "s" };
    let message = format!(
        "Apply failed with {count} conflict{plural}: {}",
        groups.join("\n")
    );
    Failure::new(409, message).reason("Conflict").causes(causes)
}

/// Without what nobody owns: the object's address and what the server writes.
fn ownable(mut leaves: BTreeMap<Path, Value>) -> BTreeMap<Path, Value> {
    const SERVERS: [&str; 10] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
    ];
    leaves.retain(|path, _| match path.as_slice() {
        [] => false,
        [Step::Field(first)] => !["apiVersion", "kind", "metadata"].contains(&first.as_str()),
        [Step::Field(first), Step::Field(second), ..] if first == "metadata" => {
            !SERVERS.contains(&second.as_str())
        }
        _ => true,
    });
    leaves
}

fn merge(schema: &Schema, live: &Value, config: &Value) -> Value {
    match (schema.resolved(), live, config) {
        (_, live, Value::Null) => live.clone(),
        (
            it @ (Schema::Map(_) | Schema::Object(_) | Schema::Any),
            Value::Object(old),
            Value::Object(new),
        ) => {
            let mut merged = old.clone();
            for (name, value) in new {
                let inner = it.field(name).unwrap_or(Schema::Any);
                let child = merge(&inner, old.get(name).unwrap_or(&Value::Null), value);
                merged.insert(name.clone(), child);
            }
            Value::Object(merged)
        }
        (Schema::Keyed(item, keys), Value::Array(old), Value::Array(new)) => {
            Value::Array(merge_items(&item, &keys, old, new))
        }
        (Schema::Set(_), Value::Array(old), Value::Array(new)) => {
            let mut merged = old.clone();
            merged.extend(new.iter().filter(|it| !old.contains(it)).cloned());
            Value::Array(merged)
        }
        (_, _, config) => config.clone(),
    }
}

/// The applied items keep their order; an item that is only in the live list stays before the first
/// applied item it preceded.
fn merge_items(item: &Schema, keys: &[ListKey], old: &[Value], new: &[Value]) -> Vec<Value> {
    let key = |it: &Value| key_of(it, keys);
    let applied: Vec<String> = new.iter().map(key).collect();
    let mut merged = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < old.len() || right < new.len() {
        if left < old.len() {
            let at = applied.iter().position(|it| *it == key(&old[left]));
            match at {
                None => {
                    merged.push(old[left].clone());
                    left += 1;
                    continue;
                }
                // Already taken in its applied place.
                Some(at) if at < right => {
                    left += 1;
                    continue;
                }
                Some(_) => {}
            }
        }
        let Some(value) = new.get(right) else { break };
        let same = old.iter().find(|it| key(it) == applied[right]);
        merged.push(merge(item, same.unwrap_or(&Value::Null), value));
        right += 1;
    }
    merged
}

/// What a merge-patch (RFC 7396) makes of an object.
pub(super) fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            if let Some(map) = target.as_object_mut() {
                map.remove(name);
            }
        } else {
            merge_patch(&mut target[name], value);
        }
    }
}

/// Whether two objects say the same, whatever the order of their keys.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    canonical(a) == canonical(b)
}
