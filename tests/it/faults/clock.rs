//! P16: clocks that jump, or that disagree.

use catalogue::Tokens;
use chrono::{DateTime, Duration, Utc};
use engine::{
    ambient::{Clock, Scripted, System},
    approval::Verdict,
    desk::Desk,
    runner::Runner,
    ticket::{Ending, State, Ticket},
};
use std::sync::Arc;
use tests::{How, World, play::open_gate, world::Setup};
use workflows::Purpose;

/// Another process on the same database whose clock is that much ahead.
async fn skewed(world: &World, by: Duration) -> (Desk, Scripted) {
    let clock = Scripted::at(world.now() + by);
    let mut desk = world.replica().await;
    desk.clock = Arc::new(clock.clone());
    (desk, clock)
}

async fn times(world: &World, ticket: &Ticket) -> Vec<DateTime<Utc>> {
    let all = world.desk.history(ticket).await.expect("the journal");
    all.into_iter().map(|it| it.at).collect()
}

/// Journal time never decreases, though the clock goes back three days, and the ticket goes on.
#[tokio::test]
async fn the_journal_does_not_go_back_with_the_clock() {
    for back in [
        Duration::microseconds(1),
        Duration::hours(1),
        Duration::days(3),
    ] {
        let world = World::new().await;
        let ticket = world.settled(&world.order("C01").await).await;
        world.advance(-back);
        let closed = world.carry(&ticket).await;
        assert_eq!(closed.ending, Some(Ending::Validated));
        assert!(times(&world, &closed).await.is_sorted(), "{back}");
    }
}

/// Two processes an hour apart write one journal in order.
#[tokio::test]
async fn two_processes_an_hour_apart_write_one_journal_in_order() {
    let world = World::new().await;
    let (ahead, _) = skewed(&world, Duration::hours(1)).await;
    let other = Runner::new(ahead, "ahead");
    let ticket = world.order("K05").await;
    other.round().await.expect("a round");
    let closed = world.carry(&ticket).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert!(times(&world, &closed).await.is_sorted());
}

/// The clock of a host that is wrong by so much.
struct Wrong(Duration);

impl Clock for Wrong {
    fn now(&self) -> DateTime<Utc> {
        System.now() + self.0
    }
    fn yields_to_the_database(&self) -> bool {
        System.yields_to_the_database()
    }
}

/// Leases are unaffected: a process whose clock is an hour ahead, or a year, does not take a task
/// from one that is at work on it. Only PostgreSQL has several processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_ahead_steals_no_task() {
    // Long ago, so that everything is due by the real clock.
    let begins = "2026-03-02T09:00:00Z".parse().expect("an instant");
    let setup = Setup {
        begins,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    if !world.url().starts_with("postgres") {
        return;
    }
    let ticket = world.settled(&world.order("C01").await).await;
    world
        .systems
        .plant("git.change", "apply", 1, How::HangBefore);
    let ticket = world.approve("paul", &ticket, Purpose::Agreement).await;
    let mut hung = world.systems.hung();
    let mut punctual = world.replica().await;
    punctual.clock = Arc::new(System);
    let busy = Runner::new(punctual, "busy");
    let busy = tokio::spawn(async move { busy.round().await });
    hung.changed().await.expect("it hangs");
    for by in [Duration::hours(1), Duration::days(400), Duration::days(-3)] {
        let mut wrong = world.replica().await;
        wrong.clock = Arc::new(Wrong(by));
        let thief = Runner::new(wrong, "thief");
        assert_eq!(thief.round().await.expect("a round"), 0, "{by}: it is held");
    }
    assert_eq!(world.systems.count("deposit", "apply"), 1);
    busy.abort();
    world.advance(System.now() - world.now() + Duration::minutes(1));
    world.carry(&ticket).await;
}

/// What the house does by itself goes by the database's clock too: a host that is more than a year
/// ahead neither refuses a grant as long over nor lets tokens expire that still count.
#[tokio::test]
async fn a_clock_ahead_neither_dates_a_grant_nor_ends_one() {
    let setup = Setup {
        begins: System.now(),
        ..Setup::default()
    };
    let world = World::with(setup).await;
    if !world.url().starts_with("postgres") {
        return;
    }
    let mut wrong = world.replica().await;
    wrong.clock = Arc::new(Wrong(Duration::days(400)));
    let (soon, caller) = (
        System.now() + Duration::days(30),
        wrong.caller(world.actor("hugo")),
    );
    let lot = wrong.grant(&world.acme, Tokens(5), Some(soon), caller);
    let lot = lot.await.expect("it is not over yet");
    let off = (System.now() - lot.granted_at).abs();
    assert!(off < Duration::minutes(1), "dated {off} off");
    let expired = wrong.expire_lots(&world.acme).await;
    assert_eq!(expired.expect("the database answers"), Tokens(0));
    let sql = "SELECT max(at) FROM record WHERE client = 'ACME'";
    let last = world.number(sql).await;
    assert!(
        last <= System.now().timestamp_micros() + 60_000_000,
        "{last}"
    );
}

/// A clock that is set back by days makes nobody wait for days: what a dead process holds is free
/// after a lease.
#[tokio::test]
async fn a_clock_set_back_keeps_no_task_from_being_taken_over() {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 1, How::HangAfter);
    let ticket = world.settled(&world.order("C01").await).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let ticket = world.act("paul", &ticket, yes).await;
    world.hanging_round().await;
    world.advance(Duration::days(-3));
    world.outlast_the_lease();
    let delivered = world.settled(&ticket).await;
    let story = world.transcript(&delivered).await;
    assert_eq!(delivered.state, State::Delivered, "{story}");
    assert_eq!(world.systems.effects().len(), 1);
    world.carry(&delivered).await;
}

/// No early expiry: a question is not over because one clock jumped and came back.
#[tokio::test]
async fn a_clock_that_jumps_and_comes_back_expires_nothing_before_its_time() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let until = open_gate(&ticket, Purpose::Agreement).expires_at;
    for back in [Duration::days(3), Duration::days(400)] {
        world.advance(-back);
        world.settle().await;
        world.advance(back);
        world.settle().await;
        let now = world.reload(&ticket).await;
        assert_eq!(now.state, State::Agreeing, "after {back} back and forth");
        assert_eq!(open_gate(&now, Purpose::Agreement).expires_at, until);
    }
    world.carry(&ticket).await;
}

/// A jump forward is taken for what it says: everything due happens once, and nothing is lost.
#[tokio::test]
async fn a_jump_of_four_hundred_days_fires_everything_once() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    for _ in 0..2 {
        world.advance(Duration::days(400));
        world.settle().await;
    }
    let closed = world.reload(&ticket).await;
    assert_eq!(closed.ending, Some(Ending::Expired));
    let kinds = "SELECT count(*) FROM record WHERE kind = 'gate.expired'";
    assert_eq!(world.number(kinds).await, 1);
    assert_eq!(world.number("SELECT count(*) FROM settlement").await, 1);
    assert!(world.clock.now() > ticket.created_at);
}
