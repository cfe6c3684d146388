//! K05, `kube.apply`, against the Kubernetes stand-in: the plan is the server's own, the proof is
//! field by field, and what was made or changed can be taken back.

#[path = "kube_apply/faults.rs"]
mod faults;
#[path = "kube_apply/house.rs"]
mod house;
#[path = "kube_apply/plans.rs"]
mod plans;

use adapters::{
    kube::{Kind, Kube},
    kube_apply::{ApplyParams, ApplyReceipt, FailurePolicy, KubeApply},
    sandbox::{fault::Trouble, kubernetes::ADMIN_TOKEN},
    systems::Systems,
};
use house::*;
use serde_json::json;
use std::sync::Arc;
use workflows::{Action, Fidelity, Level, Undone, Verb, Verdict};

#[tokio::test]
async fn sim_kubernetes_the_reviewer_gets_account_token_and_rights() {
    let house = house().await;
    let (plan, receipt) = house.apply(&reviewer()).await;
    assert_eq!(plan.impact.level, Level::Reload);
    assert_eq!(plan.changes.len(), 4);
    assert!(plan.changes.iter().all(|it| it.verb == Verb::Create));
    // Only the namespace can be asked about before there is one.
    let exact = plan
        .changes
        .iter()
        .filter(|it| it.fidelity == Fidelity::Exact)
        .count();
    assert_eq!(exact, 2, "{:?}", plan.changes);
    assert!(holds(
        &house.verdict(&reviewer(), &plan, Some(&receipt)).await
    ));
    let secret = house
        .until("Secret", "vault-reviewer-token", true)
        .await
        .expect("made");
    assert!(secret["data"]["token"].is_string());
    let binding = house
        .until("ClusterRoleBinding", "vault-reviewer", true)
        .await
        .expect("made");
    assert_eq!(binding["roleRef"]["name"], "system:auth-delegator");
    let mark = &binding["metadata"]["annotations"]["guichet/effect"];
    assert_eq!(*mark, json!(cx().idem.to_string()));
}

#[tokio::test]
async fn sim_kubernetes_the_injector_comes_with_its_webhook_last_and_without_an_authority() {
    let house = house().await;
    house.apply(&reviewer()).await;
    let (plan, receipt) = house.apply(&injector()).await;
    let last = &receipt.objects.last().expect("objects").object;
    assert_eq!(last.kind, "MutatingWebhookConfiguration");
    let planned = &plan.changes.last().expect("changes").after;
    assert!(planned["webhooks"][0]["clientConfig"]["caBundle"].is_null());
    assert!(holds(
        &house.verdict(&injector(), &plan, Some(&receipt)).await
    ));
    let verdict = house.verdict(&injector(), &plan, Some(&receipt)).await;
    let Verdict::Ok(proofs) = verdict else {
        panic!("{verdict:?}")
    };
    let trial = proofs.last().expect("proofs");
    assert!(
        trial.claim.contains("a new pod that asks for it"),
        "{}",
        trial.claim
    );
    assert_eq!(
        house
            .cluster
            .cluster()
            .object("Pod", "default", "guichet-injection-trial"),
        None
    );
    let again = house.plan(&injector()).await;
    assert!(
        again.is_empty(),
        "the authority that the injector wrote is not ours: {again:?}"
    );
}

#[tokio::test]
async fn sim_kubernetes_a_second_run_makes_no_mutating_call() {
    let house = house().await;
    house.apply(&reviewer()).await;
    let calls = house.calls();
    let (plan, receipt) = house.apply(&reviewer()).await;
    assert!(plan.is_empty());
    assert_eq!(plan.impact.level, Level::None);
    assert!(receipt.objects.is_empty());
    assert!(holds(&house.verdict(&reviewer(), &plan, None).await));
    assert_eq!(house.calls(), calls);
}

