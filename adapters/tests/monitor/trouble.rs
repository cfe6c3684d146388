//! What the actions make of servers that lie, break off, or are only looked at.

use super::{
    alertmanager::{probe, with_route},
    bench::{Bench, bad, cx, cx_after, good, planned},
};
use adapters::{
    monitor::{Component, LabelsParams, Monitor},
    sandbox::{fault::Trouble, monitoring::Programs},
};
use workflows::{Action, FaultClass, Recovered, Undone, Verdict};

const IT: Component = Component::Alertmanager;

#[tokio::test]
async fn sim_alertmanager_that_says_yes_and_does_nothing_convinces_nobody() {
    let bench = Bench::start(Programs::StandIn).await;
    let mischief = bench.monitoring.mischief(IT).unwrap();
    let params = bench.committed(IT, &with_route(&bench));
    let plan = bench.load.plan(&cx(), &params).await.unwrap();
    mischief.lie(true);
    let receipt = bench.load.apply(&cx(), &params, &plan).await.unwrap();
    assert!(receipt.reloaded, "it believed the answer");
    let claims = bad(bench
        .load
        .verify(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap());
    assert_eq!(
        claims,
        [
            "alertmanager loaded its file after it was written",
            "the running configuration of alertmanager differs nowhere from the file",
        ]
    );
    mischief.lie(false);
    let undone = bench
        .load
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");

    bench.loaded(IT, &with_route(&bench)).await;
    let plan = bench.probe.plan(&cx(), &probe()).await.unwrap();
    mischief.lie(true);
    let sent = bench.probe.apply(&cx(), &probe(), &plan).await.unwrap();
    let soon = bench
        .probe
        .verify(&cx(), &probe(), &plan, Some(&sent))
        .await
        .unwrap();
    assert!(matches!(soon, Verdict::Pending { .. }), "{soon:?}");
    let late = bench
        .probe
        .verify(&cx_after(11), &probe(), &plan, Some(&sent))
        .await
        .unwrap();
    assert_eq!(bad(late), ["alertmanager holds the alert of this ticket"]);
}

#[tokio::test]
async fn sim_prometheus_that_says_yes_and_does_nothing_convinces_nobody() {
    let bench = Bench::start(Programs::StandIn).await;
    let it = Component::Prometheus;
    let text = bench
        .on_disk(it)
        .replace("cluster: zone-a", "cluster: zone-b");
    let params = bench.committed(it, &text);
    let plan = bench.load.plan(&cx(), &params).await.unwrap();
    bench.monitoring.mischief(it).unwrap().lie(true);
    let receipt = bench.load.apply(&cx(), &params, &plan).await.unwrap();
    let verdict = bench
        .load
        .verify(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert_eq!(bad(verdict).len(), 2);
    let wanted = LabelsParams {
        set: [("cluster".into(), "zone-b".into())].into(),
        remove: Vec::new(),
    };
    let check = bench.labels.plan(&cx(), &wanted).await.unwrap();
    let verdict = bench
        .labels
        .verify(&cx(), &wanted, &check, None)
        .await
        .unwrap();
    assert_eq!(
        bad(verdict),
        ["the running configuration has the external label cluster"]
    );
    let undone = bench
        .load
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(
        matches!(undone, Undone::Impossible(_)),
        "a lie is no restoration: {undone:?}"
    );
}

#[tokio::test]
async fn sim_alertmanager_that_breaks_off_is_asked_what_happened() {
    let bench = Bench::start(Programs::StandIn).await;
    let mischief = bench.monitoring.mischief(IT).unwrap();
    let params = bench.committed(IT, &with_route(&bench));
    let plan = bench.load.plan(&cx(), &params).await.unwrap();

    mischief.next(Trouble::Drop);
    let fault = bench.load.apply(&cx(), &params, &plan).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let Recovered::Applied(receipt) = bench.load.recover(&cx(), &params, &plan).await.unwrap()
    else {
        panic!("the file is written")
    };
    bad(bench
        .load
        .verify(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap());
    let undone = bench
        .load
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");

    let plan = bench.load.plan(&cx(), &params).await.unwrap();
    mischief.next(Trouble::DoThenDrop);
    let fault = bench.load.apply(&cx(), &params, &plan).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let found = bench.load.recover(&cx(), &params, &plan).await.unwrap();
    assert!(matches!(found, Recovered::Applied(_)), "{found:?}");
    good(
        bench
            .load
            .verify(&cx(), &params, &plan, None)
            .await
            .unwrap(),
    );

    mischief.next(Trouble::Busy);
    let plan = bench.probe.plan(&cx(), &probe()).await.unwrap();
    let fault = bench.probe.apply(&cx(), &probe(), &plan).await.unwrap_err();
    assert_eq!(
        (fault.class, fault.retry_after_s),
        (FaultClass::Transient, Some(1))
    );
    mischief.next(Trouble::DoThenDrop);
    let fault = bench.probe.apply(&cx(), &probe(), &plan).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let found = bench.probe.recover(&cx(), &probe(), &plan).await.unwrap();
    assert!(matches!(found, Recovered::Applied(_)), "{found:?}");
}

#[tokio::test]
async fn sim_alertmanager_counts_no_mutating_call_for_plans_verdicts_and_what_is_in_place() {
    let bench = Bench::start(Programs::StandIn).await;
    let calls = || bench.monitoring.mischief(IT).unwrap().mutations();
    let first = bench.load.plan(&cx(), &planned(IT)).await.unwrap();
    let second = bench.load.plan(&cx(), &planned(IT)).await.unwrap();
    assert_eq!(first.digest(), second.digest());
    let probed = bench.probe.plan(&cx(), &probe()).await.unwrap();
    bench.probe.recover(&cx(), &probe(), &probed).await.unwrap();
    assert_eq!(calls(), 0);

    let params = bench.committed(IT, &bench.on_disk(IT));
    let receipt = bench.load.apply(&cx(), &params, &first).await.unwrap();
    assert!(!receipt.reloaded);
    good(
        bench
            .load
            .verify(&cx(), &params, &first, Some(&receipt))
            .await
            .unwrap(),
    );
    let undone = bench
        .load
        .undo(&cx(), &params, &first, Some(&receipt))
        .await
        .unwrap();
    assert_eq!(undone, Undone::NothingToDo);
    assert_eq!(calls(), 0);
    bench.loaded(IT, &with_route(&bench)).await;
    assert_eq!(calls(), 1, "one reload delivers one file");
}

#[tokio::test]
async fn real_alertmanager_tells_apart_files_that_differ_only_in_a_masked_secret() {
    let bench = Bench::start(Programs::Real).await;
    bench.loaded(IT, &with_route(&bench)).await;
    let (before, file) = (bench.running(IT).await, bench.on_disk(IT));
    assert!(!before.text.contains("canary-secret"));
    bench
        .loaded(IT, &file.replace("canary-secret", "other-secret"))
        .await;
    let after = bench.running(IT).await;
    assert_eq!(after.config, before.config);
    assert_ne!(after.fingerprint, before.fingerprint);
}

#[tokio::test]
async fn real_alertmanager_and_prometheus_end_with_their_owner() {
    let bench = Bench::start(Programs::Real).await;
    let address = bench.monitoring.alertmanager_url.clone();
    let address = address.strip_prefix("http://").unwrap().to_owned();
    let monitor = bench.monitor.clone();
    assert!(monitor.receivers(&cx()).await.is_ok());
    drop(bench);
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "nobody listens there any more"
    );
    let fault = monitor.receivers(&cx()).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient);
}
