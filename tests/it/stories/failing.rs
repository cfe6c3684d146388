//! A15: what the provider fails is taken back and not charged.

use engine::ticket::{Ending, State};
use tests::{How, World};
use workflows::FaultClass;

#[tokio::test]
async fn a_change_that_fails_at_its_last_task_is_undone_in_reverse_order() {
    let world = World::new().await;
    world.systems.plant("vault.login", "verify", 1, How::Lie);
    let closed = world.agree(&world.order("K05").await).await;
    assert_eq!(
        (closed.state, closed.ending),
        (State::Closed, Some(Ending::Failed))
    );
    let effects = world.systems.effects();
    let order = |undo| -> Vec<String> {
        effects
            .iter()
            .filter(|it| it.undo == undo)
            .map(|it| it.task.clone())
            .collect()
    };
    assert_eq!(order(false), ["reviewer", "auth", "injector"]);
    assert_eq!(order(true), ["injector", "auth", "reviewer"]);
    assert!(world.systems.targets().is_empty());
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// Success is what the system itself says, never what the call answered.
#[tokio::test]
async fn a_system_that_lies_is_noticed() {
    let world = World::new().await;
    world.systems.plant("git.change", "apply", 1, How::Lie);
    let closed = world.agree(&world.order("C01").await).await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    let cause = closed.cause.expect("a cause");
    assert!(
        cause.contains("git/acme/shop/manifests/shop.yaml is as asked"),
        "{cause}"
    );
}

/// Passing trouble is tried again by itself, with the pause between tries growing.
#[tokio::test]
async fn passing_trouble_is_tried_again_and_nobody_is_called() {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 3, How::Fail(FaultClass::Transient));
    let delivered = world.agree(&world.order("C01").await).await;
    assert_eq!(delivered.state, State::Delivered);
    assert_eq!(world.systems.count("deposit", "apply"), 4);
    insta::assert_snapshot!(world.transcript(&delivered).await);
    world.carry(&delivered).await;
}

/// P3: every ambiguous effect is reconciled before anything else.
#[tokio::test]
async fn an_answer_that_is_lost_is_looked_up_before_anything_is_tried_again() {
    for (how, applied) in [(How::DoThenDrop, 1), (How::DropThenDo, 1)] {
        let world = World::new().await;
        world.systems.plant("git.change", "apply", 1, how);
        let delivered = world.agree(&world.order("C01").await).await;
        assert_eq!(delivered.state, State::Delivered, "{how:?}");
        assert_eq!(world.systems.count("deposit", "apply"), applied, "{how:?}");
        assert_eq!(world.systems.count("deposit", "recover"), 1, "{how:?}");
        world.carry(&delivered).await;
    }
}

/// A plan that cannot be made stops before anybody is asked to agree.
#[tokio::test]
async fn a_plan_that_cannot_be_made_calls_an_operator() {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "plan", 1, How::Fail(FaultClass::Denied));
    let blocked = world.settled(&world.order("C01").await).await;
    assert_eq!(blocked.state, State::Blocked);
    let again = engine::ticket::Command::Retry {
        task: "plan".into(),
    };
    let agreeing = world
        .settled(&world.act("jules", &blocked, again).await)
        .await;
    assert_eq!(agreeing.state, State::Agreeing);
    world.carry(&agreeing).await;
}

/// A change whose effect hurts is not taken back by itself: a person chooses.
#[tokio::test]
async fn a_failed_outage_waits_for_a_person() {
    let world = World::new().await;
    world
        .systems
        .set_level("cluster.power", workflows::Level::Outage);
    world.systems.plant("cluster.power", "verify", 1, How::Lie);
    let blocked = world.agree(&world.order("K06").await).await;
    assert_eq!(blocked.state, State::Blocked);
    assert_eq!(world.systems.count("power", "undo"), 0);
    let back = engine::ticket::Command::GiveUp {
        reason: "Taking it back.".into(),
    };
    let closed = world
        .settled(&world.act("jules", &blocked, back).await)
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    assert!(world.systems.targets().is_empty());
    insta::assert_snapshot!(world.transcript(&closed).await);
}
