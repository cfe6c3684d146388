//! R16–R19: locks, compensation, its failure, and letting go in time.

use super::{PATIENCE, claim, deposit, engine, hung, running, two_running};
use chrono::Duration;
use engine::{
    notice::Occasion,
    runner::Runner,
    ticket::{Command, Ending, State, Status, command::Outcome},
};
use std::time::Duration as Real;
use tests::{How, World, audit, play::refusal};
use workflows::FaultClass;

async fn locks(world: &World) -> Vec<(String, String)> {
    let sql = "SELECT resource, ticket FROM resource_lock ORDER BY resource";
    let rows = audit::rows(world.desk.store.connection(), sql).await;
    let text = |row: &sea_orm::QueryResult, at| row.try_get_by_index::<String>(at).expect("text");
    rows.iter().map(|it| (text(it, 0), text(it, 1))).collect()
}

/// R16: « every lock is a leased row re-derivable from task rows; released in backoff »: the rows
/// are those that the tasks say, a restart changes none, and nobody holds a task while it waits for
/// its next try.
#[tokio::test]
async fn r16_locks_follow_from_tasks_and_no_claim_is_held_during_a_pause() {
    let world = World::new().await;
    let trouble = How::Fail(FaultClass::Transient);
    world.systems.plant("git.change", "apply", 1, trouble);
    let [ticket, other] = two_running(&world).await;
    claim(&world, &other, "dead").await.expect("a claim");
    world.runner.round().await.expect("a round");
    let paused = world.reload(&ticket).await;
    let task = deposit(&paused);
    assert_eq!(task.status, Status::Ready);
    assert!(task.run_at > Some(world.now()), "it waits for its next try");
    assert_eq!((&task.owner, task.lease_until), (&None, None));
    let mut derived = Vec::new();
    for it in [&paused, &other] {
        for target in engine::run::targets(&it.tasks) {
            derived.push((target, it.id.to_string()));
        }
    }
    derived.sort();
    assert_eq!(locks(&world).await, derived);
    let reborn = world.replica().await;
    let newcomer = Runner::new(reborn, "newcomer");
    world.outlast_the_lease();
    while newcomer.round().await.expect("a round") > 0 {}
    for it in [&paused, &other] {
        let now = world.reload(it).await;
        assert_eq!(now.state, State::Delivered);
    }
    assert_eq!(locks(&world).await, [], "a delivery lets go");
    world.carry(&paused).await;
    world.carry(&other).await;
}

/// R17: « compensation is a task with its own fence, keyed to the effect id it undoes, same-state
/// transitions illegal ».
#[tokio::test]
async fn r17_an_undo_has_a_fence_of_its_own_and_the_key_of_its_effect() {
    let world = World::new().await;
    let [ticket, stranger] = two_running(&world).await;
    world.systems.plant("git.change", "verify", 1, How::Lie);
    claim(&world, &stranger, "busy").await.expect("a claim");
    world.systems.plant("git.change", "undo", 1, How::HangAfter);
    world.hanging_round().await;
    let undoing = world.reload(&ticket).await;
    assert_eq!(deposit(&undoing).status, Status::Undoing);
    let stale = deposit(&undoing).fence;
    assert!(stale >= 2, "not the fence of the effect");
    let undone = |fence| Command::Report {
        task: "deposit".into(),
        fence,
        outcome: Outcome::Undone { proofs: Vec::new() },
        evidence: Vec::new(),
    };
    world.advance(Duration::seconds(16));
    let closed = world.settled(&ticket).await;
    assert_eq!(closed.ending, Some(Ending::Failed));
    for fence in [1, stale, deposit(&closed).fence] {
        assert!(
            engine(&world, &closed, undone(fence)).await.is_err(),
            "{fence}"
        );
    }
    let effects = world.systems.effects();
    let mine = effects.iter().filter(|it| it.ticket == ticket.reference);
    let (back, forth): (Vec<_>, Vec<_>) = mine.partition(|it| it.undo);
    assert_eq!((forth.len(), back.len()), (1, 1));
    assert_eq!(forth[0].idem, back[0].idem, "it takes back what it made");
    world.systems.mend();
    let untouched = world.carry(&stranger).await;
    assert_eq!(untouched.ending, Some(Ending::Validated));
    assert_eq!(
        world.systems.targets().len(),
        1,
        "another run's effect stays"
    );
}

