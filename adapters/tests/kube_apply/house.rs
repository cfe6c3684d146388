//! A cluster, and the action over it.

use adapters::{
    kube::KubeClient,
    kube_apply::{ApplyBefore, ApplyParams, ApplyReceipt, KubeApply, Manifest},
    sandbox::kubernetes::{ADMIN_TOKEN, Kubernetes},
    systems::{Systems, Zone},
    wire::{Auth, Secret, Wire},
};
use chrono::{TimeZone, Utc};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use workflows::{Action, Cx, EvidenceLog, Plan, Verdict};

pub const NAMESPACE: &str = "vault-injector";
pub const IN_TIME: Duration = Duration::from_secs(10);

pub struct House {
    pub cluster: Kubernetes,
    pub action: KubeApply,
}

pub fn client(cluster: &Kubernetes, token: &str) -> KubeClient {
    let auth = Auth::Bearer(Secret::new(token));
    let wire = Wire::new("kubernetes", &cluster.url(), auth, None);
    KubeClient::new(wire.expect("a loopback address"))
}

pub async fn house_as(token: &str) -> House {
    let cluster = Kubernetes::start("kube-apply")
        .await
        .expect("a loopback port");
    cluster.cluster().add_node("n1", "work");
    cluster.cluster().add_namespace("shop", &[]);
    cluster.cluster().add_token("bobtok", "bob", &["devs"]);
    let zone = Zone::new("zone-a")
        .with_kube(Arc::new(client(&cluster, token)))
        .with_vault_address("https://vault.example:8200");
    let mut systems = Systems::default();
    systems.add(zone);
    let action = KubeApply::new(Arc::new(systems));
    House { cluster, action }
}

pub async fn house() -> House {
    house_as(ADMIN_TOKEN).await
}

pub fn cx_of(effect: u128) -> Cx {
    Cx {
        ticket: "ACME-2026-0005".into(),
        title: "Activate Vault Injector".into(),
        task: "injector".into(),
        idem: Uuid::from_u128(effect),
        plan_digest: String::new(),
        actor: "Camille Roy".into(),
        zone: "zone-a".into(),
        attempt: 1,
        now: Utc
            .with_ymd_and_hms(2026, 3, 2, 9, 0, 0)
            .single()
            .expect("a valid date"),
        evidence: EvidenceLog::default(),
    }
}

pub fn cx() -> Cx {
    cx_of(1)
}

pub fn reviewer() -> ApplyParams {
    ApplyParams {
        namespaces: vec!["shop".into()],
        ..ApplyParams::new(Manifest::VaultReviewer)
    }
}

pub fn injector() -> ApplyParams {
    ApplyParams::new(Manifest::VaultInjector)
}

impl House {
    pub async fn plan(&self, params: &ApplyParams) -> Plan<ApplyBefore> {
        self.action.plan(&cx(), params).await.expect("a plan")
    }
    pub async fn apply(&self, params: &ApplyParams) -> (Plan<ApplyBefore>, ApplyReceipt) {
        let plan = self.plan(params).await;
        let receipt = self
            .action
            .apply(&cx(), params, &plan)
            .await
            .expect("accepted");
        (plan, receipt)
    }
    /// The verdict once nothing is waited for any more.
    pub async fn verdict(
        &self,
        params: &ApplyParams,
        plan: &Plan<ApplyBefore>,
        receipt: Option<&ApplyReceipt>,
    ) -> Verdict {
        let until = Instant::now() + IN_TIME;
        loop {
            let verdict = self
                .action
                .verify(&cx(), params, plan, receipt)
                .await
                .expect("an answer");
            match verdict {
                Verdict::Pending { why, .. } => assert!(Instant::now() < until, "{why}"),
                verdict => return verdict,
            }
            tokio::task::yield_now().await;
        }
    }
    /// The object once it is as expected.
    pub async fn until(&self, kind: &str, name: &str, there: bool) -> Option<Value> {
        let namespace = if ["Namespace", "ClusterRoleBinding"].contains(&kind) {
            ""
        } else {
            NAMESPACE
        };
        let until = Instant::now() + IN_TIME;
        loop {
            let found = self.cluster.cluster().object(kind, namespace, name);
            if found.is_some() == there {
                return found;
            }
            assert!(
                Instant::now() < until,
                "{kind} {name} is not as expected in time"
            );
            sleep(Duration::from_millis(1)).await;
        }
    }
    pub fn calls(&self) -> u64 {
        self.cluster.mischief().mutations()
    }
}

pub fn holds(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Ok(proofs) if proofs.len() > 3 && proofs.iter().all(|it| it.ok))
}

/// A change by somebody else, over the same API.
pub async fn edit(cluster: &Kubernetes, group: &str, object: &str, body: &Value) {
    let url = format!("{}/{group}/namespaces/{NAMESPACE}/{object}", cluster.url());
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .build();
    let answer = client
        .expect("a plain client")
        .patch(url)
        .query(&[("fieldManager", "kubectl-edit")])
        .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
        .header("content-type", "application/merge-patch+json")
        .body(body.to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
}
