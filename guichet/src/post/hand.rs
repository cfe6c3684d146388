//! Those who hand letters over, one each at a time.

use super::{Around, Post, clerk::Clerk};
use crate::mail::{Delivery, Leave};
use engine::outbox::{Delivered, Due};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedSemaphorePermit, mpsc, watch};

/// One message on its way; its seat is free once its end is noted.
pub(super) struct Carried {
    pub(super) due: Arc<Due>,
    pub(super) around: Result<Arc<Around>, String>,
    pub(super) seat: OwnedSemaphorePermit,
}

/// Messages that wait for a hand.
#[derive(Clone)]
pub(super) struct Queue(Arc<Mutex<mpsc::UnboundedReceiver<Carried>>>);

impl Queue {
    pub(super) fn new() -> (mpsc::UnboundedSender<Carried>, Queue) {
        let (put, queue) = mpsc::unbounded_channel();
        (put, Queue(Arc::new(Mutex::new(queue))))
    }

    /// The next one; `None` once there is none and will be none.
    pub(super) async fn next(&self) -> Option<Carried> {
        self.0.lock().await.recv().await
    }
}

/// One of them.
pub(super) struct Hand {
    pub(super) post: Arc<Post>,
    pub(super) queue: Queue,
    pub(super) clerk: Clerk,
}

impl Hand {
    /// Works until `stop` says true; the letter under way is ended.
    pub(super) async fn work(self, mut stop: watch::Receiver<bool>) {
        loop {
            let next = tokio::select! {
                biased;
                _ = stop.wait_for(|it| *it) => return,
                next = self.queue.next() => next,
            };
            let Some(next) = next else { return };
            let end = self.carry(&next).await;
            if !matches!(end, Delivered::Sent(_) | Delivered::Back) {
                let (ticket, occasion) = (&next.due.ticket.reference, &next.due.occasion);
                tracing::warn!(ticket, occasion, ?end, "letter not delivered");
            }
            self.clerk.ended(next, end);
        }
    }

    /// Carries one letter to its end. The letter is written while the clerk notes that it begins.
    async fn carry(&self, it: &Carried) -> Delivered {
        let around = match &it.around {
            Ok(around) => around.clone(),
            Err(why) => return Delivered::Later(why.clone()),
        };
        let leave = self.clerk.begin(&it.due);
        let (post, due) = (self.post.clone(), it.due.clone());
        // On a task of its own: a letter that brings its writer down takes nobody along.
        let sent = tokio::spawn(async move { post.send(&due, &around, leave).await });
        sent.await
            .unwrap_or_else(|_| Delivered::Never("554 the letter could not be written".into()))
    }
}

impl Post {
    async fn send(&self, due: &Due, around: &Around, leave: Leave) -> Delivered {
        let answer = match self.write(due, around) {
            Ok(mail) => self.deliver.hand_over(&mail, leave).await,
            Err(error) => Err(error.into()),
        };
        match answer {
            Ok(accepted) => Delivered::Sent(accepted.reply),
            Err(Delivery::Permanent(code, words)) => Delivered::Never(format!("{code} {words}")),
            Err(Delivery::Transient(words)) => Delivered::Later(words),
            Err(Delivery::Unknown(words)) => Delivered::Unknown(words),
            Err(Delivery::Held) => Delivered::Back,
        }
    }
}
