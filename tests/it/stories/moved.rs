//! S66: the target may change between agreement and action: back to the gate, nothing touched.

use engine::{
    approval::Verdict,
    notice::Occasion,
    ticket::{Command, Ending, State},
};
use serde_json::json;
use tests::{How, World, play::open_gate};
use workflows::{FaultClass, Purpose};

const FILE: &str = "git/acme/shop/manifests/shop.yaml";

#[tokio::test]
async fn a_target_that_moved_goes_back_to_the_gate_and_is_agreed_again() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let first = open_gate(&ticket, Purpose::Agreement).clone();
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let running = world.act("paul", &ticket, yes).await;
    world.systems.meddle(FILE, json!("somebody else's"));
    let again = world.settled(&running).await;
    assert_eq!(again.state, State::Agreeing);
    assert_eq!(world.systems.effects().len(), 0, "nothing was touched");
    let second = open_gate(&again, Purpose::Agreement).clone();
    assert_ne!(first.digest, second.digest);
    let sent = world
        .desk
        .messages(None, Some(again.id), 100)
        .await
        .expect("messages");
    assert!(
        sent.iter()
            .any(|it| it.occasion == Occasion::PlanChanged.word()),
        "N5"
    );
    let stale = Command::Decide {
        gate: second.id,
        verdict: Verdict::Approve,
        digest: first.digest,
        comment: None,
    };
    let stale = world.ask("paul", &again, stale).await;
    assert_eq!(tests::play::refusal(stale).code(), "gate.plan-changed");
    let closed = world.carry(&again).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// The target moves at the very moment of the call: the system's own check refuses, the runner
/// looks, plans anew, and the client is asked again. Once.
#[tokio::test]
async fn a_target_that_moves_during_the_call_is_agreed_again_too() {
    let world = World::new().await;
    world.systems.plant("git.change", "apply", 1, How::Moved);
    let again = world.agree_once(&world.order("C01").await).await;
    assert_eq!(
        again.state,
        State::Agreeing,
        "{}",
        world.transcript(&again).await
    );
    assert_eq!(again.round, 2);
    let closed = world.carry(&again).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert_eq!(closed.round, 2);
    assert_eq!(world.systems.effects().len(), 1);
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// The target moves while a try is being waited for.
#[tokio::test]
async fn a_target_that_moves_between_two_tries_is_agreed_again() {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 1, How::Fail(FaultClass::Transient));
    let ticket = world.settled(&world.order("C01").await).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let running = world.act("paul", &ticket, yes).await;
    world.runner.round().await.expect("a round");
    assert_eq!(world.systems.count("deposit", "apply"), 1);
    world.systems.meddle(FILE, json!("somebody else's"));
    let again = world.settled(&running).await;
    assert_eq!(
        again.state,
        State::Agreeing,
        "{}",
        world.transcript(&again).await
    );
    let closed = world.carry(&again).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert_eq!(world.systems.effects().len(), 1);
}

/// The second task's target moves: what the first did stays until the client has spoken, and is
/// taken back when the client refuses.
#[tokio::test]
async fn refusing_the_second_plan_takes_back_what_was_done_under_the_first() {
    let world = World::new().await;
    world.systems.plant_on(
        "vault.ensure",
        "auth",
        "plan",
        1,
        How::Fail(FaultClass::Transient),
    );
    let ticket = world.settled(&world.order("K05").await).await;
    let running = world.approve("jules", &ticket, Purpose::Operations).await;
    let yes = World::decision(&running, Purpose::Agreement, Verdict::Approve);
    let running = world.act("paul", &running, yes).await;
    world
        .systems
        .meddle("prod-paris/vault.ensure", json!("somebody else's"));
    let again = world.settled(&running).await;
    assert_eq!(again.state, State::Agreeing);
    assert_eq!(world.systems.effects().len(), 1);
    let again = world.approve("nora", &again, Purpose::Operations).await;
    let refused = world
        .decide_as("paul", &again, Purpose::Agreement, Verdict::Reject)
        .await;
    let closed = world.settled(&refused).await;
    assert_eq!(closed.ending, Some(Ending::Declined));
    assert_eq!(
        world.systems.targets().len(),
        1,
        "only the stranger's is left"
    );
    insta::assert_snapshot!(world.transcript(&closed).await);
}
