//! Eviction of a pod, under its disruption budget.

use super::{
    kinds, remove,
    request::{Answer, Request, Target},
    selectors::Labels,
    state::{State, stamp},
    status::{Cause, Failure},
    store::{Address, Stored},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// `POST …/pods/<name>/eviction`
pub(super) fn answer(
    state: &mut State,
    request: &Request,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let body = request.json()?;
    if body["metadata"]["name"].as_str() != Some(&target.name) {
        return Err(Failure::bad_request(
            "name in URL does not match name in Eviction object",
        ));
    }
    let at = target.address();
    let pod = state
        .store
        .get(&at)
        .ok_or_else(|| Failure::not_found(&target.subject()))?;
    let options = body
        .get("deleteOptions")
        .cloned()
        .unwrap_or_else(|| json!({}));
    let asked = options["dryRun"][0]
        .as_str()
        .or(request.query.get("dryRun").map(String::as_str));
    let dry_run = super::request::dry_run(asked, "DeleteOptions")?;
    let phase = pod.text("/status/phase");
    // A pod that serves nobody, or is going already, costs no budget.
    let free = pod.deleting() || ["Pending", "Succeeded", "Failed"].contains(&phase);
    let (uid, version) = (
        pod.uid().to_owned(),
        pod.text("/metadata/resourceVersion").to_owned(),
    );
    if !free {
        spend(state, &at, dry_run, now)?;
    }
    remove::preconditions(target, &options, &uid, &version)?;
    if !dry_run {
        state.store.touch(&at, |value| {
            if !value["metadata"]["deletionTimestamp"].is_string() {
                let condition = json!({
                    "type": "DisruptionTarget", "status": "True", "lastProbeTime": null,
                    "lastTransitionTime": stamp(now), "reason": "EvictionByEvictionAPI",
                    "message": "Eviction API: evicting",
                });
                let mut conditions = value["status"]["conditions"].as_array().cloned();
                conditions.get_or_insert_default().push(condition);
                value["status"]["conditions"] = json!(conditions);
            }
            remove::mark(value, "Pod", None, now);
        });
        remove::finish(&mut state.store, &at);
    }
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201,
    });
    Ok(Answer::new(201, body))
}

/// Takes one disruption from the pod's budget; the pod stays listed there even if it is then not
/// deleted after all.
fn spend(
    state: &mut State,
    pod: &Address,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let kind = kinds::named("PodDisruptionBudget");
    let Some(stored) = state.store.get(pod) else {
        return Ok(());
    };
    let budgets: Vec<&Stored> = state
        .store
        .of_kind(&kind)
        .filter(|it| it.namespace() == pod.namespace)
        .filter(|it| Labels::of(&it.value["spec"]["selector"]).fit(&stored.value))
        .collect();
    let budget = match budgets.as_slice() {
        [] => return Ok(()),
        [one] => *one,
        _ => {
            let message = "This pod has more than one PodDisruptionBudget, which the eviction \
                           subresource does not support.";
            return Err(Failure::new(500, message));
        }
    };
    let name = budget.name().to_owned();
    let status = budget.value["status"].clone();
    let number = |name: &str| status[name].as_u64().unwrap_or_default();
    let refused = |message: String| {
        let words = "Cannot evict pod as it would violate the pod's disruption budget.";
        let cause = Cause::new("DisruptionBudget", message, "");
        Failure::new(429, words)
            .reason("TooManyRequests")
            .causes(vec![cause])
    };
    if status["observedGeneration"] != budget.value["metadata"]["generation"] {
        let message =
            format!("The disruption budget {name} is still being processed by the server.");
        return Err(refused(message).retry_after(10));
    }
    if number("disruptionsAllowed") == 0 {
        return Err(refused(format!(
            "The disruption budget {name} needs {} healthy pods and has {} currently",
            number("desiredHealthy"),
            number("currentHealthy")
        )));
    }
    if !dry_run {
        let at = Address::of(&kind, &pod.namespace, &name);
        let left = number("disruptionsAllowed") - 1;
        state.store.touch(&at, |value: &mut Value| {
            value["status"]["disruptionsAllowed"] = json!(left);
            value["status"]["disruptedPods"][&pod.name] = stamp(now);
        });
    }
    Ok(())
}
