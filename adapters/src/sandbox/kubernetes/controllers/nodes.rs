//! Taints of nodes, and pods whose node is gone.

use super::snapshot;
use crate::sandbox::kubernetes::state::{State, stamp};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    let nodes = snapshot(state, "Node");
    for (at, node) in &nodes {
        let cordoned = node.value["spec"]["unschedulable"] == true;
        state.store.touch(at, |value| {
            let taints = value["spec"]["taints"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let has = taints.iter().any(|it| it["key"] == UNSCHEDULABLE);
            let mut taints: Vec<Value> = taints
                .into_iter()
                .filter(|it| cordoned || it["key"] != UNSCHEDULABLE)
                .collect();
            if cordoned && !has {
                let key = UNSCHEDULABLE;
                taints.push(json!({"key": key, "effect": "NoSchedule", "timeAdded": stamp(now)}));
            }
            if !taints.is_empty() {
                value["spec"]["taints"] = json!(taints);
            } else if let Some(spec) = value["spec"].as_object_mut() {
                spec.remove("taints");
            }
        });
    }
    for (at, pod) in snapshot(state, "Pod") {
        let node = pod.text("/spec/nodeName");
        if !node.is_empty() && !nodes.iter().any(|(_, it)| it.name() == node) {
            state.store.remove(&at);
        }
    }
}
