//! How many pods of a budget may be disrupted now.

use super::{super::selectors::Labels, ready, snapshot};
use crate::sandbox::kubernetes::state::{State, stamp};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

const REMEMBERED: TimeDelta = TimeDelta::minutes(2);

pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    let pods = snapshot(state, "Pod");
    for (at, budget) in snapshot(state, "PodDisruptionBudget") {
        let spec = &budget.value["spec"];
        let selector = Labels::of(&spec["selector"]);
        let mine =
            |namespace: &str, value: &Value| namespace == budget.namespace() && selector.fit(value);
        let pods: Vec<_> = pods
            .iter()
            .filter(|(_, it)| mine(it.namespace(), &it.value))
            .collect();
        let none = Map::new();
        let disrupted = budget.value["status"]["disruptedPods"]
            .as_object()
            .unwrap_or(&none);
        let recent: Map<String, Value> = disrupted
            .iter()
            .filter(|(name, since)| {
                let since = since
                    .as_str()
                    .and_then(|it| DateTime::parse_from_rfc3339(it).ok());
                let still = pods
                    .iter()
                    .any(|(_, it)| it.name() == *name && !it.deleting());
                still && since.is_some_and(|it| now - it.to_utc() < REMEMBERED)
            })
            .map(|(name, since)| (name.clone(), since.clone()))
            .collect();
        let expected = pods.iter().filter(|(_, it)| !it.deleting()).count();
        let healthy = pods
            .iter()
            .filter(|(_, it)| ready(it) && !recent.contains_key(it.name()));
        let healthy = healthy.count();
        let desired = match (&spec["minAvailable"], &spec["maxUnavailable"]) {
            (Value::Null, most) => expected.saturating_sub(share(most, expected)),
            (least, _) => share(least, expected),
        };
        let allowed = healthy.saturating_sub(desired);
        let generation = budget.value["metadata"]["generation"].clone();
        state.store.touch(&at, |value| {
            let (flag, reason) = match allowed {
                0 => ("False", "InsufficientPods"),
                _ => ("True", "SufficientPods"),
            };
            let since = match &value["status"]["conditions"][0] {
                old if old["status"] == flag => old["lastTransitionTime"].clone(),
                _ => stamp(now),
            };
            let mut status = json!({
                "observedGeneration": generation, "disruptionsAllowed": allowed,
                "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
                "conditions": [{
                    "type": "DisruptionAllowed", "status": flag, "reason": reason, "message": "",
                    "observedGeneration": generation, "lastTransitionTime": since,
                }],
            });
            if !recent.is_empty() {
                status["disruptedPods"] = Value::Object(recent);
            }
            value["status"] = status;
        });
    }
}

/// A number, or a percentage of `all` rounded up.
fn share(value: &Value, all: usize) -> usize {
    match value
        .as_str()
        .and_then(|it| it.strip_suffix('%')?.parse::<usize>().ok())
    {
        Some(percent) => (all * percent).div_ceil(100),
        None => super::count(value),
    }
}
