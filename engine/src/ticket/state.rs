//! Where a ticket stands, and how it ended.

use super::Ticket;
use serde::{Deserialize, Serialize};
use workflows::Phase;

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Study: the half-hour call is to be held (S20).
    Calling,
    /// Study: to be reclassified or estimated (S22, S24).
    Orienting,
    /// The provider owes a price (S31).
    Quoting,
    /// A price is with the client.
    Offered,
    /// The study is under way.
    Studying,
    /// The plan is being computed (S16).
    Preparing,
    /// The plan awaits agreement.
    Agreeing,
    /// Agreed; waits for its start time or for its target to be free.
    Scheduled,
    /// Acting.
    Running,
    /// Stopped by an operator; clocks stand still.
    Suspended,
    /// Needs a person: in doubt, undo failed, retries spent.
    Blocked,
    /// What was done is being taken back.
    Undoing,
    /// Done; the client validates and closes (S18).
    Delivered,
    /// The client did not validate; the provider reworks (A14).
    Contested,
    /// Over.
    Closed,
}

/// How a ticket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The client validated and closed.
    Validated,
    /// The client kept silent and the contract says that closes.
    Tacit,
    /// The provider could not do it; nothing is charged (A15).
    Failed,
    /// Cancelled before it acted, or taken back on request.
    Cancelled,
    /// Somebody refused the plan, the price or the estimate.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// A study found it infeasible; the study is due (S27, S28).
    Infeasible,
    /// A study found it feasible; its children carry on (S30).
    Feasible,
    /// Turned into several catalogue lines (S22).
    Reclassified,
}

impl Ending {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Ending::Validated => "validated",
            Ending::Tacit => "tacit",
            Ending::Failed => "failed",
            Ending::Cancelled => "cancelled",
            Ending::Declined => "declined",
            Ending::Expired => "expired",
            Ending::Infeasible => "infeasible",
            Ending::Feasible => "feasible",
            Ending::Reclassified => "reclassified",
        }
    }
}

impl State {
    /// All of them, in the order of a ticket's life.
    pub const ALL: [State; 15] = [
        State::Calling,
        State::Orienting,
        State::Quoting,
        State::Offered,
        State::Studying,
        State::Preparing,
        State::Agreeing,
        State::Scheduled,
        State::Running,
        State::Suspended,
        State::Blocked,
        State::Undoing,
        State::Delivered,
        State::Contested,
        State::Closed,
    ];
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Calling => "calling",
            State::Orienting => "orienting",
            State::Quoting => "quoting",
            State::Offered => "offered",
            State::Studying => "studying",
            State::Preparing => "preparing",
            State::Agreeing => "agreeing",
            State::Scheduled => "scheduled",
            State::Running => "running",
            State::Suspended => "suspended",
            State::Blocked => "blocked",
            State::Undoing => "undoing",
            State::Delivered => "delivered",
            State::Contested => "contested",
            State::Closed => "closed",
        }
    }
    /// The state of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|it| it.word() == word)
    }
    /// Which of the six public steps a client sees (`experience.md` §4), 1 to 6.
    #[must_use]
    pub fn public_step(self) -> u8 {
        match self {
            State::Calling | State::Quoting => 1,
            State::Orienting | State::Offered | State::Studying => 2,
            State::Preparing => 3,
            State::Agreeing => 4,
            State::Scheduled
            | State::Running
            | State::Suspended
            | State::Blocked
            | State::Undoing => 5,
            State::Delivered | State::Contested | State::Closed => 6,
        }
    }
}

/// The state that follows from everything else on the ticket.
#[must_use]
pub fn derive(ticket: &Ticket) -> State {
    if ticket.ending.is_some() {
        return State::Closed;
    }
    if ticket.standstill.is_some() {
        return State::Blocked;
    }
    if ticket.unwinding.is_some() {
        return State::Undoing;
    }
    if ticket.suspended.is_some() {
        return State::Suspended;
    }
    if ticket.contested.is_some() {
        return State::Contested;
    }
    match ticket.tasks.front() {
        Some(Phase::Call) => State::Calling,
        Some(Phase::Orient) => State::Orienting,
        Some(Phase::Quote) => State::Quoting,
        Some(Phase::Offer) => State::Offered,
        Some(Phase::Study) => State::Studying,
        Some(Phase::Plan) => State::Preparing,
        Some(Phase::Agree) => State::Agreeing,
        Some(Phase::Window) => State::Scheduled,
        Some(Phase::Act) => State::Running,
        Some(Phase::Validate) | None => State::Delivered,
    }
}
