//! Lost answers, late effects, lies: what happened is found out, never guessed.

use crate::stage::{REPO, Stage, TOKEN, cx, file, repo};
use adapters::{
    forge::Forge,
    sandbox::fault::Trouble,
    systems::{Systems, Zone},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use workflows::{Action, FaultClass, Recovered, Verdict};

/// The commit was made and the answer lost: `recover` finds it, nobody makes a second one.
#[tokio::test]
async fn sim_gitea_a_commit_whose_answer_was_lost_is_found_and_not_repeated() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let plan = stage.plan(1, &params).await;
    stage.gitea.mischief().next(Trouble::DoThenDrop);
    let fault = stage
        .change
        .apply(&cx(1), &params, &plan)
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous, "{fault}");

    let recovered = stage.change.recover(&cx(1), &params, &plan).await.unwrap();
    let Recovered::Applied(receipt) = recovered else {
        panic!("{recovered:?}")
    };
    assert_eq!(receipt.commit, stage.head());
    let verdict = stage
        .change
        .verify(&cx(1), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");

    let again = stage.change.apply(&cx(1), &params, &plan).await.unwrap();
    assert_eq!(
        again, receipt,
        "the same effect asked again is the same commit"
    );
    assert_eq!(stage.commits(), 2);
    assert_eq!(stage.gitea.mischief().mutations(), 1);
}

#[tokio::test]
async fn sim_gitea_a_lost_request_left_no_trace_and_may_be_repeated() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let plan = stage.plan(1, &params).await;
    for trouble in [Trouble::Drop, Trouble::Error500] {
        stage.gitea.mischief().next(trouble);
        let fault = stage
            .change
            .apply(&cx(1), &params, &plan)
            .await
            .unwrap_err();
        assert_eq!(fault.class, FaultClass::Ambiguous, "{fault}");
        let recovered = stage.change.recover(&cx(1), &params, &plan).await.unwrap();
        assert_eq!(recovered, Recovered::NotApplied);
    }
    stage.succeed(1, &params).await;
    assert_eq!(stage.commits(), 2);
}

/// The worst case: the answer is lost, `recover` sees nothing, and the effect lands afterwards.
#[tokio::test]
async fn sim_gitea_a_late_commit_and_a_repeated_one_never_both_land() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let plan = stage.plan(1, &params).await;
    stage.gitea.mischief().next(Trouble::DropThenDo);
    let fault = stage
        .change
        .apply(&cx(1), &params, &plan)
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Ambiguous, "{fault}");
    let _ = stage.change.apply(&cx(1), &params, &plan).await;

    let deadline = Instant::now() + Duration::from_secs(20);
    while stage.commits() < 2 {
        assert!(Instant::now() < deadline, "neither landed");
        tokio::task::yield_now().await;
    }
    let recovered = stage.change.recover(&cx(1), &params, &plan).await.unwrap();
    assert!(matches!(recovered, Recovered::Applied(_)), "{recovered:?}");
    let again = stage.change.apply(&cx(1), &params, &plan).await.unwrap();
    assert_eq!((again.commit, stage.commits()), (stage.head(), 2));
}

#[tokio::test]
async fn sim_gitea_a_busy_forge_is_asked_again_when_it_says_so() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let plan = stage.plan(1, &params).await;
    stage.gitea.mischief().next(Trouble::Busy);
    let fault = stage
        .change
        .apply(&cx(1), &params, &plan)
        .await
        .unwrap_err();
    assert_eq!(
        (fault.class, fault.retry_after_s),
        (FaultClass::Transient, Some(1))
    );
}

/// A 201 is not evidence: verification asks the repository.
#[tokio::test]
async fn sim_gitea_a_forge_that_lies_is_noticed() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let plan = stage.plan(1, &params).await;
    stage.gitea.mischief().lie(true);
    let receipt = stage.change.apply(&cx(1), &params, &plan).await.unwrap();
    let verdict = stage
        .change
        .verify(&cx(1), &params, &plan, Some(&receipt))
        .await
        .unwrap();
    let Verdict::Bad(proofs) = verdict else {
        panic!("{verdict:?}")
    };
    assert!(proofs.iter().all(|it| !it.ok), "{proofs:?}");
    assert_eq!(stage.commits(), 1);
}

/// Every status of the forge's refusals means what the engine must do about it.
#[tokio::test]
async fn sim_gitea_refusals_are_told_apart() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let plan = stage.plan(1, &params).await;
    let with = |token: &str| {
        let mut systems = Systems::default();
        let client = Stage::client(&stage.serving, token);
        systems.add(Zone::new("zone-a").with_forge(Arc::new(client)));
        adapters::git_change::GitChange::new(Arc::new(systems))
    };
    let class = |fault: workflows::Fault| fault.class;
    let unknown = with("nobody").plan(&cx(1), &params).await.map_err(class);
    assert_eq!(unknown.unwrap_err(), FaultClass::Denied);
    let reader = with("reader")
        .apply(&cx(1), &params, &plan)
        .await
        .map_err(class);
    assert_eq!(reader.unwrap_err(), FaultClass::Denied);

    stage.gitea.archive(&repo(), true);
    let archived = stage
        .change
        .apply(&cx(1), &params, &plan)
        .await
        .map_err(class);
    assert_eq!(archived.unwrap_err(), FaultClass::Rejected);

    let client = Stage::client(&stage.serving, TOKEN);
    let head = client.head(&cx(1), &repo(), "absent").await.map_err(class);
    assert_eq!(head.unwrap_err(), FaultClass::Missing);
    let head = client
        .head(&cx(1), &"orders/absent".parse().unwrap(), "main")
        .await;
    assert_eq!(head.map_err(class).unwrap_err(), FaultClass::Missing);

    let url = stage.serving.url();
    drop(stage);
    let gone = adapters::wire::Wire::new("gitea", &url, adapters::wire::Auth::Open, None).unwrap();
    let gone = adapters::forge::GiteaClient::new(gone);
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let fault = gone.head(&cx(1), &repo(), "main").await.unwrap_err();
        if fault.class == FaultClass::Transient {
            break;
        }
        assert!(Instant::now() < deadline, "{fault}");
        tokio::task::yield_now().await;
    }
}

/// No token in any plan, receipt, fault or piece of evidence.
#[tokio::test]
async fn sim_gitea_the_token_is_in_nothing_that_is_kept() {
    let stage = Stage::set().await;
    let params = file("README.md", "update", Some("changed\n"));
    let cx = cx(1);
    let plan = stage.change.plan(&cx, &params).await.unwrap();
    stage.gitea.mischief().next(Trouble::DoThenDrop);
    let fault = stage.change.apply(&cx, &params, &plan).await.unwrap_err();
    let receipt = stage.change.apply(&cx, &params, &plan).await.unwrap();
    stage
        .change
        .verify(&cx, &params, &plan, Some(&receipt))
        .await
        .unwrap();
    let evidence = cx.evidence.take();
    assert!(
        evidence.iter().any(|it| it.status == 0),
        "the lost answer is noted too"
    );
    assert!(
        evidence
            .iter()
            .any(|it| it.request.contains(REPO) && it.status == 200)
    );
    let kept = serde_json::to_string(&(&plan, &receipt, &fault, &evidence)).unwrap();
    assert!(!kept.contains(TOKEN) && !format!("{cx:?}").contains(TOKEN));
}
