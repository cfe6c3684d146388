//! K13: a receiver and its route in Alertmanager, from Git to a notification that arrived.

use super::bench::{Bench, bad, cx, good};
use adapters::monitor::{Component, Monitor, ProbeParams, RouteParams};
use chrono::TimeDelta;
use std::time::Duration;
use workflows::{Action, FaultClass, Level, Recovered, Undone, Verdict};

const IT: Component = Component::Alertmanager;
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// The running file with a receiver `on-call` for `team="a"`, notified at once.
pub fn with_route(bench: &Bench) -> String {
    let url = bench.monitoring.sink.url("on-call");
    bench
        .on_disk(IT)
        .replace(
            "  routes:\n",
            "  routes:\n    - receiver: on-call\n      matchers: ['team=\"a\"']\n      \
             group_wait: 0s\n      group_interval: 1s\n",
        )
        .replace(
            "receivers:\n",
            &format!(
                "receivers:\n  - name: on-call\n    webhook_configs:\n      - url: {url}\n        \
                 http_config:\n          basic_auth:\n            username: guichet\n            \
                 password: canary-secret\n"
            ),
        )
}

pub fn probe() -> ProbeParams {
    ProbeParams {
        receiver: "on-call".into(),
        labels: [("team".into(), "a".into())].into(),
    }
}

fn route(receiver: &str, team: &str) -> RouteParams {
    let labels = [("team".into(), team.into())].into();
    RouteParams {
        receiver: receiver.into(),
        labels,
    }
}

pub async fn new_route(bench: Bench) {
    let old = bench.on_disk(IT);
    let check = bench
        .route
        .plan(&cx(), &route("on-call", "a"))
        .await
        .unwrap();
    assert!(check.is_empty(), "a check changes nothing");
    let missing = bench
        .route
        .verify(&cx(), &route("on-call", "a"), &check, None)
        .await
        .unwrap();
    assert_eq!(
        bad(missing),
        [
            "alertmanager knows the receiver on-call",
            "the running routes lead these labels to on-call"
        ]
    );

    let params = bench.committed(IT, &with_route(&bench));
    let plan = bench.load.plan(&cx(), &params).await.unwrap();
    let receipt = bench.load.apply(&cx(), &params, &plan).await.unwrap();
    let proofs = good(
        bench
            .load
            .verify(&cx(), &params, &plan, Some(&receipt))
            .await
            .unwrap(),
    );
    let told = serde_json::to_string(&(&proofs, &plan, &receipt)).unwrap();
    assert!(
        !told.contains("canary-secret"),
        "a secret of the file reaches no record"
    );
    good(
        bench
            .route
            .verify(&cx(), &route("on-call", "a"), &check, None)
            .await
            .unwrap(),
    );
    good(
        bench
            .route
            .verify(&cx(), &route("support", "b"), &check, None)
            .await
            .unwrap(),
    );
    bad(bench
        .route
        .verify(&cx(), &route("on-call", "b"), &check, None)
        .await
        .unwrap());

    let probed = bench.probe.plan(&cx(), &probe()).await.unwrap();
    assert_eq!(probed.impact.level, Level::None);
    let none = bench.probe.recover(&cx(), &probe(), &probed).await.unwrap();
    assert!(matches!(none, Recovered::NotApplied));
    let sent = bench.probe.apply(&cx(), &probe(), &probed).await.unwrap();
    let verdict = bench
        .settled(&bench.probe, &probe(), &probed, Some(&sent))
        .await;
    assert!(good(verdict).len() >= 5);
    let arrived = bench
        .monitoring
        .sink
        .wait(ARRIVES_WITHIN, |it| it.path == "/on-call")
        .await;
    let arrived = arrived.expect("the receiver was notified").body;
    assert_eq!(arrived["receiver"], "on-call");
    assert_eq!(
        arrived["alerts"][0]["labels"]["guichet_ticket"],
        "ACME-2026-0042"
    );
    assert_eq!(arrived["alerts"][0]["labels"]["alertname"], "GuichetProbe");
    let found = bench.probe.recover(&cx(), &probe(), &probed).await.unwrap();
    let Recovered::Applied(found) = found else {
        panic!("{found:?}")
    };
    // The moment before the crash is lost; the plan's counters are older and still prove it.
    good(
        bench
            .settled(&bench.probe, &probe(), &probed, Some(&found))
            .await,
    );

    let undone = bench
        .probe
        .undo(&cx(), &probe(), &probed, Some(&sent))
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    let undone = bench
        .probe
        .undo(&cx(), &probe(), &probed, None)
        .await
        .unwrap();
    assert_eq!(undone, Undone::NothingToDo);
    let undone = bench
        .load
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    assert_eq!(bench.on_disk(IT), old);
    assert_eq!(
        bench.monitor.receivers(&cx()).await.unwrap(),
        ["support", "supervision"]
    );
}

pub async fn bad_file(bench: Bench) {
    let (old, before) = (bench.on_disk(IT), bench.running(IT).await);
    let nowhere = old.replace("    - receiver: supervision", "    - receiver: nope");
    assert_ne!(nowhere, old);
    let params = bench.committed(IT, &nowhere);
    let plan = bench.load.plan(&cx(), &params).await.unwrap();

    let fault = bench.load.apply(&cx(), &params, &plan).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(
        fault
            .message
            .contains("undefined receiver \"nope\" used in route"),
        "{fault}"
    );
    assert_eq!(bench.on_disk(IT), old);
    let after = bench.running(IT).await;
    assert_eq!((after.config, after.reload_ok), (before.config, true));
    assert_eq!(after.fingerprint, before.fingerprint);
}

pub async fn refused_notifications(bench: Bench) {
    bench.loaded(IT, &with_route(&bench)).await;
    bench.monitoring.sink.answer(400);
    let plan = bench.probe.plan(&cx(), &probe()).await.unwrap();
    let sent = bench.probe.apply(&cx(), &probe(), &plan).await.unwrap();
    let verdict = bench
        .settled(&bench.probe, &probe(), &plan, Some(&sent))
        .await;
    assert_eq!(
        bad(verdict),
        ["no notification of this kind was given up since"]
    );
    let got = bench.monitoring.sink.received();
    assert!(
        got.iter().any(|it| it.path == "/on-call"),
        "it was sent, and refused"
    );
}

pub async fn silenced(bench: Bench) {
    bench.loaded(IT, &with_route(&bench)).await;
    let until = cx().now + TimeDelta::minutes(10);
    let labels = [("guichet_ticket", "ACME-2026-0042")];
    let id = bench
        .monitor
        .silence(&cx(), &labels, until, "maintenance")
        .await
        .unwrap();
    let plan = bench.probe.plan(&cx(), &probe()).await.unwrap();
    let sent = bench.probe.apply(&cx(), &probe(), &plan).await.unwrap();
    let verdict = bench
        .settled(&bench.probe, &probe(), &plan, Some(&sent))
        .await;
    assert_eq!(
        bad(verdict),
        ["no silence and no inhibition keeps the alert back"]
    );
    assert_eq!(bench.monitoring.sink.received(), []);

    bench.monitor.unsilence(&cx(), &id).await.unwrap();
    bench.monitor.unsilence(&cx(), &id).await.unwrap();
    let free = bench
        .settled(&bench.probe, &probe(), &plan, Some(&sent))
        .await;
    assert!(matches!(free, Verdict::Ok(_)), "{free:?}");
    let unknown = "00000000-0000-4000-8000-000000000000";
    let fault = bench.monitor.unsilence(&cx(), unknown).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Rejected);
}
