//! Lost answers, moved targets, lies, a sealed Vault, a wrong token, and what must stay secret.

use crate::stage::{ROOT, Stage, cx, params};
use adapters::{
    sandbox::fault::Trouble,
    systems::Systems,
    vault::{Vault, VaultClient, VaultEnsure},
    wire::{Call, Secret},
};
use serde_json::json;
use std::sync::Arc;
use workflows::{Action, FaultClass, Recovered, Verdict};

/// Each lost answer in turn: `recover` and `apply` complete the work without repeating a step.
#[tokio::test]
async fn sim_vault_lost_answers_are_completed_without_repeating_a_step() {
    let steps: usize = 4;
    for lost in 0..steps {
        let stage = Stage::set().await;
        let params = params(&["orders"], &["global"]);
        let plan = stage.plan(1, &params).await;
        assert_eq!(plan.changes.len(), steps);
        let apply = async || stage.ensure.apply(&cx(1), &params, &plan).await;
        stage.vault.mischief().after(lost, Trouble::DoThenDrop);
        let fault = apply().await.unwrap_err();
        assert_eq!(fault.class, FaultClass::Ambiguous, "{fault}");

        let recovered = stage.ensure.recover(&cx(1), &params, &plan).await.unwrap();
        let complete = matches!(recovered, Recovered::Applied(_));
        assert_eq!(complete, lost == steps - 1, "{recovered:?}");
        let receipt = apply().await.unwrap();
        let verdict = stage
            .ensure
            .verify(&cx(1), &params, &plan, Some(&receipt))
            .await
            .unwrap();
        assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
        assert_eq!(
            stage.vault.mischief().mutations(),
            u64::try_from(steps).unwrap(),
            "no step twice"
        );
    }
}

#[tokio::test]
async fn sim_vault_a_lost_request_is_repeated() {
    let stage = Stage::set().await;
    let params = params(&["orders"], &["global"]);
    let plan = stage.plan(1, &params).await;
    stage.vault.mischief().next(Trouble::Drop);
    let fault = stage
        .ensure
        .apply(&cx(1), &params, &plan)
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous, "{fault}");
    let recovered = stage.ensure.recover(&cx(1), &params, &plan).await.unwrap();
    assert_eq!(recovered, Recovered::NotApplied);
    stage.ensure.apply(&cx(1), &params, &plan).await.unwrap();
    let recovered = stage.ensure.recover(&cx(1), &params, &plan).await.unwrap();
    assert!(matches!(recovered, Recovered::Applied(_)), "{recovered:?}");
}

#[tokio::test]
async fn sim_vault_what_moved_since_the_plan_is_a_conflict() {
    let stage = Stage::set().await;
    let params = params(&["orders"], &["global"]);
    let plan = stage.plan(1, &params).await;
    stage
        .vault
        .put_policy("guichet-zone-a-global", "path \"kv/data/theirs/*\" {\n}");
    let fault = stage
        .ensure
        .apply(&cx(1), &params, &plan)
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Conflict, "{fault}");
    assert_ne!(stage.plan(1, &params).await.digest(), plan.digest());

    let client = VaultClient::new(Stage::wire(&stage.serving, ROOT));
    let body = json!({"type": "kubernetes"});
    let twice = client
        .write(&cx(1), "sys/auth/kubernetes-zone-a", &body, None)
        .await;
    assert_eq!(
        twice.unwrap_err().class,
        FaultClass::Conflict,
        "the mount exists already"
    );
}

/// 204 is not evidence: verification reads back.
#[tokio::test]
async fn sim_vault_a_vault_that_lies_is_noticed() {
    let stage = Stage::set().await;
    let first = params(&["orders"], &["global"]);
    stage.succeed(1, &first).await;
    let second = params(&["orders", "web"], &["namespace"]);
    let plan = stage.plan(2, &second).await;
    stage.vault.mischief().lie(true);
    let receipt = stage.ensure.apply(&cx(2), &second, &plan).await.unwrap();
    let verdict = stage
        .ensure
        .verify(&cx(2), &second, &plan, Some(&receipt))
        .await
        .unwrap();
    let Verdict::Bad(proofs) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(proofs.iter().filter(|it| !it.ok).count(), 2, "{proofs:?}");
}

