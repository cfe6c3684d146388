//! K06, `cluster.power`, against the node-pool and Kubernetes stand-ins: what is planned is what
//! happens, lies and lost answers are noticed, and everything can be taken back.

use adapters::{
    kube::KubeClient,
    pools::{AksPools, Power, Size},
    power::{Asked, ClusterPower, PowerParams, PowerState},
    sandbox::{
        fault::Trouble,
        kubernetes::{ADMIN_TOKEN, Kubernetes},
        pools::{NodePools, PROVIDER_TOKEN, PoolSpec},
    },
    systems::{Systems, Zone},
    wire::{Auth, Secret, Wire},
};
use chrono::{TimeZone, Utc};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use uuid::Uuid;
use workflows::{
    Action, Cx, EvidenceLog, FaultClass, Level, Plan, Recovered, Undone, Verdict,
};

const SYSTEM: Size = Size { min: 2, max: 2, desired: 2 };
const WORK: Size = Size { min: 1, max: 5, desired: 3 };

struct House {
    cluster: Kubernetes,
    provider: NodePools,
    power: ClusterPower,
}

async fn house() -> House {
    let cluster = Kubernetes::start("power").await.expect("a loopback port");
    let pools = [
        PoolSpec { name: "system", size: SYSTEM, autoscaled: false, system: true },
        PoolSpec { name: "work", size: WORK, autoscaled: true, system: false },
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
    House { cluster, provider, power }
}

fn cx() -> Cx {
    Cx {
        ticket: "ACME-2026-0006".into(),
        title: "Hibernate the cluster for the holidays".into(),
        task: "power".into(),
        idem: Uuid::nil(),
        plan_digest: String::new(),
        actor: "Camille Roy".into(),
        zone: "zone-a".into(),
        attempt: 1,
        now: Utc.with_ymd_and_hms(2026, 12, 23, 18, 0, 0).single().expect("a valid date"),
        evidence: EvidenceLog::default(),
    }
}

fn asked(action: Asked) -> PowerParams {
    PowerParams { action, sizes: BTreeMap::new() }
}

impl House {
    async fn plan(&self, params: &PowerParams) -> Plan<PowerState> {
        self.power.plan(&cx(), params).await.expect("a plan")
    }
    async fn apply(&self, params: &PowerParams) -> (Plan<PowerState>, PowerState) {
        let plan = self.plan(params).await;
        let receipt = self.power.apply(&cx(), params, &plan).await.expect("accepted");
        (plan, receipt)
    }
    async fn verdict(&self, params: &PowerParams, plan: &Plan<PowerState>) -> Verdict {
        self.power.verify(&cx(), params, plan, None).await.expect("an answer")
    }
    fn nodes(&self) -> usize {
        ["system", "work"].iter().map(|it| self.cluster.cluster().nodes(it).len()).sum()
    }
    fn calls(&self) -> u64 {
        self.provider.mischief().mutations() + self.cluster.mischief().mutations()
    }
}

fn holds(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Ok(proofs) if proofs.len() > 2 && proofs.iter().all(|it| it.ok))
}

#[tokio::test]
async fn sim_pools_hibernate_stops_the_cluster_and_every_node_is_gone() {
    let house = house().await;
    house.provider.take_looks(3);
    let params = asked(Asked::Hibernate);
    let (plan, receipt) = house.apply(&params).await;
    assert_eq!(plan.impact.level, Level::Outage);
    assert_eq!(plan.changes[0].before, json!("running"));
    assert_eq!(plan.changes[0].after, json!("hibernated"));
    assert!(!house.provider.running());
    assert_eq!(house.nodes(), 0);
    assert!(holds(&house.verdict(&params, &plan).await));
    assert_eq!(receipt.sizes["work"], WORK, "the sizes of before are an output of the task");
}

#[tokio::test]
async fn sim_pools_wake_brings_every_node_back() {
    let house = house().await;
    house.apply(&asked(Asked::Hibernate)).await;
    house.provider.take_looks(2);
    let (plan, _) = house.apply(&asked(Asked::Wake)).await;
    assert!(house.provider.running());
    assert_eq!(house.nodes(), 5);
    assert!(holds(&house.verdict(&asked(Asked::Wake), &plan).await));
}

#[tokio::test]
async fn sim_pools_wake_restores_the_sizes_it_is_given() {
    let house = house().await;
    house.apply(&asked(Asked::Hibernate)).await;
    let wanted = Size { min: 2, max: 8, desired: 4 };
    let sizes = BTreeMap::from([("work".to_owned(), wanted)]);
    let params = PowerParams { action: Asked::Wake, sizes };
    let (plan, _) = house.apply(&params).await;
    assert_eq!(house.provider.size("work"), Some(wanted));
    assert_eq!(house.nodes(), 6);
    assert!(holds(&house.verdict(&params, &plan).await));
}

