//! How far behind the clock the work is, read from what is open and not from history.

use chrono::Duration;
use engine::{
    gauges,
    ticket::{Command, Status},
};
use sea_orm::Statement;
use tests::World;

#[tokio::test]
async fn no_gauge_reads_history() {
    let world = World::new().await;
    let kind = world.desk.store.connection().get_database_backend();
    for sql in gauges::QUERIES {
        for line in world.plan(Statement::from_string(kind, sql)).await {
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
