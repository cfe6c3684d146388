//! What is in a cluster before anybody asks for anything.

use super::{
    Cluster, kinds,
    state::{State, stamp},
    store::{Address, Stored},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

const RBAC: &str = "rbac.authorization.k8s.io";

impl Cluster {
    /// Namespaces and roles that every cluster has.
    pub(super) fn furnish(&self) {
        let now = self.now();
        let mut state = self.lock();
        for name in ["default", "kube-system"] {
            let value = json!({
                "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
                "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
            });
            put(&mut state, "Namespace", value, now);
        }
        let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
        let delegator = json!([
            {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"],
             "verbs": ["create"]},
            {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"],
             "verbs": ["create"]},
        ]);
        for (name, rules) in [
            ("cluster-admin", everything),
            ("system:auth-delegator", delegator),
        ] {
            put(
                &mut state,
                "ClusterRole",
                json!({"metadata": {"name": name}, "rules": rules}),
                now,
            );
        }
        let binding = json!({
            "metadata": {"name": "cluster-admin"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": "system:masters"}],
        });
        put(&mut state, "ClusterRoleBinding", binding, now);
    }

    /// Adds a namespace with these labels, as its owner would before we come.
    pub fn add_namespace(&self, name: &str, labels: &[(&str, &str)]) {
        let now = self.now();
        let mut value = json!({
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
        });
        for (key, text) in labels {
            value["metadata"]["labels"][key] = json!(text);
        }
        let mut state = self.lock();
        put(&mut state, "Namespace", value, now);
        super::controllers::settle(&mut state, now);
    }

    /// Adds a Ready node of a pool.
    pub fn add_node(&self, name: &str, pool: &str) {
        let now = self.now();
        let value = json!({
            "metadata": {
                "name": name, "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
                "labels": {"kubernetes.io/hostname": name, "agentpool": pool},
            },
            "spec": {},
            "status": {"conditions": [{
                "type": "Ready", "status": "True", "reason": "KubeletReady",
                "message": "kubelet is posting ready status", "lastTransitionTime": stamp(now),
            }]},
        });
        put(&mut self.lock(), "Node", value, now);
    }

    /// Takes a node away, as a provider does.
    pub fn remove_node(&self, name: &str) {
        let at = Address::of(&kinds::named("Node"), "", name);
        self.lock().store.remove(&at);
    }

    /// Names of the nodes of a pool, in order.
    #[must_use]
    pub fn nodes(&self, pool: &str) -> Vec<String> {
        let state = self.lock();
        let nodes = state.store.named("Node").into_iter();
        let mine = nodes.filter(|it| it.text("/metadata/labels/agentpool") == pool);
        mine.map(|it| it.name().to_owned()).collect()
    }
}

fn put(state: &mut State, kind: &str, mut value: Value, now: DateTime<Utc>) {
    let kind = kinds::named(kind);
    value["apiVersion"] = json!(kind.api_version());
    value["kind"] = json!(kind.kind);
    value["metadata"]["uid"] = json!(state.store.id());
    value["metadata"]["creationTimestamp"] = stamp(now);
    let name = value["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let at = Address::of(&kind, "", &name);
    state.store.put(
        at,
        Stored {
            kind,
            value,
            managed: Vec::new(),
        },
    );
}
