//! `git.change` and `git.manifest` against the Gitea stand-in, whose store is a real repository;
//! an ordinary `git` is the witness of what was done.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose stage cannot be set must stop there"
)]

#[path = "forge/edits.rs"]
mod edits;
#[path = "forge/faults.rs"]
mod faults;
#[path = "forge/plans.rs"]
mod plans;
#[path = "forge/port.rs"]
mod port;
#[path = "forge/stage.rs"]
mod stage;
#[path = "forge/undoing.rs"]
mod undoing;

use adapters::{
    forge::blob_sha,
    git_change::{GitManifest, ManifestParams},
};
use serde_json::json;
use stage::{Stage, cx, file, repo};
use workflows::{Action, FaultClass, Verb, Verdict};

const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";

/// A deposited file is one commit by the requester, found by its trailers.
#[tokio::test]
async fn sim_gitea_a_deposit_is_one_commit_in_the_name_of_the_requester() {
    let stage = Stage::set().await;
    let params = file("manifests/settings.yaml", "create", Some(MANIFEST));
    let (plan, receipt) = stage.succeed(7, &params).await;

    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan.changes[0].verb, Verb::Create);
    assert_eq!(plan.changes[0].before, json!(null));
    assert_eq!(plan.changes[0].after, json!(MANIFEST));
    assert_eq!(stage.commits(), 2);
    assert_eq!(stage.head(), receipt.commit);
    assert_eq!(stage.show("manifests/settings.yaml"), MANIFEST.trim_end());
    assert_eq!(
        stage.witness(&["rev-parse", "main:manifests/settings.yaml"]),
        blob_sha(MANIFEST.as_bytes()),
    );
    assert_eq!(
        stage.witness(&["log", "-1", "--format=%an|%cn"]),
        "Camille Roy|Guichet"
    );
    let trailers = stage.witness(&["log", "-1", "--format=%(trailers:only,unfold)"]);
    assert_eq!(
        trailers,
        "Guichet-Ticket: ACME-2026-0042\n\
         Guichet-Task: 00000000-0000-0000-0000-000000000007\n\
         Guichet-Plan: sha256:00ff",
        "the title of the ticket forges no trailer",
    );
    stage.witness(&["fsck", "--strict"]);
}

/// Two plans of an unchanged repository are equal, and planning asks for nothing to be changed.
#[tokio::test]
async fn sim_gitea_planning_only_reads() {
    let stage = Stage::set().await;
    let params = file("manifests/settings.yaml", "create", Some(MANIFEST));
    let (one, two) = (stage.plan(1, &params).await, stage.plan(2, &params).await);
    assert_eq!(one, two);
    assert_eq!(stage.gitea.mischief().mutations(), 0);
    assert_eq!(stage.commits(), 1);
}

/// A digest outlives commits to other files, so an agreement does too.
#[tokio::test]
async fn sim_gitea_unrelated_commits_do_not_change_the_plan_digest() {
    let stage = Stage::set().await;
    let params = file("manifests/settings.yaml", "create", Some(MANIFEST));
    let before = stage.plan(1, &params).await;
    stage
        .gitea
        .edit_as("Client", &repo(), "README.md", Some(b"other\n"))
        .await
        .unwrap();
    let after = stage.plan(1, &params).await;
    assert_eq!(before.digest(), after.digest());
    let receipt = stage.change.apply(&cx(1), &params, &before).await.unwrap();
    assert_eq!(stage.head(), receipt.commit);
    assert_eq!(stage.show("README.md"), "other");
}

/// What is already in place is not committed again, and still proved.
#[tokio::test]
async fn sim_gitea_nothing_to_change_is_an_empty_plan() {
    let stage = Stage::set().await;
    for params in [
        file("README.md", "update", Some("# Configuration\n")),
        file("README.md", "create", Some("# Configuration\n")),
        file("manifests/gone.yaml", "delete", None),
    ] {
        let plan = stage.plan(1, &params).await;
        assert!(plan.is_empty());
        let verdict = stage
            .change
            .verify(&cx(1), &params, &plan, None)
            .await
            .unwrap();
        assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
    }
    assert_eq!(stage.gitea.mischief().mutations(), 0);
}

