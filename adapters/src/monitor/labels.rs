//! `monitor.labels`: the external labels that Prometheus really runs with.

use super::Component;
use crate::systems::Systems;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use workflows::{Check, Cx, Fault, Proof, Verdict, Violation};

/// The check.
pub struct CheckLabels {
    systems: Arc<Systems>,
}

/// What must hold of `global.external_labels`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelsParams {
    /// Labels that must be there with these values.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Labels that must not be there.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Written by the operator of Prometheus or by Thanos for their own use.
const RESERVED: [&str; 2] = ["prometheus", "prometheus_replica"];
const MOST_LABELS: usize = 10;
const LONGEST_VALUE: usize = 256;

impl CheckLabels {
    /// The check on these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        CheckLabels { systems }
    }
}

#[async_trait]
impl Check for CheckLabels {
    const NAME: &'static str = "monitor.labels";
    type Params = LabelsParams;

    fn validate(&self, params: &LabelsParams) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut refuse = |pointer: String, code: &str, message: &str| {
            found.push(Violation {
                pointer,
                code: code.into(),
                message: message.into(),
            });
        };
        if params.set.is_empty() && params.remove.is_empty() {
            refuse(
                String::new(),
                "labels.none",
                "At least one label is set or removed.",
            );
        }
        if params.set.len() > MOST_LABELS {
            refuse(
                "/set".into(),
                "labels.many",
                "At most ten labels are set at once.",
            );
        }
        for (at, name) in params
            .set
            .keys()
            .map(|it| (format!("/set/{it}"), it))
            .chain(
                params
                    .remove
                    .iter()
                    .enumerate()
                    .map(|(at, it)| (format!("/remove/{at}"), it)),
            )
        {
            // Prometheus itself accepts names in `__`, and then drops them.
            if !super::is_label(name) || name.starts_with("__") {
                let message = "A label is letters, digits and underscores, and begins with no \
                               digit and no double underscore.";
                refuse(at, "label.name", message);
            } else if RESERVED.contains(&name.as_str()) {
                refuse(
                    at,
                    "label.reserved",
                    "This label tells the replicas apart and stays.",
                );
            }
        }
        for (name, value) in &params.set {
            let printable = !value.chars().any(char::is_control);
            if value.is_empty() || value.chars().count() > LONGEST_VALUE || !printable {
                let message = "A value is 1 to 256 printable characters.";
                refuse(format!("/set/{name}"), "label.value", message);
            }
            if params.remove.contains(name) {
                let message = "A label is either set or removed.";
                refuse(format!("/set/{name}"), "label.both", message);
            }
        }
        found
    }

    async fn look(&self, cx: &Cx, params: &LabelsParams) -> Result<Verdict, Fault> {
        let monitor = self.systems.zone(&cx.zone)?.monitor()?;
        let running = monitor.running(cx, Component::Prometheus).await?;
        let actual = |name: &str| {
            let labels = running.config.pointer("/global/external_labels");
            match labels.and_then(|it| it.get(name)) {
                None | Some(Value::Null) => Value::Null,
                Some(Value::String(text)) => json!(text),
                // YAML reads `1` as a number; a label is always a text.
                Some(other) => json!(other.to_string()),
            }
        };
        let set = params.set.iter().map(|(name, value)| {
            let claim = format!("the running configuration has the external label {name}");
            Proof::equal(claim, json!(value), actual(name))
        });
        let removed = params.remove.iter().map(|name| {
            let claim = format!("the running configuration no longer has the label {name}");
            Proof::equal(claim, Value::Null, actual(name))
        });
        let reload = Proof::equal(
            "the last reload of prometheus succeeded",
            json!(true),
            json!(running.reload_ok),
        );
        Ok(super::verdict(set.chain(removed).chain([reload]).collect()))
    }
}
