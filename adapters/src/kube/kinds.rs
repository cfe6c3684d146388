//! The kinds of objects our changes touch, and where the API server keeps them.

use crate::wire::segment;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflows::{Fault, FaultClass};

/// A kind of object: its API group and version, its name, its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Version within the group.
    pub version: &'static str,
    /// Name as objects carry it.
    pub kind: &'static str,
    /// Name as paths carry it.
    pub plural: &'static str,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $group:literal $version:literal $kind:literal
        $plural:literal $namespaced:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Kind = Kind {
                group: $group, version: $version, kind: $kind, plural: $plural,
                namespaced: $namespaced,
            };)*
            /// Every kind there is.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];
        }
    };
}

kinds! {
    /// Settings of a program.
    CONFIG_MAP = "" "v1" "ConfigMap" "configmaps" true;
    /// What may not be shown.
    SECRET = "" "v1" "Secret" "secrets" true;
    /// Identity of a program.
    SERVICE_ACCOUNT = "" "v1" "ServiceAccount" "serviceaccounts" true;
    /// A fixed address in front of pods.
    SERVICE = "" "v1" "Service" "services" true;
    /// A running program.
    POD = "" "v1" "Pod" "pods" true;
    /// A room for objects.
    NAMESPACE = "" "v1" "Namespace" "namespaces" false;
    /// A machine.
    NODE = "" "v1" "Node" "nodes" false;
    /// Replicated pods without state.
    DEPLOYMENT = "apps" "v1" "Deployment" "deployments" true;
    /// How many pods may be missing at once.
    DISRUPTION_BUDGET = "policy" "v1" "PodDisruptionBudget" "poddisruptionbudgets" true;
    /// Rights in a namespace.
    ROLE = "rbac.authorization.k8s.io" "v1" "Role" "roles" true;
    /// Who has the rights of a role.
    ROLE_BINDING = "rbac.authorization.k8s.io" "v1" "RoleBinding" "rolebindings" true;
    /// Rights everywhere.
    CLUSTER_ROLE = "rbac.authorization.k8s.io" "v1" "ClusterRole" "clusterroles" false;
    /// Who has rights everywhere.
    CLUSTER_ROLE_BINDING =
        "rbac.authorization.k8s.io" "v1" "ClusterRoleBinding" "clusterrolebindings" false;
    /// Who may change objects on their way in.
    MUTATING_WEBHOOK = "admissionregistration.k8s.io" "v1" "MutatingWebhookConfiguration"
        "mutatingwebhookconfigurations" false;
}

impl Kind {
    /// The kind that an object says it is of.
    #[must_use]
    pub fn of(object: &Value) -> Option<Kind> {
        let (api, kind) = (object["apiVersion"].as_str()?, object["kind"].as_str()?);
        Kind::ALL
            .iter()
            .copied()
            .find(|it| it.kind == kind && it.api_version() == api)
    }
    /// `group/version`, or the version alone for the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }
    /// Path of the collection, in a namespace or over all of them.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = match self.group {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        match namespace {
            Some(name) if self.namespaced => {
                format!("{root}/namespaces/{}/{}", segment(name), self.plural)
            }
            _ => format!("{root}/{}", self.plural),
        }
    }
}

/// The address of one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjRef {
    /// `group/version`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace, for kinds that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ObjRef {
    /// Address of an object of a kind we know; the namespace is dropped where the kind has none.
    pub fn new(kind: Kind, namespace: Option<&str>, name: impl Into<String>) -> ObjRef {
        ObjRef {
            api_version: kind.api_version(),
            kind: kind.kind.to_owned(),
            namespace: namespace.filter(|_| kind.namespaced).map(str::to_owned),
            name: name.into(),
        }
    }
    /// Address that an object carries.
    ///
    /// # Errors
    /// `Guard` when it has no name, is of a kind we do not know, or lacks its namespace.
    pub fn of(object: &Value) -> Result<ObjRef, Fault> {
        let astray = |why: &str| Fault::new(FaultClass::Guard, format!("object {why}"));
        let kind = Kind::of(object).ok_or_else(|| astray("of a kind we do not handle"))?;
        let text = |name: &str| object["metadata"][name].as_str();
        let name = text("name").ok_or_else(|| astray("without a name"))?;
        let namespace = text("namespace");
        if kind.namespaced && namespace.is_none() {
            return Err(astray("without a namespace"));
        }
        Ok(ObjRef::new(kind, namespace, name))
    }
    /// Its kind.
    ///
    /// # Errors
    /// `Guard` when it is one we do not know.
    pub fn known(&self) -> Result<Kind, Fault> {
        let kind = Kind::ALL
            .iter()
            .copied()
            .find(|it| it.kind == self.kind && it.api_version() == self.api_version);
        kind.ok_or_else(|| {
            let message = format!("{} {} is no kind we handle", self.api_version, self.kind);
            Fault::new(FaultClass::Guard, message)
        })
    }
    /// Path of the object.
    ///
    /// # Errors
    /// `Guard` when the kind is unknown.
    pub fn path(&self) -> Result<String, Fault> {
        let collection = self.known()?.path(self.namespace.as_deref());
        Ok(format!("{collection}/{}", segment(&self.name)))
    }
    /// `Kind/namespace/name`, for people.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{}/{namespace}/{}", self.kind, self.name),
            None => format!("{}/{}", self.kind, self.name),
        }
    }
}