/// The file moved between agreement and act: back to the gate, nothing written.
#[tokio::test]
async fn sim_gitea_a_file_changed_since_the_plan_is_a_conflict() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("ours\n"));
    let plan = stage.plan(1, &params).await;
    stage
        .gitea
        .edit_as("Client", &repo(), "README.md", Some(b"theirs\n"))
        .await
        .unwrap();
    let head = stage.head();
    let fault = stage
        .change
        .apply(&cx(1), &params, &plan)
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Conflict);
    assert_eq!(stage.head(), head);
    assert_ne!(stage.plan(1, &params).await.digest(), plan.digest());
}

#[tokio::test]
async fn sim_gitea_what_the_repository_contradicts_is_refused_while_planning() {
    let stage = Stage::set().await;
    for (params, class) in [
        (
            file("README.md", "create", Some("other\n")),
            FaultClass::Guard,
        ),
        (
            file("absent.txt", "update", Some("x\n")),
            FaultClass::Missing,
        ),
        (file("prometheus", "update", Some("x\n")), FaultClass::Guard),
    ] {
        let fault = stage.change.plan(&cx(1), &params).await.unwrap_err();
        assert_eq!(fault.class, class, "{fault}");
    }
}

/// Refused when the ticket is submitted, before anything is reserved.
#[test]
fn a_bad_deposit_is_refused_offline() {
    let stage = adapters::git_change::GitChange::new(std::sync::Arc::default());
    let codes = |path: &str, operation: &str, content: Option<&str>| -> Vec<String> {
        let found = stage.validate(&file(path, operation, content));
        found.into_iter().map(|it| it.code).collect()
    };
    assert!(codes("manifests/a.yaml", "create", Some(MANIFEST)).is_empty());
    assert!(codes("manifests/a.yaml", "delete", None).is_empty());
    for path in [
        "../a",
        "/a",
        "a//b",
        "a/.git/config",
        "x.git/hooks",
        "a/./b",
        "",
        "a b",
        "a/",
    ] {
        assert_eq!(codes(path, "delete", None), ["git.path"], "{path}");
    }
    assert_eq!(
        codes("a.yaml", "create", Some("kind: A\n")),
        ["git.manifest"]
    );
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: Y2FuYXJ5}\n";
    assert_eq!(codes("a.yaml", "create", Some(secret)), ["git.manifest"]);
    assert_eq!(codes("a.txt", "create", None), ["git.content"]);
    assert_eq!(codes("a.txt", "delete", Some("x")), ["git.content"]);
    assert_eq!(
        codes("a.txt", "update", Some(&"x".repeat((1 << 20) + 1))),
        ["git.size"]
    );
}

/// The second treatment: what was deposited is read back from the repository and judged again.
#[tokio::test]
async fn sim_gitea_a_manifest_is_checked_where_it_was_deposited() {
    let stage = Stage::set().await;
    let path = "manifests/settings.yaml";
    let (_, receipt) = stage
        .succeed(1, &file(path, "create", Some(MANIFEST)))
        .await;
    let check = GitManifest::new(stage.systems.clone());
    let params = |operation: &str, commit: Option<&str>| -> ManifestParams {
        serde_json::from_value(json!({
            "repo": stage::REPO, "path": path, "operation": operation, "commit": commit,
        }))
        .unwrap()
    };
    let plan = check.plan(&cx(2), &params("create", None)).await.unwrap();
    let good = params("create", Some(&receipt.commit));
    let verdict = check.verify(&cx(2), &good, &plan, None).await.unwrap();
    assert!(
        matches!(&verdict, Verdict::Ok(proofs) if proofs.len() == 3),
        "{verdict:?}"
    );

    let bad = check
        .verify(&cx(2), &params("delete", None), &plan, None)
        .await
        .unwrap();
    assert!(matches!(bad, Verdict::Bad(_)), "the file is still there");

    stage
        .gitea
        .edit_as("Client", &repo(), path, Some(b"kind: A\n"))
        .await
        .unwrap();
    let still = check.verify(&cx(2), &good, &plan, None).await.unwrap();
    assert!(
        matches!(still, Verdict::Ok(_)),
        "the commit is read, not the tip"
    );
    let tip = check
        .verify(&cx(2), &params("update", None), &plan, None)
        .await
        .unwrap();
    assert!(matches!(tip, Verdict::Bad(_)));
}
