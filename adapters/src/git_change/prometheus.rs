//! `global.external_labels` of a Prometheus configuration.

use super::{
    revision::{Revision, change, refuse},
    yaml,
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, str::FromStr};
use workflows::{Change, Fault, Verb};
use yaml_edit::{Document, path::YamlPath};

pub(super) fn revise(
    path: &str,
    set: &BTreeMap<String, String>,
    remove: &[String],
    now: &[u8],
) -> Result<Revision, Fault> {
    let config = yaml::document(now).map_err(|e| refuse(format!("{path}: {e}")))?;
    let labels = labels_of(path, &config)?;
    let changes = differences(path, &labels, set, remove);
    if changes.is_empty() {
        return Ok(Revision::none(Some(now)));
    }
    let mut wanted = labels;
    for (name, value) in set {
        wanted.insert(name.clone(), json!(value));
    }
    for name in remove {
        wanted.remove(name);
    }
    let text = String::from_utf8_lossy(now);
    let text = edited(&text, set, remove, wanted.is_empty())
        .map_err(|e| refuse(format!("{path} cannot be edited in place: {e}")))?;
    if yaml::document(text.as_bytes()) != Ok(intended(config, wanted)) {
        return Err(refuse(format!(
            "{path}: the edited file would not say what was asked"
        )));
    }
    let warnings = vec![
        "From the moment of the change every series has a new identity; older blocks keep the old \
         labels."
            .to_owned(),
        "Rules, routes and dashboards that select on these labels may match differently."
            .to_owned(),
    ];
    Ok(Revision {
        content: Some(text.into_bytes()),
        changes,
        warnings,
    })
}

fn labels_of(path: &str, config: &Value) -> Result<Map<String, Value>, Fault> {
    match config.pointer("/global/external_labels") {
        None | Some(Value::Null) if config.is_object() => Ok(Map::new()),
        Some(Value::Object(labels)) => Ok(labels.clone()),
        _ => Err(refuse(format!("{path} is not a Prometheus configuration"))),
    }
}

fn differences(
    path: &str,
    labels: &Map<String, Value>,
    set: &BTreeMap<String, String>,
    remove: &[String],
) -> Vec<Change> {
    let mut changes = Vec::new();
    let address = |name: &str| format!("{path}/global/external_labels/{name}");
    for (name, value) in set {
        let (before, after) = (labels.get(name).cloned(), json!(value));
        if before.as_ref() != Some(&after) {
            let verb = if before.is_some() {
                Verb::Update
            } else {
                Verb::Create
            };
            changes.push(change(
                address(name),
                verb,
                before.unwrap_or_default(),
                after,
            ));
        }
    }
    for name in remove {
        if let Some(before) = labels.get(name) {
            changes.push(change(
                address(name),
                Verb::Delete,
                before.clone(),
                Value::Null,
            ));
        }
    }
    changes
}

/// The text with only the tokens of these labels touched.
fn edited(
    text: &str,
    set: &BTreeMap<String, String>,
    remove: &[String],
    none_left: bool,
) -> Result<String, String> {
    let document = Document::from_str(text).map_err(|e| e.to_string())?;
    for (name, value) in set {
        let path = format!("global.external_labels.{name}");
        document
            .try_set_path(&path, value.as_str())
            .map_err(|e| e.to_string())?;
    }
    if none_left {
        // An emptied mapping would be left as a key without a value.
        document
            .try_remove_path("global.external_labels")
            .map_err(|e| e.to_string())?;
        let bare = document
            .get_mapping("global")
            .is_none_or(|it| it.is_empty());
        if bare {
            document
                .try_remove_path("global")
                .map_err(|e| e.to_string())?;
        }
        return Ok(document.to_string());
    }
    let labels = document
        .get_mapping("global")
        .and_then(|it| it.get_mapping("external_labels"));
    for name in remove {
        if let Some(labels) = &labels {
            labels.remove(name.as_str());
        }
    }
    Ok(document.to_string())
}

/// The configuration as it must read after the edit.
fn intended(mut config: Value, labels: Map<String, Value>) -> Value {
    let Some(root) = config.as_object_mut() else {
        return config;
    };
    if labels.is_empty() {
        let global = root.get_mut("global").and_then(Value::as_object_mut);
        let bare = global.is_none_or(|it| {
            it.remove("external_labels");
            it.is_empty()
        });
        if bare {
            root.remove("global");
        }
        return config;
    }
    let global = root.entry("global").or_insert_with(|| json!({}));
    if global.is_null() {
        *global = json!({});
    }
    if let Some(global) = global.as_object_mut() {
        global.insert("external_labels".to_owned(), Value::Object(labels));
    }
    config
}
