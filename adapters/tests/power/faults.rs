//! Lies, lost answers and refusals.

use super::house::*;
use adapters::{
    pools::{Power, Size},
    power::{Asked, ClusterPower, PowerParams},
    sandbox::{fault::Trouble, kubernetes::Kubernetes},
    systems::{Systems, Zone},
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use workflows::{Action, FaultClass, Recovered, Verdict};

#[tokio::test]
async fn sim_pools_a_provider_that_lies_is_noticed_by_verify() {
    let house = house().await;
    house.provider.mischief().lie(true);
    let (plan, _) = house.apply(&asked(Asked::Hibernate)).await;
    let verdict = house.verdict(&asked(Asked::Hibernate), &plan).await;
    let Verdict::Bad(proofs) = verdict else {
        panic!("{verdict:?}")
    };
    assert!(
        proofs
            .iter()
            .any(|it| !it.ok && it.actual == json!(Power::On))
    );
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
    let fault = house
        .power
        .apply(&cx(), &params, &plan)
        .await
        .expect_err("no answer came");
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let found = house
        .power
        .recover(&cx(), &params, &plan)
        .await
        .expect("an answer");
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
    let fault = house
        .power
        .apply(&cx(), &params, &plan)
        .await
        .expect_err("no answer came");
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let found = house
        .power
        .recover(&cx(), &params, &plan)
        .await
        .expect("an answer");
    assert_eq!(found, Recovered::NotApplied);
}

#[tokio::test]
async fn sim_pools_a_wake_cut_off_half_way_is_carried_on() {
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
    let plan = house.plan(&params).await;
    // The start is accepted and takes place, its answer is lost; the size is not asked for yet.
    house.provider.mischief().next(Trouble::DoThenDrop);
    house
        .power
        .apply(&cx(), &params, &plan)
        .await
        .expect_err("no answer came");
    let found = house
        .power
        .recover(&cx(), &params, &plan)
        .await
        .expect("an answer");
    assert_eq!(found, Recovered::NotApplied);
    house
        .power
        .apply(&cx(), &params, &plan)
        .await
        .expect("carried on");
    assert_eq!(house.provider.size("work"), Some(wanted));
    assert!(holds(&house.verdict(&params, &plan).await));
}

#[tokio::test]
async fn sim_pools_a_busy_provider_is_transient_and_a_failed_operation_is_rejected() {
    let house = house().await;
    let params = asked(Asked::Hibernate);
    let plan = house.plan(&params).await;
    house.provider.mischief().next(Trouble::Busy);
    let fault = house
        .power
        .apply(&cx(), &params, &plan)
        .await
        .expect_err("busy");
    assert_eq!(
        (fault.class, fault.retry_after_s),
        (FaultClass::Transient, Some(1))
    );
    house
        .provider
        .fail_next_operation("no capacity in the region");
    let fault = house
        .power
        .apply(&cx(), &params, &plan)
        .await
        .expect_err("failed");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(
        fault.message.contains("no capacity in the region"),
        "{}",
        fault.message
    );
}

#[tokio::test]
async fn sim_pools_a_zone_without_a_provider_is_refused_by_our_own_rule() {
    let mut systems = Systems::default();
    systems.add(Zone::new("zone-a"));
    let power = ClusterPower::new(Arc::new(systems));
    let fault = power
        .plan(&cx(), &asked(Asked::Wake))
        .await
        .expect_err("no provider");
    assert_eq!(fault.class, FaultClass::Guard);
}
