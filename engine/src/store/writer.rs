//! The writers: commands wait in a queue, and whatever waits is committed together. One on SQLite,
//! a few on PostgreSQL, where a client's commands always meet in the same one.
//!
//! A group is one transaction. When it fails for whatever reason, nothing of it was written, and
//! its commands are tried again one by one: one that the database refuses does not take others
//! with it.

mod asides;
mod batch;
mod ferry;
mod flush;
mod leases;
mod load;
mod memory;
mod rows;
mod totals;

pub(super) use asides::{Asides, Seen};
pub(crate) use batch::Batch;

use super::{Base, StoreError, Tx, notify, parcel::Forms, sqlite::Held};
use sea_orm::DbBackend;
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tokio::sync::{mpsc, watch};

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
    /// SQLite's connection, for as long as the next group may follow at once.
    held: Option<Held>,
    forms: Forms,
}

impl Writer {
    pub(super) fn new(base: Base) -> Writer {
        Writer {
            batch: Batch::new(base.write.get_database_backend()),
            base,
            seen: None,
            held: None,
            forms: Forms::default(),
        }
    }

    /// Commits a group, or its jobs one by one, and tells each how it ended.
    async fn settle(&mut self, mut group: Vec<Box<dyn Job>>) {
        let whole = self.attempt(&mut group).await;
        let lost = whole.as_ref().err().filter(|it| it.is_lost());
        if let Some(lost) = lost.map(ToString::to_string) {
            // Each alone would only wait as long again.
            for job in group {
                job.end(Err(StoreError::Away(lost.clone())));
            }
            return;
        }
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
        self.batch = Batch::new(self.batch.backend);
        self.seen = None;
    }

    async fn transact(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        self.held = None;
        let tx = self.base.begin().await?;
        if self.batch.backend == DbBackend::Sqlite {
            self.look_around(&tx).await?;
        }
        let needs: Vec<Needs> = group.iter().map(|it| it.needs().clone()).collect();
        self.batch.load(tx.db(), &needs).await?;
        self.decide(group)?;
        if self.batch.is_changed() {
            let mut sheet = self.batch.sheet()?;
            sheet.tell(notify::word(&self.base.origin, self.batch.left()));
            tx.carry_out(sheet).await?;
            tx.end().await?;
        }
        let away = self.batch.depart();
        self.batch.arrived(&away);
        Ok(())
    }

    fn decide(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        for job in group {
            let batch = &mut self.batch;
            match catch_unwind(AssertUnwindSafe(|| job.run(batch))) {
                Ok(ran) => ran?,
                Err(_) => return Err(StoreError::Unfit("a decision broke off".into())),
            }
        }
        Ok(())
    }

    /// Keeps what earlier groups left in memory only while it is certain that nobody else wrote:
    /// SQLite's file has one working process and its own count of foreign commits.
    async fn look_around(&mut self, tx: &Tx) -> Result<(), StoreError> {
        let now = self.base.asides.seen_by(tx).await?;
        if self.seen != Some(now) {
            self.forget();
        }
        self.seen = Some(now);
        Ok(())
    }
}
