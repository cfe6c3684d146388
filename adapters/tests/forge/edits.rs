//! Edits of configuration files: only the asked tokens move, and the result is read again.

use crate::stage::{ALERTMANAGER, PROMETHEUS, Stage, cx, params, repo};
use adapters::{git_change::GitChange, monitor::Router};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use workflows::{Action, FaultClass, Verb};

const PROM: &str = "prometheus/prometheus.yml";
const AM: &str = "alertmanager/alertmanager.yml";

fn labels(set: Value, remove: Value) -> Value {
    json!({"kind": "prometheus-labels", "path": PROM, "set": set, "remove": remove})
}

fn receiver(matchers: Value, goes_on: bool) -> Value {
    json!({
        "kind": "alertmanager-receiver", "path": AM, "receiver": "orders-team",
        "url": "https://hooks.example.invalid/orders", "matchers": matchers,
        "continue": goes_on, "send_resolved": true,
    })
}

/// K11: one label changes, comments and spacing of the file stay.
#[tokio::test]
async fn sim_gitea_a_label_changes_and_nothing_else_in_the_file() {
    let stage = Stage::set().await;
    let params = params(labels(
        json!({"env": "preprod", "team": "no"}),
        json!(["region"]),
    ));
    let (plan, _) = stage.succeed(1, &params).await;
    let seen: Vec<_> = plan
        .changes
        .iter()
        .map(|it| {
            (
                it.path.as_str(),
                it.verb,
                it.before.clone(),
                it.after.clone(),
            )
        })
        .collect();
    let at = |name: &str| format!("{PROM}/global/external_labels/{name}");
    assert_eq!(
        seen,
        [
            (
                at("env").as_str(),
                Verb::Update,
                json!("prod"),
                json!("preprod")
            ),
            (at("team").as_str(), Verb::Create, json!(null), json!("no")),
            (
                at("region").as_str(),
                Verb::Delete,
                json!("paris"),
                json!(null)
            ),
        ]
    );
    let now = stage.show(PROM);
    for kept in [
        "# Prometheus of the client, see runbook 12",
        "30s # agreed in May",
    ] {
        assert!(now.contains(kept), "{now}");
    }
    let read: Value = serde_saphyr::from_str(&now).unwrap();
    assert_eq!(
        read["global"]["external_labels"],
        json!({"env": "preprod", "team": "no"})
    );
    assert_eq!(read["scrape_configs"], json!([]));
    let touched: Vec<String> = now.lines().map(str::to_owned).collect();
    let same = PROMETHEUS
        .lines()
        .filter(|it| touched.contains(&(*it).to_owned()))
        .count();
    assert_eq!(same, PROMETHEUS.lines().count() - 2, "{now}");
}

#[tokio::test]
async fn sim_gitea_labels_can_appear_where_there_were_none_and_vanish_again() {
    for text in [
        "scrape_configs: []\n",
        "global:\n  scrape_interval: 15s\nscrape_configs: []\n",
    ] {
        let stage = Stage::set().await;
        stage
            .gitea
            .edit_as("Client", &repo(), PROM, Some(text.as_bytes()))
            .await
            .unwrap();
        stage
            .succeed(1, &params(labels(json!({"env": "prod"}), json!([]))))
            .await;
        let read: Value = serde_saphyr::from_str(&stage.show(PROM)).unwrap();
        assert_eq!(read["global"]["external_labels"], json!({"env": "prod"}));
        stage
            .succeed(2, &params(labels(json!({}), json!(["env"]))))
            .await;
        let read: Value = serde_saphyr::from_str(&stage.show(PROM)).unwrap();
        let first: Value = serde_saphyr::from_str(text).unwrap();
        assert_eq!(read, first, "{}", stage.show(PROM));
        let again = stage
            .plan(3, &params(labels(json!({}), json!(["env"]))))
            .await;
        assert!(again.is_empty());
    }
}

