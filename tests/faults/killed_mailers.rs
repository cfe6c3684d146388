//! P13: a mailer that is killed while letters go out loses none, and doubles one a connection at
//! most: each of those it said beforehand to be about to send.

use crate::{
    drain::drain,
    oracle,
    player::{Player, Seen, Told},
    postgres::Postgres,
    report,
    stage::Stage,
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};
use tests::dice::Dice;
use tokio::{task::JoinSet, time::sleep};

/// Letters that one mailer hands over at once, each on a connection of its own.
const CONNECTIONS: usize = 4;
/// A lease of a minute where the database may have other users, and a slow start.
const GOES_ON_WITHIN: Duration = Duration::from_secs(150);
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Letters owed before the killing begins, for each kill.
const LETTERS_A_KILL: usize = 12;

/// Letters owed, and those whose text may have left without a word of how it ended.
const OWED: &str = "SELECT count(*) AS n FROM notice WHERE state IN ('pending', 'sending')";
const AT_RISK: &str = "SELECT t.reference, n.record, n.n, n.fence
    FROM notice n JOIN ticket t ON t.client = n.client AND t.id = n.ticket
    WHERE n.state = 'sending' AND n.answer = 'in doubt: its text was on its way'";

/// Orders that are cancelled at once, by several people at a time, until so many letters are owed.
/// Only the portal works: no letter leaves.
async fn owe(stage: &mut Stage, what: &str, dice: &mut Dice, letters: usize) {
    stage.replicas[0].doing(&["--role", "web"]);
    stage.replicas[0].start();
    stage.replicas[0].ready().await;
    let seen = Arc::new(Seen::default());
    let mut players = JoinSet::new();
    for nth in 0..4 {
        let name = format!("{what}-{nth}");
        let mut player = Player::new(&name, &stage.door, &seen, dice.fork());
        // The end of an order is a letter at least.
        players.spawn(async move {
            for _ in 0..letters.div_ceil(4) {
                let values =
                    json!({ "cluster": "paris", "period": "9d", "acknowledge_loss": true });
                let ordered = player.order("camille", "K08", values, false).await;
                let reference = ordered.expect("tokens enough");
                let path = format!("/api/v1/tickets/{reference}/cancel");
                let told = player
                    .command("camille", &path, json!({ "reason": "No." }))
                    .await;
                assert!(matches!(told, Told::Done(_)), "{told:?}");
            }
        });
    }
    while let Some(told) = players.join_next().await {
        told.expect("nobody was left without an answer");
    }
    let end = stage.replicas[0].end(Duration::from_secs(30)).await;
    assert!(end.is_some(), "it did not end in order");
    stage.replicas[0].doing(&[]);
}

async fn rows(stage: &Stage, sql: &str) -> Vec<sea_orm::QueryResult> {
    let db = stage.database().await;
    let sql = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(sql).await.expect("the database answers");
    db.close().await.expect("the connection ends");
    rows
}

async fn owed(stage: &Stage) -> i64 {
    let found = rows(stage, OWED).await;
    found[0].try_get("", "n").expect("a count")
}

/// Message-IDs and fences of the letters that dead mailers may have sent and nobody took since.
async fn at_risk(stage: &Stage) -> Vec<(String, i64)> {
    let name = |row: &sea_orm::QueryResult| {
        let reference: String = row.try_get("", "reference").expect("text");
        let record: i64 = row.try_get("", "record").expect("a number");
        let n: i32 = row.try_get("", "n").expect("a number");
        let number = record * 100 + i64::from(n);
        let fence = row.try_get("", "fence").expect("a number");
        (format!("<{reference}.{number}@faults.example>"), fence)
    };
    rows(stage, AT_RISK).await.iter().map(name).collect()
}

/// Waits until the mail server has taken more than these bytes of letters; false when nothing is
/// owed any more.
async fn goes_on(stage: &Stage, from: u64) -> bool {
    let begun = Instant::now();
    while stage.letter_bytes() <= from {
        if begun.elapsed() > Duration::from_secs(1) && owed(stage).await == 0 {
            return false;
        }
        let said = stage.replicas[0].said();
        assert!(begun.elapsed() < GOES_ON_WITHIN, "no letter goes: {said}");
        sleep(LOOK_EVERY).await;
    }
    true
}

async fn kill_mailers(what: &str, mut stage: Stage, kills: usize) {
    let mut dice = Dice::thrown(what);
    owe(&mut stage, what, &mut dice, kills * LETTERS_A_KILL).await;
    let letters = owed(&stage).await;
    let begun = Instant::now();
    let mut risked: BTreeSet<(String, i64)> = BTreeSet::new();
    let (mut killed, mut under_way, mut slowest) = (0, 0, Duration::ZERO);
    while killed < kills {
        let from = stage.letter_bytes();
        let started = Instant::now();
        stage.replicas[0].start();
        let more = goes_on(&stage, from).await;
        slowest = slowest.max(started.elapsed());
        if more {
            let wait = dice.between(0, 60_000);
            sleep(Duration::from_micros(u64::try_from(wait).expect("small"))).await;
        }
        stage.replicas[0].kill();
        killed += 1;
        let mut news = at_risk(&stage).await;
        news.retain(|it| !risked.contains(it));
        assert!(news.len() <= CONNECTIONS, "too many at risk: {news:?}");
        under_way += usize::from(!news.is_empty());
        risked.extend(news);
        if !more {
            break;
        }
    }
    let left = owed(&stage).await;
    stage.replicas[0].start();
    stage.replicas[0].ready().await;
    let still = drain(&mut stage).await;
    let found = oracle::at_the_end(&stage).await;
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for it in stage.letters() {
        let name = it["headers"]["Message-ID"].as_str().unwrap_or_default();
        *copies.entry(name.to_owned()).or_default() += 1;
    }
    let doubled: usize = copies.values().map(|it| it - 1).sum();
    let risks = |name: &String| risked.iter().filter(|it| it.0 == *name).count();
    let accounted = |it: &(&String, &usize)| *it.1 <= 1 + risks(it.0);
    let others: Vec<_> = copies.iter().filter(|it| !accounted(it)).collect();
    report::line(
        what,
        &format!(
            "{letters} letters, {killed} kills in {:.0} s, {under_way} with letters under way, \
             {} put at risk, {doubled} doubled, {} that were not; {left} left after the last kill \
             and sent in {:.0} s; at most {:.1} s from a start to its first letter; {found}",
            begun.elapsed().as_secs_f64(),
            risked.len(),
            others.len(),
            still.as_secs_f64(),
            slowest.as_secs_f64(),
        ),
    );
    found.must_be_clean();
    assert!(others.is_empty(), "doubled and never at risk: {others:?}");
    assert!(doubled <= CONNECTIONS * killed);
    assert!(under_way > 0, "no kill met a letter under way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p13_on_sqlite_a_killed_mailer_loses_no_letter_and_doubles_one_a_connection_at_most() {
    let kills = report::number("GUICHET_MAILERS", 15);
    kill_mailers("mailers-sqlite", Stage::sqlite().await, kills).await;
}

/// Here each life waits for the leases of the one before, except for what was not yet taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p13_on_postgres_a_killed_mailer_loses_no_letter_and_doubles_one_a_connection_at_most() {
    let kills = report::number("GUICHET_MAILERS_PG", 2);
    let cluster = Postgres::start(false);
    let stage = Stage::postgres(&cluster, 1).await;
    kill_mailers("mailers-postgres", stage, kills).await;
}
