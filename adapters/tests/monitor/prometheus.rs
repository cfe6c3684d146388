//! K11: an external label of the client's Prometheus, from Git to the running configuration.

use super::bench::{Bench, bad, cx, good, planned};
use adapters::monitor::{Component, LabelsParams, Monitor};
use workflows::{Action, FaultClass, Level, Recovered, Undone, Verb, Violation};

const IT: Component = Component::Prometheus;

fn with_label(file: &str, label: &str) -> String {
    file.replace(
        "  external_labels:\n",
        &format!("  external_labels:\n    {label}\n"),
    )
}

fn labels(set: &[(&str, &str)], remove: &[&str]) -> LabelsParams {
    LabelsParams {
        set: set
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect(),
        remove: remove.iter().map(|it| (*it).into()).collect(),
    }
}

pub async fn external_label(bench: Bench) {
    let old = bench.on_disk(IT);
    let wanted = labels(&[("env", "prod"), ("cluster", "zone-a")], &["team"]);
    let check = bench.labels.plan(&cx(), &wanted).await.unwrap();
    assert!(check.is_empty(), "a check changes nothing");
    let missing = bench
        .labels
        .verify(&cx(), &wanted, &check, None)
        .await
        .unwrap();
    assert_eq!(
        bad(missing),
        ["the running configuration has the external label env"]
    );

    // At ordering time the commit does not exist; once it does, the plan is still the agreed one.
    let agreed = bench.load.plan(&cx(), &planned(IT)).await.unwrap();
    let params = bench.committed(IT, &with_label(&old, "env: prod"));
    let plan = bench.load.plan(&cx(), &params).await.unwrap();
    assert_eq!(plan.digest(), agreed.digest());
    assert_eq!(
        (plan.changes[0].verb, plan.impact.level),
        (Verb::Run, Level::Reload)
    );
    assert_eq!(bench.load.targets("zone-a", &params), ["zone-a/prometheus"]);
    let not_yet = bench.load.recover(&cx(), &params, &plan).await.unwrap();
    assert!(matches!(not_yet, Recovered::NotApplied));

    let receipt = bench.load.apply(&cx(), &params, &plan).await.unwrap();
    assert!(receipt.reloaded);
    good(
        bench
            .load
            .verify(&cx(), &params, &plan, Some(&receipt))
            .await
            .unwrap(),
    );
    good(
        bench
            .labels
            .verify(&cx(), &wanted, &check, None)
            .await
            .unwrap(),
    );
    let kept = labels(&[], &["env"]);
    let there = bench
        .labels
        .verify(&cx(), &kept, &check, None)
        .await
        .unwrap();
    assert_eq!(
        bad(there),
        ["the running configuration no longer has the label env"]
    );
    let done = bench.load.recover(&cx(), &params, &plan).await.unwrap();
    assert!(matches!(done, Recovered::Applied(_)));

    let loaded_at = bench.running(IT).await.loaded_at;
    let again = bench.load.apply(&cx(), &params, &plan).await.unwrap();
    assert!(
        !again.reloaded,
        "what is loaded already is not loaded again"
    );
    assert_eq!(bench.running(IT).await.loaded_at, loaded_at);

    let undone = bench
        .load
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    assert_eq!(bench.on_disk(IT), old);
    bad(bench
        .labels
        .verify(&cx(), &wanted, &check, None)
        .await
        .unwrap());
    let undone = bench
        .load
        .undo(&cx(), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert_eq!(undone, Undone::NothingToDo);
}

pub async fn bad_file(bench: Bench) {
    let (old, before) = (bench.on_disk(IT), bench.running(IT).await);
    let params = bench.committed(IT, &format!("{}bogus: 1\n", with_label(&old, "env: prod")));
    let plan = bench.load.plan(&cx(), &params).await.unwrap();

    let fault = bench.load.apply(&cx(), &params, &plan).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(fault.message.contains("field bogus not found"), "{fault}");
    assert_eq!(bench.on_disk(IT), old);
    let after = bench.running(IT).await;
    assert_eq!(after.config, before.config);
    assert!(
        after.reload_ok,
        "the alarm about the failed reload is cleared"
    );
    let state = bench.load.recover(&cx(), &params, &plan).await.unwrap();
    assert!(matches!(state, Recovered::NotApplied));
    let undone = bench.load.undo(&cx(), &params, &plan, None).await.unwrap();
    assert_eq!(undone, Undone::NothingToDo);
}

pub async fn foreign_changes(bench: Bench) {
    let old = bench.on_disk(IT);
    let agreed = bench.load.plan(&cx(), &planned(IT)).await.unwrap();
    let params = bench.committed(IT, &with_label(&old, "env: prod"));

    let foreign = with_label(&old, "by: somebody");
    bench.write_on_disk(IT, &foreign);
    let written = bench.load.plan(&cx(), &params).await.unwrap();
    assert_ne!(written.digest(), agreed.digest());
    assert_eq!(
        written.warnings,
        ["The file of prometheus was changed since prometheus last loaded it."]
    );
    bench.monitor.reload(&cx(), IT).await.unwrap();
    let loaded = bench.load.plan(&cx(), &params).await.unwrap();
    assert_ne!(loaded.digest(), agreed.digest());
    assert_ne!(loaded.digest(), written.digest());

    let fault = bench.load.apply(&cx(), &params, &agreed).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Conflict);
    assert_eq!(
        bench.on_disk(IT),
        foreign,
        "nothing of somebody else's is overwritten"
    );
    let state = bench.load.recover(&cx(), &params, &agreed).await.unwrap();
    assert!(matches!(state, Recovered::Partial(_)));
    let undone = bench
        .load
        .undo(&cx(), &params, &agreed, None)
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Impossible(_)), "{undone:?}");
}

