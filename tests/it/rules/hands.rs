//! Hands that are free take what a command makes due, in its own transaction; and what a dead
//! process held is taken up without waiting where that is certain to be safe.

use super::{PATIENCE, claim, cut_off, deposit, kinds, running};
use engine::{
    approval::Verdict,
    runner::Runner,
    ticket::{State, Status, Ticket},
};
use tests::{How, World};
use tokio::{sync::watch, time::timeout};
use workflows::Purpose;

/// The ticket once it is in that state.
async fn once(world: &World, ticket: &Ticket, state: State) -> Ticket {
    let mut rung = world.desk.bell.listen();
    let arrival = async {
        loop {
            let now = world.reload(ticket).await;
            if now.state == state {
                return now;
            }
            rung.changed().await.expect("the desk rings");
        }
    };
    timeout(PATIENCE, arrival).await.expect("it gets there")
}

/// R1 still holds: a claim is a claim, with its fence on record, whoever sent the command.
#[tokio::test]
async fn what_a_command_makes_due_is_taken_with_it_and_recorded() {
    let world = World::new().await;
    let (stop, told) = watch::channel(false);
    let hands = tokio::spawn(Runner::new(world.desk.clone(), "hands").run(told));
    // Its first step makes it known.
    tokio::task::yield_now().await;
    let ordered = world.order("C01").await;
    let agreeing = once(&world, &ordered, State::Agreeing).await;
    let yes = World::decision(&agreeing, Purpose::Agreement, Verdict::Approve);
    world.act("paul", &agreeing, yes).await;
    let delivered = once(&world, &ordered, State::Delivered).await;
    stop.send_replace(true);
    timeout(PATIENCE, hands)
        .await
        .expect("it stops")
        .expect("whole");
    let story = kinds(&world, &delivered).await;
    assert!(!story.contains(&"task.claimed".to_owned()), "{story:?}");
    let all = world.desk.history(&delivered).await.expect("the journal");
    let took = |task: &str| -> Vec<(&str, i64)> {
        let fence = |it: &'_ engine::audit::Trace| it.leaf["took"][task].as_i64();
        all.iter()
            .filter_map(|it| Some((it.kind.as_str(), fence(it)?)))
            .collect()
    };
    assert_eq!(took("plan"), [("ticket.ordered", 1)]);
    assert_eq!(
        took("deposit"),
        [("gate.decided", deposit(&delivered).fence)]
    );
    assert_eq!(world.faults().await, Vec::<String>::new());
}

/// What a stopping runner was given meanwhile it finishes; afterwards nobody is given anything.
#[tokio::test]
async fn a_runner_that_stops_is_given_nothing_more() {
    let world = World::new().await;
    let (stop, told) = watch::channel(false);
    let hands = tokio::spawn(Runner::new(world.desk.clone(), "hands").run(told));
    tokio::task::yield_now().await;
    stop.send_replace(true);
    timeout(PATIENCE, hands)
        .await
        .expect("it stops")
        .expect("whole");
    let ordered = world.order("C01").await;
    let plan = ordered.task("plan").expect("a plan");
    assert_eq!(plan.status, Status::Ready);
    world.carry(&ordered).await;
}

/// P7: « progress ≤ 2×lease+1 s »; where one process has the database for itself, at once.
#[tokio::test]
async fn who_is_alone_takes_up_at_once_what_the_dead_held() {
    let world = World::new().await;
    let ticket = running(&world).await;
    let held = claim(&world, &ticket, "dead").await.expect("a claim");
    let other = Runner::new(world.desk.clone(), "other");
    assert_eq!(other.round().await.expect("a round"), 0, "the lease runs");
    let heir = Runner::new(world.desk.clone(), "heir").alone();
    assert_eq!(heir.round().await.expect("a round"), 1);
    let after = world.reload(&ticket).await;
    assert_eq!(deposit(&after).status, Status::Done);
    assert_eq!(deposit(&after).fence, deposit(&held).fence + 1);
    world.carry(&after).await;
}

/// R19 the other way round: a call that was announced may still be on its way to the system.
#[tokio::test]
async fn a_call_that_the_dead_announced_is_given_its_lease() {
    let world = World::new().await;
    let ticket = cut_off(&world, How::HangAfter).await;
    let heir = Runner::new(world.desk.clone(), "heir").alone();
    assert_eq!(heir.round().await.expect("a round"), 0);
    world.outlast_the_lease();
    assert_eq!(heir.round().await.expect("a round"), 1);
    let after = world.reload(&ticket).await;
    assert_eq!(deposit(&after).status, Status::Done);
    assert_eq!(world.systems.effects().len(), 1);
    world.carry(&after).await;
}
