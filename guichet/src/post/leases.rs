//! The leases of messages that are held.

use engine::{
    desk::Desk,
    outbox::{Due, Key, LEASE},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time;

/// How long a lease may be relied on: two thirds of it (R19).
pub(super) const SAFE: Duration = Duration::from_secs(LEASE.num_seconds().unsigned_abs() * 2 / 3);
/// How often leases are prolonged.
const BEAT: Duration = Duration::from_secs(LEASE.num_seconds().unsigned_abs() / 4);

/// What is held, under which fence.
#[derive(Clone, Default)]
pub(super) struct Leases(Arc<Mutex<BTreeMap<Key, i64>>>);

impl Leases {
    fn held(&self) -> MutexGuard<'_, BTreeMap<Key, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message that was taken.
    pub(super) fn add(&self, due: &Due) {
        self.held().insert(due.key.clone(), due.fence);
    }

    /// The end of its letter is noted.
    pub(super) fn remove(&self, due: &Due) {
        self.held().remove(&due.key);
    }

    /// Prolongs what is held, for as long as it is polled (R6). What was lost is not missed here:
    /// its letter is not begun.
    pub(super) async fn beat(self, desk: Desk) {
        loop {
            time::sleep(BEAT).await;
            let all: Vec<(Key, i64)> = self.held().clone().into_iter().collect();
            if let Err(error) = desk.hold_notices(&all).await {
                tracing::warn!(%error, "cannot prolong the leases of letters");
            }
        }
    }
}
