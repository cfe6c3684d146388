//! Jobs of one pod: success, failure, deadline, time to live.

use super::{is_owned_by, make, pod_of, snapshot};
use crate::sandbox::kubernetes::{
    kinds, podsecurity,
    state::{State, stamp},
    store::{Address, Stored},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    for (at, job) in snapshot(state, "Job") {
        if job.deleting() {
            continue;
        }
        if let Some(ended) = ended(&job) {
            let life = job.value["spec"]["ttlSecondsAfterFinished"].as_i64();
            if life.is_some_and(|it| now - ended >= TimeDelta::seconds(it)) {
                state.store.remove(&at);
            }
            continue;
        }
        if job.value["spec"]["suspend"] == true {
            continue;
        }
        if job.value["status"]["startTime"].is_null() {
            state
                .store
                .touch(&at, |it| it["status"]["startTime"] = stamp(now));
        }
        let pods = snapshot(state, "Pod");
        if pods.iter().any(|(_, it)| is_owned_by(it, &job)) {
            continue;
        }
        start(state, &job, now);
    }
}

fn start(state: &mut State, job: &Stored, now: DateTime<Utc>) {
    let mut template = job.value["spec"]["template"].clone();
    for (name, text) in [
        ("batch.kubernetes.io/job-name", job.name()),
        ("job-name", job.name()),
    ] {
        template["metadata"]["labels"][name] = json!(text);
    }
    let namespace = Address::of(&kinds::named("Namespace"), "", job.namespace());
    let labels = state
        .store
        .get(&namespace)
        .map(|it| it.value["metadata"]["labels"].clone());
    let strict = podsecurity::level(&labels.unwrap_or_default(), "enforce") == Some("restricted");
    let broken = if strict {
        podsecurity::violations(&template["spec"])
    } else {
        String::new()
    };
    if broken.is_empty() {
        let pod = pod_of(state, job, &template, now);
        make(state, "Pod", pod, now);
        return;
    }
    let message = format!("Error creating: pods is forbidden: violates PodSecurity: {broken}");
    refused(state, job, &message, now);
}

/// Says once, in an event, why a pod could not be made.
fn refused(state: &mut State, job: &Stored, message: &str, now: DateTime<Utc>) {
    let name = format!("{}.failed-create", job.name());
    let at = Address::of(&kinds::named("Event"), job.namespace(), &name);
    if state.store.get(&at).is_some() {
        return;
    }
    let event = json!({
        "metadata": {"name": name, "namespace": job.namespace()},
        "involvedObject": {
            "kind": "Job", "apiVersion": "batch/v1", "name": job.name(), "uid": job.uid(),
            "namespace": job.namespace(),
        },
        "reason": "FailedCreate", "type": "Warning", "message": message, "count": 1,
        "firstTimestamp": stamp(now), "lastTimestamp": stamp(now),
    });
    make(state, "Event", event, now);
}

pub(super) fn report(state: &mut State, now: DateTime<Utc>) {
    let pods = snapshot(state, "Pod");
    for (at, job) in snapshot(state, "Job") {
        if ended(&job).is_some() || job.value["spec"]["suspend"] == true || job.deleting() {
            continue;
        }
        let mine = |phase: &str| {
            let mine = pods.iter().filter(|(_, it)| is_owned_by(it, &job));
            mine.filter(|(_, it)| it.text("/status/phase") == phase)
                .count()
        };
        let (good, bad) = (mine("Succeeded"), mine("Failed"));
        let active = mine("Pending") + mine("Running");
        let late = time(&job.value["status"]["startTime"])
            .zip(job.value["spec"]["activeDeadlineSeconds"].as_i64())
            .is_some_and(|(since, most)| now - since >= TimeDelta::seconds(most));
        let outcome = match (good, bad) {
            (1.., _) => Some([
                "SuccessCriteriaMet",
                "Complete",
                "CompletionsReached",
                "Reached expected number of succeeded pods",
            ]),
            (_, 1..) => Some([
                "FailureTarget",
                "Failed",
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            ]),
            _ if late => Some([
                "FailureTarget",
                "Failed",
                "DeadlineExceeded",
                "Job was active longer than specified deadline",
            ]),
            _ => None,
        };
        state.store.touch(&at, |value| {
            let status = &mut value["status"];
            for (name, number) in [("active", active), ("succeeded", good), ("failed", bad)] {
                if number > 0 {
                    status[name] = json!(number);
                } else if let Some(map) = status.as_object_mut() {
                    map.remove(name);
                }
            }
            if let Some([first, second, reason, message]) = outcome {
                let condition = |name: &str| {
                    json!({
                        "type": name, "status": "True", "reason": reason, "message": message,
                        "lastProbeTime": stamp(now), "lastTransitionTime": stamp(now),
                    })
                };
                status["conditions"] = json!([condition(first), condition(second)]);
                if second == "Complete" {
                    status["completionTime"] = stamp(now);
                }
            }
        });
        if late && outcome.is_some() {
            for (at, _) in pods.iter().filter(|(_, it)| is_owned_by(it, &job)) {
                state.store.remove(at);
            }
        }
    }
}

fn ended(job: &Stored) -> Option<DateTime<Utc>> {
    let conditions = job.value["status"]["conditions"].as_array()?;
    let mut last = conditions
        .iter()
        .filter(|it| it["type"] == "Complete" || it["type"] == "Failed");
    time(&last.next()?["lastTransitionTime"])
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?)
        .ok()
        .map(|it| it.to_utc())
}
