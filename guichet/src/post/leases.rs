//! The leases of messages under way.

use engine::{
    desk::Desk,
    outbox::{Due, Key, LEASE},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{self, Instant};

/// What is held, under which fence, and when that was last certain. By the steady clock: a clock
/// that is set does not make a lease look younger.
type Held = BTreeMap<Key, (i64, Instant)>;

/// Leases of messages under way.
#[derive(Clone, Default)]
pub(super) struct Leases(Arc<Mutex<Held>>);

fn lease() -> Duration {
    LEASE.to_std().unwrap_or_default()
}

impl Leases {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message taken no earlier than `since`.
    pub(super) fn add(&self, due: &Due, since: Instant) {
        self.held().insert(due.key.clone(), (due.fence, since));
    }

    /// The end of its letter is noted.
    pub(super) fn remove(&self, due: &Due) {
        self.held().remove(&due.key);
    }

    /// Whether nobody else can have taken the message, with time to spare (R19).
    pub(super) fn certain(&self, due: &Due) -> bool {
        let held = self.held();
        held.get(&due.key)
            .is_some_and(|(fence, since)| *fence == due.fence && since.elapsed() < lease() * 2 / 3)
    }

    /// Prolongs what is held, for as long as it is polled (R6).
    pub(super) async fn beat(self, desk: Desk) {
        loop {
            time::sleep(lease() / 4).await;
            let since = Instant::now();
            let all: Vec<(Key, i64)> = {
                let held = self.held();
                held.iter().map(|it| (it.0.clone(), it.1.0)).collect()
            };
            match desk.hold_notices(&all).await {
                Ok(still) => {
                    let mut held = self.held();
                    for (key, fence) in all.into_iter().filter(|it| still.contains(&it.0)) {
                        if let Some(it) = held.get_mut(&key).filter(|it| it.0 == fence) {
                            it.1 = since;
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot prolong the leases of letters"),
            }
        }
    }
}
