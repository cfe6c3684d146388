//! What operators do when machines cannot go on: retry, skip with proof, take over, stop, resume.

use chrono::Duration;
use engine::{
    approval::Verdict,
    ticket::{Command, Ending, State, Status, Ticket},
};
use tests::{How, World, play::open_gate};
use workflows::{FaultClass, Purpose, UndoKind};

/// C01, agreed, with its effect in doubt.
async fn in_doubt() -> (World, Ticket) {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 1, How::Fail(FaultClass::Ambiguous));
    world
        .systems
        .plant("git.change", "recover", 1, How::Partial);
    let ticket = world.agree(&world.order("C01").await).await;
    assert_eq!(ticket.state, State::Blocked);
    assert_eq!(
        ticket.task("deposit").map(|it| it.status),
        Some(Status::InDoubt)
    );
    (world, ticket)
}

#[tokio::test]
async fn a_task_in_doubt_is_tried_again_after_a_look() {
    let (world, ticket) = in_doubt().await;
    let again = Command::Retry {
        task: "deposit".into(),
    };
    let closed = world.carry(&world.act("jules", &ticket, again).await).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert_eq!(world.systems.effects().len(), 1);
    insta::assert_snapshot!(world.transcript(&closed).await);
}

#[tokio::test]
async fn a_task_in_doubt_is_skipped_with_proof() {
    let (world, ticket) = in_doubt().await;
    let empty = Command::Skip {
        task: "deposit".into(),
        proof: "  ".into(),
    };
    let refused = tests::play::refusal(world.ask("jules", &ticket, empty).await);
    assert_eq!(refused.code(), "text.invalid");
    let skip = Command::Skip {
        task: "deposit".into(),
        proof: "Read back by hand.".into(),
    };
    let closed = world.carry(&world.act("jules", &ticket, skip).await).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);
}

#[tokio::test]
async fn a_task_in_doubt_is_taken_over_by_hand() {
    let (world, ticket) = in_doubt().await;
    let client = Command::TakeOver {
        task: "deposit".into(),
        reason: "me".into(),
    };
    let refused = tests::play::refusal(world.ask("camille", &ticket, client).await);
    assert_eq!(refused.code(), "person.not-entitled");
    let over = Command::TakeOver {
        task: "deposit".into(),
        reason: "Forge is down.".into(),
    };
    let closed = world.carry(&world.act("jules", &ticket, over).await).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// K05 that failed at its end and whose undo of the injector fails too.
async fn stuck_undo(how: How) -> (World, Ticket) {
    let world = World::new().await;
    world.systems.plant("vault.login", "verify", 1, How::Lie);
    world
        .systems
        .plant_on("kube.apply", "injector", "undo", 1, how);
    let ticket = world.agree(&world.order("K05").await).await;
    assert_eq!(ticket.state, State::Blocked);
    assert_eq!(
        ticket.task("injector").map(|it| it.status),
        Some(Status::UndoFailed)
    );
    (world, ticket)
}

#[tokio::test]
async fn an_undo_that_fails_waits_for_a_person_who_skips_it_with_proof() {
    let (world, ticket) = stuck_undo(How::Impossible).await;
    let skip = Command::Skip {
        task: "injector".into(),
        proof: "Removed by hand.".into(),
    };
    let closed = world
        .settled(&world.act("jules", &ticket, skip).await)
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    assert_eq!(
        world.systems.targets().len(),
        1,
        "the one removed by hand, as far as we know"
    );
    insta::assert_snapshot!(world.transcript(&closed).await);
}

#[tokio::test]
async fn an_undo_that_fails_may_be_tried_again_or_taken_over() {
    let (world, ticket) = stuck_undo(How::Fail(FaultClass::Rejected)).await;
    let again = Command::Retry {
        task: "injector".into(),
    };
    let closed = world
        .settled(&world.act("jules", &ticket, again).await)
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    assert!(world.systems.targets().is_empty());

    let (world, ticket) = stuck_undo(How::Impossible).await;
    let over = Command::TakeOver {
        task: "injector".into(),
        reason: "By hand.".into(),
    };
    let mine = world
        .settled(&world.act("jules", &ticket, over).await)
        .await;
    assert_eq!(
        mine.task("injector").map(|it| it.status),
        Some(Status::UndoDue)
    );
    let nora = world.person("nora").clone();
    let inbox = world.desk.inbox(&nora).await.expect("an inbox");
    assert_eq!(
        inbox.len(),
        1,
        "what has to be taken back by hand waits for an operator"
    );
    let task = mine.task("injector").expect("the task");
    let done = world
        .do_by_hand(&mine, task, workflows::Role::Operator, true)
        .await;
    let closed = world.settled(&done).await;
    assert_eq!(closed.ending, Some(Ending::Failed));
}

#[tokio::test]
async fn a_suspended_ticket_stands_still_until_it_is_resumed() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let stop = Command::Suspend {
        reason: "Change freeze.".into(),
    };
    let still = world.act("jules", &ticket, stop).await;
    assert_eq!(still.state, State::Suspended);
    let yes = World::decision(&still, Purpose::Agreement, Verdict::Approve);
    let early = world.ask("paul", &still, yes).await;
    assert_eq!(tests::play::refusal(early).code(), "ticket.out-of-order");
    world.advance(Duration::days(3));
    assert_eq!(world.settled(&still).await.state, State::Suspended);
    let resumed = world.act("nora", &still, Command::Resume).await;
    assert_eq!(resumed.state, State::Agreeing);
    let closed = world.carry(&resumed).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// Clocks stand still while a ticket is suspended: an agreement does not expire meanwhile.
#[tokio::test]
async fn an_agreement_does_not_expire_while_the_ticket_is_suspended() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let stop = Command::Suspend {
        reason: "Long change freeze.".into(),
    };
    let still = world.act("jules", &ticket, stop).await;
    world.advance(Duration::days(20));
    let resumed = world
        .settled(&world.act("nora", &still, Command::Resume).await)
        .await;
    assert_eq!(resumed.state, State::Agreeing);
    assert!(open_gate(&resumed, Purpose::Agreement).expires_at > Some(world.now()));
    world.carry(&resumed).await;
}

