//! S4: a simple change, from order to closure; and the clock's part in it.

use chrono::Duration;
use engine::{
    contract::Terms,
    ticket::{Command, Ending, State},
};
use tests::{World, play::open_gate, world::Setup};
use workflows::Purpose;

#[tokio::test]
async fn a_simple_change_from_order_to_closure() {
    let world = World::new().await;
    let ticket = world.order("K06").await;
    assert_eq!(ticket.price.as_ref().map(|it| it.total().0), Some(1));
    assert_eq!(ticket.reference, "ACME-2026-0001");
    let delivered = world.agree(&ticket).await;
    assert_eq!(delivered.state, State::Delivered);
    let closed = world.approve("ines", &delivered, Purpose::Validation).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);
    let standing = world.desk.standing(&world.acme).await.expect("a standing");
    assert_eq!(standing.available(world.now()), 99);
}

/// Ruling 6: only a contract that sets it closes on silence.
#[tokio::test]
async fn silence_closes_only_where_the_contract_says_so() {
    let terms = Terms {
        tacit_validation_days: Some(10),
        ..Terms::default()
    };
    let world = World::with(Setup {
        terms,
        ..Setup::default()
    })
    .await;
    let delivered = world.agree(&world.order("K06").await).await;
    world.advance(Duration::days(10) - Duration::seconds(1));
    assert_eq!(world.settled(&delivered).await.state, State::Delivered);
    world.advance(Duration::seconds(1));
    let closed = world.settled(&delivered).await;
    assert_eq!(closed.ending, Some(Ending::Tacit));
    insta::assert_snapshot!(world.transcript(&closed).await);

    let world = World::new().await;
    let delivered = world.agree(&world.order("K06").await).await;
    world.advance(Duration::days(300));
    assert_eq!(world.settled(&delivered).await.state, State::Delivered);
}

/// There is no tacit agreement anywhere: silence before the start ends the ticket at no cost.
#[tokio::test]
async fn an_agreement_that_nobody_gives_is_asked_again_twice_and_then_expires() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    assert_eq!(ticket.state, State::Agreeing);
    for days in [2, 5] {
        let opened = open_gate(&ticket, Purpose::Agreement).opened_at;
        world.advance(opened + Duration::days(days) - world.now());
        world.settle().await;
    }
    let asked = world.reload(&ticket).await;
    assert_eq!(open_gate(&asked, Purpose::Agreement).reminders, 2);
    world.advance(Duration::days(2));
    let closed = world.settled(&ticket).await;
    assert_eq!(closed.ending, Some(Ending::Expired));
    insta::assert_snapshot!(world.transcript(&closed).await);
    assert_eq!(
        world
            .desk
            .standing(&world.acme)
            .await
            .expect("it")
            .available(world.now()),
        100
    );
}

/// A14: the client does not validate; the provider reworks and delivers again.
#[tokio::test]
async fn a_contested_delivery_is_reworked_and_validated() {
    let world = World::new().await;
    let delivered = world.agree(&world.order("C01").await).await;
    let verdict = engine::approval::Verdict::Reject;
    let contested = world
        .decide_as("paul", &delivered, Purpose::Validation, verdict)
        .await;
    assert_eq!(contested.state, State::Contested);
    let rework = Command::Redeliver {
        note: "The file is now in the right folder.".into(),
    };
    let again = world.act("lea", &contested, rework).await;
    assert_eq!(again.state, State::Delivered);
    let closed = world.approve("paul", &again, Purpose::Validation).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// A15: the provider gives up a contested change: everything is taken back, nothing is charged.
#[tokio::test]
async fn a_contested_delivery_may_be_taken_back_for_nothing() {
    let world = World::new().await;
    let delivered = world.agree(&world.order("C01").await).await;
    let verdict = engine::approval::Verdict::Reject;
    let contested = world
        .decide_as("paul", &delivered, Purpose::Validation, verdict)
        .await;
    let give_up = Command::GiveUp {
        reason: "It cannot be made to work.".into(),
    };
    let closed = world
        .settled(&world.act("jules", &contested, give_up).await)
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    assert!(world.systems.targets().is_empty());
    assert_eq!(
        world
            .desk
            .standing(&world.acme)
            .await
            .expect("it")
            .available(world.now()),
        100
    );
}