/// R18: « undo failure ⇒ `undo_failed`, run `stuck`, page a human ».
#[tokio::test]
async fn r18_an_undo_that_fails_stops_the_run_and_calls_the_operators() {
    let world = World::new().await;
    world.systems.plant("git.change", "verify", 1, How::Lie);
    world
        .systems
        .plant("git.change", "undo", 1, How::Impossible);
    let blocked = world.settled(&running(&world).await).await;
    assert_eq!(blocked.state, State::Blocked);
    assert_eq!(deposit(&blocked).status, Status::UndoFailed);
    let standstill = blocked.standstill.clone().expect("somebody has to act");
    assert_eq!(standstill.task, "deposit");
    let all = world.desk.messages(None, Some(blocked.id), 500).await;
    let all = all.expect("messages");
    for login in ["jules", "nora"] {
        let to = world.person(login).id;
        let called =
            |it: &&engine::outbox::Message| it.to == to && it.occasion == Occasion::Work.word();
        assert!(all.iter().any(|it| called(&it)), "{login} is called");
    }
    world.outlast_the_lease();
    world.settle().await;
    let still = world.reload(&blocked).await;
    assert_eq!(still.version, blocked.version, "nothing goes on by itself");
    let proof = "Removed by hand.".to_owned();
    let task = "deposit".to_owned();
    let closed = world
        .act("jules", &still, Command::Skip { task, proof })
        .await;
    assert_eq!(closed.ending, Some(Ending::Failed));
}

/// R19: « self-fence: worker stops effects when its own lease age > ⅔ by monotonic clock »: a
/// worker that can no longer reach the database lets its call go before anybody may take over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r19_a_worker_without_heartbeat_lets_go_before_its_lease_ends() {
    let world = World::new().await;
    let mut let_go = world.systems.let_go();
    let begun = std::time::Instant::now();
    let (ticket, work) = hung(&world, "cut-off").await;
    let block = Blockade::of(&world).await;
    let heard = tokio::time::timeout(PATIENCE, let_go.changed()).await;
    heard.expect("in time").expect("it is let go");
    let age = begun.elapsed();
    block.end().await;
    assert!(
        age < Real::from_secs(14),
        "let go only after {age:?} of 15 s"
    );
    let _ = work.await.expect("it ends");
    assert_eq!(world.systems.effects(), Vec::new());
    world.outlast_the_lease();
    world.carry(&ticket).await;
    assert_eq!(world.systems.effects().len(), 1);
}

/// Somebody who keeps every writer waiting.
pub(super) struct Blockade(sea_orm::DatabaseConnection);

impl Blockade {
    pub(super) async fn of(world: &World) -> Blockade {
        use sea_orm::ConnectionTrait;
        let mut options = sea_orm::ConnectOptions::new(world.url());
        options.max_connections(1);
        let db = sea_orm::Database::connect(options).await.expect("it opens");
        let locks: &[&str] = if world.url().starts_with("postgres") {
            &[
                "BEGIN",
                "LOCK TABLE client, task, ticket IN ACCESS EXCLUSIVE MODE",
            ]
        } else {
            &["BEGIN IMMEDIATE"]
        };
        for sql in locks {
            db.execute_unprepared(sql).await.expect("it is granted");
        }
        Blockade(db)
    }
    pub(super) async fn end(self) {
        use sea_orm::ConnectionTrait;
        let done = self.0.execute_unprepared("ROLLBACK").await;
        done.expect("it ends");
    }
}

/// The refusal of a claim while the holder is alive, for all of them.
#[tokio::test]
async fn r19_nobody_takes_over_before_the_lease_ends() {
    let world = World::new().await;
    let ticket = running(&world).await;
    claim(&world, &ticket, "alive").await.expect("a claim");
    world.advance(Duration::seconds(10));
    let early = claim(&world, &ticket, "hasty").await;
    assert_eq!(refusal(early).code(), "task.out-of-order");
    world.outlast_the_lease();
    world.carry(&ticket).await;
}
