//! The scheduler, and an agent in place of kubelets: an image whose name contains `bad` cannot be
//! pulled, one that contains `fail` ends with exit code 1.

use super::snapshot;
use crate::sandbox::kubernetes::{
    state::{State, stamp},
    store::Stored,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    let nodes: Vec<Stored> = snapshot(state, "Node")
        .into_iter()
        .map(|(_, it)| it)
        .collect();
    for (at, pod) in snapshot(state, "Pod") {
        if pod.deleting() {
            let held = !pod.value["metadata"]["finalizers"]
                .as_array()
                .is_none_or(Vec::is_empty);
            if !held {
                state.store.remove(&at);
            }
            continue;
        }
        if pod.text("/status/phase") != "Pending" || waits(&pod) {
            continue;
        }
        let named = pod.text("/spec/nodeName");
        if named.is_empty() {
            let load = |name: &str| {
                let pods = snapshot(state, "Pod");
                pods.iter()
                    .filter(|(_, it)| it.text("/spec/nodeName") == name)
                    .count()
            };
            let fitting = nodes.iter().filter(|it| fits(&pod.value["spec"], it));
            match fitting.min_by_key(|it| load(it.name())) {
                None => state
                    .store
                    .touch(&at, |value| unschedulable(value, nodes.len(), now)),
                Some(node) => state.store.touch(&at, |value| {
                    value["spec"]["nodeName"] = json!(node.name());
                    run(value, now);
                }),
            }
        } else if nodes.iter().any(|it| it.name() == named && is_ready(it)) {
            state.store.touch(&at, |value| run(value, now));
        }
    }
}

fn waits(pod: &Stored) -> bool {
    let statuses = pod.value["status"]["containerStatuses"]
        .as_array()
        .into_iter()
        .flatten();
    statuses
        .into_iter()
        .any(|it| it["state"]["waiting"].is_object())
}

fn is_ready(node: &Stored) -> bool {
    let conditions = node.value["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten();
    let mut ready = conditions.filter(|it| it["type"] == "Ready");
    ready.any(|it| it["status"] == "True")
}

fn fits(spec: &Value, node: &Stored) -> bool {
    let labels = &node.value["metadata"]["labels"];
    let selected = spec["nodeSelector"].as_object();
    let selected = selected.is_none_or(|all| all.iter().all(|(key, it)| labels[key] == *it));
    let taints = node.value["spec"]["taints"]
        .as_array()
        .into_iter()
        .flatten();
    let mut hard = taints.filter(|it| it["effect"] != "PreferNoSchedule");
    selected && is_ready(node) && hard.all(|taint| tolerated(spec, taint))
}

fn tolerated(spec: &Value, taint: &Value) -> bool {
    let tolerations = spec["tolerations"].as_array().into_iter().flatten();
    tolerations.into_iter().any(|it| {
        let key = it["key"].is_null() || it["key"] == taint["key"];
        let value = it["operator"] == "Exists" || it["value"] == taint["value"];
        let effect = it["effect"].is_null() || it["effect"] == taint["effect"];
        key && value && effect
    })
}

fn unschedulable(value: &mut Value, nodes: usize, now: DateTime<Utc>) {
    if value["status"]["conditions"][0]["reason"] == "Unschedulable" {
        return;
    }
    value["status"]["conditions"] = json!([{
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": format!("0/{nodes} nodes are available."),
        "lastProbeTime": null, "lastTransitionTime": stamp(now),
    }]);
}

fn run(value: &mut Value, now: DateTime<Utc>) {
    let since = stamp(now);
    let containers = value["spec"]["containers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let image = |it: &Value| it["image"].as_str().unwrap_or_default().to_owned();
    let all_contain = |word| containers.iter().any(|it| image(it).contains(word));
    let once = value["spec"]["restartPolicy"] == "Never";
    let (phase, failed) = match (all_contain("bad"), once, all_contain("fail")) {
        (true, ..) => ("Pending", false),
        (_, true, true) => ("Failed", true),
        (_, true, false) => ("Succeeded", false),
        _ => ("Running", false),
    };
    let statuses: Vec<Value> = containers
        .iter()
        .map(|it| {
            let state = match phase {
                "Pending" => json!({"waiting": {
                    "reason": "ImagePullBackOff",
                    "message": format!("Back-off pulling image {:?}", image(it)),
                }}),
                "Running" => json!({"running": {"startedAt": since}}),
                _ => json!({"terminated": {
                    "exitCode": i32::from(failed), "startedAt": since, "finishedAt": since,
                    "reason": if failed { "Error" } else { "Completed" },
                }}),
            };
            json!({
                "name": it["name"], "image": image(it), "imageID": image(it), "lastState": {},
                "ready": phase == "Running", "restartCount": 0, "state": state,
            })
        })
        .collect();
    let flag = if phase == "Running" { "True" } else { "False" };
    let condition = |name: &str| {
        json!({
            "type": name, "status": flag, "lastProbeTime": null, "lastTransitionTime": since,
        })
    };
    value["status"] = json!({
        "phase": phase, "startTime": since, "qosClass": "BestEffort",
        "conditions": [condition("Ready"), condition("ContainersReady")],
        "containerStatuses": statuses,
    });
}
