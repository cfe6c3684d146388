//! P4: « a stale worker can change nothing »: a process that stands still past its lease loses its
//! tasks to another one, wakes, and must not do or say anything more about them (R3, R5, R19).

use crate::{
    drain::drain,
    oracle,
    player::{Player, Seen},
    postgres::Postgres,
    report,
    stage::Stage,
    stories::{MIXED, play},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::{
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};
use tests::dice::Dice;
use tokio::time::sleep;

/// Tasks that have to be stolen; nightly a thousand.
fn thefts() -> usize {
    report::number("GUICHET_THEFTS", 4)
}

/// A lease of fifteen seconds, and as long again for a database that is busy elsewhere.
const STOLEN_WITHIN: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The claims that process number `id` holds: client, ticket, task and fence.
async fn claims(db: &DatabaseConnection, id: u32) -> Vec<(String, String, String, i64)> {
    let sql = format!(
        "SELECT client, ticket, name, fence FROM task
         WHERE status IN ('running', 'undoing') AND owner = 'worker-{id}'"
    );
    let sql = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(sql).await.expect("the database answers");
    let claim = |row: &sea_orm::QueryResult| {
        let text = |name: &str| row.try_get("", name).expect("text");
        let fence = row.try_get("", "fence").expect("a number");
        (text("client"), text("ticket"), text("name"), fence)
    };
    rows.iter().map(claim).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_worker_that_stood_still_past_its_lease_changes_nothing_when_it_wakes() {
    let mut dice = Dice::thrown("stopped-workers");
    let cluster = Postgres::start(false);
    let mut stage = Stage::postgres(&cluster, 4).await;
    stage.open().await;
    let (seen, enough) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let mut players = play(&MIXED, &stage.town, &enough, |n| {
        Player::new(&format!("stop-{n}"), &stage.door, &seen, dice.fork())
    });
    let db = stage.database().await;
    let (mut stolen, mut stops, mut empty) = (0, 0, 0);
    let mut longest = Duration::ZERO;
    while stolen < thefts() {
        // Not a wait for anything: the dice say when the next one stands still.
        sleep(Duration::from_millis(
            u64::try_from(dice.between(1, 60)).expect("small"),
        ))
        .await;
        let victim = &stage.replicas[dice.below(4)];
        let id = victim.id().expect("it runs");
        victim.signal("STOP");
        let held = claims(&db, id).await;
        if held.is_empty() {
            empty += 1;
            victim.signal("CONT");
            continue;
        }
        stops += 1;
        let begun = Instant::now();
        let mut left = claims(&db, id).await;
        while left.iter().any(|it| held.contains(it)) {
            let still = begun.elapsed() < STOLEN_WITHIN;
            assert!(
                still,
                "nobody took over from a worker that stands still (P7): {left:?}"
            );
            // Asks again until somebody took over.
            sleep(LOOK_EVERY).await;
            left = claims(&db, id).await;
        }
        longest = longest.max(begun.elapsed());
        stolen += held.len();
        victim.signal("CONT");
    }
    db.close().await.expect("the connection ends");
    enough.store(true, Ordering::SeqCst);
    while let Some(told) = players.join_next().await {
        told.expect("nobody was left without an answer");
    }
    drain(&mut stage).await;
    let found = oracle::at_the_end(&stage).await;
    let (results, intents) = (
        stage.count("stale result ignored"),
        stage.count("intent refused"),
    );
    report::line(
        "stopped-workers",
        &format!(
            "{stolen} tasks stolen in {stops} stops past the lease ({empty} stops held nothing), \
             taken over after {:.1} s at most; {results} stale results and {intents} stale \
             intents refused; {}; {found}",
            longest.as_secs_f64(),
            report::seen(&seen),
        ),
    );
    found.must_be_clean();
}
