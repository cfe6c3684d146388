//! The kinds of objects served: built in, and those that definitions add.

use super::{schema::Schema, status::Subject};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// One kind and its ways.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub namespaced: bool,
    pub schema: Schema,
    /// Whether a change of anything but metadata and status counts a generation.
    pub counted: bool,
    /// Whether status is written through its own path only.
    pub has_status: bool,
    /// Whether a plain delete answers the object instead of a `Status`.
    pub answers_object: bool,
    /// The OpenAPI schema of a custom kind, for the values.
    pub open_api: Option<Arc<Value>>,
}

/// group, version, kind, plural, ways: `n`amespaced, `c`ounted, `s`tatus, `o`bject on delete
const BUILT_IN: [(&str, &str, &str, &str, &str); 18] = [
    ("", "v1", "ConfigMap", "configmaps", "n"),
    ("", "v1", "Secret", "secrets", "n"),
    ("", "v1", "ServiceAccount", "serviceaccounts", "no"),
    ("", "v1", "Service", "services", "nso"),
    ("", "v1", "Pod", "pods", "nsoc"),
    ("", "v1", "Event", "events", "n"),
    ("", "v1", "Namespace", "namespaces", "so"),
    ("", "v1", "Node", "nodes", "s"),
    ("apps", "v1", "Deployment", "deployments", "ncs"),
    ("apps", "v1", "ReplicaSet", "replicasets", "ncs"),
    ("batch", "v1", "Job", "jobs", "ncs"),
    (
        "policy",
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "ncs",
    ),
    (RBAC, "v1", "Role", "roles", "n"),
    (RBAC, "v1", "RoleBinding", "rolebindings", "n"),
    (RBAC, "v1", "ClusterRole", "clusterroles", ""),
    (RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", ""),
    (
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        "c",
    ),
    (
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "cso",
    ),
];
const RBAC: &str = "rbac.authorization.k8s.io";

/// The kinds that are always there.
pub(super) fn built_in() -> &'static [Arc<Kind>] {
    static KINDS: OnceLock<Vec<Arc<Kind>>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let kinds = BUILT_IN.iter().map(|(group, version, kind, plural, ways)| {
            let has = |way| ways.contains(way);
            Arc::new(Kind {
                group: (*group).to_owned(),
                version: (*version).to_owned(),
                kind: (*kind).to_owned(),
                plural: (*plural).to_owned(),
                namespaced: has('n'),
                schema: Schema::of_kind(kind),
                counted: has('c'),
                has_status: has('s'),
                answers_object: has('o'),
                open_api: None,
            })
        });
        kinds.collect()
    })
}

/// The built-in kind of that name.
pub(super) fn named(kind: &str) -> Arc<Kind> {
    let found = built_in().iter().find(|it| it.kind == kind);
    found.expect("asked only for kinds of the table").clone()
}

/// Groups that serve only reviews, or that exist without kinds of ours.
pub(super) const REVIEW_GROUPS: [&str; 2] = ["authorization.k8s.io", "authentication.k8s.io"];

impl Kind {
    /// The kinds that a definition adds, one per served version.
    pub fn defined(definition: &Value) -> Vec<Arc<Kind>> {
        let spec = &definition["spec"];
        let text = |at: &Value| at.as_str().unwrap_or_default().to_owned();
        let versions = spec["versions"].as_array().into_iter().flatten();
        let served = versions.filter(|it| it["served"] == true);
        let kinds = served.map(|version| {
            let open_api = &version["schema"]["openAPIV3Schema"];
            Arc::new(Kind {
                group: text(&spec["group"]),
                version: text(&version["name"]),
                kind: text(&spec["names"]["kind"]),
                plural: text(&spec["names"]["plural"]),
                namespaced: spec["scope"] == "Namespaced",
                schema: Schema::of_definition(open_api),
                counted: true,
                has_status: version["subresources"]["status"].is_object(),
                answers_object: false,
                open_api: Some(Arc::new(open_api.clone())),
            })
        });
        kinds.collect()
    }
    /// `group/version`, or the version alone.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
    /// This kind as the subject of a message.
    pub fn subject(&self, name: &str) -> Subject {
        Subject {
            group: self.group.clone(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
            name: name.to_owned(),
        }
    }
}
