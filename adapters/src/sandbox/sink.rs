//! A web server that takes every notification it is sent, and shows what it got.

use super::serving::Serving;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, Uri},
};
use serde_json::Value;
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::timeout};

/// The oldest notification is forgotten when one more than these would be kept.
const MOST_KEPT: usize = 1000;

/// One notification as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// Path it was posted to; tells receivers apart.
    pub path: String,
    /// Body as JSON; `null` when it was none.
    pub body: Value,
}

/// The listening server.
#[derive(Debug)]
pub struct Sink {
    serving: Serving,
    inbox: Arc<Inbox>,
}

#[derive(Debug)]
struct Inbox {
    received: Mutex<Vec<Received>>,
    arrival: Notify,
    answer: AtomicU16,
}

impl Sink {
    /// Starts one on a port that the system chooses.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> io::Result<Sink> {
        let inbox = Arc::new(Inbox {
            received: Mutex::default(),
            arrival: Notify::new(),
            answer: AtomicU16::new(200),
        });
        let router = Router::new().fallback(take).with_state(inbox.clone());
        Ok(Sink {
            serving: Serving::start(router, 0).await?,
            inbox,
        })
    }

    /// Address for notifications to the receiver `name`.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.serving.url())
    }

    /// Answers this status from now on, and still notes what arrives.
    pub fn answer(&self, status: u16) {
        self.inbox.answer.store(status, Ordering::SeqCst);
    }

    /// The last thousand that arrived, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.inbox
            .received
            .lock()
            .expect("no holder of this lock panics")
            .clone()
    }

    /// The first notification that `wanted` accepts, arrived already or arriving `within` that
    /// time.
    pub async fn wait(
        &self,
        within: Duration,
        wanted: impl Fn(&Received) -> bool,
    ) -> Option<Received> {
        let look = async {
            loop {
                // Asked for before looking, so that an arrival in between is not missed.
                let arrival = self.inbox.arrival.notified();
                if let Some(found) = self.received().into_iter().find(&wanted) {
                    return found;
                }
                arrival.await;
            }
        };
        timeout(within, look).await.ok()
    }
}

async fn take(State(inbox): State<Arc<Inbox>>, uri: Uri, body: Bytes) -> StatusCode {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let received = Received {
        path: uri.path().to_owned(),
        body,
    };
    {
        let mut all = inbox
            .received
            .lock()
            .expect("no holder of this lock panics");
        if all.len() == MOST_KEPT {
            all.remove(0);
        }
        all.push(received);
    }
    inbox.arrival.notify_waiters();
    StatusCode::from_u16(inbox.answer.load(Ordering::SeqCst)).unwrap_or(StatusCode::OK)
}
