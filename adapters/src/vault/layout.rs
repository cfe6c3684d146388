//! What must exist in Vault for the injector of one zone: an auth mount, its configuration, a
//! policy per access model over one layout of keys, and the role that binds them to pods.
//!
//! Keys live at `kv/global/…`, `kv/ns/<namespace>/…`, `kv/cluster/<zone>/…` and
//! `kv/cluster/<zone>/ns/<namespace>/…`. The namespace in a policy is that of the service account
//! which logged in, filled in by Vault itself: one role may serve several namespaces, and none of
//! them reads another's keys.

use super::{AUDIENCE, ClusterLink, mount_of};
use crate::wire::Secret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use workflows::Violation;

const TOKEN_SECONDS: u64 = 3600;
const MOST_NAMESPACES: usize = 50;
/// Stands for the service account's namespace where people read it.
const THEIR_NAMESPACE: &str = "<namespace of the pod>";

/// Parameters of `vault.ensure`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsureParams {
    /// Namespaces whose pods may log in.
    pub namespaces: Vec<String>,
    /// Which keys they may read.
    pub models: Vec<Model>,
    /// Service account of those pods.
    pub service_account: String,
    /// Name of the role that pods annotate.
    pub role: String,
}

/// Which keys a pod may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Keys for everyone.
    Global,
    /// Keys of its namespace, on whatever cluster.
    Namespace,
    /// Keys of its cluster, for all namespaces.
    Cluster,
    /// Keys of its namespace on its cluster.
    ClusterNamespace,
}

impl Model {
    fn name(self) -> &'static str {
        match self {
            Model::Global => "global",
            Model::Namespace => "namespace",
            Model::Cluster => "cluster",
            Model::ClusterNamespace => "cluster-namespace",
        }
    }

    fn policy_name(self, zone: &str) -> String {
        format!("guichet-{zone}-{}", self.name())
    }

    /// Key prefixes with what is allowed below them.
    fn rules(self, zone: &str, namespace: &str) -> Vec<(String, &'static [&'static str])> {
        const READ: &[&str] = &["read"];
        match self {
            Model::Global => vec![("kv/data/global/*".to_owned(), READ)],
            Model::Namespace => vec![(format!("kv/data/ns/{namespace}/*"), READ)],
            Model::Cluster => vec![
                (format!("kv/data/cluster/{zone}/*"), READ),
                // The keys of single namespaces lie below; the longer path overrules the shorter.
                (format!("kv/data/cluster/{zone}/ns/*"), &["deny"]),
            ],
            Model::ClusterNamespace => {
                vec![(format!("kv/data/cluster/{zone}/ns/{namespace}/*"), READ)]
            }
        }
    }

    /// The policy's text, one attribute a line as every server's parser takes it.
    fn policy(self, zone: &str, accessor: &str) -> String {
        let namespace = format!(
            "{{{{identity.entity.aliases.{accessor}.metadata.service_account_namespace}}}}"
        );
        let rules = self.rules(zone, &namespace);
        let rules = rules.iter().map(|(path, can)| {
            let can: Vec<String> = can.iter().map(|it| format!("{it:?}")).collect();
            format!(
                "path \"{path}\" {{\n  capabilities = [{}]\n}}\n",
                can.join(", ")
            )
        });
        rules.collect()
    }
}

/// What kind of thing a path holds; decides how it is read, written and taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Mount,
    Config,
    Policy,
    Role,
}

/// One thing that must exist.
pub(super) struct Item {
    pub(super) kind: Kind,
    /// Where it is written.
    pub(super) path: String,
    /// Its wanted state, reduced to the keys that are ours.
    pub(super) state: Value,
    /// What people read of it: never a value, never a credential.
    pub(super) shown: Value,
}

