//! P1: « no acknowledged transition lost, none twice, under `kill -9` ».

use crate::{
    drain::drain,
    oracle,
    player::{Player, Seen},
    postgres::Postgres,
    report,
    stage::Stage,
    stories::{MIXED, play},
};
use std::{
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};
use tests::dice::Dice;
use tokio::time::sleep;

/// Kills in one run; nightly a thousand.
fn kills() -> usize {
    report::number("GUICHET_KILLS", 40)
}

/// One in so many ends is an order to end, not a kill.
const POLITE: usize = 15;

async fn kill_loop(what: &str, mut stage: Stage) {
    let mut dice = Dice::thrown(what);
    let begun = Instant::now();
    stage.open().await;
    let (seen, enough) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let mut players = play(&MIXED, &stage.town, &enough, |n| {
        Player::new(&format!("{what}-{n}"), &stage.door, &seen, dice.fork())
    });
    let watch = stage.database().await;
    let (mut killed, mut polite, mut in_order) = (0, 0, 0);
    while killed < kills() {
        let n = dice.below(stage.replicas.len());
        let victim = &mut stage.replicas[n];
        // Not a wait for anything: the dice say when the next one dies.
        sleep(Duration::from_millis(
            u64::try_from(dice.between(5, 400)).expect("small"),
        ))
        .await;
        if dice.percent(POLITE) {
            polite += 1;
            in_order += usize::from(victim.end(Duration::from_secs(3)).await.is_some());
        } else {
            victim.kill();
            killed += 1;
        }
        victim.start();
        // Half of them are killed again before they have come up.
        if dice.percent(50) {
            victim.ready().await;
        }
        if killed % 20 == 0 {
            oracle::in_between(&watch).await.must_be_clean();
        }
    }
    watch.close().await.expect("the connection ends");
    let during = begun.elapsed();
    for it in &mut stage.replicas {
        it.ready().await;
    }
    enough.store(true, Ordering::SeqCst);
    let mut orders = 0;
    while let Some(told) = players.join_next().await {
        orders += told.expect("nobody was left without an answer");
    }
    let still = drain(&mut stage).await;
    let found = oracle::at_the_end(&stage).await;
    report::line(
        what,
        &format!(
            "{killed} kills, {polite} orders to end ({in_order} obeyed in 3 s) in {:.0} s, \
             {orders} orders; {}; {found}; still {:.0} s after the last ticket",
            during.as_secs_f64(),
            report::seen(&seen),
            still.as_secs_f64(),
        ),
    );
    found.must_be_clean();
    assert!(
        found.much("acknowledged commands") * 2 > kills(),
        "too little happened: {found}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_on_sqlite_nothing_acknowledged_is_lost_and_nothing_happens_twice() {
    kill_loop("kill-sqlite", Stage::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_on_postgres_with_three_replicas_nothing_is_lost_and_nothing_happens_twice() {
    let cluster = Postgres::start(false);
    kill_loop("kill-postgres", Stage::postgres(&cluster, 3).await).await;
}
