//! Time and chance, handed in. `System` is the only place that reads them.

use chrono::{DateTime, SubsecRound, Utc};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Reads the time.
pub trait Clock: Send + Sync + 'static {
    /// Now, in whole microseconds, so that every database gives back what was written.
    fn now(&self) -> DateTime<Utc>;
    /// Whether replicas that share a database go by its clock instead of this one: so that a host
    /// whose clock is wrong neither steals leases nor lets gates expire early (R11).
    fn yields_to_the_database(&self) -> bool {
        false
    }
}

/// Makes names and secrets.
pub trait Ids: Send + Sync + 'static {
    /// A name nobody else has.
    fn id(&self) -> Uuid;
    /// 32 bytes nobody can guess.
    fn secret(&self) -> [u8; 32];
}

/// The real clock and the real dice.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
    fn yields_to_the_database(&self) -> bool {
        true
    }
}

impl Ids for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes names")]
    fn id(&self) -> Uuid {
        Uuid::now_v7()
    }
    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}

/// A clock moved by hand, and names that count: for tests, simulations and the sped-up demo.
#[derive(Clone, Debug)]
pub struct Scripted {
    now: Arc<Mutex<DateTime<Utc>>>,
    count: Arc<Mutex<u64>>,
}

impl Scripted {
    /// Starts at `now`, counting from 1.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Scripted {
            now: Arc::new(Mutex::new(now.trunc_subsecs(6))),
            count: Arc::new(Mutex::new(0)),
        }
    }
    /// Moves the clock forward (or back, for a negative duration).
    pub fn advance(&self, by: chrono::Duration) {
        *self.now.lock().expect("the clock is never poisoned") += by;
    }
    fn next(&self) -> u64 {
        let mut count = self.count.lock().expect("the counter is never poisoned");
        *count += 1;
        *count
    }
}

impl Clock for Scripted {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().expect("the clock is never poisoned")
    }
}

impl Ids for Scripted {
    fn id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()))
    }
    fn secret(&self) -> [u8; 32] {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes
    }
}
