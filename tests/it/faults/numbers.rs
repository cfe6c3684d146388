//! P9, P10: the contract's numbers hold with four processes on one database.

use super::super::laws::size;
use catalogue::Speed;
use chrono::{DateTime, Duration, Utc};
use engine::{
    approval::Verdict,
    contract::{Period, Terms},
    desk::{Desk, DeskError},
    ticket::{Command, Ending, State, Ticket},
};
use std::collections::BTreeMap;
use tests::{How, World, play::order_of, world::Setup};
use tokio::task::JoinSet;
use workflows::Purpose;

/// Four processes; on SQLite, where a second one is refused, four hands of the one process.
async fn desks(world: &World) -> Vec<Desk> {
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(if world.url().starts_with("postgres") {
            world.replica().await
        } else {
            world.desk.clone()
        });
    }
    all
}

/// Everybody orders at once; gives what passed, and how often each refusal came.
async fn storm(
    world: &World,
    desks: &[Desk],
    speeds: &[Speed],
) -> (Vec<Ticket>, BTreeMap<String, usize>) {
    let mut race = JoinSet::new();
    for (nth, speed) in speeds.iter().enumerate() {
        let desk = desks[nth % desks.len()].clone();
        let caller = desk.caller(world.actor("camille"));
        let mut order = order_of(&world.entry("C01"), *speed);
        let path = format!("manifests/{}.yaml", caller.command);
        order.answers.insert("path".into(), path.into());
        let command = Command::Order(Box::new(order));
        race.spawn(async move { desk.create("ACME", "ACME-K8S", command, caller).await });
    }
    let (mut passed, mut refused) = (Vec::new(), BTreeMap::new());
    for answer in race.join_all().await {
        match answer {
            Ok(ticket) => passed.push(ticket),
            Err(DeskError::Refused(no)) => *refused.entry(no.code().to_owned()).or_insert(0) += 1,
            Err(error) => panic!("broken: {error}"),
        }
    }
    (passed, refused)
}

fn rich(terms: Terms, begins: DateTime<Utc>) -> Setup {
    Setup {
        tokens: 5_000,
        terms,
        begins,
        ..Setup::default()
    }
}

/// « maximum de 6 par an »: exactly six pass, whatever was given back passes again, and nothing
/// more does. (S14, ruling 2)
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn six_accelerated_changes_pass_and_as_many_again_as_were_given_back() {
    for _ in 0..size("GUICHET_ROUNDS", 1) {
        let world = World::with(rich(Terms::default(), tests::world::monday())).await;
        let desks = desks(&world).await;
        let (mut held, refused) = storm(&world, &desks, &[Speed::Accelerated; 50]).await;
        assert_eq!((held.len(), refused["quota.spent"]), (6, 44));
        // One is refused, one cancelled, one fails by the provider's fault: three come back.
        let ticket = held.pop().expect("one of six");
        let refused = world
            .decide_as("paul", &ticket, Purpose::Agreement, Verdict::Reject)
            .await;
        assert_eq!(refused.ending, Some(Ending::Declined));
        let ticket = held.pop().expect("one of six");
        let reason = "No.".to_owned();
        let gone = world.settled(&ticket).await;
        world
            .act("camille", &gone, Command::Cancel { reason })
            .await;
        let ticket = held.pop().expect("one of six");
        world.systems.plant("git.change", "verify", 1, How::Lie);
        assert_eq!(world.agree(&ticket).await.ending, Some(Ending::Failed));
        // One is carried out: it never comes back.
        let ticket = held.pop().expect("one of six");
        assert_eq!(world.carry(&ticket).await.ending, Some(Ending::Validated));
        let (more, refused) = storm(&world, &desks, &[Speed::Accelerated; 20]).await;
        assert_eq!((more.len(), refused["quota.spent"]), (3, 17));
        // Nobody answers about the five that are open: they expire, and come back.
        world.settle().await;
        world.advance(Duration::days(8));
        world.settle().await;
        for it in held.iter().chain(&more) {
            assert_eq!(world.reload(it).await.ending, Some(Ending::Expired));
        }
        let (last, refused) = storm(&world, &desks, &[Speed::Accelerated; 20]).await;
        assert_eq!((last.len(), refused["quota.spent"]), (5, 15));
        let slots = world.number("SELECT count(*) FROM slot").await;
        assert_eq!(slots, 6);
    }
}

/// The year ends at midnight in Paris, to the millisecond, and the new one has six of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_year_ends_at_midnight_in_paris_for_everybody_at_once() {
    let terms = Terms {
        period: Period::CalendarYear,
        ..Terms::default()
    };
    let edge: DateTime<Utc> = "2026-12-31T22:59:59.999Z".parse().expect("an instant");
    let world = World::with(rich(terms, edge)).await;
    let desks = desks(&world).await;
    let of = |year: &str| format!("SELECT count(*) FROM slot WHERE year_from = '{year}-01-01'");
    let (old, _) = storm(&world, &desks, &[Speed::Accelerated; 20]).await;
    assert_eq!(old.len(), 6);
    let clock = world.clock.clone();
    let midnight = tokio::spawn(async move { clock.advance(Duration::milliseconds(1)) });
    let (new, _) = storm(&world, &desks, &[Speed::Accelerated; 30]).await;
    midnight.await.expect("midnight comes");
    let (rest, _) = storm(&world, &desks, &[Speed::Accelerated; 10]).await;
    assert_eq!(new.len() + rest.len(), 6);
    assert_eq!(world.number(&of("2026")).await, 6);
    assert_eq!(world.number(&of("2027")).await, 6);
    assert!(new.iter().all(|it| it.state == State::Preparing));
}

/// P10: the last token is never spent twice, though an accelerated change costs twice as many.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_token_is_spent_once() {
    for tokens in [25, 24, 7] {
        let setup = Setup {
            tokens,
            ..Setup::default()
        };
        let world = World::with(setup).await;
        let desks = desks(&world).await;
        let speeds = [Speed::Normal, Speed::Accelerated, Speed::Normal].repeat(16);
        let (passed, refused) = storm(&world, &desks, &speeds).await;
        let price = |it: &Ticket| it.price.as_ref().map_or(0, |it| it.total().0);
        let spent: u32 = passed.iter().map(price).sum();
        let standing = world.desk.standing(&world.acme).await.expect("a standing");
        let left = standing.available(world.now());
        assert_eq!(spent + left, tokens);
        assert!(left < 2, "{left} were left, and somebody was refused two");
        assert!(refused["tokens.short"] > 0);
        for it in &passed {
            let twice = it.speed == Speed::Accelerated;
            assert_eq!(price(it), if twice { 4 } else { 2 });
        }
    }
}
