//! By what a writer tells that nobody else wrote since.

use crate::store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts commits of this process that do not go through the writer.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Asides(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU64,
    done: AtomicU64,
}

/// A commit beside the writer, under way.
pub(in crate::store) struct Aside(Arc<Counts>);

impl Drop for Aside {
    fn drop(&mut self) {
        self.0.done.fetch_add(1, Ordering::SeqCst);
    }
}

/// What had been written by others at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Seen {
    /// By this process, beside the writer.
    asides: u64,
    /// By other processes, as SQLite counts them.
    version: i64,
}

impl Seen {
    pub(in crate::store) fn version(self) -> i64 {
        self.version
    }
}

impl Asides {
    /// A commit is about to take place; it has, or has not, when the returned value is dropped.
    pub(in crate::store) fn begin(&self) -> Aside {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        Aside(self.0.clone())
    }

    /// Whether nothing was written since, and nothing is being written.
    pub(super) fn are_as(&self, seen: Seen) -> bool {
        // In this order: what begins in between is found by whoever holds the connection next.
        let done = self.0.done.load(Ordering::SeqCst);
        done == seen.asides && self.0.begun.load(Ordering::SeqCst) == done
    }

    /// The same, for whoever holds the only connection that writes: nothing is being written.
    pub(in crate::store) fn begun_as(&self, seen: Seen) -> bool {
        self.0.begun.load(Ordering::SeqCst) == seen.asides
    }

    /// As it is for whoever holds the only connection that writes.
    pub(in crate::store) async fn seen_by(&self, tx: &Tx) -> Result<Seen, StoreError> {
        let asides = self.0.begun.load(Ordering::SeqCst);
        let sql = Statement::from_string(DbBackend::Sqlite, "PRAGMA data_version");
        let row = tx.db().query_one_raw(sql).await?;
        let version = row.map(|it| it.try_get_by_index(0)).transpose()?;
        Ok(Seen {
            asides,
            version: version.unwrap_or(-1),
        })
    }
}
