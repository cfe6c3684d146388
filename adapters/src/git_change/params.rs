//! What a ticket may ask of a file, and what is refused before anything is looked up.

use super::{condition, manifest, yaml};
use crate::{forge::RepoId, monitor::Matcher};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;
use workflows::Violation;

/// Most labels that one change sets or removes.
const MOST_LABELS: usize = 10;
/// Set by the operator of Prometheus itself; it would overrule ours.
const RESERVED_LABELS: [&str; 2] = ["prometheus", "prometheus_replica"];

/// Parameters of `git.change`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeParams {
    /// Repository of the zone's forge.
    pub repo: RepoId,
    /// What is done to one of its files.
    pub edit: Edit,
}

/// What is done to a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// The file must not exist yet.
    Create,
    /// The file must exist.
    Update,
    /// The file is removed.
    Delete,
}

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Edit {
    /// The file as a whole.
    File {
        /// Path from the root of the repository.
        path: String,
        /// What is done to it.
        operation: Operation,
        /// All its text; not for a deletion.
        #[serde(default)]
        content: Option<String>,
    },
    /// `global.external_labels` of a Prometheus configuration.
    PrometheusLabels {
        /// Path from the root of the repository.
        path: String,
        /// Labels with their values; `null` for none.
        #[serde(default, deserialize_with = "or_none")]
        set: BTreeMap<String, String>,
        /// Labels that go; `null` for none.
        #[serde(default, deserialize_with = "or_none")]
        remove: Vec<String>,
    },
    /// A webhook receiver of Alertmanager and the route that leads to it.
    AlertmanagerReceiver {
        /// Path from the root of the repository.
        path: String,
        /// Its name; must be new.
        receiver: String,
        /// Where it posts alerts; credentials belong in Vault, not here.
        url: String,
        /// Conditions on labels, e.g. `team="orders"`; at least one.
        matchers: Vec<String>,
        /// Placed first and others still get the alert; otherwise placed last.
        #[serde(rename = "continue", default)]
        goes_on: bool,
        /// Whether the end of an alert is posted as well.
        #[serde(default = "yes")]
        send_resolved: bool,
    },
}

/// An optional field of a form that was left empty.
fn or_none<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(input).map(Option::unwrap_or_default)
}

fn yes() -> bool {
    true
}

impl Edit {
    /// Path from the root of the repository.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Edit::File { path, .. }
            | Edit::PrometheusLabels { path, .. }
            | Edit::AlertmanagerReceiver { path, .. } => path,
        }
    }
}

fn violation(pointer: &str, code: &str, message: impl Into<String>) -> Violation {
    Violation {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        message: message.into(),
    }
}

/// Everything wrong with the parameters; offline.
pub(super) fn validate(params: &ChangeParams) -> Vec<Violation> {
    let mut found = Vec::new();
    found.extend(path(params.edit.path()));
    match &params.edit {
        Edit::File {
            path,
            operation,
            content,
        } => {
            found.extend(file(path, *operation, content.as_deref()));
        }
        Edit::PrometheusLabels { set, remove, .. } => found.extend(labels(set, remove)),
        Edit::AlertmanagerReceiver {
            receiver,
            url,
            matchers,
            ..
        } => {
            found.extend(name(receiver));
            found.extend(address(url));
            found.extend(conditions(matchers));
        }
    }
    found
}

/// A path that stays inside the repository and outside Git's own directory.
pub(super) fn path(path: &str) -> Option<Violation> {
    let plain = (1..=300).contains(&path.len())
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
        && !path.contains("..")
        && path
            .split('/')
            .all(|it| !it.is_empty() && it != "." && !it.to_ascii_lowercase().ends_with(".git"));
    (!plain).then(|| {
        let message = "A path is relative, has no “..”, no “.git”, and only letters, digits, dot, \
                       dash, underscore and slash.";
        violation("/edit/path", "git.path", message)
    })
}

