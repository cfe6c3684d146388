//! Lies, lost answers, other hands and refusals.

use super::house::*;
use adapters::{
    kube::{Kube, ObjRef},
    kube_apply::{ApplyParams, ApplyReceipt, Manifest},
    sandbox::{fault::Trouble, kubernetes::ADMIN_TOKEN},
};
use serde_json::json;
use workflows::{Action, FaultClass, Recovered, Undone, Verdict};

#[tokio::test]
async fn sim_kubernetes_a_server_that_lies_is_noticed_by_verify() {
    let house = house().await;
    let plan = house.plan(&reviewer()).await;
    house.cluster.mischief().lie(true);
    // The namespace is accepted and not there, so the next object finds no room.
    let fault = house
        .action
        .apply(&cx(), &reviewer(), &plan)
        .await
        .expect_err("no namespace");
    assert_eq!(fault.class, FaultClass::Missing);
    house.cluster.mischief().lie(false);
    let (plan, _) = house.apply(&reviewer()).await;
    house.cluster.mischief().lie(true);
    let (late, receipt) = house.apply(&injector()).await;
    let verdict = house.verdict(&injector(), &late, Some(&receipt)).await;
    let Verdict::Bad(proofs) = verdict else {
        panic!("{verdict:?}")
    };
    assert!(
        proofs
            .iter()
            .any(|it| !it.ok && it.claim.contains("exists"))
    );
    assert!(holds(&house.verdict(&reviewer(), &plan, None).await));
}