#[tokio::test]
async fn sim_gitea_a_file_with_anchors_or_of_another_kind_is_not_edited() {
    for text in [
        "a: &x {b: 1}\nc: *x\n",
        "- a\n",
        "global: {external_labels: [a]}\n",
        "a: [\n",
    ] {
        let stage = Stage::set().await;
        stage
            .gitea
            .edit_as("Client", &repo(), PROM, Some(text.as_bytes()))
            .await
            .unwrap();
        let params = params(labels(json!({"env": "prod"}), json!([])));
        let fault = stage.change.plan(&cx(1), &params).await.unwrap_err();
        assert_eq!(fault.class, FaultClass::Guard, "{text}: {fault}");
    }
}

#[test]
fn bad_labels_are_refused_offline() {
    let change = GitChange::new(Arc::default());
    let codes = |set: Value, remove: Value| -> Vec<String> {
        let found = change.validate(&params(labels(set, remove)));
        found.into_iter().map(|it| it.code).collect()
    };
    assert!(codes(json!({"env": "prod"}), json!(["region"])).is_empty());
    assert_eq!(codes(json!({}), json!([])), ["label.none"]);
    assert_eq!(codes(json!({"1bad": "x"}), json!([])), ["label.name"]);
    assert_eq!(codes(json!({"__x": "x"}), json!([])), ["label.reserved"]);
    assert_eq!(
        codes(json!({"prometheus_replica": "x"}), json!([])),
        ["label.reserved"]
    );
    assert_eq!(codes(json!({"env": ""}), json!([])), ["label.value"]);
    assert_eq!(codes(json!({"env": "a\nb"}), json!([])), ["label.value"]);
    assert!(codes(json!({"env": "a"}), json!(["env"])).contains(&"label.both".to_owned()));
}

fn router(text: &str) -> Router {
    Router::of(&serde_saphyr::from_str(text).unwrap()).unwrap()
}

/// Every alert of interest: each combination of these values, absent included.
fn alerts() -> Vec<BTreeMap<String, String>> {
    let mut all = Vec::new();
    for team in [None, Some("infra"), Some("orders"), Some("web")] {
        for severity in [None, Some("critical"), Some("info")] {
            let pairs = [("team", team), ("severity", severity)];
            let labels = pairs
                .into_iter()
                .filter_map(|(k, v)| Some((k.into(), v?.into())));
            all.push(labels.collect());
        }
    }
    all
}

/// K13: whoever gets an alert today still gets it; supervision is not stolen from.
#[tokio::test]
async fn sim_gitea_a_new_route_takes_no_alert_from_anyone() {
    for (matchers, goes_on) in [
        (json!(["team=\"orders\""]), false),
        (json!(["team=\"orders\""]), true),
        (json!(["severity=~\"critical|info\""]), false),
        (json!(["severity=~\"critical|info\""]), true),
        (json!(["team!=\"web\"", "severity=\"critical\""]), false),
    ] {
        let stage = Stage::set().await;
        stage
            .succeed(1, &params(receiver(matchers.clone(), goes_on)))
            .await;
        let now = stage.show(AM);
        let (before, after) = (router(ALERTMANAGER), router(&now));
        let mut reached = 0;
        for alert in alerts() {
            let (was, is) = (before.receivers(&alert), after.receivers(&alert));
            assert!(
                was.iter().all(|it| is.contains(it)),
                "{alert:?}: {was:?} → {is:?}\n{now}"
            );
            reached += usize::from(is.contains(&"orders-team".to_owned()));
        }
        assert!(reached > 0, "{now}");
        for kept in ["# who gets which alert", "supervision # never remove"] {
            assert!(now.contains(kept), "{now}");
        }
        let again = stage.plan(2, &params(receiver(matchers, goes_on))).await;
        assert!(again.is_empty(), "already in place");
    }
}

#[tokio::test]
async fn sim_gitea_the_plan_of_a_route_says_what_will_not_reach_it() {
    let stage = Stage::set().await;
    let plan = stage
        .plan(
            1,
            &params(receiver(json!(["severity=\"critical\""]), false)),
        )
        .await;
    let paths: Vec<&str> = plan.changes.iter().map(|it| it.path.as_str()).collect();
    let at = |rest: &str| format!("{AM}/{rest}");
    assert_eq!(
        paths,
        [
            at("receivers/orders-team"),
            at("route/routes/2"),
            at("route/routes/1")
        ]
    );
    assert!(
        plan.warnings.iter().any(|it| it.contains("stop there")),
        "{:?}",
        plan.warnings
    );

    let all = stage
        .plan(1, &params(receiver(json!(["team=\"infra\""]), false)))
        .await;
    assert!(
        all.warnings.iter().any(|it| it.contains("receive nothing")),
        "{:?}",
        all.warnings
    );
    let free = stage
        .plan(1, &params(receiver(json!(["team=\"orders\""]), false)))
        .await;
    assert_eq!(free.warnings.len(), 1, "{:?}", free.warnings);
}

