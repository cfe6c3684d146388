//! Deployments: a ReplicaSet per template, replaced step by step, with a deadline for progress.

use super::{count, is_owned_by, make, owned_by, pod_of, ready, snapshot};
use crate::sandbox::kubernetes::{
    ownership::same,
    state::{State, stamp},
    store::{Address, Stored},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use workflows::plan::digest;

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    for (at, deployment) in snapshot(state, "Deployment") {
        if deployment.deleting() {
            continue;
        }
        let new = current_set(state, &at, &deployment, now);
        scale(state, &deployment, &new);
    }
    for (_, set) in snapshot(state, "ReplicaSet") {
        replicate(state, &set, now);
    }
}

fn hash(deployment: &Stored) -> String {
    digest(&deployment.value["spec"]["template"])["sha256:".len()..][..10].to_owned()
}

fn sets(state: &State, deployment: &Stored) -> Vec<(Address, Stored)> {
    let mut sets = snapshot(state, "ReplicaSet");
    sets.retain(|(_, it)| is_owned_by(it, deployment));
    sets
}

fn revision(it: &Stored) -> u64 {
    let text = it.value["metadata"]["annotations"][REVISION].as_str();
    text.and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// The set of the present template, made or taken up again; its revision is the highest.
fn current_set(
    state: &mut State,
    at: &Address,
    deployment: &Stored,
    now: DateTime<Utc>,
) -> Address {
    let hash = hash(deployment);
    let sets = sets(state, deployment);
    let highest = sets
        .iter()
        .map(|(_, it)| revision(it))
        .max()
        .unwrap_or_default();
    let known = sets
        .iter()
        .find(|(_, it)| it.value["metadata"]["labels"][HASH] == *hash);
    let (set, number) = match known {
        Some((set, it)) if revision(it) == highest => (set.clone(), highest),
        Some((set, _)) => {
            let number = (highest + 1).to_string();
            state.store.touch(set, |it| {
                it["metadata"]["annotations"][REVISION] = json!(number)
            });
            (set.clone(), highest + 1)
        }
        None => {
            let mut template = deployment.value["spec"]["template"].clone();
            template["metadata"]["labels"][HASH] = json!(hash);
            let mut selector = deployment.value["spec"]["selector"].clone();
            selector["matchLabels"][HASH] = json!(hash);
            let value = json!({
                "metadata": {
                    "name": format!("{}-{hash}", deployment.name()),
                    "namespace": deployment.namespace(),
                    "labels": template["metadata"]["labels"],
                    "annotations": {REVISION: (highest + 1).to_string()},
                    "ownerReferences": owned_by(deployment),
                },
                "spec": {"replicas": 0, "selector": selector, "template": template},
                "status": {"replicas": 0},
            });
            (make(state, "ReplicaSet", value, now), highest + 1)
        }
    };
    state.store.touch(at, |it| {
        it["metadata"]["annotations"][REVISION] = json!(number.to_string());
    });
    set
}

/// One step of the roll-out: the new set grows within the surge, old sets shrink while enough pods
/// stay available.
fn scale(state: &mut State, deployment: &Stored, new: &Address) {
    let spec = &deployment.value["spec"];
    let desired = count(&spec["replicas"]);
    let rolling = &spec["strategy"]["rollingUpdate"];
    let surge = part(&rolling["maxSurge"], desired, true);
    let missing = part(&rolling["maxUnavailable"], desired, false);
    let sets = sets(state, deployment);
    let replicas = |it: &Stored| count(&it.value["spec"]["replicas"]);
    let total: usize = sets.iter().map(|(_, it)| replicas(it)).sum();
    let mine = sets
        .iter()
        .find(|(at, _)| at == new)
        .map_or(0, |(_, it)| replicas(it));
    let room = (desired + surge).saturating_sub(total);
    let grown = if mine > desired {
        desired
    } else {
        desired.min(mine + room)
    };
    set_replicas(state, new, grown);
    let pods = snapshot(state, "Pod");
    let available = |set: &Stored| {
        pods.iter()
            .filter(|(_, it)| is_owned_by(it, set) && ready(it))
            .count()
    };
    let serving: usize = sets.iter().map(|(_, it)| available(it)).sum();
    let mut spare = serving.saturating_sub(desired.saturating_sub(missing));
    for (at, set) in sets.iter().filter(|(at, _)| at != new) {
        let (now, good) = (replicas(set), available(set));
        let idle = now.saturating_sub(good);
        let stop = good.min(spare);
        spare -= stop;
        set_replicas(state, at, now - idle - stop);
    }
}

fn set_replicas(state: &mut State, at: &Address, number: usize) {
    state
        .store
        .touch(at, |it| it["spec"]["replicas"] = json!(number));
}

fn part(value: &Value, all: usize, up: bool) -> usize {
    match value
        .as_str()
        .and_then(|it| it.strip_suffix('%')?.parse::<usize>().ok())
    {
        Some(percent) if up => (all * percent).div_ceil(100),
        Some(percent) => all * percent / 100,
        None => count(value),
    }
}

fn replicate(state: &mut State, set: &Stored, now: DateTime<Utc>) {
    let mut pods = snapshot(state, "Pod");
    pods.retain(|(_, it)| is_owned_by(it, set) && !it.deleting());
    let wanted = if set.deleting() {
        0
    } else {
        count(&set.value["spec"]["replicas"])
    };
    // Pods that do not serve go first.
    pods.sort_by_key(|(_, it)| !ready(it));
    for (at, _) in pods.iter().skip(wanted) {
        state.store.remove(at);
    }
    for _ in pods.len()..wanted {
        let pod = pod_of(state, set, &set.value["spec"]["template"], now);
        make(state, "Pod", pod, now);
    }
}

/// Writes what is there into the status.
pub(super) fn report(state: &mut State, now: DateTime<Utc>) {
    let pods = snapshot(state, "Pod");
    for (at, deployment) in snapshot(state, "Deployment") {
        let hash = hash(&deployment);
        let sets = sets(state, &deployment);
        let of = |set: &Stored| pods.iter().filter(|(_, it)| is_owned_by(it, set)).count();
        let good = |set: &Stored| {
            pods.iter()
                .filter(|(_, it)| is_owned_by(it, set) && ready(it))
                .count()
        };
        let new = sets
            .iter()
            .find(|(_, it)| it.value["metadata"]["labels"][HASH] == *hash);
        let total: usize = sets.iter().map(|(_, it)| of(it)).sum();
        let serving: usize = sets.iter().map(|(_, it)| good(it)).sum();
        let updated = new.map_or(0, |(_, it)| of(it));
        let fresh = new.map_or(0, |(_, it)| good(it));
        let desired = count(&deployment.value["spec"]["replicas"]);
        for (at, set) in &sets {
            let (all, ready) = (of(set), good(set));
            state.store.touch(at, |it| {
                it["status"] = json!({"replicas": all});
                if ready > 0 {
                    it["status"]["readyReplicas"] = json!(ready);
                    it["status"]["availableReplicas"] = json!(ready);
                }
            });
        }
        let done = updated == desired && total == desired && fresh == desired;
        let name = new.map_or_else(String::new, |(_, it)| it.name().to_owned());
        state.store.touch(&at, |value| {
            let old = value["status"].clone();
            let mut status = json!({
                "observedGeneration": value["metadata"]["generation"], "terminatingReplicas": 0,
            });
            let numbers = [
                ("replicas", total),
                ("updatedReplicas", updated),
                ("readyReplicas", serving),
                ("availableReplicas", serving),
                (
                    "unavailableReplicas",
                    total.max(desired).saturating_sub(serving),
                ),
            ];
            for (name, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
                status[name] = json!(number);
            }
            let moved = ["updatedReplicas", "availableReplicas", "observedGeneration"];
            let moved = moved.iter().any(|it| !same(&old[*it], &status[*it]));
            let least = desired - part(&json!("25%"), desired, false);
            status["conditions"] = json!([
                available(&old["conditions"][0], serving >= least, now),
                progress(
                    &old["conditions"][1],
                    &value["spec"],
                    done,
                    moved,
                    &name,
                    now
                ),
            ]);
            value["status"] = status;
        });
    }
}

fn available(old: &Value, enough: bool, now: DateTime<Utc>) -> Value {
    let (flag, reason, message) = if enough {
        (
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        )
    } else {
        (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    let kept = |name: &str| {
        if old["status"] == flag {
            old[name].clone()
        } else {
            stamp(now)
        }
    };
    json!({
        "type": "Available", "status": flag, "reason": reason, "message": message,
        "lastUpdateTime": kept("lastUpdateTime"), "lastTransitionTime": kept("lastTransitionTime"),
    })
}

fn progress(
    old: &Value,
    spec: &Value,
    done: bool,
    moved: bool,
    set: &str,
    now: DateTime<Utc>,
) -> Value {
    let since = old["lastUpdateTime"].as_str();
    let since = since.and_then(|it| DateTime::parse_from_rfc3339(it).ok());
    let most = TimeDelta::seconds(spec["progressDeadlineSeconds"].as_i64().unwrap_or(600));
    let late = !done && !moved && since.is_some_and(|it| now - it.to_utc() >= most);
    let (flag, reason, words) = if done {
        (
            "True",
            "NewReplicaSetAvailable",
            "has successfully progressed",
        )
    } else if late {
        (
            "False",
            "ProgressDeadlineExceeded",
            "has timed out progressing",
        )
    } else {
        ("True", "ReplicaSetUpdated", "is progressing")
    };
    let kept = old["reason"] == reason && !moved;
    json!({
        "type": "Progressing", "status": flag, "reason": reason,
        "message": format!("ReplicaSet {set:?} {words}."),
        "lastUpdateTime": if kept { old["lastUpdateTime"].clone() } else { stamp(now) },
        "lastTransitionTime":
            if old["status"] == flag { old["lastTransitionTime"].clone() } else { stamp(now) },
    })
}