#[tokio::test]
async fn sim_kubernetes_a_field_changed_behind_our_back_is_noticed_by_verify() {
    let house = house().await;
    house.apply(&reviewer()).await;
    let (plan, receipt) = house.apply(&injector()).await;
    assert!(holds(
        &house.verdict(&injector(), &plan, Some(&receipt)).await
    ));
    let body = json!({"spec": {"replicas": 0}});
    edit(
        &house.cluster,
        "apis/apps/v1",
        "deployments/vault-injector",
        &body,
    )
    .await;
    let verdict = house.verdict(&injector(), &plan, Some(&receipt)).await;
    let Verdict::Bad(proofs) = verdict else {
        panic!("{verdict:?}")
    };
    let bad: Vec<_> = proofs.iter().filter(|it| !it.ok).collect();
    assert_eq!(bad.len(), 1);
    assert!(bad[0].claim.contains("/spec/replicas"), "{}", bad[0].claim);
    assert_eq!((&bad[0].expected, &bad[0].actual), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn sim_kubernetes_an_answer_lost_half_way_is_carried_on() {
    let house = house().await;
    let plan = house.plan(&reviewer()).await;
    house.cluster.mischief().next(Trouble::DoThenDrop);
    let fault = house
        .action
        .apply(&cx(), &reviewer(), &plan)
        .await
        .expect_err("no answer");
    assert_eq!(fault.class, FaultClass::Ambiguous);
    let found = house
        .action
        .recover(&cx(), &reviewer(), &plan)
        .await
        .expect("an answer");
    assert_eq!(found, Recovered::NotApplied, "one object of four is there");
    let receipt = house
        .action
        .apply(&cx(), &reviewer(), &plan)
        .await
        .expect("carried on");
    let found = house
        .action
        .recover(&cx(), &reviewer(), &plan)
        .await
        .expect("an answer");
    let Recovered::Applied(recovered) = found else {
        panic!("{found:?}")
    };
    let uids = |it: &ApplyReceipt| {
        it.objects
            .iter()
            .map(|it| it.uid.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(uids(&recovered), uids(&receipt));
    assert!(holds(
        &house.verdict(&reviewer(), &plan, Some(&receipt)).await
    ));
}

#[tokio::test]
async fn sim_kubernetes_another_effect_is_not_taken_for_ours() {
    let house = house().await;
    let (plan, _) = house.apply(&reviewer()).await;
    let found = house
        .action
        .recover(&cx_of(2), &reviewer(), &plan)
        .await
        .expect("an answer");
    assert_eq!(found, Recovered::NotApplied);
    let undone = house
        .action
        .undo(&cx_of(2), &reviewer(), &plan, None)
        .await
        .expect("an answer");
    assert_eq!(undone, Undone::NothingToDo);
    assert!(house.until("Namespace", NAMESPACE, true).await.is_some());
}

#[tokio::test]
async fn sim_kubernetes_a_field_of_another_manager_is_a_conflict_that_names_it() {
    let house = house().await;
    house.apply(&reviewer()).await;
    house.apply(&injector()).await;
    let body = json!({"spec": {"replicas": 4}});
    edit(
        &house.cluster,
        "apis/apps/v1",
        "deployments/vault-injector",
        &body,
    )
    .await;
    let fault = house
        .action
        .plan(&cx(), &injector())
        .await
        .expect_err("a foreign field");
    assert_eq!(fault.class, FaultClass::Conflict);
    assert!(
        fault.message.contains("\"kubectl-edit\""),
        "{}",
        fault.message
    );
    assert!(
        fault.message.contains(".spec.replicas"),
        "{}",
        fault.message
    );
    let takeover = ApplyParams {
        takeover: true,
        ..injector()
    };
    let (plan, receipt) = house.apply(&takeover).await;
    assert!(
        plan.warnings.iter().any(|it| it.contains("kubectl-edit")),
        "{:?}",
        plan.warnings
    );
    assert!(holds(
        &house.verdict(&takeover, &plan, Some(&receipt)).await
    ));
    let undone = house
        .action
        .undo(&cx(), &takeover, &plan, Some(&receipt))
        .await
        .expect("undone");
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    let after = house
        .until("Deployment", "vault-injector", true)
        .await
        .expect("still there");
    assert_eq!(after["spec"]["replicas"], 4);
}

#[tokio::test]
async fn sim_kubernetes_without_rights_nothing_is_planned() {
    let house = house_as("bobtok").await;
    let params = ApplyParams::new(Manifest::VaultReviewer);
    let fault = house
        .action
        .plan(&cx(), &params)
        .await
        .expect_err("no rights");
    assert_eq!(fault.class, FaultClass::Denied);
}

#[tokio::test]
async fn sim_kubernetes_an_unknown_namespace_and_a_second_injector_are_refused() {
    let house = house().await;
    let lost = ApplyParams {
        namespaces: vec!["nowhere".into()],
        ..reviewer()
    };
    let fault = house
        .action
        .plan(&cx(), &lost)
        .await
        .expect_err("no such namespace");
    assert_eq!(fault.class, FaultClass::Missing);
    house.apply(&reviewer()).await;
    let other = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "vault-agent-injector-cfg"}, "webhooks": [],
    });
    let other_cluster = client(&house.cluster, ADMIN_TOKEN);
    // Cluster-wide kinds have no namespace to be in.
    assert!(ObjRef::of(&other).is_ok());
    other_cluster
        .create(&cx(), &other, false)
        .await
        .expect("made");
    let fault = house
        .action
        .plan(&cx(), &injector())
        .await
        .expect_err("a second injector");
    assert_eq!(fault.class, FaultClass::Guard);
    assert!(
        fault.message.contains("vault-agent-injector-cfg"),
        "{}",
        fault.message
    );
}

#[tokio::test]
async fn sim_kubernetes_an_injector_that_injects_nothing_is_not_called_done() {
    let house = house().await;
    house.apply(&reviewer()).await;
    let (plan, receipt) = house.apply(&injector()).await;
    assert!(holds(
        &house.verdict(&injector(), &plan, Some(&receipt)).await
    ));
    // The webhook stays as it was applied; what it leads to is gone.
    let labels = json!({"metadata": {"labels": {"app.kubernetes.io/name": "vault-injector"}}});
    edit(&house.cluster, "api/v1", "services/vault-injector", &labels).await;
    let selector = json!({"spec": {"selector": {"app.kubernetes.io/name": "vault-injector",
                                                "app": "elsewhere"}}});
    edit(
        &house.cluster,
        "api/v1",
        "services/vault-injector",
        &selector,
    )
    .await;
    let verdict = house
        .action
        .verify(&cx(), &injector(), &plan, Some(&receipt))
        .await;
    let verdict = verdict.expect("an answer");
    let Verdict::Pending { why, .. } = verdict else {
        panic!("{verdict:?}")
    };
    assert!(why.contains("was not given the agent"), "{why}");
}
