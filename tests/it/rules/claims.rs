//! R1–R6: who holds a task, and who only believes so.

use super::{PATIENCE, claim, cut_off, deposit, done, engine, failed, hung, kinds, running};
use chrono::Duration;
use engine::{
    runner::Runner,
    ticket::{Command, Ending, State, Status},
};
use std::time::Duration as Real;
use tests::{How, World, play::refusal};
use workflows::{FaultClass, UndoKind};

/// R1: « recovery = ordinary claim through the lease; no separate "recover everything" path ».
#[tokio::test]
async fn r01_a_process_that_starts_takes_over_by_claims_alone() {
    let world = World::new().await;
    let ticket = cut_off(&world, How::HangAfter).await;
    let calls = world.systems.calls().len();
    let newcomer = Runner::new(world.replica().await, "newcomer");
    assert_eq!(newcomer.round().await.expect("a round"), 0);
    assert_eq!(world.systems.calls().len(), calls, "the lease still runs");
    world.outlast_the_lease();
    assert_eq!(newcomer.round().await.expect("a round"), 1);
    let after = world.reload(&ticket).await;
    assert_eq!(deposit(&after).status, Status::Done);
    let story = kinds(&world, &after).await;
    let tail: Vec<&str> = story
        .iter()
        .rev()
        .take(2)
        .rev()
        .map(String::as_str)
        .collect();
    assert_eq!(tail, ["task.claimed", "effect.proved"]);
    assert_eq!(world.systems.effects().len(), 1);
    world.carry(&after).await;
}

/// R2: « fence counter never reused or rewound, not even by operator "retry" ».
#[tokio::test]
async fn r02_an_operators_retry_does_not_rewind_the_fence() {
    let world = World::new().await;
    let lost = How::Fail(FaultClass::Ambiguous);
    world.systems.plant("git.change", "apply", 1, lost);
    world
        .systems
        .plant("git.change", "recover", 1, How::Partial);
    let ticket = running(&world).await;
    let mut fences = vec![deposit(&ticket).fence];
    let blocked = world.settled(&ticket).await;
    assert_eq!(blocked.state, State::Blocked);
    let old = deposit(&blocked).fence;
    fences.push(old);
    let task = "deposit".into();
    let again = world.act("jules", &blocked, Command::Retry { task }).await;
    assert_eq!(deposit(&again).attempt, 0, "the tries begin anew");
    fences.push(deposit(&again).fence);
    let claimed = claim(&world, &again, "second").await.expect("a claim");
    fences.push(deposit(&claimed).fence);
    assert!(fences.is_sorted(), "{fences:?}");
    assert!(deposit(&claimed).fence > old);
    for late in [done(old), failed(old)] {
        let answer = engine(&world, &claimed, late).await;
        assert_eq!(refusal(answer).code(), "task.stale-attempt");
    }
    world.outlast_the_lease();
    assert_eq!(world.carry(&claimed).await.ending, Some(Ending::Validated));
}

/// R3: « ownership = (task, fence); heartbeats and releases check it and rows_affected=1 »: two
/// workers of one name are two workers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r03_a_worker_of_the_same_name_does_not_prolong_its_successors_lease() {
    let world = World::new().await;
    let mut let_go = world.systems.let_go();
    let (ticket, stalled) = hung(&world, "runner-1").await;
    world.outlast_the_lease();
    let taken = claim(&world, &ticket, "runner-1").await.expect("a claim");
    let (lease, fence) = (deposit(&taken).lease_until, deposit(&taken).fence);
    world.advance(Duration::seconds(3));
    // At its next heartbeat the stalled one learns that it is nobody, and lets its call go.
    let heard = tokio::time::timeout(PATIENCE, let_go.changed()).await;
    heard.expect("in time").expect("it is let go");
    stalled.await.expect("it ends").expect("a round");
    let after = world.reload(&taken).await;
    assert_eq!(
        deposit(&after).lease_until,
        lease,
        "nobody else prolongs it"
    );
    assert_eq!(deposit(&after).fence, fence);
    assert_eq!(after.version, taken.version, "and nobody else releases it");
    world.outlast_the_lease();
    world.carry(&after).await;
    assert_eq!(world.systems.effects().len(), 1);
}

