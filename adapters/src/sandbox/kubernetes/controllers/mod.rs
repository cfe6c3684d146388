//! What the controllers of a cluster do. They take one look before each request: a write is
//! answered with the status of before, and the next read sees that they have been at work.

mod budgets;
mod collector;
mod deployments;
mod injector;
mod jobs;
mod nodes;
mod pods;

use super::{
    kinds,
    state::{State, stamp},
    store::{Address, Stored},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// One look of every controller.
pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    if state.paused {
        return;
    }
    collector::settle(state, now);
    nodes::settle(state, now);
    deployments::settle(state, now);
    jobs::settle(state, now);
    pods::settle(state, now);
    deployments::report(state, now);
    jobs::report(state, now);
    budgets::settle(state, now);
    injector::settle(state);
}

/// The objects of a kind as they are now, with their addresses.
fn snapshot(state: &State, kind: &str) -> Vec<(Address, Stored)> {
    let kind = kinds::named(kind);
    let all = state
        .store
        .all()
        .filter(|(at, _)| at.group == kind.group && at.plural == kind.plural);
    all.map(|(at, it)| (at.clone(), it.clone())).collect()
}

/// Stores an object that a controller makes.
fn make(state: &mut State, kind: &str, mut value: Value, now: DateTime<Utc>) -> Address {
    let kind = kinds::named(kind);
    value["apiVersion"] = json!(kind.api_version());
    value["kind"] = json!(kind.kind);
    value["metadata"]["uid"] = json!(state.store.id());
    value["metadata"]["creationTimestamp"] = stamp(now);
    if kind.counted {
        value["metadata"]["generation"] = json!(1);
    }
    let text = |name: &str| {
        value["metadata"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let at = Address::of(&kind, &text("namespace"), &text("name"));
    state.store.put(
        at.clone(),
        Stored {
            kind,
            value,
            managed: Vec::new(),
        },
    );
    at
}

/// `metadata.ownerReferences` that point to the owner as its controller.
fn owned_by(owner: &Stored) -> Value {
    json!([{
        "apiVersion": owner.kind.api_version(), "kind": owner.kind.kind, "name": owner.name(),
        "uid": owner.uid(), "controller": true, "blockOwnerDeletion": true,
    }])
}

fn is_owned_by(it: &Stored, owner: &Stored) -> bool {
    let references = it.value["metadata"]["ownerReferences"].as_array();
    references.is_some_and(|all| all.iter().any(|one| one["uid"] == owner.uid()))
}

/// A pod of a template, not yet placed.
fn pod_of(state: &mut State, owner: &Stored, template: &Value, now: DateTime<Utc>) -> Value {
    let id = state.store.id().simple().to_string();
    let mut spec = template["spec"].clone();
    spec["serviceAccountName"] = spec
        .get("serviceAccountName")
        .cloned()
        .unwrap_or_else(|| json!("default"));
    json!({
        "metadata": {
            "name": format!("{}-{}", owner.name(), &id[..5]), "namespace": owner.namespace(),
            "labels": template["metadata"]["labels"], "ownerReferences": owned_by(owner),
            "creationTimestamp": stamp(now),
        },
        "spec": spec,
        "status": {"phase": "Pending", "qosClass": "BestEffort"},
    })
}

/// Whether a pod serves.
fn ready(pod: &Stored) -> bool {
    let conditions = pod.value["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten();
    let mut ready = conditions.filter(|it| it["type"] == "Ready");
    !pod.deleting() && ready.any(|it| it["status"] == "True")
}

fn count(value: &Value) -> usize {
    value
        .as_u64()
        .and_then(|it| usize::try_from(it).ok())
        .unwrap_or_default()
}
