//! Who is told of what was committed, for figures and traces: it looks on and changes nothing.

use crate::ticket::{Command, Ticket, Transition};
use chrono::{DateTime, Utc};
use std::fmt::Debug;

/// Hears of every transition of this process, once, after its commit returned.
///
/// *Guarantees to the witness*: a refused command, a preview and the same command sent again are
/// not told. *Assumptions about it*: it answers at once, neither waits nor fails, and nothing that
/// must survive a crash depends on it, since a crash between commit and telling tells nobody.
pub trait Witness: Debug + Send + Sync {
    /// `command` led from `before` (`None`: the ticket is new) to `step` at `at`, durably.
    fn committed(
        &self,
        before: Option<&Ticket>,
        step: &Transition,
        command: &Command,
        at: DateTime<Utc>,
    ) {
        let _ = (before, step, command, at);
    }
}

/// A witness that takes no note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silent;

impl Witness for Silent {}
