//! P12: PostgreSQL falls and comes back under load; nothing is lost, nothing happens twice, and
//! work goes on within five seconds of the database being back.

use crate::{
    drain::drain,
    http::{self, Ask},
    oracle,
    player::{Player, Seen},
    postgres::Postgres,
    report,
    stage::Stage,
    stories::{MIXED, play},
};
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};
use tests::dice::Dice;
use tokio::{task::JoinSet, time::sleep};

/// Falls in one run; nightly a hundred.
fn falls() -> usize {
    report::number("GUICHET_FALLS", 8)
}

/// « recovery ≤ 5 s after DB back »
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// Waits until that replica reads its database again.
async fn reads(at: SocketAddr) {
    let ready = Ask {
        method: "GET",
        path: "/readyz".into(),
        ..Ask::default()
    };
    let begun = Instant::now();
    while http::ask(at, &ready, Duration::from_secs(10))
        .await
        .map_or(0, |it| it.status)
        != 200
    {
        let still = begun.elapsed() < BACK_WITHIN * 6;
        assert!(still, "{at} never found its database again");
        // Asks again until the replica has its database.
        sleep(Duration::from_millis(20)).await;
    }
}

/// How long an order takes from its sending to its acknowledgement; it is cancelled at once.
async fn served(prober: &mut Player) -> Duration {
    let begun = Instant::now();
    let values = json!({ "cluster": "nice", "action": "wake" });
    let order = prober.order("camille", "K06", values, false).await;
    let took = begun.elapsed();
    let path = format!("/api/v1/tickets/{}/cancel", order.expect("enough tokens"));
    let reason = json!({ "reason": "Only a probe." });
    prober.command("camille", &path, reason).await;
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_a_database_that_falls_loses_nothing_and_work_goes_on_when_it_is_back() {
    let mut dice = Dice::thrown("postgres-restarts");
    let cluster = Postgres::start(true);
    let mut stage = Stage::postgres(&cluster, 3).await;
    stage.open().await;
    let (seen, enough) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let mut players = play(&MIXED, &stage.town, &enough, |n| {
        Player::new(&format!("fall-{n}"), &stage.door, &seen, dice.fork())
    });
    let mut prober = Player::new("fall-probe", &stage.door, &seen, dice.fork());
    let mut back = Vec::new();
    for _ in 0..falls() {
        let millis = |it: usize| Duration::from_millis(u64::try_from(it).expect("small"));
        // Not a wait for anything: the dice say when the server falls, and for how long.
        sleep(millis(dice.between(100, 2_500))).await;
        let usual = served(&mut prober).await;
        cluster.crash();
        sleep(millis(dice.between(0, 1_000))).await;
        cluster.begin();
        let begun = Instant::now();
        let mut looks = JoinSet::new();
        for at in &stage.door.replicas {
            looks.spawn(reads(*at));
        }
        while let Some(look) = looks.join_next().await {
            look.expect("every replica finds its database again");
        }
        let reading = begun.elapsed();
        let serving = reading + served(&mut prober).await;
        // What an order takes on this machine under this load is not the fall's doing.
        back.push((serving.saturating_sub(usual), serving, reading));
    }
    enough.store(true, Ordering::SeqCst);
    while let Some(told) = players.join_next().await {
        told.expect("nobody was left without an answer");
    }
    drain(&mut stage).await;
    let found = oracle::at_the_end(&stage).await;
    back.sort();
    let (median, worst) = (back[back.len() / 2].0, back[back.len() - 1]);
    report::line(
        "postgres-restarts",
        &format!(
            "{} immediate stops; orders are served again {:.2} s (median), {:.2} s (worst) later \
             than without a fall, counted from the database being back (worst: {:.2} s in all, \
             every replica reads after {:.2} s); {}; {found}",
            back.len(),
            median.as_secs_f64(),
            worst.0.as_secs_f64(),
            worst.1.as_secs_f64(),
            worst.2.as_secs_f64(),
            report::seen(&seen),
        ),
    );
    found.must_be_clean();
    // By day other work shares the machine: the figure is told, and held to at night.
    if std::env::var_os("GUICHET_FALLS").is_some() {
        assert!(worst.0 < BACK_WITHIN, "back after {worst:?}");
    }
}