#[tokio::test]
async fn sim_vault_sealed_is_waited_for_and_a_wrong_token_is_not() {
    let stage = Stage::set().await;
    let params = params(&["orders"], &["global"]);
    let client = VaultClient::new(Stage::wire(&stage.serving, ROOT));
    assert_eq!(client.health(&cx(1)).await.unwrap()["sealed"], json!(false));
    stage.vault.seal(true);
    let fault = stage.ensure.plan(&cx(1), &params).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient, "{fault}");
    stage.vault.seal(false);

    let mut systems = Systems::default();
    systems.add(Stage::zone(
        &stage.kubernetes,
        &stage.serving,
        "wrong",
        None,
    ));
    let stranger = VaultEnsure::new(Arc::new(systems));
    let fault = stranger.plan(&cx(1), &params).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Denied, "{fault}");
    assert!(!fault.message.contains("wrong"), "{fault}");
}

/// No value of a key, no token, no reviewer credential in anything that is kept.
#[tokio::test]
async fn sim_vault_nothing_secret_is_in_plans_or_evidence() {
    let stage = Stage::set().await;
    stage
        .vault
        .put("global/proxy", json!({"password": "canary-key-55"}));
    let params = params(&["orders"], &["global"]);
    let cx = cx(1);
    let plan = stage.ensure.plan(&cx, &params).await.unwrap();
    let receipt = stage.ensure.apply(&cx, &params, &plan).await.unwrap();
    let verdict = stage
        .ensure
        .verify(&cx, &params, &plan, Some(&receipt))
        .await
        .unwrap();
    let login = stage.check_login(&["orders"], &["global"]).await;
    let evidence = cx.evidence.take();
    assert!(
        evidence
            .iter()
            .any(|it| it.system == "vault" && it.status == 204)
    );
    let kept = serde_json::to_string(&(&plan, &receipt, &verdict, &login, &evidence)).unwrap();
    let secret = stage.kubernetes.cluster().object(
        "Secret",
        adapters::vault::REVIEWER_NAMESPACE,
        adapters::vault::REVIEWER_SECRET,
    );
    let encoded = secret.unwrap()["data"]["token"]
        .as_str()
        .unwrap()
        .to_owned();
    for canary in [ROOT, "canary-key-55", encoded.as_str(), "eyJ", "hvs."] {
        assert!(!kept.contains(canary), "{canary}");
    }
}

/// A pod's own token cannot write, and a revoked one cannot read.
#[tokio::test]
async fn sim_vault_policies_and_revocation_are_really_weighed() {
    let stage = Stage::set().await;
    stage.vault.put("global/proxy", json!({"a": 1}));
    stage.succeed(1, &params(&["orders"], &["global"])).await;
    let pod = stage.pod("orders").await;
    let status = async |call: Call| pod.send(&cx(1), call).await.unwrap().status;
    assert_eq!(status(Call::get("/v1/kv/data/global/proxy")).await, 200);
    let write = Call::post("/v1/kv/data/global/proxy").json(&json!({"data": {}}));
    assert_eq!(status(write).await, 403);
    assert_eq!(status(Call::get("/v1/sys/auth")).await, 403);
    assert_eq!(status(Call::post("/v1/auth/token/revoke-self")).await, 204);
    assert_eq!(status(Call::get("/v1/kv/data/global/proxy")).await, 403);
    let wrong = Secret::new("eyJ.bm90aGluZw.x");
    let client = VaultClient::new(Stage::wire(&stage.serving, ROOT));
    let login = client
        .try_login(&cx(1), "kubernetes-zone-a", "orders", &wrong)
        .await;
    assert_eq!(login.unwrap_err().class, FaultClass::Denied);
}