/// Everything that must exist, in the order in which it can be made. Without an accessor the mount
/// does not exist yet, so no present policy can be the wanted one.
pub(super) fn items(
    zone: &str,
    params: &EnsureParams,
    link: &ClusterLink,
    accessor: Option<&str>,
) -> Vec<Item> {
    let mount = mount_of(zone);
    let mut models = params.models.clone();
    models.sort_unstable();
    let mut items = vec![
        Item {
            kind: Kind::Mount,
            path: format!("sys/auth/{mount}"),
            state: json!({"type": "kubernetes"}),
            shown: json!({"type": "kubernetes"}),
        },
        Item {
            kind: Kind::Config,
            path: format!("auth/{mount}/config"),
            state: json!({
                "kubernetes_host": link.host,
                "kubernetes_ca_cert": link.ca_pem.trim(),
                "disable_local_ca_jwt": true,
                // A role with an audience takes no token that the cluster's API would take too, so
                // nobody can review their own login.
                "token_reviewer_jwt_set": true,
            }),
            shown: json!({"kubernetes_host": link.host}),
        },
    ];
    for model in &models {
        let shown: Map<String, Value> = model
            .rules(zone, THEIR_NAMESPACE)
            .into_iter()
            .map(|(path, can)| (path, json!(can)))
            .collect();
        items.push(Item {
            kind: Kind::Policy,
            path: format!("sys/policies/acl/{}", model.policy_name(zone)),
            state: match accessor {
                Some(accessor) => json!({"policy": model.policy(zone, accessor).trim()}),
                None => Value::Null,
            },
            shown: Value::Object(shown),
        });
    }
    let mut namespaces = params.namespaces.clone();
    namespaces.sort_unstable();
    let role = json!({
        "bound_service_account_names": [params.service_account],
        "bound_service_account_namespaces": namespaces,
        "audience": AUDIENCE,
        "token_policies": policies(zone, &models),
        "token_ttl": TOKEN_SECONDS,
        "alias_name_source": "serviceaccount_uid",
    });
    items.push(Item {
        kind: Kind::Role,
        path: format!("auth/{mount}/role/{}", params.role),
        shown: role.clone(),
        state: role,
    });
    items
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

/// What Vault says of an item, reduced to the keys that are ours and made comparable.
pub(super) fn reduced(kind: Kind, said: &Value) -> Value {
    let keys: &[&str] = match kind {
        Kind::Mount => &["type"],
        Kind::Config => &[
            "kubernetes_host",
            "kubernetes_ca_cert",
            "disable_local_ca_jwt",
            "token_reviewer_jwt_set",
        ],
        Kind::Policy => &["policy"],
        Kind::Role => &[
            "bound_service_account_names",
            "bound_service_account_namespaces",
            "audience",
            "token_policies",
            "token_ttl",
            "alias_name_source",
        ],
    };
    let mut state = Map::new();
    for key in keys {
        let value = match said.get(*key) {
            Some(Value::String(text)) => json!(text.trim()),
            Some(Value::Array(list)) => {
                let texts = list.iter().filter_map(Value::as_str).map(str::to_owned);
                json!(sorted(texts.collect()))
            }
            Some(other) => other.clone(),
            None if *key == "token_reviewer_jwt_set" => json!(false),
            None => Value::Null,
        };
        state.insert((*key).to_owned(), value);
    }
    Value::Object(state)
}

/// Whether a token of Kubernetes ends by itself. As Vault's own it would one day break every login.
pub(super) fn expires(token: &Secret) -> bool {
    let payload = token.expose().split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(payload).ok();
    let claims = claims.and_then(|it| serde_json::from_slice::<Value>(&it).ok());
    claims.is_some_and(|it| it.get("exp").is_some_and(Value::is_number))
}

/// Policies that a role of these models grants, in order.
pub(super) fn policies(zone: &str, models: &[Model]) -> Vec<String> {
    sorted(models.iter().map(|it| it.policy_name(zone)).collect())
}

/// Everything wrong with the parameters; offline.
pub(super) fn validate(params: &EnsureParams) -> Vec<Violation> {
    let mut found = names(&params.namespaces, &params.service_account, &params.role);
    let mut models = params.models.clone();
    models.sort_unstable();
    models.dedup();
    if models.is_empty() || models.len() != params.models.len() {
        let message = "Name at least one access model, each once.";
        found.push(violation("/models", "vault.models", message));
    }
    found
}

/// What is wrong with the names that bind pods to a role.
pub(super) fn names(namespaces: &[String], account: &str, role: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut all = namespaces.to_vec();
    all.sort_unstable();
    all.dedup();
    let count = (1..=MOST_NAMESPACES).contains(&all.len()) && all.len() == namespaces.len();
    if !count || !all.iter().all(|it| label(it)) {
        let message = "Name 1 to 50 namespaces, each once, as Kubernetes writes them; no pattern.";
        found.push(violation("/namespaces", "vault.namespaces", message));
    }
    if all.iter().any(|it| it.starts_with("kube-")) {
        let message = "Namespaces of Kubernetes itself get no secrets.";
        found.push(violation("/namespaces", "vault.system", message));
    }
    if !label(account) {
        let message = "A service account is named as Kubernetes writes it; no pattern.";
        found.push(violation("/service_account", "vault.account", message));
    }
    if !label(role) {
        let message = "A role is named in small letters, digits and dashes.";
        found.push(violation("/role", "vault.role", message));
    }
    found
}

fn violation(pointer: &str, code: &str, message: &str) -> Violation {
    Violation {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

fn label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
