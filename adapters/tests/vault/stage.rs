//! A zone with the Kubernetes and the Vault stand-ins, the second asking the first who logs in.

use adapters::{
    kube::{Kube, KubeClient},
    sandbox::{
        kubernetes::{ADMIN_TOKEN, Kubernetes},
        serving::Serving,
        vault::VaultServer,
    },
    systems::{Systems, Zone},
    vault::{
        ClusterLink, EnsureBefore, EnsureParams, EnsureReceipt, LoginParams, REVIEWER_ACCOUNT,
        REVIEWER_NAMESPACE, REVIEWER_SECRET, VaultClient, VaultEnsure, VaultLogin,
    },
    wire::{Auth, Secret, Wire},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;
use workflows::{Action, Cx, EvidenceLog, Plan, Verdict};

pub const ROOT: &str = "canary-root-81c2";

pub struct Stage {
    pub kubernetes: Kubernetes,
    pub vault: VaultServer,
    pub serving: Serving,
    pub systems: Arc<Systems>,
    pub ensure: VaultEnsure,
    pub login: VaultLogin,
}

pub fn cx(idem: u128) -> Cx {
    Cx {
        ticket: "ACME-2026-0007".into(),
        title: "Vault for orders".into(),
        task: "auth".into(),
        idem: Uuid::from_u128(idem),
        plan_digest: "sha256:00".into(),
        actor: "Camille Roy".into(),
        zone: "zone-a".into(),
        attempt: 1,
        now: DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap(),
        evidence: EvidenceLog::default(),
    }
}

pub fn params(namespaces: &[&str], models: &[&str]) -> EnsureParams {
    serde_json::from_value(json!({
        "namespaces": namespaces, "models": models, "service_account": "app", "role": "orders",
    }))
    .unwrap()
}

impl Stage {
    pub async fn set() -> Stage {
        let kubernetes = Kubernetes::start("vault").await.unwrap();
        let vault = VaultServer::new(ROOT);
        let serving = vault.serve(0).await.unwrap();
        let mut systems = Systems::default();
        systems.add(Stage::zone(&kubernetes, &serving, ROOT, None));
        let systems = Arc::new(systems);
        let stage = Stage {
            ensure: VaultEnsure::new(systems.clone()),
            login: VaultLogin::new(systems.clone()),
            kubernetes,
            vault,
            serving,
            systems,
        };
        stage.reviewer().await;
        stage
    }

    pub fn zone(
        kubernetes: &Kubernetes,
        serving: &Serving,
        token: &str,
        reviewer: Option<Secret>,
    ) -> Zone {
        let link = ClusterLink {
            host: kubernetes.url(),
            ca_pem: String::new(),
            reviewer,
        };
        Zone::new("zone-a")
            .with_kube(Arc::new(Stage::admin(kubernetes)))
            .with_vault(
                Arc::new(VaultClient::new(Stage::wire(serving, token))),
                link,
            )
    }

    pub fn wire(serving: &Serving, token: &str) -> Wire {
        let auth = Auth::Header("x-vault-token", Secret::new(token));
        Wire::new("vault", &serving.url(), auth, None).unwrap()
    }

    fn admin(kubernetes: &Kubernetes) -> KubeClient {
        let auth = Auth::Bearer(Secret::new(ADMIN_TOKEN));
        KubeClient::new(Wire::new("kubernetes", &kubernetes.url(), auth, None).unwrap())
    }

    /// What the task before this one leaves in the cluster, and the pods' own accounts.
    async fn reviewer(&self) {
        let kube = Stage::admin(&self.kubernetes);
        let create = async |object: Value| {
            kube.create(&cx(0), &object, false).await.unwrap();
        };
        for namespace in [REVIEWER_NAMESPACE, "orders", "web"] {
            self.kubernetes.cluster().add_namespace(namespace, &[]);
        }
        for (namespace, name) in [
            (REVIEWER_NAMESPACE, REVIEWER_ACCOUNT),
            ("orders", "app"),
            ("web", "app"),
        ] {
            create(json!({
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": name, "namespace": namespace},
            }))
            .await;
        }
        create(json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
            "metadata": {
                "name": REVIEWER_SECRET, "namespace": REVIEWER_NAMESPACE,
                "annotations": {"kubernetes.io/service-account.name": REVIEWER_ACCOUNT},
            },
        }))
        .await;
        create(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "vault-reviewer"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{
                "kind": "ServiceAccount", "name": REVIEWER_ACCOUNT,
                "namespace": REVIEWER_NAMESPACE,
            }],
        }))
        .await;
    }

    pub async fn plan(&self, idem: u128, params: &EnsureParams) -> Plan<EnsureBefore> {
        self.ensure.plan(&cx(idem), params).await.unwrap()
    }

    /// Plan, apply, verify; panics unless the verdict is good.
    pub async fn succeed(
        &self,
        idem: u128,
        params: &EnsureParams,
    ) -> (Plan<EnsureBefore>, EnsureReceipt) {
        let plan = self.plan(idem, params).await;
        let receipt = self.ensure.apply(&cx(idem), params, &plan).await.unwrap();
        let verdict = self
            .ensure
            .verify(&cx(idem), params, &plan, Some(&receipt))
            .await
            .unwrap();
        assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
        (plan, receipt)
    }

    pub async fn check_login(&self, namespaces: &[&str], models: &[&str]) -> Verdict {
        let params: LoginParams = serde_json::from_value(json!({
            "namespaces": namespaces, "models": models, "service_account": "app",
            "role": "orders",
        }))
        .unwrap();
        let plan = self.login.plan(&cx(9), &params).await.unwrap();
        self.login
            .verify(&cx(9), &params, &plan, None)
            .await
            .unwrap()
    }

    /// The token with which a pod of the namespace reads keys.
    pub async fn pod(&self, namespace: &str) -> Wire {
        let kube = Stage::admin(&self.kubernetes);
        let jwt = kube
            .token(&cx(0), namespace, "app", adapters::vault::AUDIENCE)
            .await
            .unwrap();
        let wire = Wire::new("vault", &self.serving.url(), Auth::Open, None).unwrap();
        let call = adapters::wire::Call::post("/v1/auth/kubernetes-zone-a/login")
            .json(&json!({"role": "orders", "jwt": jwt.expose()}));
        let answer = wire.ask(&cx(0), call).await.unwrap().json().unwrap();
        let token = answer["auth"]["client_token"].as_str().unwrap();
        Stage::wire(&self.serving, token)
    }
}
