//! Promises §5: whatever comes at once, the contract's numbers hold.

use catalogue::Speed;
use engine::{
    approval::Verdict,
    desk::DeskError,
    people::Right,
    ticket::{Command, Order, Refusal, Ticket},
};
use std::collections::BTreeMap;
use tests::{World, play::order_of, world::Setup};
use tokio::task::JoinSet;
use workflows::Purpose;

/// How many of these answers there were, by code; `ok` for those that passed.
fn tally(answers: Vec<Result<Ticket, DeskError>>) -> BTreeMap<String, usize> {
    let mut sum = BTreeMap::new();
    for answer in answers {
        let word = match answer {
            Ok(_) => "ok".to_owned(),
            Err(DeskError::Refused(refusal)) => refusal.code().to_owned(),
            Err(error) => panic!("broken: {error}"),
        };
        *sum.entry(word).or_insert(0) += 1;
    }
    sum
}

async fn all_at_once(world: &World, orders: Vec<Order>) -> BTreeMap<String, usize> {
    let mut race = JoinSet::new();
    for order in orders {
        let (desk, caller) = (
            world.desk.clone(),
            world.desk.caller(world.actor("camille")),
        );
        let command = Command::Order(Box::new(order));
        race.spawn(async move { desk.create("ACME", "ACME-K8S", command, caller).await });
    }
    tally(race.join_all().await)
}

fn counts<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.map(|(word, n)| (word.to_owned(), n)).into()
}

/// P10: 21 tokens pay for ten orders of two, not for one more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_forty_concurrent_orders_of_two_tokens_ten_pass_on_twenty_one() {
    let world = World::with(Setup {
        tokens: 21,
        ..Setup::default()
    })
    .await;
    let order = order_of(&world.entry("C01"), Speed::Normal);
    let sum = all_at_once(&world, vec![order; 40]).await;
    assert_eq!(sum, counts([("ok", 10), ("tokens.short", 30)]));
    let standing = world.desk.standing(&world.acme).await.expect("a standing");
    assert_eq!(standing.available(world.now()), 1);
}

/// P9, S14: « maximum de 6 par an ».
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_concurrent_accelerated_orders_exactly_six_pass() {
    let world = World::with(Setup {
        tokens: 1_000,
        ..Setup::default()
    })
    .await;
    let order = order_of(&world.entry("C01"), Speed::Accelerated);
    let sum = all_at_once(&world, vec![order; 20]).await;
    assert_eq!(sum, counts([("ok", 6), ("quota.spent", 14)]));
    let standing = world.desk.standing(&world.acme).await.expect("a standing");
    let mut ordinals: Vec<u8> = standing.slots.iter().map(|it| it.ordinal).collect();
    ordinals.sort_unstable();
    assert_eq!(ordinals, [1, 2, 3, 4, 5, 6]);
}

/// P5: a gate is decided once, whoever presses at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_concurrent_decisions_on_one_gate_exactly_one_counts() {
    let mut world = World::new().await;
    let logins: Vec<String> = (1..=20).map(|n| format!("approver-{n}")).collect();
    for login in &logins {
        let rights = [Right::Commit, Right::Validate];
        world.add_person(login, login, Some("ACME"), &rights).await;
    }
    let ticket = world.settled(&world.order("C01").await).await;
    let mut race = JoinSet::new();
    for (nth, login) in logins.iter().enumerate() {
        let verdict = if nth % 2 == 0 {
            Verdict::Approve
        } else {
            Verdict::Reject
        };
        let command = World::decision(&ticket, Purpose::Agreement, verdict);
        let (desk, caller) = (world.desk.clone(), world.desk.caller(world.actor(login)));
        let known = engine::store::Known::from(&ticket);
        race.spawn(async move { desk.handle(&known, command, caller).await });
    }
    let sum = tally(race.join_all().await);
    assert_eq!(sum.get("ok"), Some(&1), "{sum:?}");
    assert_eq!(world.number("SELECT count(*) FROM decision").await, 1);
}

/// P5, R8: the same command many times at once is one command, and everybody gets the same answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_order_sent_twenty_times_under_one_key_is_one_ticket() {
    let world = World::new().await;
    let order = order_of(&world.entry("C01"), Speed::Normal);
    let caller = world.desk.caller(world.actor("camille"));
    let mut race = JoinSet::new();
    for _ in 0..20 {
        let (desk, caller) = (world.desk.clone(), caller.clone());
        let command = Command::Order(Box::new(order.clone()));
        race.spawn(async move { desk.create("ACME", "ACME-K8S", command, caller).await });
    }
    let all: Vec<Ticket> = race
        .join_all()
        .await
        .into_iter()
        .map(|it| it.expect("it"))
        .collect();
    assert!(all.iter().all(|it| it.id == all[0].id));
    assert_eq!(world.number("SELECT count(*) FROM ticket").await, 1);
    let mut other = order;
    other.why = Some("another".into());
    let command = Command::Order(Box::new(other));
    let reused = world.desk.create("ACME", "ACME-K8S", command, caller).await;
    assert_eq!(tests::play::refusal(reused), Refusal::KeyReused);
}

/// P3: many runners, one effect each.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_runners_on_twenty_tickets_act_once_for_each() {
    let world = World::new().await;
    let mut tickets = Vec::new();
    for nth in 0..20 {
        let own = serde_json::json!({ "path": format!("manifests/{nth}.yaml") });
        tickets.push(world.settled(&world.order_with("C01", own).await).await);
    }
    for ticket in &tickets {
        let yes = World::decision(ticket, Purpose::Agreement, Verdict::Approve);
        world.act("paul", ticket, yes).await;
    }
    let mut race = JoinSet::new();
    for nth in 0..4 {
        let runner = engine::runner::Runner::new(world.desk.clone(), format!("runner-{nth}"));
        race.spawn(async move { while runner.round().await.expect("a round") > 0 {} });
    }
    race.join_all().await;
    for ticket in &tickets {
        world.carry(ticket).await;
    }
    assert_eq!(world.systems.effects().len(), 20);
    assert!(world.systems.doubled().is_empty());
}
