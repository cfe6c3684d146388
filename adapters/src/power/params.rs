//! What can be asked of a cluster's power, and what is kept of it.

use crate::pools::{Power, Size};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use workflows::Violation;

/// What is asked of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Stop control plane and nodes; sizes are kept for the day it wakes.
    Hibernate,
    /// Start them again, at the sizes of before.
    Wake,
}

impl Asked {
    pub(super) fn power(self) -> Power {
        match self {
            Asked::Hibernate => Power::Off,
            Asked::Wake => Power::On,
        }
    }
}

/// Parameters of `cluster.power`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerParams {
    /// What is asked.
    pub action: Asked,
    /// Sizes to come back to, by pool, when they are not those the provider kept; the receipt of a
    /// hibernation carries them. Only for `wake`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sizes: BTreeMap<String, Size>,
}

/// Power and sizes at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerState {
    /// Whether the cluster ran.
    pub power: Power,
    /// Sizes by pool.
    pub sizes: BTreeMap<String, Size>,
}

impl PowerParams {
    /// What of the parameters cannot be, found without touching any system.
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut refuse = |pointer: String, code: &str, message: &str| {
            found.push(Violation {
                pointer,
                code: code.into(),
                message: message.into(),
            });
        };
        if self.action == Asked::Hibernate && !self.sizes.is_empty() {
            let message = "A hibernation keeps the sizes there are; it takes none.";
            refuse("/sizes".into(), "power.sizes_on_hibernate", message);
        }
        for (name, size) in &self.sizes {
            if size.min > size.max || !(size.min..=size.max).contains(&size.desired) {
                let message = "The number of nodes lies between min and max.";
                refuse(format!("/sizes/{name}"), "power.size_bounds", message);
            }
        }
        found
    }
}
