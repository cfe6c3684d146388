//! What can be asked of a ticket, and in which states: a total table.

use super::State;

/// What people and the engine can ask of a ticket, as far as its state decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Propose, choose or hold the call.
    Call,
    /// Reclassify or estimate.
    Orient,
    /// Put a price to the client.
    Quote,
    /// Conclude the study.
    Conclude,
    /// Answer an open gate.
    Decide,
    /// Take it back.
    Cancel,
    /// Stop it.
    Suspend,
    /// Let it go on.
    Resume,
    /// Record a task done by hand.
    Complete,
    /// Retry, skip, take over a task, or give up.
    Repair,
    /// Say that the rework is done.
    Redeliver,
    /// Report from a runner.
    Report,
    /// Ask again for an answer.
    Remind,
}

impl Verb {
    /// All of them.
    pub const ALL: [Verb; 13] = [
        Verb::Call,
        Verb::Orient,
        Verb::Quote,
        Verb::Conclude,
        Verb::Decide,
        Verb::Cancel,
        Verb::Suspend,
        Verb::Resume,
        Verb::Complete,
        Verb::Repair,
        Verb::Redeliver,
        Verb::Report,
        Verb::Remind,
    ];
    /// The word people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verb::Call => "call",
            Verb::Orient => "orient",
            Verb::Quote => "quote",
            Verb::Conclude => "conclude",
            Verb::Decide => "decide",
            Verb::Cancel => "cancel",
            Verb::Suspend => "suspend",
            Verb::Resume => "resume",
            Verb::Complete => "complete",
            Verb::Repair => "repair",
            Verb::Redeliver => "redeliver",
            Verb::Report => "report",
            Verb::Remind => "remind",
        }
    }
}

/// Whether a ticket in `state` can be asked to `verb` at all. Total: no wildcard over our states.
#[must_use]
pub fn admits(state: State, verb: Verb) -> bool {
    use State as S;
    use Verb as V;
    match verb {
        V::Call => match state {
            S::Calling => true,
            S::Orienting
            | S::Quoting
            | S::Offered
            | S::Studying
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Suspended
            | S::Blocked
            | S::Undoing
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
        V::Orient => match state {
            S::Orienting => true,
            S::Calling
            | S::Quoting
            | S::Offered
            | S::Studying
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Suspended
            | S::Blocked
            | S::Undoing
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
        V::Quote => match state {
            S::Quoting => true,
            S::Calling
            | S::Orienting
            | S::Offered
            | S::Studying
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Suspended
            | S::Blocked
            | S::Undoing
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
        V::Conclude => match state {
            S::Studying => true,
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Suspended
            | S::Blocked
            | S::Undoing
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
        V::Decide | V::Remind => match state {
            S::Offered | S::Agreeing | S::Running | S::Delivered => true,
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Studying
            | S::Preparing
            | S::Scheduled
            | S::Suspended
            | S::Blocked
            | S::Undoing
            | S::Contested
            | S::Closed => false,
        },
        V::Cancel => match state {
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Suspended
            | S::Blocked => true,
            S::Studying | S::Undoing | S::Delivered | S::Contested | S::Closed => false,
        },
        V::Suspend => match state {
            S::Preparing | S::Agreeing | S::Scheduled | S::Running => true,
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Studying
            | S::Suspended
            | S::Blocked
            | S::Undoing
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
        V::Resume => match state {
            S::Suspended => true,
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Studying
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Blocked
            | S::Undoing
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
        V::Complete => match state {
            S::Running | S::Studying | S::Undoing | S::Blocked => true,
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Suspended
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
        V::Repair => match state {
            S::Blocked | S::Contested => true,
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Studying
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Suspended
            | S::Undoing
            | S::Delivered
            | S::Closed => false,
        },
        V::Redeliver => match state {
            S::Contested => true,
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Studying
            | S::Preparing
            | S::Agreeing
            | S::Scheduled
            | S::Running
            | S::Suspended
            | S::Blocked
            | S::Undoing
            | S::Delivered
            | S::Closed => false,
        },
        V::Report => match state {
            S::Preparing | S::Agreeing | S::Running | S::Suspended | S::Blocked | S::Undoing => {
                true
            }
            S::Calling
            | S::Orienting
            | S::Quoting
            | S::Offered
            | S::Studying
            | S::Scheduled
            | S::Delivered
            | S::Contested
            | S::Closed => false,
        },
    }
}