#[tokio::test]
async fn a_ticket_cancelled_before_it_acts_costs_nothing() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let stop = Command::Cancel {
        reason: "Ordered by mistake.".into(),
    };
    let closed = world.act("camille", &ticket, stop).await;
    assert_eq!(closed.ending, Some(Ending::Cancelled));
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
}

/// K05 agreed, its second task waiting for another try: one effect stands.
async fn halfway() -> (World, Ticket) {
    let world = World::new().await;
    world.systems.plant_on(
        "vault.ensure",
        "auth",
        "apply",
        3,
        How::Fail(FaultClass::Transient),
    );
    let ticket = world.settled(&world.order("K05").await).await;
    let ticket = world.approve("jules", &ticket, Purpose::Operations).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let ticket = world.act("paul", &ticket, yes).await;
    for _ in 0..2 {
        world.runner.round().await.expect("a round");
    }
    assert_eq!(world.systems.count("auth", "apply"), 1);
    (world, ticket)
}

#[tokio::test]
async fn a_ticket_cancelled_while_it_acts_is_taken_back_first() {
    let (world, ticket) = halfway().await;
    let stop = Command::Cancel {
        reason: "Not today.".into(),
    };
    let undoing = world.act("camille", &ticket, stop).await;
    assert_eq!(undoing.state, State::Undoing);
    let closed = world.settled(&undoing).await;
    assert_eq!(closed.ending, Some(Ending::Cancelled));
    assert!(world.systems.targets().is_empty());
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// The runner died after it had said that it would act; then the client cancelled.
#[tokio::test]
async fn cancelling_after_a_runner_died_inside_its_call_still_ends() {
    for how in [How::HangBefore, How::HangAfter] {
        let world = World::new().await;
        world.systems.plant("git.change", "apply", 1, how);
        let ticket = world.settled(&world.order("C01").await).await;
        let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
        let ticket = world.act("paul", &ticket, yes).await;
        world.hanging_round().await;
        let stop = Command::Cancel {
            reason: "It takes too long.".into(),
        };
        let undoing = world.act("camille", &ticket, stop).await;
        assert_eq!(undoing.state, State::Undoing, "it may have acted");
        let mut closed = undoing;
        for _ in 0..5 {
            world.outlast_the_lease();
            closed = world.settled(&closed).await;
        }
        let story = world.transcript(&closed).await;
        assert_eq!(closed.ending, Some(Ending::Cancelled), "{how:?}\n{story}");
        assert!(world.systems.targets().is_empty(), "{how:?}");
    }
}

/// The client cancels while a call is under way, and the call ends with passing trouble.
#[tokio::test]
async fn cancelling_during_a_call_that_will_have_to_be_tried_again_still_ends() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let ticket = world.act("paul", &ticket, yes).await;
    let known = engine::store::Known::from(&ticket);
    let engine = |command| {
        let caller = world.desk.caller(engine::people::Actor::Engine("runner"));
        world.desk.handle(&known, command, caller)
    };
    let claim = Command::Claim {
        task: "deposit".into(),
        owner: "r".into(),
        lease: Duration::seconds(15),
        heir_of: None,
    };
    let held = engine(claim).await.expect("a claim");
    let task = held.task("deposit").expect("the task");
    let fence = task.fence;
    let digest = task.planned.as_ref().expect("a plan").digest.clone();
    let undo = UndoKind::Automatic;
    let intend = Command::Intend {
        task: "deposit".into(),
        fence,
        digest,
        undo,
    };
    engine(intend).await.expect("an intent");
    let stop = Command::Cancel {
        reason: "Not today.".into(),
    };
    world.act("camille", &ticket, stop).await;
    let report = Command::Report {
        task: "deposit".into(),
        fence,
        outcome: engine::ticket::Outcome::Retry {
            fault: workflows::Fault::new(FaultClass::Transient, "try later"),
            at: world.now() + Duration::seconds(1),
        },
        evidence: Vec::new(),
    };
    engine(report).await.expect("a report");
    let closed = world.settled(&ticket).await;
    assert_eq!(
        closed.ending,
        Some(Ending::Cancelled),
        "{}",
        world.transcript(&closed).await
    );
}