#[tokio::test]
async fn sim_pools_plan_only_reads_and_is_equal_for_an_unchanged_system() {
    let house = house().await;
    let version = house.cluster.cluster().version();
    let first = house.plan(&asked(Asked::Hibernate)).await;
    let second = house.plan(&asked(Asked::Hibernate)).await;
    assert_eq!(first.digest(), second.digest());
    assert_eq!(first, second);
    assert_eq!(house.calls(), 0);
    assert_eq!(house.cluster.cluster().version(), version);
}

#[tokio::test]
async fn sim_pools_an_agreement_survives_the_autoscaler_but_not_a_changed_pool() {
    let house = house().await;
    let agreed = house.plan(&asked(Asked::Hibernate)).await.digest();
    house.provider.resize("work", Size { desired: 4, ..WORK });
    assert_eq!(house.plan(&asked(Asked::Hibernate)).await.digest(), agreed);
    house.provider.resize("work", Size { max: 9, ..WORK });
    assert_ne!(house.plan(&asked(Asked::Hibernate)).await.digest(), agreed);
}

#[tokio::test]
async fn sim_pools_a_cluster_already_as_asked_gives_an_empty_plan_and_no_call() {
    let house = house().await;
    let plan = house.plan(&asked(Asked::Wake)).await;
    assert!(plan.is_empty());
    assert_eq!(plan.impact.level, Level::None);
    house.power.apply(&cx(), &asked(Asked::Wake), &plan).await.expect("nothing to do");
    assert!(holds(&house.verdict(&asked(Asked::Wake), &plan).await));
    assert_eq!(house.calls(), 0);
}

#[tokio::test]
async fn sim_pools_applying_twice_stops_the_cluster_once() {
    let house = house().await;
    let (plan, _) = house.apply(&asked(Asked::Hibernate)).await;
    house.power.apply(&cx(), &asked(Asked::Hibernate), &plan).await.expect("done already");
    assert_eq!(house.calls(), 1);
}

#[tokio::test]
async fn sim_pools_a_provider_that_lies_is_noticed_by_verify() {
    let house = house().await;
    house.provider.mischief().lie(true);
    let (plan, _) = house.apply(&asked(Asked::Hibernate)).await;
    let verdict = house.verdict(&asked(Asked::Hibernate), &plan).await;
    let Verdict::Bad(proofs) = verdict else { panic!("{verdict:?}") };
    assert!(proofs.iter().any(|it| !it.ok && it.actual == json!(Power::On)));
}

#[tokio::test]
async fn sim_pools_nodes_that_stay_are_not_called_asleep() {
    let house = house().await;
    let (plan, _) = house.apply(&asked(Asked::Hibernate)).await;
    house.cluster.cluster().add_node("left-behind", "by-hand");
    let verdict = house.verdict(&asked(Asked::Hibernate), &plan).await;
    assert!(matches!(verdict, Verdict::Pending { .. }), "{verdict:?}");
}

#[tokio::test]
async fn sim_pools_a_silent_api_counts_as_asleep_only_while_the_provider_says_stopped() {
    let mut house = house().await;
    let (plan, _) = house.apply(&asked(Asked::Hibernate)).await;
    let replacement = Kubernetes::start("another").await.expect("a loopback port");
    drop(std::mem::replace(&mut house.cluster, replacement));
    assert!(holds(&house.verdict(&asked(Asked::Hibernate), &plan).await));
    let wake = asked(Asked::Wake);
    let (plan, _) = house.apply(&wake).await;
    let verdict = house.verdict(&wake, &plan).await;
    assert!(matches!(verdict, Verdict::Pending { .. }), "{verdict:?}");
}

#[tokio::test]
async fn sim_pools_an_answer_lost_after_the_stop_is_recovered_as_applied() {
    let house = house().await;
    let params = asked(Asked::Hibernate);
    let plan = house.plan(&params).await;
    house.provider.take_looks(2);
    house.provider.mischief().next(Trouble::DoThenDrop);
    let fault = house.power.apply(&cx(), &params, &plan).await.expect_err("no answer came");
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let found = house.power.recover(&cx(), &params, &plan).await.expect("an answer");
    assert!(matches!(found, Recovered::Applied(_)), "{found:?}");
    assert_eq!(house.calls(), 1);
    assert!(holds(&house.verdict(&params, &plan).await));
}

#[tokio::test]
async fn sim_pools_a_call_that_never_arrived_is_recovered_as_not_applied() {
    let house = house().await;
    let params = asked(Asked::Hibernate);
    let plan = house.plan(&params).await;
    house.provider.mischief().next(Trouble::Drop);
    let fault = house.power.apply(&cx(), &params, &plan).await.expect_err("no answer came");
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let found = house.power.recover(&cx(), &params, &plan).await.expect("an answer");
    assert_eq!(found, Recovered::NotApplied);
}

