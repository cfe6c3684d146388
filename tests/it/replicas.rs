//! Several processes on one database: whatever the clock brings, it brings once (P16).

use chrono::{DateTime, Duration, Utc};
use engine::{
    approval::Verdict,
    contract::{Period, Terms},
    desk::Desk,
    scheduler::Scheduler,
    store::Known,
    ticket::{State, Ticket},
    window::Window,
};
use tests::{
    World,
    play::{open_gate, refusal},
    world::Setup,
};
use tokio::task::JoinSet;
use workflows::Purpose;

/// As many schedulers as replicas that might run.
const REPLICAS: usize = 4;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// Lets every replica's scheduler look at the clock at the same moment, as often as that takes.
async fn all_look(desks: &[Desk]) {
    loop {
        let mut race = JoinSet::new();
        for desk in desks {
            let mut scheduler = Scheduler::new(desk.clone());
            race.spawn(async move { scheduler.round().await.expect("a round") });
        }
        if race.join_all().await.iter().sum::<usize>() == 0 {
            return;
        }
    }
}

async fn replicas(world: &World) -> Vec<Desk> {
    let mut desks = Vec::new();
    for _ in 0..REPLICAS {
        desks.push(world.replica().await);
    }
    desks
}

async fn records(world: &World, kind: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM record WHERE kind = '{kind}'");
    world.number(&sql).await
}

async fn letters(world: &World, ticket: &Ticket, occasion: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM notice WHERE ticket = '{}' AND occasion = '{occasion}'",
        ticket.id
    );
    world.number(&sql).await
}

/// Twenty questions are asked again on the same day, each once, whoever's clock strikes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reminder_is_sent_once_however_many_schedulers_see_it_due() {
    let world = World::new().await;
    let mut asked = Vec::new();
    for nth in 0..20 {
        let own = serde_json::json!({ "path": format!("manifests/{nth}.yaml") });
        asked.push(world.settled(&world.order_with("C01", own).await).await);
    }
    let eligible = letters(&world, &asked[0], "agreement").await;
    assert!(eligible > 0, "somebody was asked");
    let desks = replicas(&world).await;
    for (nth, days) in [2, 3].into_iter().enumerate() {
        world.advance(Duration::days(days));
        all_look(&desks).await;
        for ticket in &asked {
            let sent = letters(&world, ticket, "reminder").await;
            assert_eq!(sent, eligible * (nth as i64 + 1), "{}", ticket.reference);
            let gate = world.reload(ticket).await;
            let gate = open_gate(&gate, Purpose::Agreement);
            assert_eq!(gate.reminders as usize, nth + 1);
        }
    }
    assert_eq!(records(&world, "clock.due").await, 40);
}

/// An offer nobody answers expires once: one record, one release of the tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_expires_once() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let desks = replicas(&world).await;
    let until = open_gate(&ticket, Purpose::Agreement).expires_at;
    world.advance(until.expect("an agreement expires") - world.now());
    all_look(&desks).await;
    assert_eq!(world.reload(&ticket).await.state, State::Closed);
    assert_eq!(records(&world, "gate.expired").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM settlement").await, 1);
}

/// S14: the six accelerated changes are free again once a year and contract, at midnight in Paris.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_year_turns_once_for_each_contract() {
    let world = World::with(Setup {
        terms: Terms {
            period: Period::CalendarYear,
            ..Terms::default()
        },
        begins: at("2026-12-31T22:59:59.999Z"),
        ..Setup::default()
    })
    .await;
    let desks = replicas(&world).await;
    all_look(&desks).await;
    let before = records(&world, "quota.renewed").await;
    assert_eq!(before, 2, "the year 2026 was noted for both contracts");
    all_look(&desks).await;
    assert_eq!(records(&world, "quota.renewed").await, before);
    // ACME counts calendar years; MARTIN's contract begins on 1 January too.
    world.advance(Duration::milliseconds(1));
    all_look(&desks).await;
    assert_eq!(records(&world, "quota.renewed").await, before + 2);
}

/// R12: what one process remembers of a client's tickets another may have changed. Each decides on
/// what stands in the database, ticket by ticket.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replica_decides_on_what_others_left() {
    let world = World::new().await;
    let mut tickets = Vec::new();
    for nth in 0..4 {
        let own = serde_json::json!({ "path": format!("manifests/{nth}.yaml") });
        tickets.push(world.settled(&world.order_with("C01", own).await).await);
    }
    let desks = [world.desk.clone(), world.replica().await];
    let yes = async |desk: &Desk, ticket: &Ticket| {
        let command = World::decision(ticket, Purpose::Agreement, Verdict::Approve);
        let caller = desk.caller(world.actor("paul"));
        desk.handle(&Known::from(ticket), command, caller).await
    };
    // By turns: each time the other one has not seen what was done before.
    for (nth, ticket) in tickets.iter().enumerate() {
        let (one, other) = (&desks[nth % 2], &desks[(nth + 1) % 2]);
        let agreed = yes(one, ticket).await.expect("the first yes counts");
        let gate = open_gate(ticket, Purpose::Agreement).id;
        assert_eq!(agreed.gate(gate).map(|it| it.decisions.len()), Some(1));
        let again = refusal(yes(other, ticket).await);
        assert_eq!(again, refusal(yes(one, ticket).await), "both see the same");
    }
    for ticket in &tickets {
        let ended = world.carry(ticket).await;
        assert_eq!(ended.state, State::Closed, "{}", ticket.reference);
    }
    assert_eq!(world.faults().await, Vec::<String>::new());
}

/// A39: what is left of a lot expires once, whoever posts it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lot_expires_once() {
    let world = World::with_tokens(0).await;
    for days in [10, 10, 20] {
        let lasts = Some(Duration::days(days));
        world.grant(&world.acme, 7, lasts).await;
    }
    let desks = replicas(&world).await;
    for (days, tokens, kept) in [(10, 14, 1), (10, 21, 2)] {
        world.advance(Duration::days(days));
        all_look(&desks).await;
        let expired = world
            .number("SELECT CAST(SUM(expired) AS BIGINT) FROM lot")
            .await;
        assert_eq!(expired, tokens);
        assert_eq!(records(&world, "tokens.expired").await, kept);
    }
}

/// Both nights on which the clock changes: the window opens once, at its time on the wall, and the
/// start is taken once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_start_in_the_night_of_the_changing_clock_happens_once() {
    // 02:30 comes twice on 25 October 2026 and never on 29 March 2026.
    let nights = [
        ("2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
    ];
    for (begins, opens) in nights {
        let window = Window {
            opens: "30 2 * * *".into(),
            minutes: 90,
        };
        let world = World::with(Setup {
            terms: Terms {
                window: Some(window),
                ..Terms::default()
            },
            begins: at(begins),
            ..Setup::default()
        })
        .await;
        let ticket = world.agree(&world.order("K06").await).await;
        assert_eq!(ticket.state, State::Scheduled);
        assert_eq!(ticket.starts_at, Some(at(opens)));
        let desks = replicas(&world).await;
        all_look(&desks).await;
        assert_eq!(world.reload(&ticket).await.state, State::Scheduled);
        let before = records(&world, "clock.due").await;
        world.advance(at(opens) - world.now());
        all_look(&desks).await;
        assert_eq!(records(&world, "clock.due").await, before + 1);
        // An hour later the wall shows the same time again.
        world.advance(Duration::hours(1));
        all_look(&desks).await;
        assert_eq!(records(&world, "clock.due").await, before + 1);
        world.carry(&ticket).await;
    }
}
