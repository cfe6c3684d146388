//! K06, `cluster.power`, against the node-pool and Kubernetes stand-ins: what is planned is what
//! happens, lies and lost answers are noticed, and everything can be taken back.

#[path = "power/faults.rs"]
mod faults;
#[path = "power/house.rs"]
mod house;
#[path = "power/plans.rs"]
mod plans;

use adapters::{
    pools::Size,
    power::{Asked, ClusterPower, PowerParams},
    sandbox::{kubernetes::ADMIN_TOKEN, pools::PROVIDER_TOKEN},
    systems::{Systems, SystemsConfig, register},
};
use house::*;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use workflows::{Action, Level, Registry, Undone};

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
    assert_eq!(
        receipt.sizes["work"], WORK,
        "the sizes of before are an output of the task"
    );
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
    let wanted = Size {
        min: 2,
        max: 8,
        desired: 4,
    };
    let sizes = BTreeMap::from([("work".to_owned(), wanted)]);
    let params = PowerParams {
        action: Asked::Wake,
        sizes,
    };
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
    house
        .power
        .apply(&cx(), &asked(Asked::Wake), &plan)
        .await
        .expect("nothing to do");
    assert!(holds(&house.verdict(&asked(Asked::Wake), &plan).await));
    assert_eq!(house.calls(), 0);
}

#[tokio::test]
async fn sim_pools_applying_twice_stops_the_cluster_once() {
    let house = house().await;
    let (plan, _) = house.apply(&asked(Asked::Hibernate)).await;
    house
        .power
        .apply(&cx(), &asked(Asked::Hibernate), &plan)
        .await
        .expect("done already");
    assert_eq!(house.calls(), 1);
}

#[tokio::test]
async fn sim_pools_undo_is_the_opposite_and_twice_is_once() {
    let house = house().await;
    let params = asked(Asked::Hibernate);
    let (plan, receipt) = house.apply(&params).await;
    let undone = house
        .power
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .expect("undone");
    let Undone::Restored(proofs) = undone else {
        panic!("{undone:?}")
    };
    assert!(proofs.iter().all(|it| it.ok));
    assert!(house.provider.running());
    assert_eq!(house.provider.size("work"), Some(WORK));
    assert_eq!(house.nodes(), 5);
    let calls = house.calls();
    let again = house
        .power
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .expect("undone");
    assert_eq!(again, Undone::NothingToDo);
    assert_eq!(house.calls(), calls);
}

#[tokio::test]
async fn sim_pools_undo_of_a_wake_puts_the_sizes_back_before_it_stops() {
    let house = house().await;
    house.apply(&asked(Asked::Hibernate)).await;
    let sizes = BTreeMap::from([(
        "work".to_owned(),
        Size {
            min: 2,
            max: 8,
            desired: 4,
        },
    )]);
    let params = PowerParams {
        action: Asked::Wake,
        sizes,
    };
    let (plan, receipt) = house.apply(&params).await;
    let undone = house
        .power
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .expect("undone");
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
    let undone = house
        .power
        .undo(&cx(), &params, &plan, None)
        .await
        .expect("nothing to undo");
    assert_eq!(undone, Undone::NothingToDo);
    assert_eq!(house.calls(), 0);
}

#[test]
fn sizes_are_for_waking_and_must_not_cross() {
    let power = ClusterPower::new(Arc::new(Systems::default()));
    let sizes = BTreeMap::from([(
        "work".to_owned(),
        Size {
            min: 5,
            max: 2,
            desired: 3,
        },
    )]);
    let codes = |action| {
        let params = PowerParams {
            action,
            sizes: sizes.clone(),
        };
        let found = power.validate(&params);
        found.into_iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(Asked::Wake), ["power.size_bounds"]);
    assert_eq!(
        codes(Asked::Hibernate),
        ["power.sizes_on_hibernate", "power.size_bounds"]
    );
    assert_eq!(
        power.targets("zone-a", &asked(Asked::Wake)),
        ["zone-a/power"]
    );
}

/// Addresses and tokens come from the operator's inventory, never from a ticket.
#[tokio::test]
async fn sim_pools_the_inventory_reaches_the_provider_and_the_cluster() {
    let house = house().await;
    let folder = tempfile::tempdir().expect("a folder");
    let kept = |name: &str, token: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, token).expect("a writable folder");
        format!("file:{}", path.display())
    };
    let id = house.provider.id();
    let config: SystemsConfig = serde_json::from_value(json!({"zones": {"zone-a": {
        "kube": {"url": house.cluster.url(), "token": kept("kube", ADMIN_TOKEN)},
        "pools": {
            "endpoint": {"url": house.provider.url(), "token": kept("aks", PROVIDER_TOKEN)},
            "subscription": id.subscription, "group": id.group, "cluster": id.cluster,
        },
    }}}))
    .expect("a configuration");
    let systems = Systems::connect(&config).expect("usable addresses");
    let mut registry = Registry::default();
    register(&mut registry, Arc::new(systems));
    let power = registry.get("cluster.power").expect("registered");
    let params = json!({"action": "hibernate"});
    assert!(power.validate(&params).is_empty());
    assert!(!power.validate(&json!({"action": "sleep"})).is_empty());
    let plan = power.plan(&cx(), &params).await.expect("a plan");
    let receipt = power.apply(&cx(), &params, &plan).await.expect("accepted");
    let verdict = power
        .verify(&cx(), &params, &plan, Some(&receipt))
        .await
        .expect("an answer");
    assert!(holds(&verdict), "{verdict:?}");
    assert_eq!(receipt["sizes"]["work"]["desired"], 3);
}
