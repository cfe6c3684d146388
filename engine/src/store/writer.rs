//! The writers: commands wait in a queue, and whatever waits is committed together. One on SQLite,
//! a few on PostgreSQL, where a client's commands always meet in the same one.
//!
//! A group is one transaction. When it fails for whatever reason, nothing of it was written, and
//! its commands are tried again one by one: one that the database refuses does not take others
//! with it.

mod batch;
mod flush;
mod load;
mod rows;

pub(crate) use batch::Batch;

use super::{Base, StoreError, Tx};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, watch};

/// Most commands that are committed together.
const MOST: usize = 256;

/// What a job has to have read before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Code of the client; its state is always read.
    pub(crate) client: String,
    /// The ticket, if it is about one.
    pub(crate) ticket: Option<crate::id::TicketId>,
    /// Name of the command, if it may have been applied before.
    pub(crate) command: Option<String>,
}

/// Something to be decided and written.
pub(crate) trait Job: Send {
    /// What it looks at.
    fn needs(&self) -> &Needs;
    /// Decides, and puts what changes into the batch. May run more than once; only the last run
    /// counts.
    fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError>;
    /// Everything it wrote is durable, or nothing was written.
    fn end(self: Box<Self>, how: Result<(), StoreError>);
}

/// The way to the writers.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    ways: Arc<[mpsc::UnboundedSender<Box<dyn Job>>]>,
    under_way: watch::Sender<usize>,
}

impl std::fmt::Debug for dyn Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({:?})", self.needs())
    }
}

impl Queue {
    /// Starts that many writers; they end when the last handle on the store is gone.
    pub(super) fn start(count: usize, open: impl Fn() -> Writer) -> Queue {
        let under_way = watch::Sender::new(0);
        let ways = (0..count.max(1))
            .map(|_| {
                let (way, jobs) = mpsc::unbounded_channel();
                tokio::spawn(open().work(jobs, under_way.clone()));
                way
            })
            .collect();
        Queue { ways, under_way }
    }

    /// Hands a job over. It is carried out even when nobody waits for its end any more.
    pub(crate) fn send(&self, job: Box<dyn Job>) {
        let mut hasher = DefaultHasher::new();
        job.needs().client.hash(&mut hasher);
        let nth = usize::try_from(hasher.finish() % self.ways.len() as u64).unwrap_or(0);
        self.under_way.send_modify(|it| *it += 1);
        if let Err(unsent) = self.ways[nth].send(job) {
            self.under_way.send_modify(|it| *it -= 1);
            let gone = StoreError::Unfit("the writer is gone".into());
            unsent.0.end(Err(gone));
        }
    }

    /// Waits until nothing that was handed over is still to be done.
    pub(super) async fn quiet(&self) {
        let mut under_way = self.under_way.subscribe();
        let ended = under_way.wait_for(|it| *it == 0).await;
        debug_assert!(ended.is_ok(), "the queue itself holds the sender");
    }
}

/// One writer, with what it remembers of the rows it wrote last.
pub(super) struct Writer {
    base: Base,
    batch: Batch,
    seen: Option<Seen>,
}

/// By what a writer tells that nobody else wrote since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// Of this process, by other ways than the writer.
    asides: u64,
    /// Of other processes, as SQLite counts them.
    version: i64,
}

impl Writer {
    pub(super) fn new(base: Base) -> Writer {
        Writer {
            base,
            batch: Batch::default(),
            seen: None,
        }
    }

    async fn work(
        mut self,
        mut jobs: mpsc::UnboundedReceiver<Box<dyn Job>>,
        under_way: watch::Sender<usize>,
    ) {
        while let Some(first) = jobs.recv().await {
            // Whoever is about to send gets the chance to be in the same group.
            tokio::task::yield_now().await;
            let mut group = vec![first];
            while group.len() < MOST
                && let Ok(next) = jobs.try_recv()
            {
                group.push(next);
            }
            let count = group.len();
            self.settle(group).await;
            under_way.send_modify(|it| *it -= count);
        }
    }

    async fn settle(&mut self, mut group: Vec<Box<dyn Job>>) {
        let whole = self.attempt(&mut group).await;
        if whole.is_ok() || group.len() == 1 {
            let mut whole = Some(whole);
            for job in group {
                job.end(whole.take().unwrap_or(Ok(())));
            }
            return;
        }
        for job in group {
            let mut alone = [job];
            let how = self.attempt(&mut alone).await;
            let [job] = alone;
            job.end(how);
        }
    }

    /// One transaction for all of them.
    async fn attempt(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let done = self.transact(group).await;
        if done.is_err() {
            self.forget();
        }
        done
    }

    fn forget(&mut self) {
        self.batch = Batch::default();
        self.seen = None;
    }

    async fn transact(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let tx = self.base.begin().await?;
        self.remember(&tx).await?;
        let needs: Vec<Needs> = group.iter().map(|it| it.needs().clone()).collect();
        self.batch.load(tx.db(), &needs).await?;
        for job in group {
            let batch = &mut self.batch;
            match catch_unwind(AssertUnwindSafe(|| job.run(batch))) {
                Ok(ran) => ran?,
                Err(_) => return Err(StoreError::Unfit("a decision broke off".into())),
            }
        }
        if self.batch.is_changed() {
            self.batch.flush(&tx).await?;
            tx.notify(&self.base.origin).await?;
            tx.end().await?;
        }
        self.batch.committed();
        Ok(())
    }

    /// Keeps what earlier groups left in memory only while it is certain that nobody else wrote:
    /// on SQLite the file has one working process and its own count of foreign commits.
    async fn remember(&mut self, tx: &Tx) -> Result<(), StoreError> {
        if tx.db().get_database_backend() != DbBackend::Sqlite {
            self.forget();
            let sql = "SELECT clock_timestamp()";
            let sql = Statement::from_string(DbBackend::Postgres, sql);
            let row = tx.db().query_one_raw(sql).await?;
            let now = row.map(|it| it.try_get_by_index(0)).transpose()?;
            self.batch.began = now.map(|it| (it, std::time::Instant::now()));
            return Ok(());
        }
        let asides = self.base.asides.read();
        let sql = Statement::from_string(DbBackend::Sqlite, "PRAGMA data_version");
        let row = tx.db().query_one_raw(sql).await?;
        let version = row
            .map(|it| it.try_get_by_index(0))
            .transpose()?
            .unwrap_or(-1);
        let now = Seen { asides, version };
        if self.seen != Some(now) {
            self.forget();
        }
        self.seen = Some(now);
        Ok(())
    }
}

/// Counts commits that do not go through the writer.
#[derive(Clone, Debug, Default)]
pub(super) struct Asides(Arc<AtomicU64>);

impl Asides {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    pub(super) fn read(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
