//! Verifies the journal now and then, and says when it was last found sound.

use super::Metrics;
use engine::{
    audit::{source::Source, verify},
    desk::Desk,
    store::StoreError,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Reads the whole journal at the start and then every so often, until `stop` says true. What is
/// found wrong is logged; the figure stays at the last time that all was well.
pub async fn watch_over(
    metrics: Arc<Metrics>,
    desk: Desk,
    every: Duration,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        match look(&desk).await {
            Ok(true) => metrics.verified(desk.clock.now()),
            Ok(false) => tracing::error!("the journal is not sound: run `guichet db verify`"),
            Err(error) => tracing::warn!(%error, "the journal could not be verified"),
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

async fn look(desk: &Desk) -> Result<bool, StoreError> {
    let source = Source::of(&desk.store);
    let view = source.view().await?;
    let report = verify::verify(&view, &mut |_, _, _| {}).await;
    view.end().await?;
    Ok(report?.is_sound())
}