#[tokio::test]
async fn sim_gitea_an_existing_receiver_is_not_overwritten() {
    let stage = Stage::set().await;
    let mut edit = receiver(json!(["team=\"orders\""]), false);
    edit["receiver"] = json!("supervision");
    let fault = stage.change.plan(&cx(1), &params(edit)).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Guard, "{fault}");
}

#[test]
fn a_bad_receiver_is_refused_offline() {
    let change = GitChange::new(Arc::default());
    let codes = |key: &str, value: Value| -> Vec<String> {
        let mut edit = receiver(json!(["team=\"orders\""]), false);
        edit[key] = value;
        change
            .validate(&params(edit))
            .into_iter()
            .map(|it| it.code)
            .collect()
    };
    assert!(codes("receiver", json!("orders-team")).is_empty());
    assert_eq!(codes("receiver", json!("Orders Team")), ["receiver.name"]);
    assert_eq!(codes("matchers", json!([])), ["route.catch_all"]);
    assert_eq!(
        codes("matchers", json!(["team=~\".*\""])),
        ["route.catch_all"]
    );
    assert_eq!(codes("matchers", json!(["team"])), ["route.matcher"]);
    assert_eq!(codes("matchers", json!(["team=~\"(\""])), ["route.matcher"]);
    assert_eq!(
        codes("url", json!("https://u:p@example.invalid/x")),
        ["secret.literal"]
    );
    assert_eq!(codes("url", json!("file:///etc/passwd")), ["receiver.url"]);
}

/// The real program of Alertmanager accepts the file and routes as we say.
#[tokio::test]
async fn real_amtool_agrees_with_the_edited_file() {
    for (goes_on, reached) in [
        (false, "supervision,orders-team"),
        (true, "orders-team,supervision"),
    ] {
        let stage = Stage::set().await;
        stage
            .succeed(1, &params(receiver(json!(["team=\"orders\""]), goes_on)))
            .await;
        let file = stage.clone.path().join("alertmanager.yml");
        std::fs::write(&file, stage.show(AM)).unwrap();
        let amtool = |args: &[&str]| {
            let output = std::process::Command::new("amtool")
                .args(args)
                .output()
                .unwrap();
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{words}");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        let path = file.to_str().unwrap();
        assert!(amtool(&["check-config", path]).contains("3 receivers"));
        let config = format!("--config.file={path}");
        let test = |label: &str| amtool(&["config", "routes", "test", &config, label]);
        assert_eq!(test("team=orders"), reached);
        assert_eq!(test("team=infra"), "infra");
        assert_eq!(test("team=web"), "supervision");
    }
}

/// Whatever a repository already holds, secret values are not copied into a plan.
#[tokio::test]
async fn sim_gitea_a_secret_that_lies_in_the_repository_is_not_shown_in_a_plan() {
    let stage = Stage::set().await;
    let path = "manifests/old.yaml";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {p: canary-31}\n";
    stage
        .gitea
        .edit_as("Client", &repo(), path, Some(secret.as_bytes()))
        .await
        .unwrap();
    for edit in [
        json!({"kind": "file", "path": path, "operation": "delete"}),
        json!({"kind": "file", "path": path, "operation": "update", "content": "# none\n"}),
    ] {
        let cx = cx(1);
        let plan = stage.change.plan(&cx, &params(edit)).await.unwrap();
        assert!(plan.changes[0].secret);
        let kept = serde_json::to_string(&(&plan, cx.evidence.take())).unwrap();
        assert!(!kept.contains("canary-31"), "{kept}");
        assert!(kept.contains("sha256:"));
    }
}