#[tokio::test]
async fn real_prometheus_answers_queries_and_refuses_what_it_cannot_read() {
    use adapters::sandbox::monitoring::Programs;
    let bench = Bench::start(Programs::Real).await;
    let one = bench
        .monitor
        .query(&cx(), "scalar(vector(1)) + 1")
        .await
        .unwrap();
    assert_eq!(one["result"][1], "2");
    let fault = bench.monitor.query(&cx(), "vector(1) >").await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Rejected);
}

#[tokio::test]
async fn labels_that_prometheus_would_drop_or_reserve_are_refused_before_anything_runs() {
    let bench = Bench::start(adapters::sandbox::monitoring::Programs::StandIn).await;
    let codes = |params: &LabelsParams| -> Vec<String> {
        let found: Vec<Violation> = Action::validate(&bench.labels, params);
        found.into_iter().map(|it| it.code).collect()
    };
    assert_eq!(codes(&labels(&[("env", "prod")], &["team"])), [""; 0]);
    assert_eq!(codes(&labels(&[], &[])), ["labels.none"]);
    for bad in ["__x", "1bad", "a-b", ""] {
        assert_eq!(codes(&labels(&[(bad, "v")], &[])), ["label.name"], "{bad}");
    }
    assert_eq!(
        codes(&labels(&[], &["prometheus_replica"])),
        ["label.reserved"]
    );
    assert_eq!(codes(&labels(&[("a", "")], &[])), ["label.value"]);
    assert_eq!(
        codes(&labels(&[("a", &"x".repeat(257))], &[])),
        ["label.value"]
    );
    assert_eq!(codes(&labels(&[("a", "b")], &["a"])), ["label.both"]);
}

#[tokio::test]
async fn a_path_that_climbs_and_a_commit_that_is_none_are_refused() {
    let bench = Bench::start(adapters::sandbox::monitoring::Programs::StandIn).await;
    let mut params = planned(IT);
    assert_eq!(Action::validate(&bench.load, &params), []);
    params.path = "../secrets.yml".into();
    params.commit = Some("main".into());
    let codes: Vec<String> = Action::validate(&bench.load, &params)
        .into_iter()
        .map(|it| it.code)
        .collect();
    assert_eq!(codes, ["path.form", "commit.form"]);
    let plan = bench.load.plan(&cx(), &planned(IT)).await.unwrap();
    let fault = bench
        .load
        .apply(&cx(), &planned(IT), &plan)
        .await
        .unwrap_err();
    assert_eq!(
        fault.class,
        FaultClass::Guard,
        "a reference is resolved before it is applied"
    );
}
