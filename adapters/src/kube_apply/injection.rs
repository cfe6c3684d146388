//! The proof that the injector works: a pod that is asked for and not kept.

use super::ApplyParams;
use crate::kube::{Kube, ObjRef};
use serde_json::{Value, json};
use workflows::{Cx, Fault, FaultClass, Proof};

/// Container that the injector puts before a pod's own.
const AGENT: &str = "vault-agent-init";

/// Whether a new pod that asks for it is given the agent, or why not yet. The server calls the
/// webhook for it, since the webhook says that it has no side effects.
pub(super) async fn trial(
    kube: &dyn Kube,
    cx: &Cx,
    params: &ApplyParams,
) -> Result<Result<Proof, String>, Fault> {
    let pod = pod(params);
    let address = ObjRef::of(&pod)?.words();
    let answer = match kube.create(cx, &pod, true).await {
        Ok(pod) => pod,
        Err(fault) if fault.class == FaultClass::Transient => return Ok(Err(fault.message)),
        Err(fault) => return Err(fault),
    };
    let mut agents = answer["spec"]["initContainers"]
        .as_array()
        .into_iter()
        .flatten();
    if !agents.any(|it| it["name"] == AGENT) {
        return Ok(Err(format!("{address} was not given the agent")));
    }
    let claim = format!("a new pod that asks for it is given {AGENT} ({address}, not kept)");
    Ok(Ok(Proof::equal(claim, json!(true), json!(true))))
}

/// A pod that asks for its secrets, for the server to answer and not to keep; it breaks no Pod
/// Security level.
fn pod(params: &ApplyParams) -> Value {
    let namespace = params.namespaces.first().map_or("default", String::as_str);
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "guichet-injection-trial", "namespace": namespace,
            "annotations": {
                "vault.hashicorp.com/agent-inject": "true",
                "vault.hashicorp.com/role": "guichet-injection-trial",
            },
        },
        "spec": {
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "trial", "image": "registry.k8s.io/pause:3.10",
                "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
                },
            }],
        },
    })
}
