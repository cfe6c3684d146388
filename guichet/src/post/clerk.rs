//! The one who notes how letters begin and end: whatever was said meanwhile goes into one
//! transaction, in the order in which it was said. So whoever is told that its letter may begin
//! knows that the ends it spoke of before are durable.

use super::{
    hand::Carried,
    leases::{Leases, SAFE},
};
use crate::mail::Leave;
use engine::{
    desk::Desk,
    outbox::{Delivered, Due, Step},
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{self, Instant},
};

/// Most that is noted together.
const MOST: usize = 512;
/// Pause before saying to the database once more what it could not take.
const AGAIN: Duration = Duration::from_millis(250);

/// The way to the clerk.
#[derive(Clone)]
pub(super) struct Clerk(mpsc::UnboundedSender<Said>);

/// What the clerk is told.
enum Said {
    Begins(Arc<Due>, oneshot::Sender<bool>),
    Ends(Carried, Delivered),
}

impl Said {
    fn step(&self) -> (&Due, Step) {
        match self {
            Said::Begins(due, _) => (due, Step::Begins),
            Said::Ends(it, end) => (&it.due, Step::Ends(end.clone())),
        }
    }
}

impl Clerk {
    /// A clerk, and its work: until nobody can tell it anything any more.
    pub(super) fn open(desk: Desk, leases: Leases) -> (Clerk, impl Future<Output = ()>) {
        let (tell, told) = mpsc::unbounded_channel();
        (Clerk(tell), note(desk, leases, told))
    }

    /// Has it noted that a letter begins. Leave is given only while nobody else can have taken the
    /// message, with time to spare (R19): by the steady clock, since a clock that is set must not
    /// make a lease look younger.
    pub(super) fn begin(&self, due: &Arc<Due>) -> Leave {
        let (answer, noted) = oneshot::channel();
        let asked = Instant::now();
        self.tell(Said::Begins(due.clone(), answer));
        Leave::when(async move { noted.await == Ok(true) && asked.elapsed() < SAFE })
    }

    /// Has it noted how a letter ended, and its seat given to the next.
    pub(super) fn ended(&self, it: Carried, end: Delivered) {
        self.tell(Said::Ends(it, end));
    }

    fn tell(&self, said: Said) {
        // The clerk listens as long as anybody has a way to it.
        let _ = self.0.send(said);
    }
}

async fn note(desk: Desk, leases: Leases, mut told: mpsc::UnboundedReceiver<Said>) {
    let mut some = Vec::new();
    while told.recv_many(&mut some, MOST).await > 0 {
        let steps: Vec<(&Due, Step)> = some.iter().map(Said::step).collect();
        let held = loop {
            match desk.note_deliveries(&steps).await {
                Ok(held) => break held,
                Err(error) => {
                    tracing::warn!(%error, "cannot note how letters went; trying again");
                    time::sleep(AGAIN).await;
                }
            }
        };
        for said in some.drain(..) {
            match said {
                // Who asked may have gone: then the letter has ended, and its end is told.
                Said::Begins(due, answer) => drop(answer.send(held.contains(&due.key))),
                Said::Ends(it, _) => {
                    leases.remove(&it.due);
                    drop(it.seat);
                }
            }
        }
    }
}
