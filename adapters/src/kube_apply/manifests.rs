//! The objects of K05, rendered: the account that reviews tokens for Vault, and the injector.

use crate::vault::{REVIEWER_ACCOUNT, REVIEWER_NAMESPACE, REVIEWER_SECRET, mount_of};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflows::Violation;

const RBAC: &str = "rbac.authorization.k8s.io";
const INJECTOR: &str = "vault-injector";
const INJECTOR_IMAGE: &str = "docker.io/hashicorp/vault-k8s:1.7.0";
const AGENT_IMAGE: &str = "docker.io/hashicorp/vault:1.20.4";
const PORT: u16 = 8080;
/// Namespaces whose pods must start even when nothing else does.
const UNTOUCHED: [&str; 4] = ["kube-node-lease", "kube-public", "kube-system", INJECTOR];

/// A set of objects that this program knows how to render.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manifest {
    /// Namespace, account, token and rights with which Vault asks the cluster about a login.
    VaultReviewer,
    /// The injector and, last, the webhook that sends new pods to it.
    VaultInjector,
}

/// What happens to a new pod when the injector does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailurePolicy {
    /// It starts without its secrets.
    #[default]
    Ignore,
    /// It does not start.
    Fail,
}

/// Parameters of `kube.apply`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyParams {
    /// Which objects.
    pub manifest: Manifest,
    /// Namespaces whose pods are meant; they must exist. None: all but the system's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// What happens to a new pod when the injector does not answer.
    #[serde(default)]
    pub failure_policy: FailurePolicy,
    /// Injectors that run, 2 to 5.
    #[serde(default = "two")]
    pub replicas: u32,
    /// Image of the injector, by digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub injector_image: Option<String>,
    /// Image of the agent that is put into pods, by digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_image: Option<String>,
    /// Takes over fields that another manager owns, which the plan then names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takeover: bool,
}

fn two() -> u32 {
    2
}

impl ApplyParams {
    /// That manifest with the usual values.
    #[must_use]
    pub fn new(manifest: Manifest) -> ApplyParams {
        ApplyParams {
            manifest,
            namespaces: Vec::new(),
            failure_policy: FailurePolicy::default(),
            replicas: two(),
            injector_image: None,
            agent_image: None,
            takeover: false,
        }
    }
}

/// What of the parameters cannot be.
pub(super) fn validate(params: &ApplyParams) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut refuse = |pointer: String, code: &str, message: &str| {
        found.push(Violation {
            pointer,
            code: code.into(),
            message: message.into(),
        });
    };
    if !(2..=5).contains(&params.replicas) {
        let message = "The injector runs two to five times.";
        refuse("/replicas".into(), "injector.replicas", message);
    }
    for (name, image) in [
        ("injector_image", &params.injector_image),
        ("agent_image", &params.agent_image),
    ] {
        if image.as_ref().is_some_and(|it| !pinned(it)) {
            let message = "An image is named with its digest, name@sha256:….";
            refuse(format!("/{name}"), "injector.image_digest", message);
        }
    }
    for (index, name) in params.namespaces.iter().enumerate() {
        if UNTOUCHED.contains(&name.as_str()) {
            let message = "Pods of the system's own namespaces are left alone.";
            refuse(
                format!("/namespaces/{index}"),
                "injector.namespace_reserved",
                message,
            );
        }
    }
    found
}

fn pinned(image: &str) -> bool {
    image.split_once("@sha256:").is_some_and(|(name, digest)| {
        !name.is_empty() && digest.len() == 64 && digest.bytes().all(|it| it.is_ascii_hexdigit())
    })
}

/// The objects in the order in which they are made; the webhook last, so that nothing is sent to
/// an injector that does not exist.
pub(super) fn render(params: &ApplyParams, zone: &str, vault: &str) -> Vec<Value> {
    match params.manifest {
        Manifest::VaultReviewer => reviewer(),
        Manifest::VaultInjector => injector(params, zone, vault),
    }
}

fn labels() -> Value {
    json!({"app.kubernetes.io/name": INJECTOR, "app.kubernetes.io/managed-by": "guichet"})
}

fn object(api: &str, kind: &str, name: &str, namespaced: bool, rest: Value) -> Value {
    let mut object = json!({
        "apiVersion": api, "kind": kind, "metadata": {"name": name, "labels": labels()},
    });
    if namespaced {
        object["metadata"]["namespace"] = json!(REVIEWER_NAMESPACE);
    }
    if let (Some(map), Value::Object(rest)) = (object.as_object_mut(), rest) {
        map.extend(rest);
    }
    object
}

fn binding(kind: &str, name: &str, role_kind: &str, role: &str, account: &str) -> Value {
    let api = format!("{RBAC}/v1");
    object(
        &api,
        kind,
        name,
        kind == "RoleBinding",
        json!({
            "roleRef": {"apiGroup": RBAC, "kind": role_kind, "name": role},
            "subjects": [
                {"kind": "ServiceAccount", "name": account, "namespace": REVIEWER_NAMESPACE},
            ],
        }),
    )
}

fn reviewer() -> Vec<Value> {
    let mut token = object(
        "v1",
        "Secret",
        REVIEWER_SECRET,
        true,
        json!({
            "type": "kubernetes.io/service-account-token",
        }),
    );
    token["metadata"]["annotations"]["kubernetes.io/service-account.name"] =
        json!(REVIEWER_ACCOUNT);
    vec![
        object("v1", "Namespace", REVIEWER_NAMESPACE, false, json!({})),
        object("v1", "ServiceAccount", REVIEWER_ACCOUNT, true, json!({})),
        token,
        binding(
            "ClusterRoleBinding",
            REVIEWER_ACCOUNT,
            "ClusterRole",
            "system:auth-delegator",
            REVIEWER_ACCOUNT,
        ),
    ]
}

