//! Which values the server refuses, and which may never change.

use super::{custom, kinds::Kind, ownership::same, status::Cause};
use regex_lite::Regex;
use serde_json::{Value, json};
use std::sync::OnceLock;

const IMMUTABLE: &str = "field is immutable";

/// What is wrong with `new`, in the order the server reports it; `old` is what it replaces.
pub(super) fn causes(kind: &Kind, new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut found = Vec::new();
    metadata(kind, &new["metadata"], &mut found);
    if let Some(open_api) = &kind.open_api {
        for part in ["spec", "status"] {
            custom::check(&open_api["properties"][part], &new[part], part, &mut found);
        }
        custom::required(open_api, new, "", &mut found);
        return found;
    }
    match kind.kind.as_str() {
        "Deployment" | "ReplicaSet" => workload(&new["spec"], old, &mut found),
        "Job" => job(&new["spec"], old, &mut found),
        "Pod" => containers(&new["spec"], "spec", &mut found),
        "ConfigMap" => config_map(new, old, &mut found),
        "Secret" => secret(new, old, &mut found),
        "MutatingWebhookConfiguration" => webhooks(new, &mut found),
        "RoleBinding" | "ClusterRoleBinding" => role_ref(new, old, &mut found),
        _ => {}
    }
    found
}

fn matches(cell: &'static OnceLock<Regex>, pattern: &str, text: &str) -> bool {
    let anchored =
        || Regex::new(&format!("^({pattern})$")).expect("the pattern is fixed and right");
    cell.get_or_init(anchored).is_match(text)
}

const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

fn metadata(kind: &Kind, metadata: &Value, found: &mut Vec<Cause>) {
    static NAME: OnceLock<Regex> = OnceLock::new();
    static VALUE: OnceLock<Regex> = OnceLock::new();
    let name = metadata["name"].as_str().unwrap_or_default();
    // Names of roles may hold a colon.
    let free = kind.group == "rbac.authorization.k8s.io";
    if !free && (name.len() > 253 || !matches(&NAME, SUBDOMAIN, name)) {
        let why = format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
             '-' or '.', and must start and end with an alphanumeric character \
             (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
        );
        found.push(Cause::invalid("metadata.name", &json!(name), &why));
    }
    for value in metadata["labels"]
        .as_object()
        .into_iter()
        .flat_map(|it| it.values())
    {
        let text = value.as_str().unwrap_or_default();
        if text.len() > 63 || !matches(&VALUE, LABEL, text) {
            let why = format!(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', \
                 '_' or '.', and must start and end with an alphanumeric character (e.g. \
                 'MyValue',  or 'my_value',  or '12345', regex used for validation is '{LABEL}')"
            );
            found.push(Cause::invalid("metadata.labels", value, &why));
        }
    }
}

