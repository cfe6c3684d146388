//! Corners where two rules meet.

use catalogue::Tokens;
use chrono::{Duration, TimeZone, Utc};
use engine::{
    approval::Verdict,
    contract::Terms,
    ticket::{Command, Ending, State, Status},
    window::Window,
};
use serde_json::json;
use tests::{How, World, play::refusal, world::Setup};
use workflows::{FaultClass, Purpose};

async fn available(world: &World) -> u32 {
    let standing = world.desk.standing(&world.acme).await.expect("a standing");
    standing.available(world.now())
}

/// A study ends by being concluded, with its reasons, and in no other way (S28).
#[tokio::test]
async fn a_study_cannot_be_ticked_off_instead_of_being_concluded() {
    let world = World::new().await;
    let ticket = world.open_study().await;
    let held = Command::RecordCall {
        minutes: "As written.".into(),
        attendees: vec!["x".into()],
    };
    let ticket = world.act("lea", &ticket, held).await;
    let estimate = Command::Estimate {
        tokens: Tokens(4),
        effort_days: 1,
        lead_days: 1,
    };
    let ticket = world.act("lea", &ticket, estimate).await;
    let ticket = world.approve("paul", &ticket, Purpose::Estimate).await;
    assert_eq!(ticket.state, State::Studying);
    let done = |task: &str| Command::Complete {
        task: task.into(),
        well: true,
        evidence: "Done.".into(),
        spent: Tokens(0),
    };
    let ticket = world.act("jules", &ticket, done("study")).await;
    assert_eq!(ticket.state, State::Studying);
    let tick = world.ask("hugo", &ticket, done("conclude")).await;
    assert_eq!(refusal(tick).code(), "task.out-of-order");
}

