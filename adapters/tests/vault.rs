//! `vault.ensure` and `vault.login` against the Vault stand-in, whose logins are judged by the
//! TokenReview of the Kubernetes stand-in.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose stage cannot be set must stop there"
)]

#[path = "vault/faults.rs"]
mod faults;
#[path = "vault/plans.rs"]
mod plans;
#[path = "vault/stage.rs"]
mod stage;

use adapters::{
    vault::{Vault, VaultClient, VaultEnsure},
    wire::Call,
};
use serde_json::{Value, json};
use stage::{ROOT, Stage, cx, params};
use std::sync::Arc;
use workflows::{Action, FaultClass, Level, Undone, Verb, Verdict};

const ALL: [&str; 4] = ["global", "namespace", "cluster", "cluster_namespace"];

/// K05: everything that pods need to log in is made, and a real login proves it.
#[tokio::test]
async fn sim_vault_pods_of_the_chosen_namespaces_can_log_in() {
    let stage = Stage::set().await;
    let params = params(&["orders", "web"], &ALL);
    let (plan, receipt) = stage.succeed(1, &params).await;
    let paths: Vec<&str> = plan.changes.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "sys/auth/kubernetes-zone-a",
            "auth/kubernetes-zone-a/config",
            "sys/policies/acl/guichet-zone-a-global",
            "sys/policies/acl/guichet-zone-a-namespace",
            "sys/policies/acl/guichet-zone-a-cluster",
            "sys/policies/acl/guichet-zone-a-cluster-namespace",
            "auth/kubernetes-zone-a/role/orders",
        ]
    );
    assert!(
        plan.changes
            .iter()
            .all(|it| it.verb == Verb::Create && it.before == Value::Null)
    );
    assert_eq!(plan.impact.level, Level::Reload);
    assert_eq!(receipt.mount, "kubernetes-zone-a");
    assert_eq!(stage.vault.mounts(), ["kubernetes-zone-a"]);

    let verdict = stage.check_login(&["orders", "web"], &ALL).await;
    assert!(
        matches!(&verdict, Verdict::Ok(proofs) if proofs.len() == 2),
        "{verdict:?}"
    );
    assert_eq!(stage.vault.guests(), 0, "the login left no token behind");

    let fewer = stage.check_login(&["orders"], &["global"]).await;
    assert!(
        matches!(fewer, Verdict::Bad(_)),
        "more is granted than asked"
    );
    let client = VaultClient::new(Stage::wire(&stage.serving, ROOT));
    let role = client
        .read(&cx(1), "auth/kubernetes-zone-a/role/orders")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(role["audience"], json!("vault"));
}

/// The four access models over one layout: what each lets a pod read, and what it does not.
#[tokio::test]
async fn sim_vault_each_access_model_opens_its_keys_and_no_others() {
    const KEYS: [&str; 8] = [
        "global/proxy",
        "ns/orders/db",
        "ns/web/db",
        "cluster/zone-a/registry",
        "cluster/zone-a/ns/orders/db",
        "cluster/zone-a/ns/web/db",
        "cluster/zone-b/registry",
        "other/key",
    ];
    for (models, open) in [
        (vec!["global"], vec!["global/proxy"]),
        (vec!["namespace"], vec!["ns/orders/db"]),
        (vec!["cluster"], vec!["cluster/zone-a/registry"]),
        (
            vec!["cluster_namespace"],
            vec!["cluster/zone-a/ns/orders/db"],
        ),
        (
            ALL.to_vec(),
            vec![
                "global/proxy",
                "ns/orders/db",
                "cluster/zone-a/registry",
                "cluster/zone-a/ns/orders/db",
            ],
        ),
    ] {
        let stage = Stage::set().await;
        for key in KEYS {
            stage.vault.put(key, json!({"value": key}));
        }
        stage.succeed(1, &params(&["orders", "web"], &models)).await;
        let pod = stage.pod("orders").await;
        let mut read = Vec::new();
        for key in KEYS {
            let reply = pod
                .send(&cx(1), Call::get(format!("/v1/kv/data/{key}")))
                .await
                .unwrap();
            if reply.status == 200 {
                read.push(key);
            } else {
                assert_eq!(reply.status, 403);
            }
        }
        assert_eq!(read, open, "{models:?}");
    }
}

#[tokio::test]
async fn sim_vault_an_account_that_was_not_named_is_refused() {
    let stage = Stage::set().await;
    stage.succeed(1, &params(&["orders"], &["global"])).await;
    let verdict = stage.check_login(&["web"], &["global"]).await;
    let Verdict::Bad(proofs) = verdict else {
        panic!("{verdict:?}")
    };
    let said = proofs.iter().find(|it| !it.ok).unwrap().actual.to_string();
    assert!(said.contains("namespace not authorized"), "{said}");
    assert!(!said.contains("eyJ"), "no token is quoted: {said}");
}

/// Two plans agree, planning changes nothing, and what is in place is not written again.
#[tokio::test]
async fn sim_vault_planning_only_reads_and_a_second_run_writes_nothing() {
    let stage = Stage::set().await;
    let params = params(&["orders"], &ALL);
    assert_eq!(stage.plan(1, &params).await, stage.plan(2, &params).await);
    assert_eq!(stage.vault.mischief().mutations(), 0);
    stage.succeed(1, &params).await;
    let written = stage.vault.mischief().mutations();
    let again = stage.plan(3, &params).await;
    assert!(again.is_empty());
    let verdict = stage
        .ensure
        .verify(&cx(3), &params, &again, None)
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
    assert_eq!(stage.vault.mischief().mutations(), written);
}

