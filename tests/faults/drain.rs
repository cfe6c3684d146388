//! Waiting until nothing moves any more.

use crate::stage::Stage;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Letters are held for a minute by a mailer that was killed; everything else for less.
const DRAINED_WITHIN: Duration = Duration::from_secs(300);

/// What still moves: work that is due or held, and letters.
const MOVING: &str = "SELECT
    (SELECT count(*) FROM task WHERE status IN ('running', 'undoing')
       OR (by_machine AND status IN ('ready', 'undo_due')))
  + (SELECT count(*) FROM notice WHERE state IN ('pending', 'sending')) AS moving";

async fn moving(db: &DatabaseConnection) -> i64 {
    let sql = Statement::from_string(db.get_database_backend(), MOVING);
    let row = db.query_one_raw(sql).await.expect("the database answers");
    row.map_or(0, |it| it.try_get("", "moving").expect("a number"))
}

/// Waits until all is still, then ends every process in order; how long the first took (P7).
pub async fn drain(stage: &mut Stage) -> Duration {
    let begun = Instant::now();
    let db = stage.database().await;
    while moving(&db).await > 0 {
        assert!(
            begun.elapsed() < DRAINED_WITHIN,
            "{} things still move",
            moving(&db).await
        );
        // Asks again until all is still.
        sleep(Duration::from_millis(100)).await;
    }
    db.close().await.expect("the connection ends");
    let took = begun.elapsed();
    for it in &mut stage.replicas {
        let end = it.end(Duration::from_secs(30)).await;
        assert!(
            end.is_some_and(|it| it.success()),
            "it did not end in order: {}",
            it.said()
        );
    }
    took
}