/// Even a change that waited for its target starts inside the contract's window.
#[tokio::test]
async fn a_start_that_comes_late_waits_for_the_next_window() {
    let window = Window {
        opens: "0 22 * * *".into(),
        minutes: 60,
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
    // Nobody was there to start it while the window was open.
    world.advance(Duration::hours(16));
    let still = world.settled(&scheduled).await;
    assert_eq!(
        still.state,
        State::Scheduled,
        "01:00 in Paris is outside the window"
    );
    let next = Utc.with_ymd_and_hms(2026, 11, 24, 21, 0, 0).single();
    assert_eq!(still.starts_at, next);
    world.advance(next.expect("it exists") - world.now());
    assert_eq!(world.settled(&still).await.state, State::Delivered);
    world.carry(&still).await;
}

/// Tokens of a quote are held when the client accepts it; without them acceptance is refused and
/// the question stays open.
#[tokio::test]
async fn a_quote_beyond_the_tokens_left_cannot_be_accepted_yet() {
    let world = World::with_tokens(10).await;
    let ticket = world.settled(&world.order("C12").await).await;
    let quote = Command::Quote {
        tokens: Tokens(11),
        note: "Eleven.".into(),
    };
    let offered = world.act("hugo", &ticket, quote).await;
    let yes = World::decision(&offered, Purpose::Offer, Verdict::Approve);
    assert_eq!(
        refusal(world.ask("paul", &offered, yes.clone()).await).code(),
        "tokens.short"
    );
    world.grant(&world.acme, 1, None).await;
    let accepted = world.act("paul", &offered, yes).await;
    assert_eq!(available(&world).await, 0);
    world.carry(&accepted).await;
}

/// Two branches act at once; one fails while the other's runner is dead inside its call.
#[tokio::test]
async fn a_branch_that_fails_waits_for_the_other_branch_before_anything_is_taken_back() {
    for how in [How::HangBefore, How::HangAfter] {
        let world = World::new().await;
        world.systems.plant("monitor.synthetic", "apply", 1, how);
        let ticket = world.settled(&world.order("K13").await).await;
        let ticket = world.approve("jules", &ticket, Purpose::Operations).await;
        world
            .systems
            .plant("monitor.route", "verify", 1, How::HangBefore);
        let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
        let ticket = world.act("paul", &ticket, yes).await;
        world.hanging_round().await;
        world.hanging_round().await;
        world.systems.plant("monitor.route", "verify", 1, How::Lie);
        let mut closed = ticket;
        for _ in 0..4 {
            world.outlast_the_lease();
            closed = world.settled(&closed).await;
        }
        let story = world.transcript(&closed).await;
        assert_eq!(closed.ending, Some(Ending::Failed), "{how:?}\n{story}");
        let left: Vec<_> = world.systems.targets().into_keys().collect();
        assert!(left.iter().all(|it| it.contains("synthetic")), "{left:?}");
        assert!(world.systems.doubled().is_empty());
    }
}

/// A delivery let its targets go; somebody else has them when it is taken back.
#[tokio::test]
async fn taking_back_a_contested_delivery_never_interleaves_with_another_ticket() {
    let world = World::new().await;
    let own = |team: &str| json!({ "labels": { "team": team } });
    let first = world
        .agree(&world.order_with("K11", own("shop")).await)
        .await;
    let contested = world
        .decide_as("paul", &first, Purpose::Validation, Verdict::Reject)
        .await;
    assert_eq!(contested.state, State::Contested);

    let second = world
        .settled(&world.order_with("K11", own("bakery")).await)
        .await;
    world
        .systems
        .plant_on("git.change", "commit", "apply", 1, How::HangAfter);
    let yes = World::decision(&second, Purpose::Agreement, Verdict::Approve);
    let second = world.act("paul", &second, yes).await;
    world.hanging_round().await;

    let back = Command::GiveUp {
        reason: "It cannot be made to work.".into(),
    };
    let first = world
        .settled(&world.act("jules", &contested, back).await)
        .await;
    assert_eq!(first.state, State::Undoing);
    assert_eq!(first.waits_for, Some(second.id));
    assert!(
        world.systems.effects().iter().all(|it| !it.undo),
        "it waits for the targets"
    );
    world.outlast_the_lease();
    let second = world.carry(&second).await;
    assert_eq!(
        second.ending,
        Some(Ending::Validated),
        "undisturbed by the other's undoing"
    );
    let first = world.settled(&first).await;
    assert_eq!(
        first.state,
        State::Blocked,
        "its file was changed by somebody else since"
    );
    let skip = Command::Skip {
        task: "commit".into(),
        proof: "The newer label stays.".into(),
    };
    let closed = world.settled(&world.act("jules", &first, skip).await).await;
    assert_eq!(closed.ending, Some(Ending::Failed));
}

/// A15: the tries of an action are bounded; once they are spent the provider has failed.
#[tokio::test]
async fn when_every_try_is_spent_everything_is_taken_back() {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 5, How::Fail(FaultClass::Transient));
    let closed = world.agree(&world.order("C01").await).await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    assert_eq!(world.systems.count("deposit", "apply"), 5);
    assert_eq!(world.systems.effects().len(), 0);
    assert_eq!(available(&world).await, 100);
}

/// When nobody can say whether it happened, nothing more is tried and an operator is called.
#[tokio::test]
async fn when_the_look_fails_too_the_task_is_in_doubt() {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 1, How::DoThenDrop);
    world.systems.plant(
        "git.change",
        "recover",
        10,
        How::Fail(FaultClass::Transient),
    );
    let blocked = world.agree(&world.order("C01").await).await;
    assert_eq!(
        blocked.state,
        State::Blocked,
        "{}",
        world.transcript(&blocked).await
    );
    assert_eq!(
        blocked.task("deposit").map(|it| it.status),
        Some(Status::InDoubt)
    );
    assert_eq!(world.systems.count("deposit", "apply"), 1);
    world.systems.mend();
    let back = Command::GiveUp {
        reason: "Nobody knows.".into(),
    };
    let closed = world
        .settled(&world.act("jules", &blocked, back).await)
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    assert!(
        world.systems.targets().is_empty(),
        "what had happened is taken back"
    );
}

/// A suspended ticket whose runner died is not claimed over and over.
#[tokio::test]
async fn a_suspended_ticket_with_a_dead_runner_stays_quiet() {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 1, How::HangBefore);
    let ticket = world.settled(&world.order("C01").await).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let running = world.act("paul", &ticket, yes).await;
    world.hanging_round().await;
    let stop = Command::Suspend {
        reason: "Freeze.".into(),
    };
    let still = world.act("jules", &running, stop).await;
    for _ in 0..10 {
        world.outlast_the_lease();
        world.settle().await;
    }
    let after = world.reload(&still).await;
    assert!(
        after.version <= still.version + 2,
        "{}",
        world.transcript(&after).await
    );
    let resumed = world.act("jules", &after, Command::Resume).await;
    let closed = world.carry(&resumed).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert_eq!(world.systems.effects().len(), 1);
}

