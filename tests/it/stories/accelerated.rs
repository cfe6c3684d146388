//! S12–S14: the price doubles, one of six slots is taken.

use catalogue::Speed;
use engine::ticket::{Command, Ending, State};
use tests::World;
use workflows::{FaultClass, Purpose};

async fn slots(world: &World) -> Vec<(u8, bool)> {
    let standing = world.desk.standing(&world.acme).await.expect("a standing");
    standing
        .slots
        .iter()
        .map(|it| (it.ordinal, it.consumed))
        .collect()
}

#[tokio::test]
async fn an_accelerated_change_costs_double_and_takes_slot_one_of_six() {
    let world = World::new().await;
    let ticket = world.order_at("K11", Speed::Accelerated).await;
    let price = ticket.price.clone().expect("a price");
    assert_eq!(
        (price.base.0, price.surcharge.0, price.total().0),
        (3, 3, 6)
    );
    assert_eq!(ticket.slot.map(|it| it.1), Some(1));
    assert_eq!(slots(&world).await, [(1, false)], "reserved with the hold");
    let delivered = world.agree(&ticket).await;
    assert_eq!(
        slots(&world).await,
        [(1, true)],
        "consumed when execution starts"
    );
    let closed = world.approve("paul", &delivered, Purpose::Validation).await;
    insta::assert_snapshot!(world.transcript(&closed).await);
    assert_eq!(
        world
            .desk
            .standing(&world.acme)
            .await
            .expect("it")
            .available(world.now()),
        94
    );
}

/// Ruling 2: returned when refused, cancelled before the start, or failed by the provider.
#[tokio::test]
async fn the_slot_comes_back_when_nothing_was_accelerated() {
    let world = World::new().await;
    let refused = world
        .settled(&world.order_at("C01", Speed::Accelerated).await)
        .await;
    let no = engine::approval::Verdict::Reject;
    world
        .decide_as("paul", &refused, Purpose::Agreement, no)
        .await;
    assert_eq!(slots(&world).await, []);

    let cancelled = world.order_at("C01", Speed::Accelerated).await;
    let stop = Command::Cancel {
        reason: "not needed any more".into(),
    };
    world.act("camille", &cancelled, stop).await;
    assert_eq!(slots(&world).await, []);

    world.systems.plant(
        "git.change",
        "apply",
        1,
        tests::How::Fail(FaultClass::Rejected),
    );
    let failed = world
        .agree(&world.order_at("C01", Speed::Accelerated).await)
        .await;
    assert_eq!(
        (failed.state, failed.ending),
        (State::Closed, Some(Ending::Failed))
    );
    assert_eq!(slots(&world).await, []);
}

/// Ruling 2: a retry never takes a second slot.
#[tokio::test]
async fn a_retry_takes_no_second_slot() {
    let world = World::new().await;
    world.systems.plant(
        "git.change",
        "apply",
        2,
        tests::How::Fail(FaultClass::Transient),
    );
    let delivered = world
        .agree(&world.order_at("C01", Speed::Accelerated).await)
        .await;
    assert_eq!(delivered.state, State::Delivered);
    assert_eq!(slots(&world).await, [(1, true)]);
    world.carry(&delivered).await;
}