/// R4: « claim predicate includes expired leases; invariant query proves it ».
#[tokio::test]
async fn r04_an_expired_lease_is_claimed_and_no_task_is_beyond_the_claim() {
    let world = World::new().await;
    let ticket = running(&world).await;
    claim(&world, &ticket, "silent").await.expect("a claim");
    let again = claim(&world, &ticket, "other").await;
    assert_eq!(refusal(again).code(), "task.out-of-order", "the lease runs");
    // To the microsecond: until then, and not beyond.
    world.advance(Duration::seconds(15));
    let again = claim(&world, &ticket, "other").await;
    assert_eq!(refusal(again).code(), "task.out-of-order");
    world.advance(Duration::microseconds(1));
    let beyond = "SELECT count(*) FROM task WHERE status IN ('running', 'undoing')
                  AND (lease_until IS NULL OR owner IS NULL)";
    assert_eq!(world.number(beyond).await, 0);
    assert_eq!(
        world.runner.round().await.expect("a round"),
        1,
        "seen by the patrol"
    );
    world.carry(&ticket).await;
}

/// R5: « lost fence = benign drop, never a failure »: a late finisher neither fails a success nor
/// blesses a failure.
#[tokio::test]
async fn r05_a_late_finisher_changes_nothing() {
    let world = World::new().await;
    let ticket = running(&world).await;
    let late = claim(&world, &ticket, "late").await.expect("a claim");
    let late = deposit(&late).fence;
    world.outlast_the_lease();
    let delivered = world.settled(&ticket).await;
    assert_eq!(delivered.state, State::Delivered);
    for report in [failed(late), done(late)] {
        assert_benign(engine(&world, &delivered, report).await);
    }
    assert_eq!(world.reload(&delivered).await, delivered, "nothing changed");

    let other = super::running_as(&world, "manifests/other.yaml").await;
    let held = claim(&world, &other, "late").await.expect("a claim");
    let held = deposit(&held).fence;
    world.systems.plant("git.change", "verify", 1, How::Lie);
    world.outlast_the_lease();
    let closed = world.settled(&other).await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    let answer = engine(&world, &closed, done(held)).await;
    assert_benign(answer);
    assert_eq!(world.reload(&closed).await, closed);
    world.carry(&delivered).await;
}

/// The runner is told that it came too late, and nothing else happens.
#[track_caller]
fn assert_benign(answer: Result<engine::ticket::Ticket, engine::desk::DeskError>) {
    let code = refusal(answer).code();
    let late = ["task.stale-attempt", "ticket.out-of-order"];
    assert!(late.contains(&code), "{code}");
}

/// R6: « heartbeat is a separate task started at claim, not inside adapter code »: a call that
/// takes long keeps its lease though the adapter says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r06_a_long_call_keeps_its_lease() {
    let world = World::new().await;
    let (ticket, busy) = hung(&world, "busy").await;
    let first = deposit(&world.reload(&ticket).await).lease_until;
    world.advance(Duration::seconds(10));
    let begun = std::time::Instant::now();
    let mut prolonged = first;
    while prolonged <= first {
        assert!(begun.elapsed() < PATIENCE, "no heartbeat");
        tokio::time::sleep(Real::from_millis(20)).await;
        prolonged = deposit(&world.reload(&ticket).await).lease_until;
    }
    assert_eq!(prolonged, Some(world.now() + Duration::seconds(15)));
    // By now the first lease would have ended: who decides looks at what it was prolonged to.
    world.advance(Duration::seconds(10));
    let other = claim(&world, &ticket, "other").await;
    assert_eq!(refusal(other).code(), "task.out-of-order");
    busy.abort();
    world.outlast_the_lease();
    world.carry(&ticket).await;
    assert_eq!(world.systems.effects().len(), 1);
}

/// R10: « claim joins on live change; cancel bumps fence »: what was cancelled is neither claimed
/// nor begun by whoever still holds it.
#[tokio::test]
async fn r10_a_task_of_a_cancelled_change_is_never_performed() {
    let world = World::new().await;
    let ticket = running(&world).await;
    let held = claim(&world, &ticket, "slow").await.expect("a claim");
    let fence = deposit(&held).fence;
    let reason = "Not any more.".into();
    let gone = world
        .act("camille", &held, Command::Cancel { reason })
        .await;
    let intent = Command::Intend {
        task: "deposit".into(),
        fence,
        digest: deposit(&held)
            .planned
            .as_ref()
            .expect("planned")
            .digest
            .clone(),
        undo: UndoKind::Automatic,
    };
    for late in [intent, done(fence), failed(fence)] {
        assert!(engine(&world, &gone, late).await.is_err());
    }
    world.outlast_the_lease();
    let closed = world.settled(&gone).await;
    assert_eq!(closed.ending, Some(Ending::Cancelled));
    assert!(claim(&world, &closed, "other").await.is_err());
    assert_eq!(world.systems.count("deposit", "apply"), 0);
    assert_eq!(world.systems.effects(), Vec::new());
}