#[tokio::test]
async fn sim_pools_a_wake_cut_off_half_way_is_carried_on() {
    let house = house().await;
    house.apply(&asked(Asked::Hibernate)).await;
    let wanted = Size { min: 2, max: 8, desired: 4 };
    let sizes = BTreeMap::from([("work".to_owned(), wanted)]);
    let params = PowerParams { action: Asked::Wake, sizes };
    let plan = house.plan(&params).await;
    // The start is accepted and takes place, its answer is lost; the size is not asked for yet.
    house.provider.mischief().next(Trouble::DoThenDrop);
    house.power.apply(&cx(), &params, &plan).await.expect_err("no answer came");
    let found = house.power.recover(&cx(), &params, &plan).await.expect("an answer");
    assert_eq!(found, Recovered::NotApplied);
    house.power.apply(&cx(), &params, &plan).await.expect("carried on");
    assert_eq!(house.provider.size("work"), Some(wanted));
    assert!(holds(&house.verdict(&params, &plan).await));
}

#[tokio::test]
async fn sim_pools_undo_is_the_opposite_and_twice_is_once() {
    let house = house().await;
    let params = asked(Asked::Hibernate);
    let (plan, receipt) = house.apply(&params).await;
    let undone = house.power.undo(&cx(), &params, &plan, Some(&receipt)).await.expect("undone");
    let Undone::Restored(proofs) = undone else { panic!("{undone:?}") };
    assert!(proofs.iter().all(|it| it.ok));
    assert!(house.provider.running());
    assert_eq!(house.provider.size("work"), Some(WORK));
    assert_eq!(house.nodes(), 5);
    let calls = house.calls();
    let again = house.power.undo(&cx(), &params, &plan, Some(&receipt)).await.expect("undone");
    assert_eq!(again, Undone::NothingToDo);
    assert_eq!(house.calls(), calls);
}

#[tokio::test]
async fn sim_pools_undo_of_a_wake_puts_the_sizes_back_before_it_stops() {
    let house = house().await;
    house.apply(&asked(Asked::Hibernate)).await;
    let sizes = BTreeMap::from([("work".to_owned(), Size { min: 2, max: 8, desired: 4 })]);
    let params = PowerParams { action: Asked::Wake, sizes };
    let (plan, receipt) = house.apply(&params).await;
    let undone = house.power.undo(&cx(), &params, &plan, Some(&receipt)).await.expect("undone");
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    assert!(!house.provider.running());
    let size = house.provider.size("work").expect("the pool is there");
    assert_eq!((size.min, size.max), (WORK.min, WORK.max));
}

#[tokio::test]
async fn sim_pools_undo_without_apply_does_nothing() {
    let house = house().await;
    let params = asked(Asked::Hibernate);
    let plan = house.plan(&params).await;
    let undone = house.power.undo(&cx(), &params, &plan, None).await.expect("nothing to undo");
    assert_eq!(undone, Undone::NothingToDo);
    assert_eq!(house.calls(), 0);
}

#[tokio::test]
async fn sim_pools_a_busy_provider_is_transient_and_a_failed_operation_is_rejected() {
    let house = house().await;
    let params = asked(Asked::Hibernate);
    let plan = house.plan(&params).await;
    house.provider.mischief().next(Trouble::Busy);
    let fault = house.power.apply(&cx(), &params, &plan).await.expect_err("busy");
    assert_eq!((fault.class, fault.retry_after_s), (FaultClass::Transient, Some(1)));
    house.provider.fail_next_operation("no capacity in the region");
    let fault = house.power.apply(&cx(), &params, &plan).await.expect_err("failed");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(fault.message.contains("no capacity in the region"), "{}", fault.message);
}

#[tokio::test]
async fn sim_pools_a_zone_without_a_provider_is_refused_by_our_own_rule() {
    let mut systems = Systems::default();
    systems.add(Zone::new("zone-a"));
    let power = ClusterPower::new(Arc::new(systems));
    let fault = power.plan(&cx(), &asked(Asked::Wake)).await.expect_err("no provider");
    assert_eq!(fault.class, FaultClass::Guard);
}

#[test]
fn sizes_are_for_waking_and_must_not_cross() {
    let power = ClusterPower::new(Arc::new(Systems::default()));
    let sizes = BTreeMap::from([("work".to_owned(), Size { min: 5, max: 2, desired: 3 })]);
    let codes = |action| {
        let params = PowerParams { action, sizes: sizes.clone() };
        let found = power.validate(&params);
        found.into_iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(Asked::Wake), ["power.size_bounds"]);
    assert_eq!(codes(Asked::Hibernate), ["power.sizes_on_hibernate", "power.size_bounds"]);
    assert_eq!(power.targets("zone-a", &asked(Asked::Wake)), ["zone-a/power"]);
}