#[tokio::test]
async fn sim_vault_undo_removes_what_was_created_and_only_once() {
    let stage = Stage::set().await;
    let params = params(&["orders"], &ALL);
    let plan = stage.plan(1, &params).await;
    let undo = async || {
        stage
            .ensure
            .undo(&cx(1), &params, &plan, None)
            .await
            .unwrap()
    };
    assert_eq!(undo().await, Undone::NothingToDo, "nothing was applied yet");

    stage.ensure.apply(&cx(1), &params, &plan).await.unwrap();
    let undone = undo().await;
    assert!(
        matches!(&undone, Undone::Restored(proofs) if proofs.iter().all(|it| it.ok)),
        "{undone:?}"
    );
    assert!(stage.vault.mounts().is_empty());
    assert_eq!(stage.vault.policy("guichet-zone-a-global"), None);
    assert_eq!(undo().await, Undone::NothingToDo);
}

/// A second ticket widens the role; undoing it brings the first one's state back, mount included.
#[tokio::test]
async fn sim_vault_undo_restores_what_was_there_before() {
    let stage = Stage::set().await;
    let first = params(&["orders"], &["global"]);
    stage.succeed(1, &first).await;
    let second = params(&["orders", "web"], &["global", "namespace"]);
    let (plan, _) = stage.succeed(2, &second).await;
    let verbs: Vec<_> = plan
        .changes
        .iter()
        .map(|it| (it.path.as_str(), it.verb))
        .collect();
    assert_eq!(
        verbs,
        [
            ("sys/policies/acl/guichet-zone-a-namespace", Verb::Create),
            ("auth/kubernetes-zone-a/role/orders", Verb::Update),
        ]
    );
    let undone = stage
        .ensure
        .undo(&cx(2), &second, &plan, None)
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    assert!(
        stage.plan(3, &first).await.is_empty(),
        "as the first ticket left it"
    );
    let verdict = stage.check_login(&["orders"], &["global"]).await;
    assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
}

#[tokio::test]
async fn sim_vault_undo_touches_nothing_when_someone_else_changed_part_of_it() {
    let stage = Stage::set().await;
    let params = params(&["orders"], &ALL);
    let (plan, receipt) = stage.succeed(1, &params).await;
    let theirs = "path \"kv/data/global/*\" {\n  capabilities = [\"deny\"]\n}";
    stage.vault.put_policy("guichet-zone-a-global", theirs);
    let written = stage.vault.mischief().mutations();
    let undone = stage
        .ensure
        .undo(&cx(1), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Impossible(_)), "{undone:?}");
    assert_eq!(stage.vault.mischief().mutations(), written);
    assert_eq!(
        stage.vault.policy("guichet-zone-a-global").as_deref(),
        Some(theirs)
    );

    let other = Stage::set().await;
    let (plan, _) = other.succeed(1, &params).await;
    let mut second = params.clone();
    second.role = "second".into();
    other.succeed(2, &second).await;
    let undone = other
        .ensure
        .undo(&cx(1), &params, &plan, None)
        .await
        .unwrap();
    assert!(
        matches!(undone, Undone::Impossible(_)),
        "another role uses the mount: {undone:?}"
    );
    assert_eq!(other.vault.mounts(), ["kubernetes-zone-a"]);
}

/// A reviewer token with an end would break every login, long after the ticket was closed.
#[tokio::test]
async fn sim_vault_a_reviewer_token_that_expires_is_refused() {
    let stage = Stage::set().await;
    let zone = stage.systems.zone("zone-a").unwrap();
    let short = zone
        .kube()
        .unwrap()
        .token(&cx(1), "orders", "app", "vault")
        .await
        .unwrap();
    let mut systems = adapters::systems::Systems::default();
    systems.add(Stage::zone(
        &stage.kubernetes,
        &stage.serving,
        ROOT,
        Some(short),
    ));
    let ensure = VaultEnsure::new(Arc::new(systems));
    let fault = ensure
        .plan(&cx(1), &params(&["orders"], &["global"]))
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Guard, "{fault}");
}

#[test]
fn bad_parameters_are_refused_offline() {
    let ensure = VaultEnsure::new(Arc::default());
    let codes = |namespaces: &[&str], models: &[&str]| -> Vec<String> {
        ensure
            .validate(&params(namespaces, models))
            .into_iter()
            .map(|it| it.code)
            .collect()
    };
    assert!(codes(&["orders"], &["global"]).is_empty());
    assert_eq!(codes(&[], &["global"]), ["vault.namespaces"]);
    assert_eq!(codes(&["*"], &["global"]), ["vault.namespaces"]);
    assert_eq!(codes(&["a", "a"], &["global"]), ["vault.namespaces"]);
    assert_eq!(codes(&["kube-system"], &["global"]), ["vault.system"]);
    assert_eq!(codes(&["orders"], &[]), ["vault.models"]);
    assert_eq!(codes(&["orders"], &["global", "global"]), ["vault.models"]);
    let mut wild = params(&["orders"], &["global"]);
    (wild.service_account, wild.role) = ("*".into(), "../sys".into());
    let found: Vec<String> = ensure
        .validate(&wild)
        .into_iter()
        .map(|it| it.code)
        .collect();
    assert_eq!(found, ["vault.account", "vault.role"]);
}
