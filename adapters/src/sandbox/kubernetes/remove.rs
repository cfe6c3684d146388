//! Deleting objects: preconditions, policies, finalizers.

use super::{
    ownership::same,
    request::{Answer, Request, Target, dry_run},
    state::{State, stamp},
    status::{Cause, Failure},
    store::{Address, Store},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

const FOREGROUND: &str = "foregroundDeletion";
/// What keeps a Namespace until it is empty, and a definition until its objects are gone.
pub(super) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// `DELETE` of an object.
pub(super) fn answer(
    state: &mut State,
    request: &Request,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let options = if request.body.is_empty() {
        json!({})
    } else {
        request.json()?
    };
    delete(state, target, &options, request, now)
}

fn delete(
    state: &mut State,
    target: &Target,
    options: &Value,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let asked = options["dryRun"][0]
        .as_str()
        .or(request.query.get("dryRun").map(String::as_str));
    let dry_run = dry_run(asked, "DeleteOptions")?;
    let policy = options["propagationPolicy"].as_str();
    let policy = policy.or(request.query.get("propagationPolicy").map(String::as_str));
    if let Some(unknown) = policy.filter(|it| !["Foreground", "Background", "Orphan"].contains(it))
    {
        let supported = "\"Foreground\", \"Background\", \"Orphan\", \"nil\"";
        let cause = Cause::unsupported("propagationPolicy", &format!("{unknown:?}"), supported);
        return Err(Failure::options("DeleteOptions", cause));
    }
    let at = target.address();
    let found = state
        .store
        .get(&at)
        .ok_or_else(|| Failure::not_found(&target.subject()))?;
    preconditions(
        target,
        options,
        found.uid(),
        found.text("/metadata/resourceVersion"),
    )?;
    let (uid, answers_object) = (found.uid().to_owned(), target.kind.answers_object);
    let mut value = found.value.clone();
    mark(&mut value, &target.kind.kind, policy, now);
    let held = !value["metadata"]["finalizers"]
        .as_array()
        .is_none_or(Vec::is_empty);
    // A pod that runs somewhere gets time to stop; its node reports the end.
    let lingers = target.kind.kind == "Pod" && value["spec"]["nodeName"].is_string();
    let waits = held || lingers || target.kind.kind == "Namespace";
    if dry_run {
        return Ok(Answer::new(
            200,
            if waits { value } else { done(target, &uid) },
        ));
    }
    if !waits {
        let last = state
            .store
            .get(&at)
            .map(|it| it.shown())
            .unwrap_or_default();
        state.store.remove(&at);
        return Ok(Answer::new(
            200,
            if answers_object {
                last
            } else {
                done(target, &uid)
            },
        ));
    }
    state.store.touch(&at, |it| *it = value);
    let body = state
        .store
        .get(&at)
        .map(|it| it.shown())
        .unwrap_or_default();
    Ok(Answer::new(200, body))
}

fn done(target: &Target, uid: &str) -> Value {
    let mut details = json!({"name": target.name, "kind": target.kind.plural, "uid": uid});
    if !target.kind.group.is_empty() {
        details["group"] = json!(target.kind.group);
    }
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details,
    })
}

/// Refuses when the object is not the one that was meant.
pub(super) fn preconditions(
    target: &Target,
    options: &Value,
    uid: &str,
    version: &str,
) -> Result<(), Failure> {
    let asked = &options["preconditions"];
    for (field, words, found) in [
        ("uid", "UID", uid),
        ("resourceVersion", "ResourceVersion", version),
    ] {
        if let Some(asked) = asked[field].as_str().filter(|it| *it != found) {
            return Err(Failure::precondition(
                &target.subject(),
                words,
                asked,
                found,
            ));
        }
    }
    Ok(())
}

/// Marks an object as going; a second mark changes nothing.
pub(super) fn mark(value: &mut Value, kind: &str, policy: Option<&str>, now: DateTime<Utc>) {
    let metadata = &mut value["metadata"];
    if !metadata["deletionTimestamp"].is_string() {
        let grace = if kind == "Pod" { 30 } else { 0 };
        metadata["deletionTimestamp"] = stamp(now + TimeDelta::seconds(grace));
        metadata["deletionGracePeriodSeconds"] = json!(grace);
    }
    let extra = match (policy, kind) {
        (Some("Foreground"), _) => Some(FOREGROUND),
        (Some("Orphan"), _) => Some("orphan"),
        (_, "CustomResourceDefinition") => Some(CLEANUP),
        _ => None,
    };
    if let Some(extra) = extra {
        let mut finalizers = metadata["finalizers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if !finalizers.contains(&json!(extra)) {
            finalizers.push(json!(extra));
        }
        metadata["finalizers"] = json!(finalizers);
    }
    if kind == "Namespace" {
        value["status"]["phase"] = json!("Terminating");
    }
}

/// Removes the object when it is going and nothing holds it any more.
pub(super) fn finish(store: &mut Store, at: &Address) {
    let Some(found) = store.get(at) else { return };
    let held = !found.value["metadata"]["finalizers"]
        .as_array()
        .is_none_or(Vec::is_empty);
    let lingers = found.kind.kind == "Pod" && found.value["spec"]["nodeName"].is_string();
    if found.deleting() && !held && !lingers && found.kind.kind != "Namespace" {
        store.remove(at);
    }
}

/// Takes one finalizer away.
pub(super) fn release(store: &mut Store, at: &Address, finalizer: &str) {
    store.touch(at, |value| {
        let left = value["metadata"]["finalizers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let left: Vec<Value> = left
            .into_iter()
            .filter(|it| !same(it, &json!(finalizer)))
            .collect();
        value["metadata"]["finalizers"] = json!(left);
        if left.is_empty()
            && let Some(metadata) = value["metadata"].as_object_mut()
        {
            metadata.remove("finalizers");
        }
    });
    finish(store, at);
}