/// The statement sums: what one period closes with the next opens with, and every line follows.
#[tokio::test]
async fn the_statement_sums_over_any_periods() {
    let world = World::with_tokens(20).await;
    let begins = world.now();
    world.advance(Duration::days(1));
    let validated = world.order("K11").await;
    world.carry(&validated).await;
    world.advance(Duration::days(1));
    let cut = world.now();
    let cancelled = world.order("C01").await;
    world.advance(Duration::days(1));
    let stop = Command::Cancel {
        reason: "No.".into(),
    };
    world.act("camille", &cancelled, stop).await;
    world.advance(Duration::days(400));
    world.settle().await;
    let ends = world.now() + Duration::days(1);
    let desk = &world.desk;
    let all = desk
        .statement(&world.acme, begins, ends)
        .await
        .expect("a statement");
    let early = desk
        .statement(&world.acme, begins, cut)
        .await
        .expect("a statement");
    let late = desk
        .statement(&world.acme, cut, ends)
        .await
        .expect("a statement");
    assert_eq!(
        (early.available, early.held),
        (late.opening, late.opening_held)
    );
    assert_eq!(
        (all.granted, all.spent, all.expired, all.available),
        (20, 3, 17, 0)
    );
    assert_eq!(
        all.granted - all.spent - all.expired - all.held,
        all.available
    );
    assert_eq!(early.lines.len() + late.lines.len(), all.lines.len());
    for sum in [&all, &early, &late] {
        let closing = sum.opening + sum.opening_held + sum.granted - sum.spent - sum.expired;
        assert_eq!(closing, sum.available + sum.held);
        if let Some(last) = sum.lines.last() {
            assert_eq!((last.available, last.held), (sum.available, sum.held));
        }
    }
    let lines: Vec<String> = all
        .lines
        .iter()
        .map(|it| {
            let about = it.reference.as_deref().unwrap_or("—");
            let (from, to) = (it.from.word(), it.to.word());
            format!(
                "{about} {from} → {to} {}: {} + {}",
                it.tokens.0, it.available, it.held
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Whoever stops a ticket that is being taken back already changes neither how it ends nor who has
/// to act.
#[tokio::test]
async fn what_is_being_taken_back_is_not_taken_back_a_second_time() {
    let world = World::new().await;
    world.systems.plant("vault.login", "verify", 1, How::Lie);
    world
        .systems
        .plant_on("kube.apply", "injector", "undo", 1, How::Impossible);
    let blocked = world.agree(&world.order("K05").await).await;
    assert_eq!(blocked.state, State::Blocked);
    let cancel = Command::Cancel {
        reason: "Enough.".into(),
    };
    let answer = world.ask("camille", &blocked, cancel).await;
    assert_eq!(refusal(answer).code(), "ticket.out-of-order");
    let give_up = Command::GiveUp {
        reason: "Enough.".into(),
    };
    let answer = world.ask("jules", &blocked, give_up).await;
    assert_eq!(refusal(answer).code(), "ticket.out-of-order");
    let skip = Command::Skip {
        task: "injector".into(),
        proof: "Removed.".into(),
    };
    let closed = world
        .settled(&world.act("jules", &blocked, skip).await)
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
}

/// A second branch that fails while the first is being taken back needs nobody either.
#[tokio::test]
async fn a_branch_that_fails_during_the_unwinding_is_taken_back_too() {
    let world = World::new().await;
    world
        .systems
        .plant("monitor.synthetic", "apply", 1, How::HangAfter);
    world
        .systems
        .plant("monitor.synthetic", "verify", 9, How::Lie);
    world
        .systems
        .plant("monitor.route", "verify", 1, How::HangBefore);
    let ticket = world.settled(&world.order("K13").await).await;
    let ticket = world.approve("jules", &ticket, Purpose::Operations).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let ticket = world.act("paul", &ticket, yes).await;
    world.hanging_round().await;
    world.hanging_round().await;
    world.systems.plant("monitor.route", "verify", 1, How::Lie);
    world.outlast_the_lease();
    let closed = world.settled(&ticket).await;
    let story = world.transcript(&closed).await;
    assert_eq!(closed.ending, Some(Ending::Failed), "{story}");
}
