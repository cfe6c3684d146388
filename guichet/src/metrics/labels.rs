//! Labels. Each takes a handful of values, so that the number of series is bounded by the program
//! and not by what its users do.

use prometheus_client::encoding::EncodeLabelSet;

/// Something that happened to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Ticket {
    /// `ordered`, the state entered, or the ending.
    pub(super) event: &'static str,
    /// `simple`, `complex`, or `none` for a study and what has no line.
    pub(super) class: &'static str,
    /// `true` or `false`.
    pub(super) accelerated: &'static str,
}

/// A task that ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Task {
    /// Family of the action, e.g. `git`; `guichet` for a plan, `hand` for what people do.
    pub(super) adapter: String,
    /// What it does, e.g. `change`, `plan`, `manual`.
    pub(super) kind: String,
    /// How it ended, in the words of its status.
    pub(super) outcome: &'static str,
}

/// A question that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Kind {
    /// What was decided.
    pub(super) kind: &'static str,
}

/// How a letter was received.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    /// `sent`, `later`, `never` or `unknown`.
    pub(super) outcome: &'static str,
}

/// An exchange with a system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Exchange {
    /// The system, e.g. `gitea`.
    pub(super) adapter: &'static str,
    /// How it answered.
    pub(super) outcome: &'static str,
}

/// How open tasks stand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct State {
    /// Status.
    pub(super) state: &'static str,
}

/// Tokens of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Contract {
    /// Code of the contract.
    pub(super) contract: String,
    /// Account of the ledger.
    pub(super) kind: &'static str,
}