fn file(path: &str, operation: Operation, content: Option<&str>) -> Vec<Violation> {
    const POINTER: &str = "/edit/content";
    match (operation, content) {
        (Operation::Delete, None | Some("")) => Vec::new(),
        (Operation::Delete, Some(_)) => {
            vec![violation(
                POINTER,
                "git.content",
                "A deletion takes no content.",
            )]
        }
        (_, None) => vec![violation(POINTER, "git.content", "The content is missing.")],
        (_, Some(text)) if text.len() > yaml::LARGEST => {
            vec![violation(
                POINTER,
                "git.size",
                "The content is larger than 1 MiB.",
            )]
        }
        (_, Some(text)) if manifest::is_manifest(path) => {
            let failed = manifest::proofs(text.as_bytes())
                .into_iter()
                .filter(|it| !it.ok);
            let failed = failed.map(|it| {
                let message = format!("Not so: {} Found: {}", it.claim, it.actual);
                violation(POINTER, "git.manifest", message)
            });
            failed.collect()
        }
        _ => Vec::new(),
    }
}

fn labels(set: &BTreeMap<String, String>, remove: &[String]) -> Vec<Violation> {
    let mut found = Vec::new();
    let removed: BTreeSet<&String> = remove.iter().collect();
    if set.is_empty() && remove.is_empty() {
        found.push(violation(
            "/edit/set",
            "label.none",
            "No label is set or removed.",
        ));
    }
    if set.len() + remove.len() > MOST_LABELS {
        let message = format!("At most {MOST_LABELS} labels in one change.");
        found.push(violation("/edit/set", "label.many", message));
    }
    for name in set.keys().chain(remove) {
        let pointer = format!("/edit/set/{name}");
        let mut bytes = name.bytes();
        let first = bytes
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        if !first || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            let message = format!("“{name}” is no label name: letters, digits and underscores.");
            found.push(violation(&pointer, "label.name", message));
        } else if name.starts_with("__") || RESERVED_LABELS.contains(&name.as_str()) {
            let message = format!("The label {name} belongs to Prometheus itself.");
            found.push(violation(&pointer, "label.reserved", message));
        }
        if set.contains_key(name) && removed.contains(name) {
            let message = format!("The label {name} is both set and removed.");
            found.push(violation(&pointer, "label.both", message));
        }
    }
    for (name, value) in set {
        let length = value.chars().count();
        if !(1..=256).contains(&length) || value.chars().any(char::is_control) {
            let message = format!("The value of {name} must be 1 to 256 printable characters.");
            found.push(violation(
                &format!("/edit/set/{name}"),
                "label.value",
                message,
            ));
        }
    }
    found
}

fn name(receiver: &str) -> Option<Violation> {
    let plain = (1..=50).contains(&receiver.len())
        && receiver
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (!plain).then(|| {
        let message = "A receiver is named in 1 to 50 small letters, digits and dashes.";
        violation("/edit/receiver", "receiver.name", message)
    })
}

fn address(url: &str) -> Option<Violation> {
    const POINTER: &str = "/edit/url";
    let parsed = Url::parse(url).ok().filter(|it| {
        matches!(it.scheme(), "http" | "https") && it.host_str().is_some_and(|it| !it.is_empty())
    });
    match parsed {
        None => Some(violation(
            POINTER,
            "receiver.url",
            "The address must be http or https, with a host.",
        )),
        Some(it) if !it.username().is_empty() || it.password().is_some() => {
            let message = "The address holds a user or a password; these belong in Vault.";
            Some(violation(POINTER, "secret.literal", message))
        }
        Some(_) => None,
    }
}

fn conditions(matchers: &[String]) -> Vec<Violation> {
    const POINTER: &str = "/edit/matchers";
    if matchers.is_empty() {
        let message = "A route without a matcher would take every alert.";
        return vec![violation(POINTER, "route.catch_all", message)];
    }
    let mut found = Vec::new();
    for (index, text) in matchers.iter().enumerate() {
        if let Err(error) = Matcher::parse(text) {
            let pointer = format!("{POINTER}/{index}");
            found.push(violation(&pointer, "route.matcher", format!("{error}.")));
        }
    }
    let parsed: Vec<Matcher> = matchers
        .iter()
        .filter_map(|it| Matcher::parse(it).ok())
        .collect();
    if found.is_empty() && parsed.iter().all(condition::takes_everything) {
        let message = "These matchers would take every alert.";
        found.push(violation(POINTER, "route.catch_all", message));
    }
    found
}