#[tokio::test]
async fn sim_kubernetes_plan_only_reads_and_is_equal_for_an_unchanged_cluster() {
    let house = house().await;
    let version = house.cluster.cluster().version();
    let first = house.plan(&reviewer()).await;
    let second = house.plan(&reviewer()).await;
    assert_eq!(first, second);
    assert_eq!(first.digest(), second.digest());
    assert_eq!(house.calls(), 0);
    assert_eq!(house.cluster.cluster().version(), version);
}

#[tokio::test]
async fn sim_kubernetes_what_the_server_makes_up_does_not_move_the_digest() {
    let house = house().await;
    house.apply(&reviewer()).await;
    let first = house.plan(&injector()).await;
    let second = house.plan(&injector()).await;
    assert_eq!(first.digest(), second.digest());
    let (_, receipt) = house.apply(&injector()).await;
    assert_eq!(receipt.objects.len(), 9);
    let service = house.until("Service", "vault-injector", true).await;
    assert!(service.expect("made")["spec"]["clusterIP"].is_string());
}

#[tokio::test]
async fn sim_kubernetes_the_injector_keeps_the_strictest_pod_security_level() {
    let house = house().await;
    let strict = ["enforce", "warn"].map(|it| format!("pod-security.kubernetes.io/{it}"));
    let labels = strict.each_ref().map(|it| (it.as_str(), "restricted"));
    house.cluster.cluster().add_namespace(NAMESPACE, &labels);
    let plan = house.plan(&injector()).await;
    assert_eq!(plan.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn sim_kubernetes_every_exchange_is_noted_with_identity_and_version() {
    let house = house().await;
    let cx = cx();
    let plan = house.action.plan(&cx, &reviewer()).await.expect("a plan");
    drop(cx.evidence.take());
    let receipt = house
        .action
        .apply(&cx, &reviewer(), &plan)
        .await
        .expect("accepted");
    let evidence = cx.evidence.take();
    assert_eq!(evidence.len(), receipt.objects.len());
    for (noted, written) in evidence.iter().zip(&receipt.objects) {
        assert_eq!((noted.status, noted.system.as_str()), (201, "kubernetes"));
        assert_eq!(noted.ids["uid"], written.uid);
        assert_eq!(noted.ids["resourceVersion"], written.resource_version);
    }
}

#[tokio::test]
async fn sim_kubernetes_applying_twice_changes_nothing_more() {
    let house = house().await;
    let (plan, first) = house.apply(&reviewer()).await;
    house.until("Secret", "vault-reviewer-token", true).await;
    let second = house
        .action
        .apply(&cx(), &reviewer(), &plan)
        .await
        .expect("accepted");
    let uids = |it: &ApplyReceipt| {
        it.objects
            .iter()
            .map(|it| it.uid.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(uids(&first), uids(&second));
    assert!(holds(
        &house.verdict(&reviewer(), &plan, Some(&second)).await
    ));
}

#[tokio::test]
async fn sim_kubernetes_undo_deletes_what_was_made_and_twice_is_once() {
    let house = house().await;
    let (plan, receipt) = house.apply(&reviewer()).await;
    let undone = house
        .action
        .undo(&cx(), &reviewer(), &plan, Some(&receipt))
        .await
        .expect("undone");
    let Undone::Restored(proofs) = undone else {
        panic!("{undone:?}")
    };
    assert_eq!(proofs.len(), 4);
    house.until("Namespace", NAMESPACE, false).await;
    house
        .until("ClusterRoleBinding", "vault-reviewer", false)
        .await;
    let calls = house.calls();
    let again = house
        .action
        .undo(&cx(), &reviewer(), &plan, Some(&receipt))
        .await
        .expect("undone");
    assert_eq!(again, Undone::NothingToDo);
    assert_eq!(house.calls(), calls);
}

#[tokio::test]
async fn sim_kubernetes_undo_after_half_an_apply_takes_back_that_half() {
    let house = house().await;
    let plan = house.plan(&reviewer()).await;
    house.cluster.mischief().next(Trouble::DoThenDrop);
    house
        .action
        .apply(&cx(), &reviewer(), &plan)
        .await
        .expect_err("no answer");
    let undone = house
        .action
        .undo(&cx(), &reviewer(), &plan, None)
        .await
        .expect("undone");
    assert!(
        matches!(undone, Undone::Restored(ref it) if it.len() == 1),
        "{undone:?}"
    );
    house.until("Namespace", NAMESPACE, false).await;
}

#[tokio::test]
async fn sim_kubernetes_undo_without_apply_does_nothing() {
    let house = house().await;
    let plan = house.plan(&reviewer()).await;
    let undone = house
        .action
        .undo(&cx(), &reviewer(), &plan, None)
        .await
        .expect("nothing to undo");
    assert_eq!(undone, Undone::NothingToDo);
    assert_eq!(house.calls(), 0);
}

#[tokio::test]
async fn sim_kubernetes_undo_of_a_change_brings_the_fields_of_before_back() {
    let house = house().await;
    house.apply(&reviewer()).await;
    let (plan, receipt) = house.apply(&injector()).await;
    assert!(holds(
        &house.verdict(&injector(), &plan, Some(&receipt)).await
    ));
    let before = house
        .until("Deployment", "vault-injector", true)
        .await
        .expect("made");
    let more = ApplyParams {
        replicas: 3,
        failure_policy: FailurePolicy::Fail,
        ..injector()
    };
    let cx = cx_of(2);
    let plan = house.action.plan(&cx, &more).await.expect("a plan");
    let paths: Vec<&str> = plan.changes.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert_eq!(
        paths[0],
        "Deployment/vault-injector/vault-injector/spec/replicas"
    );
    assert!(plan.warnings.iter().any(|it| it.contains("No new pod")));
    let receipt = house
        .action
        .apply(&cx, &more, &plan)
        .await
        .expect("accepted");
    assert_eq!(
        receipt.objects.len(),
        2,
        "what does not change is not written"
    );
    let undone = house
        .action
        .undo(&cx, &more, &plan, Some(&receipt))
        .await
        .expect("undone");
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    let after = house
        .until("Deployment", "vault-injector", true)
        .await
        .expect("still there");
    assert_eq!(after["spec"], before["spec"]);
    assert_eq!(
        after["metadata"]["annotations"],
        before["metadata"]["annotations"]
    );
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    let plan = house.plan(&injector()).await;
    assert!(plan.is_empty(), "{:?}", plan.changes);
}

#[tokio::test]
async fn sim_kubernetes_lists_are_read_page_by_page_to_their_end() {
    let house = house().await;
    let kube = client(&house.cluster, ADMIN_TOKEN);
    for number in 0..501 {
        house
            .cluster
            .cluster()
            .add_node(&format!("m{number:03}"), "many");
    }
    let nodes = kube
        .list(&cx(), Kind::NODE, None, "agentpool=many")
        .await
        .expect("a list");
    assert_eq!(nodes.len(), 501);
}

#[test]
fn parameters_that_cannot_be_are_refused_offline() {
    let action = KubeApply::new(Arc::new(Systems::default()));
    let params = ApplyParams {
        replicas: 1,
        agent_image: Some("vault:latest".into()),
        namespaces: vec!["kube-system".into()],
        ..injector()
    };
    let codes: Vec<String> = action
        .validate(&params)
        .into_iter()
        .map(|it| it.code)
        .collect();
    let expected = [
        "injector.replicas",
        "injector.image_digest",
        "injector.namespace_reserved",
    ];
    assert_eq!(codes, expected);
    assert!(action.validate(&injector()).is_empty());
    let targets = action.targets("zone-a", &reviewer());
    assert_eq!(targets.len(), 4);
    assert!(
        targets.contains(&"zone-a/kube/Namespace/vault-injector".to_owned()),
        "{targets:?}"
    );
}