fn workload(spec: &Value, old: Option<&Value>, found: &mut Vec<Cause>) {
    if spec["replicas"].as_i64().is_some_and(|it| it < 0) {
        let why = "must be greater than or equal to 0";
        found.push(Cause::invalid("spec.replicas", &spec["replicas"], why));
    }
    if spec["selector"].is_null() {
        found.push(Cause::required("spec.selector", ""));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let wanted = spec["selector"]["matchLabels"].as_object();
    let covered = wanted.is_some_and(|all| all.iter().all(|(key, value)| labels[key] == *value));
    if !covered {
        let why = "`selector` does not match template `labels`";
        found.push(Cause::invalid("spec.template.metadata.labels", labels, why));
    }
    containers(&spec["template"]["spec"], "spec.template.spec", found);
    if let Some(old) = old
        && !same(&old["spec"]["selector"], &spec["selector"])
    {
        found.push(Cause::invalid(
            "spec.selector",
            &spec["selector"],
            IMMUTABLE,
        ));
    }
}

fn job(spec: &Value, old: Option<&Value>, found: &mut Vec<Cause>) {
    let template = &spec["template"]["spec"];
    containers(template, "spec.template.spec", found);
    match template["restartPolicy"].as_str() {
        Some("Never" | "OnFailure") => {}
        Some(_) => found.push(Cause::unsupported(
            "spec.template.spec.restartPolicy",
            &template["restartPolicy"].to_string(),
            "\"OnFailure\", \"Never\"",
        )),
        None => found.push(Cause::required(
            "spec.template.spec.restartPolicy",
            "valid values: \"OnFailure\", \"Never\"",
        )),
    }
    if let Some(old) = old
        && !same(&old["spec"]["template"]["spec"], template)
    {
        found.push(Cause::invalid("spec.template.spec", template, IMMUTABLE));
    }
}

fn containers(spec: &Value, at: &str, found: &mut Vec<Cause>) {
    let none = Vec::new();
    let list = spec["containers"].as_array().unwrap_or(&none);
    if list.is_empty() {
        found.push(Cause::required(format!("{at}.containers"), ""));
    }
    for (index, container) in list.iter().enumerate() {
        for field in ["name", "image"] {
            if container[field].as_str().unwrap_or_default().is_empty() {
                found.push(Cause::required(
                    format!("{at}.containers[{index}].{field}"),
                    "",
                ));
            }
        }
    }
}

fn config_map(new: &Value, old: Option<&Value>, found: &mut Vec<Cause>) {
    let Some(old) = old.filter(|it| it["immutable"] == true) else {
        return;
    };
    let why = "field is immutable when `immutable` is set";
    for field in ["immutable", "data", "binaryData"] {
        if !same(&old[field], &new[field]) {
            found.push(Cause::forbidden(field, why));
        }
    }
}

fn secret(new: &Value, old: Option<&Value>, found: &mut Vec<Cause>) {
    let account = "kubernetes.io/service-account.name";
    if new["type"] == "kubernetes.io/service-account-token"
        && !new["metadata"]["annotations"][account].is_string()
    {
        found.push(Cause::required(
            format!("metadata.annotations[{account}]"),
            "",
        ));
    }
    let Some(old) = old else { return };
    if !same(&old["type"], &new["type"]) {
        found.push(Cause::invalid("type", &new["type"], IMMUTABLE));
    }
    if old["immutable"] == true && !same(&old["data"], &new["data"]) {
        found.push(Cause::forbidden(
            "data",
            "field is immutable when `immutable` is set",
        ));
    }
}

fn webhooks(new: &Value, found: &mut Vec<Cause>) {
    for (index, hook) in new["webhooks"].as_array().into_iter().flatten().enumerate() {
        let at = format!("webhooks[{index}]");
        let client = &hook["clientConfig"];
        if client["url"].is_string() == client["service"].is_object() {
            let why = "exactly one of url or service is required";
            found.push(Cause::required(format!("{at}.clientConfig"), why));
        }
        if let Some((scheme, _)) = client["url"].as_str().and_then(|it| it.split_once("://"))
            && scheme != "https"
        {
            let why = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
            found.push(Cause::invalid(
                format!("{at}.clientConfig.url"),
                &json!(scheme),
                why,
            ));
        }
        if !matches!(hook["sideEffects"].as_str(), Some("None" | "NoneOnDryRun")) {
            let supported = "\"None\", \"NoneOnDryRun\"";
            let field = format!("{at}.sideEffects");
            found.push(Cause::unsupported(
                &field,
                &hook["sideEffects"].to_string(),
                supported,
            ));
        }
        let seconds = hook["timeoutSeconds"].as_i64().unwrap_or_default();
        if !(1..=30).contains(&seconds) {
            let why = "the timeout value must be between 1 and 30 seconds";
            let field = format!("{at}.timeoutSeconds");
            found.push(Cause::invalid(field, &hook["timeoutSeconds"], why));
        }
    }
}

fn role_ref(new: &Value, old: Option<&Value>, found: &mut Vec<Cause>) {
    if new["roleRef"]["name"]
        .as_str()
        .unwrap_or_default()
        .is_empty()
    {
        found.push(Cause::required("roleRef.name", ""));
    }
    if let Some(old) = old
        && !same(&old["roleRef"], &new["roleRef"])
    {
        found.push(Cause::invalid(
            "roleRef",
            &new["roleRef"],
            "cannot change roleRef",
        ));
    }
}