fn injector(params: &ApplyParams, zone: &str, vault: &str) -> Vec<Value> {
    let api = format!("{RBAC}/v1");
    let selector = json!({"app.kubernetes.io/name": INJECTOR});
    vec![
        object("v1", "ServiceAccount", INJECTOR, true, json!({})),
        object(
            &api,
            "ClusterRole",
            INJECTOR,
            false,
            json!({"rules": [{
                "apiGroups": ["admissionregistration.k8s.io"],
                "resources": ["mutatingwebhookconfigurations"],
                "verbs": ["get", "list", "watch", "patch"],
            }]}),
        ),
        binding(
            "ClusterRoleBinding",
            INJECTOR,
            "ClusterRole",
            INJECTOR,
            INJECTOR,
        ),
        // Several injectors agree on one of them to make the certificate they share.
        object(
            &api,
            "Role",
            INJECTOR,
            true,
            json!({"rules": [{
                "apiGroups": [""], "resources": ["secrets", "pods"],
                "verbs": ["create", "get", "list", "update", "watch"],
            }]}),
        ),
        binding("RoleBinding", INJECTOR, "Role", INJECTOR, INJECTOR),
        deployment(params, zone, vault, &selector),
        object(
            "v1",
            "Service",
            INJECTOR,
            true,
            json!({"spec": {
                "selector": selector,
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": PORT}],
            }}),
        ),
        object(
            "policy/v1",
            "PodDisruptionBudget",
            INJECTOR,
            true,
            json!({"spec": {
                "minAvailable": 1, "selector": {"matchLabels": selector},
            }}),
        ),
        webhook(params),
    ]
}

fn deployment(params: &ApplyParams, zone: &str, vault: &str, selector: &Value) -> Value {
    let image = |given: &Option<String>, usual: &str| given.clone().unwrap_or(usual.to_owned());
    let service = format!("{INJECTOR}.{REVIEWER_NAMESPACE}");
    let settings = [
        ("LISTEN", format!(":{PORT}")),
        ("LOG_FORMAT", "json".to_owned()),
        ("VAULT_ADDR", vault.to_owned()),
        ("VAULT_AUTH_PATH", format!("auth/{}", mount_of(zone))),
        ("VAULT_IMAGE", image(&params.agent_image, AGENT_IMAGE)),
        ("TLS_AUTO", INJECTOR.to_owned()),
        (
            "TLS_AUTO_HOSTS",
            format!("{INJECTOR},{service},{service}.svc"),
        ),
        ("USE_LEADER_ELECTOR", "true".to_owned()),
    ];
    let mut env: Vec<Value> = settings
        .into_iter()
        .map(|(name, value)| json!({"name": format!("AGENT_INJECT_{name}"), "value": value}))
        .collect();
    for (name, field) in [
        ("NAMESPACE", "metadata.namespace"),
        ("POD_NAME", "metadata.name"),
    ] {
        env.push(json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}}));
    }
    let probe = |wait: u32| {
        json!({
            "httpGet": {"path": "/health/ready", "port": PORT, "scheme": "HTTPS"},
            "initialDelaySeconds": wait, "periodSeconds": 2, "timeoutSeconds": 5,
        })
    };
    let container = json!({
        "name": "injector", "image": image(&params.injector_image, INJECTOR_IMAGE),
        "args": ["agent-inject"], "env": env,
        "ports": [{"name": "https", "containerPort": PORT, "protocol": "TCP"}],
        "livenessProbe": probe(5), "readinessProbe": probe(5),
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"memory": "256Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true, "runAsNonRoot": true,
        },
    });
    object(
        "apps/v1",
        "Deployment",
        INJECTOR,
        true,
        json!({"spec": {
            "replicas": params.replicas,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": labels()},
                "spec": {
                    "serviceAccountName": INJECTOR,
                    "securityContext": {
                        "runAsNonRoot": true, "runAsUser": 100, "runAsGroup": 1000, "fsGroup": 1000,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [container],
                },
            },
        }}),
    )
}

/// Without `caBundle`: the injector writes its own authority there, and a value of ours would wipe
/// it at every apply.
fn webhook(params: &ApplyParams) -> Value {
    let (operator, values) = if params.namespaces.is_empty() {
        ("NotIn", json!(UNTOUCHED))
    } else {
        ("In", json!(params.namespaces))
    };
    let own = json!({
        "key": "app.kubernetes.io/name", "operator": "NotIn", "values": [INJECTOR],
    });
    let hook = json!({
        "name": "vault.hashicorp.com", "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {
            "name": INJECTOR, "namespace": REVIEWER_NAMESPACE, "path": "/mutate", "port": 443,
        }},
        "failurePolicy": params.failure_policy, "matchPolicy": "Equivalent",
        "sideEffects": "None", "timeoutSeconds": 5,
        "namespaceSelector": {"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": operator, "values": values},
        ]},
        "objectSelector": {"matchExpressions": [own]},
        "rules": [{
            "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
            "resources": ["pods"], "scope": "Namespaced",
        }],
    });
    object(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        INJECTOR,
        false,
        json!({"webhooks": [hook]}),
    )
}
