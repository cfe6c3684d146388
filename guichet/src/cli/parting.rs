//! How `serve` ends: nothing new is begun, what is under way ends by itself, for so long.

use std::{io, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
    time::timeout,
};

/// How long what is under way may still take; service managers kill after thirty seconds or more.
/// What is cut off then is what a crash would have cut off: leases lapse and others take over.
const PARTING: Duration = Duration::from_secs(25);

/// The signals that end the program.
pub(super) struct Signals {
    ended: Signal,
    typed: Signal,
}

impl Signals {
    /// Hears every signal from now on.
    pub(super) fn listen() -> io::Result<Signals> {
        Ok(Signals {
            ended: signal(SignalKind::terminate())?,
            typed: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one; true when it came from the keyboard.
    pub(super) async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.ended.recv() => false,
            _ = self.typed.recv() => true,
        }
    }
}

/// Waits until all parts have ended, for so long, or until a second signal says at once.
pub(super) async fn until_over(hands: &mut JoinSet<()>, signals: &mut Signals) {
    let ending = async {
        while let Some(end) = hands.join_next().await {
            if let Err(error) = end {
                tracing::error!(%error, "a part ended badly");
            }
        }
    };
    let why = tokio::select! {
        ended = timeout(PARTING, ending) => match ended {
            Ok(()) => return,
            Err(_) => "the time was up",
        },
        _ = signals.next() => "a second signal came",
    };
    tracing::warn!(why, left = hands.len(), "what was under way is cut off");
    hands.abort_all();
}
