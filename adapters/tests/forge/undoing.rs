//! Taking a change back: by another commit, once, and never over someone else's work.

use crate::stage::{Stage, cx, file, repo};
use workflows::{Action, Undone};

#[tokio::test]
async fn sim_gitea_undo_brings_every_kind_of_change_back_by_a_new_commit() {
    for params in [
        file("docs/new.txt", "create", Some("new\n")),
        file("README.md", "update", Some("changed\n")),
        file("README.md", "delete", None),
    ] {
        let stage = Stage::set().await;
        let tree = stage.witness(&["rev-parse", "main^{tree}"]);
        let (plan, receipt) = stage.succeed(1, &params).await;
        assert_ne!(stage.witness(&["rev-parse", "main^{tree}"]), tree);

        let undone = stage
            .change
            .undo(&cx(1), &params, &plan, Some(&receipt))
            .await
            .unwrap();
        assert!(
            matches!(&undone, Undone::Restored(proofs) if proofs.iter().all(|it| it.ok)),
            "{undone:?}"
        );
        assert_eq!(stage.witness(&["rev-parse", "main^{tree}"]), tree);
        assert_eq!(stage.commits(), 3, "history is added to, never rewritten");
        stage.witness(&["merge-base", "--is-ancestor", &receipt.commit, "main"]);
        let body = stage.witness(&["log", "-1", "--format=%B"]);
        assert!(
            body.contains(&format!("This reverts commit {}.", receipt.commit)),
            "{body}"
        );
        assert!(
            body.contains("Guichet-Undo: 00000000-0000-0000-0000-000000000001"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn sim_gitea_undoing_twice_or_without_an_apply_does_nothing() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let plan = stage.plan(1, &params).await;
    let undo = async |receipt| {
        stage
            .change
            .undo(&cx(1), &params, &plan, receipt)
            .await
            .unwrap()
    };

    assert_eq!(undo(None).await, Undone::NothingToDo);
    assert_eq!(stage.gitea.mischief().mutations(), 0);

    let receipt = stage.change.apply(&cx(1), &params, &plan).await.unwrap();
    assert!(matches!(undo(Some(&receipt)).await, Undone::Restored(_)));
    assert_eq!(undo(Some(&receipt)).await, Undone::NothingToDo);
    assert_eq!(undo(None).await, Undone::NothingToDo);
    assert_eq!(stage.commits(), 3);
}

/// After a crash between act and receipt, undo finds the commit by itself.
#[tokio::test]
async fn sim_gitea_undo_needs_no_receipt() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let (plan, _) = stage.succeed(1, &params).await;
    let undone = stage
        .change
        .undo(&cx(1), &params, &plan, None)
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Restored(_)), "{undone:?}");
    assert_eq!(stage.show("README.md"), "# Configuration");
}

#[tokio::test]
async fn sim_gitea_undo_refuses_over_someone_elses_edit() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("ours\n"));
    let (plan, receipt) = stage.succeed(1, &params).await;
    stage
        .gitea
        .edit_as("Client", &repo(), "README.md", Some(b"theirs\n"))
        .await
        .unwrap();
    let head = stage.head();
    let undone = stage
        .change
        .undo(&cx(1), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(matches!(undone, Undone::Impossible(_)), "{undone:?}");
    assert_eq!(
        (stage.head(), stage.show("README.md")),
        (head, "theirs".to_owned())
    );
}

/// Nobody else's identical file is deleted in our name.
#[tokio::test]
async fn sim_gitea_undo_leaves_alone_what_another_wrote_with_the_same_content() {
    let stage = Stage::set().await;
    let params = file("docs/new.txt", "create", Some("new\n"));
    let plan = stage.plan(1, &params).await;
    stage
        .gitea
        .edit_as("Client", &repo(), "docs/new.txt", Some(b"new\n"))
        .await
        .unwrap();
    let undone = stage
        .change
        .undo(&cx(1), &params, &plan, None)
        .await
        .unwrap();
    assert_eq!(undone, Undone::NothingToDo);
    assert_eq!(stage.show("docs/new.txt"), "new");
}
