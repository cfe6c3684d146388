//! What stands between a valid new object and the store: its namespace, Pod Security, webhooks.

use super::{
    kinds, podsecurity,
    request::Target,
    selectors::Labels,
    state::State,
    status::{Cause, Failure},
    store::Address,
};
use serde_json::{Value, json};

/// Lets a new object in, or refuses it; answers the warnings to be sent along. An object that is
/// invalid anyway gets no warning.
pub(super) fn create(
    state: &State,
    target: &Target,
    new: &mut Value,
    causes: &[Cause],
) -> Result<Vec<String>, Failure> {
    if !target.kind.namespaced {
        return Ok(Vec::new());
    }
    let kind = kinds::named("Namespace");
    let at = Address::of(&kind, "", &target.namespace);
    let Some(namespace) = state.store.get(&at) else {
        return Err(Failure::not_found(&kind.subject(&target.namespace)));
    };
    if namespace.deleting() {
        let name = &target.namespace;
        let why = format!(
            "unable to create new content in namespace {name} because it is being terminated"
        );
        let message = format!("namespace {name} is being terminated");
        let cause = Cause::new("NamespaceTerminating", message, "metadata.namespace");
        return Err(Failure::forbidden(&target.subject(), &why).causes(vec![cause]));
    }
    if !causes.is_empty() {
        return Ok(Vec::new());
    }
    let labels = namespace.value["metadata"]["labels"].clone();
    if target.kind.kind == "Pod" {
        webhooks(state, &namespace.value)?;
        if podsecurity::level(&labels, "enforce") == Some("restricted") {
            let broken = podsecurity::violations(&new["spec"]);
            if !broken.is_empty() {
                let why = format!("violates PodSecurity \"restricted:latest\": {broken}");
                return Err(Failure::forbidden(&target.subject(), &why));
            }
        }
    }
    let template = match target.kind.kind.as_str() {
        "Deployment" | "ReplicaSet" | "Job" => &new["spec"]["template"]["spec"],
        _ => return Ok(Vec::new()),
    };
    let broken = match podsecurity::level(&labels, "warn") {
        Some("restricted") => podsecurity::violations(template),
        _ => String::new(),
    };
    if broken.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "would violate PodSecurity \"restricted:latest\": {broken}"
    )])
}

/// A webhook that cannot be reached refuses the pod when it was registered so.
fn webhooks(state: &State, namespace: &Value) -> Result<(), Failure> {
    for configuration in state.store.named("MutatingWebhookConfiguration") {
        for hook in configuration.value["webhooks"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let Some(url) = hook["clientConfig"]["url"].as_str() else {
                continue;
            };
            let Some(why) = state.dead_hooks.get(url) else {
                continue;
            };
            let meant = Labels::of(&hook["namespaceSelector"]).fit(namespace) && takes_pods(hook);
            if !meant || hook["failurePolicy"] == "Ignore" {
                continue;
            }
            let name = hook["name"].as_str().unwrap_or_default();
            let words = format!(
                "failed calling webhook {name:?}: failed to call webhook: Post \
                 \"{url}?timeout={}s\": {why}",
                hook["timeoutSeconds"]
            );
            let message = format!("Internal error occurred: {words}");
            let failure = Failure::new(500, message).reason("InternalError");
            return Err(failure.causes(vec![Cause::new("", words, "")]));
        }
    }
    Ok(())
}

fn takes_pods(hook: &Value) -> bool {
    let has = |list: &Value, wanted: &str| {
        list.as_array()
            .is_some_and(|it| it.contains(&json!(wanted)) || it.contains(&json!("*")))
    };
    hook["rules"].as_array().into_iter().flatten().any(|rule| {
        has(&rule["resources"], "pods")
            && has(&rule["operations"], "CREATE")
            && has(&rule["apiGroups"], "")
    })
}

/// The addresses that would have to be called, with the seconds they are given.
pub(super) fn addresses(state: &State) -> Vec<(String, u64)> {
    let configurations = state.store.named("MutatingWebhookConfiguration");
    let hooks = configurations
        .into_iter()
        .flat_map(|it| it.value["webhooks"].as_array().cloned().unwrap_or_default());
    hooks
        .filter_map(|hook| {
            let url = hook["clientConfig"]["url"].as_str()?.to_owned();
            Some((url, hook["timeoutSeconds"].as_u64().unwrap_or(10)))
        })
        .collect()
}
