//! P17: dropping the future of a request, at whatever await it is, harms nothing: what was applied
//! is applied whole, no connection stays inside a transaction, and what is answered is durable.

use super::super::{laws::size, sim::polled};
use catalogue::Speed;
use engine::{
    store::{Known, Store},
    ticket::{Command, State},
};
use tests::{World, audit, play::order_of, world::Setup};
use tokio::task::JoinSet;

/// Connections of this database that sit in a transaction without doing anything.
const LEFT: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";

async fn assert_nothing_is_left_open(world: &World) {
    world.desk.store.quiet().await;
    if world.url().starts_with("postgres") {
        assert_eq!(world.number(LEFT).await, 0);
    }
    // On SQLite a transaction that was left open would keep this one waiting.
    let sql = "UPDATE client SET name = name";
    let done = tokio::time::timeout(std::time::Duration::from_secs(9), world.sql(sql)).await;
    done.expect("the database is free")
        .expect("it can be written");
}

/// Every await of one command, one after the other, until it lives to its answer.
#[tokio::test]
async fn a_command_dropped_at_any_await_counts_once_or_not_at_all() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let mut now = ticket.clone();
    let mut answered = 0;
    for polls in 0..400 {
        let command = match now.state {
            State::Suspended => Command::Resume,
            _ => Command::Suspend {
                reason: "Freeze.".into(),
            },
        };
        let (caller, known) = (world.desk.caller(world.actor("jules")), Known::from(&now));
        let asked = world.desk.handle(&known, command.clone(), caller.clone());
        let answer = polled(asked, polls).await;
        assert_nothing_is_left_open(&world).await;
        let after = world.reload(&now).await;
        assert!(after.version - now.version <= 1, "{polls}");
        if let Some(said) = answer {
            let said = said.expect("accepted");
            assert_eq!(after, said, "{polls}: what was answered is there");
            answered += 1;
        }
        // Whoever asks again under the same name learns what became of it.
        let again = world.desk.handle(&known, command, caller).await;
        now = again.expect("accepted");
        assert_eq!(
            now.version,
            ticket.version + i64::try_from(polls).expect("few") + 1,
            "{polls}"
        );
        assert_eq!(world.reload(&now).await, now);
        if answered == 3 {
            break;
        }
    }
    assert_eq!(answered, 3, "in the end it lives to its answer");
    let resumed = match now.state {
        State::Suspended => world.act("jules", &now, Command::Resume).await,
        _ => now,
    };
    world.carry(&resumed).await;
}

/// Two hundred callers who go away at any moment, and one who stays: acknowledged is durable.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_who_go_away_take_nothing_with_them() {
    let setup = Setup {
        tokens: 100_000,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    let many = size("GUICHET_CALLERS", 200);
    let mut race = JoinSet::new();
    for nth in 0..many {
        let (desk, caller) = (
            world.desk.clone(),
            world.desk.caller(world.actor("camille")),
        );
        let order = order_of(&world.entry("C01"), Speed::Normal);
        let command = Command::Order(Box::new(order));
        race.spawn(async move {
            let asked = desk.create("ACME", "ACME-K8S", command, caller);
            let polls = usize::try_from(nth % 12).expect("few");
            polled(asked, polls).await
        });
    }
    let answers = race.join_all().await;
    assert_nothing_is_left_open(&world).await;
    let stranger = Store::open(world.url()).await.expect("the database opens");
    let mut acknowledged = 0;
    for ticket in answers.into_iter().flatten() {
        let ticket = ticket.expect("accepted");
        let sql = format!("SELECT count(*) FROM ticket WHERE id = '{}'", ticket.id);
        assert_eq!(audit::number(stranger.connection(), &sql).await, 1);
        acknowledged += 1;
    }
    let there = world.number("SELECT count(*) FROM ticket").await;
    assert!(there >= acknowledged && there <= i64::from(many));
    let wrong = world.faults().await;
    assert!(wrong.is_empty(), "{wrong:?}");
}
