//! The Pod Security level `restricted`, as far as the recorded answers show it.

use serde_json::{Value, json};

/// What is wrong, of whom, the remedy, and whether a container's and its pod's context break it.
type Check = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Value, &Value) -> bool,
);

/// The level that a namespace sets for a mode.
pub(super) fn level<'a>(labels: &'a Value, mode: &str) -> Option<&'a str> {
    labels[format!("pod-security.kubernetes.io/{mode}")].as_str()
}

/// What of a pod breaks the level, in the server's words; empty when nothing does.
pub(super) fn violations(spec: &Value) -> String {
    let mut found = Vec::new();
    let shared = ["hostNetwork", "hostPID", "hostIPC"];
    let shared: Vec<String> = shared
        .iter()
        .filter(|name| spec[**name] == true)
        .map(|name| format!("{name}=true"))
        .collect();
    if !shared.is_empty() {
        found.push(format!("host namespaces ({})", shared.join(", ")));
    }
    let pod = &spec["securityContext"];
    let checks: [Check; 5] = [
        (
            "privileged",
            "container",
            "must not set securityContext.privileged=true",
            |own, _| own["privileged"] == true,
        ),
        (
            "allowPrivilegeEscalation != false",
            "container",
            "must set securityContext.allowPrivilegeEscalation=false",
            |own, _| own["allowPrivilegeEscalation"] != false,
        ),
        (
            "unrestricted capabilities",
            "container",
            "must set securityContext.capabilities.drop=[\"ALL\"]",
            |own, _| {
                let dropped = own["capabilities"]["drop"].as_array();
                !dropped.is_some_and(|it| it.contains(&json!("ALL")))
            },
        ),
        (
            "runAsNonRoot != true",
            "pod or container",
            "must set securityContext.runAsNonRoot=true",
            |own, pod| own["runAsNonRoot"] != true && pod["runAsNonRoot"] != true,
        ),
        (
            "seccompProfile",
            "pod or container",
            "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
            |own, pod| {
                let fine = |it: &Value| {
                    matches!(
                        it["seccompProfile"]["type"].as_str(),
                        Some("RuntimeDefault" | "Localhost")
                    )
                };
                !fine(own) && !fine(pod)
            },
        ),
    ];
    for (what, who, remedy, broken) in checks {
        let names: Vec<String> = ["initContainers", "containers"]
            .iter()
            .flat_map(|list| spec[*list].as_array().into_iter().flatten())
            .filter(|it| broken(&it["securityContext"], pod))
            .map(|it| it["name"].to_string())
            .collect();
        if !names.is_empty() {
            let plural = if names.len() > 1 { "s" } else { "" };
            found.push(format!(
                "{what} ({who}{plural} {} {remedy})",
                names.join(", ")
            ));
        }
    }
    found.join(", ")
}
