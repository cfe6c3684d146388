//! How far behind the clock the work is, read from what is open and not from history.

use chrono::Duration;
use engine::{
    gauges,
    ticket::{Command, Status},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use tests::World;

/// The column in which a database explains how it would walk.
async fn plan(world: &World, sql: &str) -> Vec<String> {
    let db = world.desk.store.connection();
    let kind = db.get_database_backend();
    let tx = db.begin().await.expect("a transaction");
    let (how, column) = match kind {
        DbBackend::Postgres => {
            // On a nearly empty table reading all of it is right; the question is whether it must.
            tx.execute_unprepared("SET LOCAL enable_seqscan = off")
                .await
                .expect("a setting");
            ("EXPLAIN", "QUERY PLAN")
        }
        _ => ("EXPLAIN QUERY PLAN", "detail"),
    };
    let asked = Statement::from_string(kind, format!("{how} {sql}"));
    let rows = tx.query_all_raw(asked).await.expect("a plan");
    let lines = rows
        .iter()
        .map(|it| it.try_get("", column).expect("a line"));
    let lines = lines.collect();
    tx.rollback().await.expect("nothing was done");
    lines
}

#[tokio::test]
async fn no_gauge_reads_history() {
    let world = World::new().await;
    for sql in gauges::QUERIES {
        for line in plan(&world, sql).await {
            let all = line.contains("Seq Scan")
                || (line.starts_with("SCAN ") && !line.contains(" USING "))
                    && ["ticket", "task", "notice", "t", "k"]
                        .contains(&line.split(' ').nth(1).unwrap_or_default());
            assert!(!all, "{sql}\nwould read a whole table: {line}");
        }
    }
}

#[tokio::test]
async fn what_is_due_and_left_is_measured_and_what_is_stopped_is_not() {
    let world = World::new().await;
    assert_eq!(world.desk.pulse().await.unwrap(), gauges::Pulse::default());
    let ticket = world.order("K06").await;
    world.advance(Duration::seconds(90));
    let pulse = world.desk.pulse().await.unwrap();
    assert_eq!(
        pulse.task.as_secs(),
        90,
        "the plan has been ready since the order"
    );
    assert_eq!((pulse.wake.as_secs(), pulse.letter.as_secs()), (0, 90));
    assert!(pulse.letters > 0);
    let open = world.desk.tasks_open().await.unwrap();
    assert_eq!(open.get(&Status::Ready), Some(&1));
    assert!(open.keys().all(|it| !it.is_over()));
    world.settle().await;
    let pulse = world.desk.pulse().await.unwrap();
    assert_eq!(pulse.task.as_secs(), 0, "nothing waits for a runner");
    let stocks = world.desk.stocks().await.unwrap();
    let acme = stocks.iter().find(|it| it.contract == "ACME-K8S").unwrap();
    assert_eq!((acme.granted, acme.held, acme.spent), (100, 1, 0));
    let reason = "not needed".to_owned();
    world
        .act("camille", &ticket, Command::Cancel { reason })
        .await;
    assert_eq!(world.desk.tasks_open().await.unwrap(), [].into());
}
