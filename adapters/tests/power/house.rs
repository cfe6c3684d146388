//! A cluster with two pools, and the action over it.

use adapters::{
    kube::KubeClient,
    pools::{AksPools, Size},
    power::{Asked, ClusterPower, PowerParams, PowerState},
    sandbox::{
        kubernetes::{ADMIN_TOKEN, Kubernetes},
        pools::{NodePools, PROVIDER_TOKEN, PoolSpec},
    },
    systems::{Systems, Zone},
    wire::{Auth, Secret, Wire},
};
use chrono::{TimeZone, Utc};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use uuid::Uuid;
use workflows::{Action, Cx, EvidenceLog, Plan, Verdict};

pub const SYSTEM: Size = Size {
    min: 2,
    max: 2,
    desired: 2,
};
pub const WORK: Size = Size {
    min: 1,
    max: 5,
    desired: 3,
};

pub struct House {
    pub cluster: Kubernetes,
    pub provider: NodePools,
    pub power: ClusterPower,
}

pub async fn house() -> House {
    let cluster = Kubernetes::start("power").await.expect("a loopback port");
    let pools = [
        PoolSpec {
            name: "system",
            size: SYSTEM,
            autoscaled: false,
            system: true,
        },
        PoolSpec {
            name: "work",
            size: WORK,
            autoscaled: true,
            system: false,
        },
    ];
    let provider = NodePools::start(cluster.cluster().clone(), "acme-prod", &pools)
        .await
        .expect("a loopback port");
    let bearer = |token| Auth::Bearer(Secret::new(token));
    let kube = Wire::new("kubernetes", &cluster.url(), bearer(ADMIN_TOKEN), None);
    let aks = Wire::new("aks", &provider.url(), bearer(PROVIDER_TOKEN), None);
    let aks = AksPools::new(aks.expect("a loopback address"), provider.id().clone());
    let zone = Zone::new("zone-a")
        .with_kube(Arc::new(KubeClient::new(kube.expect("a loopback address"))))
        .with_pools(Arc::new(aks));
    let mut systems = Systems::default();
    systems.add(zone);
    let power = ClusterPower::new(Arc::new(systems)).paced(Duration::from_millis(1));
    House {
        cluster,
        provider,
        power,
    }
}

pub fn cx() -> Cx {
    Cx {
        ticket: "ACME-2026-0006".into(),
        title: "Hibernate the cluster for the holidays".into(),
        task: "power".into(),
        idem: Uuid::nil(),
        plan_digest: String::new(),
        actor: "Camille Roy".into(),
        zone: "zone-a".into(),
        attempt: 1,
        now: Utc
            .with_ymd_and_hms(2026, 12, 23, 18, 0, 0)
            .single()
            .expect("a valid date"),
        evidence: EvidenceLog::default(),
    }
}

pub fn asked(action: Asked) -> PowerParams {
    PowerParams {
        action,
        sizes: BTreeMap::new(),
    }
}

impl House {
    pub async fn plan(&self, params: &PowerParams) -> Plan<PowerState> {
        self.power.plan(&cx(), params).await.expect("a plan")
    }
    pub async fn apply(&self, params: &PowerParams) -> (Plan<PowerState>, PowerState) {
        let plan = self.plan(params).await;
        let receipt = self
            .power
            .apply(&cx(), params, &plan)
            .await
            .expect("accepted");
        (plan, receipt)
    }
    pub async fn verdict(&self, params: &PowerParams, plan: &Plan<PowerState>) -> Verdict {
        self.power
            .verify(&cx(), params, plan, None)
            .await
            .expect("an answer")
    }
    pub fn nodes(&self) -> usize {
        ["system", "work"]
            .iter()
            .map(|it| self.cluster.cluster().nodes(it).len())
            .sum()
    }
    pub fn calls(&self) -> u64 {
        self.provider.mischief().mutations() + self.cluster.mischief().mutations()
    }
}

pub fn holds(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Ok(proofs) if proofs.len() > 2 && proofs.iter().all(|it| it.ok))
}
