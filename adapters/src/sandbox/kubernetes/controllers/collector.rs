//! Accounts of namespaces, their tokens, definitions, and what is left of what was deleted.

use super::{make, snapshot};
use crate::sandbox::kubernetes::{
    remove,
    state::{State, stamp},
    store::Address,
    tokens,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    namespaces(state, now);
    secrets(state);
    definitions(state, now);
    garbage(state, now);
}

fn namespaces(state: &mut State, now: DateTime<Utc>) {
    for (at, namespace) in snapshot(state, "Namespace") {
        let name = namespace.name().to_owned();
        if !namespace.deleting() {
            let kind = crate::sandbox::kubernetes::kinds::named("ServiceAccount");
            if state
                .store
                .get(&Address::of(&kind, &name, "default"))
                .is_none()
            {
                let value = json!({"metadata": {"name": "default", "namespace": name}});
                make(state, "ServiceAccount", value, now);
            }
            continue;
        }
        let inside: Vec<Address> = state
            .store
            .all()
            .map(|(at, _)| at.clone())
            .filter(|it| it.namespace == name)
            .collect();
        for it in &inside {
            state
                .store
                .touch(it, |value| remove::mark(value, "", None, now));
            remove::finish(&mut state.store, it);
        }
        if inside.is_empty() {
            state.store.remove(&at);
        }
    }
}

/// A Secret of the account-token type is filled with a token that does not expire.
fn secrets(state: &mut State) {
    for (at, secret) in snapshot(state, "Secret") {
        let wanted = secret.value["type"] == "kubernetes.io/service-account-token"
            && secret.value["data"]["token"].is_null();
        if !wanted {
            continue;
        }
        let account =
            &secret.value["metadata"]["annotations"]["kubernetes.io/service-account.name"];
        let account = account.as_str().unwrap_or_default();
        let audiences = vec![tokens::AUDIENCE.to_owned()];
        let namespace = secret.namespace().to_owned();
        let Some(token) = tokens::issue(state, &namespace, account, audiences, None) else {
            continue;
        };
        state.store.touch(&at, |value| {
            let encode = |text: &str| json!(STANDARD.encode(text));
            value["data"]["token"] = encode(&token);
            value["data"]["namespace"] = encode(&namespace);
            value["data"]["ca.crt"] = encode("-----BEGIN CERTIFICATE-----\nstand-in\n");
        });
    }
}

fn definitions(state: &mut State, now: DateTime<Utc>) {
    for (at, definition) in snapshot(state, "CustomResourceDefinition") {
        if definition.deleting() {
            let group = definition.text("/spec/group").to_owned();
            let plural = definition.text("/spec/names/plural").to_owned();
            let all = state.store.all().map(|(at, _)| at.clone());
            let mine: Vec<Address> = all
                .filter(|it| it.group == group && it.plural == plural)
                .collect();
            mine.iter().for_each(|it| state.store.remove(it));
            remove::release(&mut state.store, &at, remove::CLEANUP);
            continue;
        }
        if definition.value["status"]["conditions"].is_null() {
            state.store.touch(&at, |value| {
                let condition = |name: &str, reason: &str| {
                    json!({
                        "type": name, "status": "True", "reason": reason, "message": "",
                        "lastTransitionTime": stamp(now),
                    })
                };
                let conditions = [
                    condition("NamesAccepted", "NoConflicts"),
                    condition("Established", "InitialNamesAccepted"),
                ];
                value["status"]["conditions"] = json!(conditions);
                value["status"]["acceptedNames"] = value["spec"]["names"].clone();
            });
        }
    }
}

/// Objects whose owners are gone go too; owners that wait for their dependents are let go.
fn garbage(state: &mut State, now: DateTime<Utc>) {
    let alive: BTreeSet<String> = state
        .store
        .all()
        .map(|(_, it)| it.uid().to_owned())
        .collect();
    let all: Vec<_> = state
        .store
        .all()
        .map(|(at, it)| (at.clone(), it.clone()))
        .collect();
    let owners = |value: &Value| -> Vec<String> {
        let references = value["metadata"]["ownerReferences"]
            .as_array()
            .into_iter()
            .flatten();
        references
            .filter_map(|it| it["uid"].as_str())
            .map(str::to_owned)
            .collect()
    };
    for (at, it) in &all {
        let owners = owners(&it.value);
        let orphan = !owners.is_empty() && owners.iter().all(|uid| !alive.contains(uid));
        if orphan {
            let kind = it.kind.kind.clone();
            state
                .store
                .touch(at, |value| remove::mark(value, &kind, None, now));
            remove::finish(&mut state.store, at);
        }
    }
    for (at, it) in all.iter().filter(|(_, it)| it.deleting()) {
        let finalizers = it.value["metadata"]["finalizers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if finalizers.contains(&json!("orphan")) {
            remove::release(&mut state.store, at, "orphan");
        }
        if !finalizers.contains(&json!("foregroundDeletion")) {
            continue;
        }
        let mut waits = false;
        for (other, dependent) in all
            .iter()
            .filter(|(_, dep)| owners(&dep.value).contains(&it.uid().to_owned()))
        {
            waits |= state.store.get(other).is_some();
            let kind = dependent.kind.kind.clone();
            state
                .store
                .touch(other, |value| remove::mark(value, &kind, None, now));
            remove::finish(&mut state.store, other);
        }
        if !waits {
            remove::release(&mut state.store, at, "foregroundDeletion");
        }
    }
}
