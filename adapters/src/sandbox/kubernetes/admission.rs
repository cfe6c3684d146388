//! What stands between a valid new object and the store: its namespace, Pod Security, webhooks.

use super::{
    kinds, podsecurity,
    request::Target,
    state::State,
    status::{Cause, Failure},
    store::Address,
    webhooks,
};
use serde_json::Value;

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
        webhooks::call(state, &namespace.value, new)?;
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
