//! The writer's round: while one group is on its way to the disk the next one is decided already,
//! on the state that the first will leave. Nobody is told anything before the disk has it: a group
//! that fails takes the decisions made on it back with it.
//!
//! On PostgreSQL rows are locked before anything is decided on them, so a group begins when the one
//! before has ended.

use super::{Held, Job, Needs, StoreError, Writer, memory::Away};
use sea_orm::DbBackend;
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time,
};

/// Most commands that are committed together.
const MOST: usize = 256;
/// How long the connection is held for a command that may follow at once.
const LINGER: Duration = Duration::from_millis(2);

type Jobs = mpsc::UnboundedReceiver<Box<dyn Job>>;

/// A group on its way to the disk.
struct Flight {
    group: Vec<Box<dyn Job>>,
    away: Away,
    landing: JoinHandle<Result<Held, StoreError>>,
}

/// Where the jobs are.
#[derive(Default)]
struct Quay {
    /// Nothing is decided about them yet.
    waiting: Vec<Box<dyn Job>>,
    /// Decided; they leave with the next group.
    aboard: Vec<Box<dyn Job>>,
    flight: Option<Flight>,
}

impl Quay {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.aboard.is_empty() && self.flight.is_none()
    }
    fn has_room(&self) -> bool {
        self.waiting.len() + self.aboard.len() < MOST
    }
    /// All that wait to be decided about, as far as there is room.
    fn gather(&mut self, jobs: &mut Jobs) {
        while self.has_room()
            && let Ok(next) = jobs.try_recv()
        {
            self.waiting.push(next);
        }
    }
    fn all(&mut self) -> Vec<Box<dyn Job>> {
        self.aboard.append(&mut self.waiting);
        std::mem::take(&mut self.aboard)
    }
}

impl Writer {
    pub(super) async fn work(mut self, mut jobs: Jobs, under_way: watch::Sender<usize>) {
        let mut quay = Quay::default();
        let mut open = true;
        while open || !quay.is_empty() {
            if quay.is_empty() {
                let Some(first) = self.next(&mut jobs).await else {
                    return;
                };
                quay.waiting.push(first);
                // Whoever is about to send gets the chance to be in the same group, and so does
                // whoever is about to send then.
                loop {
                    let waiting = quay.waiting.len();
                    tokio::task::yield_now().await;
                    quay.gather(&mut jobs);
                    if quay.waiting.len() == waiting {
                        break;
                    }
                }
            }
            quay.gather(&mut jobs);
            if self.board(&mut quay).await.is_err() {
                // Whatever is aboard may stand on sand: it is not sent off as it is.
                self.seen = None;
                self.land(&mut quay, &under_way).await;
                self.forget();
            }
            if quay.flight.is_none() {
                self.leave(&mut quay, &under_way).await;
            }
            if quay.flight.is_none() {
                continue;
            }
            tokio::select! {
                biased;
                landed = landing(&mut quay.flight) => {
                    self.arrive(&mut quay, landed, &under_way).await;
                }
                next = jobs.recv(), if open && quay.has_room() => {
                    match next {
                        Some(next) => quay.waiting.push(next),
                        None => open = false,
                    }
                }
            }
        }
    }

    /// The next job; a connection that is held is given back when there is none for a while.
    async fn next(&mut self, jobs: &mut Jobs) -> Option<Box<dyn Job>> {
        if self.held.is_some() {
            if let Ok(next) = time::timeout(LINGER, jobs.recv()).await {
                return next;
            }
            self.held = None;
        }
        jobs.recv().await
    }

    /// Decides whatever can be decided on what is in memory, or read beside the group under way.
    async fn board(&mut self, quay: &mut Quay) -> Result<(), StoreError> {
        let Some(seen) = self.seen else {
            return Ok(());
        };
        let sure = self.base.write.get_database_backend() == DbBackend::Sqlite
            && self.base.asides.are_as(seen);
        if !sure || quay.waiting.is_empty() {
            return Ok(());
        }
        let needs: Vec<Needs> = quay.waiting.iter().map(|it| it.needs().clone()).collect();
        // Tickets that are being woken are not looked at before that is committed.
        let waking = quay.flight.as_ref().is_some_and(|it| it.away.wakes);
        if waking && !needs.iter().all(|it| self.batch.knows(it)) {
            return Ok(());
        }
        let read = self.base.read.clone();
        self.batch.load(&read, &needs).await?;
        let at = quay.aboard.len();
        quay.aboard.append(&mut quay.waiting);
        self.decide(&mut quay.aboard[at..])
    }

    /// Sends off what is aboard; what could not board is settled by itself.
    async fn leave(&mut self, quay: &mut Quay, under_way: &watch::Sender<usize>) {
        let seen = self.seen.filter(|_| quay.waiting.is_empty());
        let boarded = seen.and_then(|seen| Some((seen, self.batch.sheet().ok()?)));
        let Some((seen, sheet)) = boarded else {
            if !quay.aboard.is_empty() {
                // What was decided about them is decided anew.
                self.forget();
            }
            let group = quay.all();
            let count = group.len();
            self.settle(group).await;
            under_way.send_modify(|it| *it -= count);
            return;
        };
        let changed = self.batch.is_changed();
        let parcel = changed.then(|| self.forms.pack(sheet, quay.aboard.len()));
        let away = self.batch.depart();
        let group = std::mem::take(&mut quay.aboard);
        let (base, held) = (self.base.clone(), self.held.take());
        let commit = async move { base.commit_at_once(held, seen, parcel).await };
        let landing = tokio::spawn(commit);
        quay.flight = Some(Flight {
            group,
            away,
            landing,
        });
    }

    /// Waits for the group under way.
    async fn land(&mut self, quay: &mut Quay, under_way: &watch::Sender<usize>) {
        if quay.flight.is_some() {
            let landed = landing(&mut quay.flight).await;
            self.arrive(quay, landed, under_way).await;
        }
    }

    async fn arrive(
        &mut self,
        quay: &mut Quay,
        landed: Result<Held, StoreError>,
        under_way: &watch::Sender<usize>,
    ) {
        let Some(Flight { group, away, .. }) = quay.flight.take() else {
            return;
        };
        let count = group.len();
        if let Ok(held) = landed {
            self.held = held.keep();
            self.batch.arrived(&away);
            if !quay.aboard.is_empty() && quay.waiting.is_empty() {
                // The disk has the next ones before anybody is told of these.
                self.leave(quay, under_way).await;
            }
            for job in group {
                job.end(Ok(()));
            }
        } else {
            self.forget();
            self.settle(group).await;
            quay.waiting = quay.all();
        }
        under_way.send_modify(|it| *it -= count);
    }
}

/// How the group under way ended; never when there is none.
async fn landing(flight: &mut Option<Flight>) -> Result<Held, StoreError> {
    match flight {
        None => std::future::pending().await,
        Some(flight) => (&mut flight.landing)
            .await
            .unwrap_or_else(|e| Err(StoreError::Unfit(format!("a commit broke off: {e}")))),
    }
}
