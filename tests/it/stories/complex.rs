//! S5: a complex change of several tasks; windows and starts; targets that two tickets share.

use catalogue::Speed;
use chrono::{Duration, TimeZone, Utc};
use engine::{
    contract::Terms,
    ticket::{Command, Ending, Start, State},
    window::Window,
};
use tests::{World, play::order_of, world::Setup};
use workflows::Purpose;

#[tokio::test]
async fn a_complex_change_commits_loads_and_proves() {
    let world = World::new().await;
    let delivered = world.agree(&world.order("K13").await).await;
    assert_eq!(delivered.state, State::Delivered);
    let closed = world.approve("paul", &delivered, Purpose::Validation).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// S16: an agreed change waits for the contract's window.
#[tokio::test]
async fn an_agreed_change_waits_for_its_window() {
    let window = Window {
        opens: "0 22 * * Tue".into(),
        minutes: 120,
    };
    let terms = Terms {
        window: Some(window),
        ..Terms::default()
    };
    let world = World::with(Setup {
        terms,
        ..Setup::default()
    })
    .await;
    let scheduled = world.agree(&world.order("K06").await).await;
    assert_eq!(scheduled.state, State::Scheduled);
    let opens = Utc.with_ymd_and_hms(2026, 11, 24, 21, 0, 0).single();
    assert_eq!(scheduled.starts_at, opens, "ten in the evening in Paris");
    world.advance(Duration::hours(35));
    assert_eq!(world.settled(&scheduled).await.state, State::Scheduled);
    world.advance(Duration::hours(1));
    assert_eq!(world.settled(&scheduled).await.state, State::Delivered);
    world.carry(&scheduled).await;
}

#[tokio::test]
async fn a_change_starts_no_earlier_than_asked_for() {
    let world = World::new().await;
    let mut order = order_of(&world.entry("K06"), Speed::Normal);
    order.start = Start::At(world.now() + Duration::days(3));
    let ticket = world.send("camille", order).await.expect("ordered");
    let scheduled = world.agree(&ticket).await;
    assert_eq!(scheduled.state, State::Scheduled);
    world.advance(Duration::days(3));
    assert_eq!(world.settled(&scheduled).await.state, State::Delivered);
    world.carry(&scheduled).await;
}

/// Two tickets that write the same target never interleave; the second starts as soon as the
/// first lets go, and finds the target as the first left it.
#[tokio::test]
async fn two_tickets_on_one_target_never_interleave() {
    let world = World::new().await;
    let own = |team: &str| serde_json::json!({ "labels": { "team": team } });
    let first = world.order_with("K11", own("shop")).await;
    let first = world.settled(&first).await;
    let first = world.approve("jules", &first, Purpose::Operations).await;
    world
        .systems
        .plant_on("git.change", "commit", "apply", 1, tests::How::HangBefore);
    let second = world
        .settled(&world.order_with("K11", own("bakery")).await)
        .await;
    let second = world.approve("jules", &second, Purpose::Operations).await;
    let agreement = World::decision(
        &first,
        Purpose::Agreement,
        engine::approval::Verdict::Approve,
    );
    let first = world.act("paul", &first, agreement).await;
    assert_eq!(first.state, State::Running);
    world.hanging_round().await;
    let agreement = World::decision(
        &second,
        Purpose::Agreement,
        engine::approval::Verdict::Approve,
    );
    let second = world.act("paul", &second, agreement).await;
    assert_eq!(second.state, State::Scheduled, "its target is taken");
    assert_eq!(second.waits_for, Some(first.id));
    let first = world.settled(&first).await;
    assert_eq!(
        first.state,
        State::Running,
        "its runner is dead, its lease protects it"
    );
    world.outlast_the_lease();
    let first = world.settled(&first).await;
    assert_eq!(first.state, State::Delivered);
    let second = world.settled(&second).await;
    assert_ne!(
        second.state,
        State::Scheduled,
        "it looks again as soon as the first lets go"
    );
    let closed = world.carry(&second).await;
    insta::assert_snapshot!(world.transcript(&closed).await);
    world.carry(&first).await;
    let order: Vec<_> = world
        .systems
        .effects()
        .into_iter()
        .map(|it| it.ticket)
        .collect();
    let changes = order.windows(2).filter(|it| it[0] != it[1]).count();
    assert_eq!(changes, 1, "{order:?}");
}

/// The client may refuse the plan: nothing was touched, nothing is charged.
#[tokio::test]
async fn a_refused_plan_closes_at_no_cost() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let no = engine::approval::Verdict::Reject;
    let closed = world
        .decide_as("paul", &ticket, Purpose::Agreement, no)
        .await;
    assert_eq!(closed.ending, Some(Ending::Declined));
    assert_eq!(world.systems.effects().len(), 0);
    assert_eq!(
        world
            .desk
            .standing(&world.acme)
            .await
            .expect("it")
            .available(world.now()),
        100
    );
    let late = world
        .ask(
            "camille",
            &closed,
            Command::Cancel {
                reason: "too late".into(),
            },
        )
        .await;
    assert_eq!(tests::play::refusal(late).code(), "ticket.out-of-order");
}
