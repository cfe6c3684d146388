//! What can be asked of the desk. The same commands come from pages, API, CLI, links, runner and
//! scheduler.

use super::{Item, Start, Verb};
use crate::{
    approval::Verdict,
    id::{GateId, PersonId},
};
use catalogue::{Entry, Speed, Text, Tokens};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use workflows::{Evidence, Fault, Plan, Proof, UndoKind};

/// A change to be ordered from the catalogue. Everything is checked before anything is reserved.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The line as it stands now.
    pub entry: Entry,
    /// The filled form, unchecked.
    pub answers: Map<String, Value>,
    /// Normal or accelerated.
    pub speed: Speed,
    /// When it should start.
    pub start: Start,
    /// Why, in the client's words.
    pub why: Option<String>,
    /// The client's person for whom a support agent files it.
    pub on_behalf_of: Option<PersonId>,
}

/// An off-catalogue request (S19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    /// Short title.
    pub title: String,
    /// The need, in the client's words.
    pub need: String,
    /// The client's person for whom a support agent files it.
    pub on_behalf_of: Option<PersonId>,
}

/// One catalogue line that a study is turned into (S22).
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The line as it stands now.
    pub entry: Entry,
    /// The filled form, unchecked.
    pub answers: Map<String, Value>,
}

/// What a runner found out about the task it holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Plans of all actions of the ticket, by task name, with parameters' targets.
    Planned(Vec<(String, super::task::Planned)>),
    /// Done, and proved.
    Done {
        /// Identifiers from the system.
        receipt: Value,
        /// What proves it.
        proofs: Vec<Proof>,
        /// Nothing had to be done.
        empty: bool,
    },
    /// Worth another try, not before `at`.
    Retry {
        /// What went wrong.
        fault: Fault,
        /// Not before.
        at: DateTime<Utc>,
    },
    /// Failed for good.
    Failed {
        /// What went wrong.
        fault: Fault,
        /// Claims that do not hold.
        proofs: Vec<Proof>,
    },
    /// Nobody can tell whether it happened.
    InDoubt {
        /// What is known.
        fault: Fault,
    },
    /// The plan is no longer the one that was agreed.
    Moved {
        /// The new one.
        plan: Plan<Value>,
    },
    /// Taken back, and proved.
    Undone {
        /// What proves it.
        proofs: Vec<Proof>,
    },
    /// It could not be taken back.
    UndoFailed {
        /// Why.
        fault: Fault,
    },
}

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Orders a change.
    Order(Box<Order>),
    /// Opens an off-catalogue study.
    OpenStudy(Study),
    /// Support proposes slots for the half-hour call (S20).
    ProposeCall {
        /// Slots.
        slots: Vec<DateTime<Utc>>,
    },
    /// The client chooses one.
    ChooseCall {
        /// The slot.
        slot: DateTime<Utc>,
    },
    /// Support records the call (S20, S21).
    RecordCall {
        /// The need as understood.
        minutes: String,
        /// Who was on the call.
        attendees: Vec<String>,
    },
    /// Support turns the study into catalogue lines (S22).
    Reclassify {
        /// The lines; the first takes the ticket, the others become children.
        lines: Vec<Line>,
    },
    /// Support estimates the study (S24, S25).
    Estimate {
        /// Price of the study.
        tokens: Tokens,
        /// Working days it takes.
        effort_days: u32,
        /// Working days until it is delivered.
        lead_days: u32,
    },
    /// The manager concludes the study (S28–S30).
    Conclude {
        /// Feasible or not.
        feasible: bool,
        /// Why.
        justification: String,
        /// Changes it leads to, when feasible.
        items: Vec<Item>,
        /// Catalogue lines of the items, in the same order, `None` for bespoke ones.
        entries: Vec<Option<Entry>>,
    },
    /// The manager puts a price to the client (S31, S32).
    Quote {
        /// Price, or ceiling for time and materials.
        tokens: Tokens,
        /// What it covers.
        note: String,
    },
    /// A person answers a gate.
    Decide {
        /// Which.
        gate: GateId,
        /// How.
        verdict: Verdict,
        /// Digest of what was read.
        digest: String,
        /// Why.
        comment: Option<String>,
    },
    /// A person takes the ticket back.
    Cancel {
        /// Why.
        reason: String,
    },
    /// An operator stops the ticket.
    Suspend {
        /// Why.
        reason: String,
    },
    /// An operator lets it go on.
    Resume,
    /// A person did a manual task.
    Complete {
        /// Which.
        task: String,
        /// Whether it went well.
        well: bool,
        /// What was done, and the evidence.
        evidence: String,
        /// Tokens of time spent, on a capped ticket.
        spent: Tokens,
    },
    /// An operator tries a blocked task again.
    Retry {
        /// Which.
        task: String,
    },
    /// An operator skips a blocked task with proof that it is not needed or already so.
    Skip {
        /// Which.
        task: String,
        /// The proof.
        proof: String,
    },
    /// An operator does a blocked task by hand from now on.
    TakeOver {
        /// Which.
        task: String,
        /// Why.
        reason: String,
    },
    /// An operator gives up: everything begun is taken back.
    GiveUp {
        /// Why.
        reason: String,
    },
    /// Support says that the rework of a contested ticket is done (A14).
    Redeliver {
        /// What was done.
        note: String,
    },
    /// A person asks for a fresh link, or support reminds.
    Remind {
        /// Gate asked again.
        gate: GateId,
    },
    /// A runner takes a task.
    Claim {
        /// Which.
        task: String,
        /// Who.
        owner: String,
        /// For how long it may be silent.
        lease: chrono::Duration,
        /// A holder that is known to be dead: its lease need not be waited for.
        heir_of: Option<String>,
    },
    /// A runner is about to call the outside.
    Intend {
        /// Which.
        task: String,
        /// Its claim.
        fence: i64,
        /// Digest of the plan computed under the lock.
        digest: String,
        /// Who can take it back.
        undo: UndoKind,
    },
    /// A runner reports.
    Report {
        /// Which.
        task: String,
        /// Its claim.
        fence: i64,
        /// What it found.
        outcome: Outcome,
        /// Exchanges with the systems.
        evidence: Vec<Evidence>,
    },
    /// The scheduler found `wake_at` due.
    Wake,
}

impl Command {
    /// Whether it is a step of a task that a runner holds: nothing becomes due by it.
    pub(crate) fn claims(&self) -> bool {
        matches!(self, Command::Claim { .. } | Command::Intend { .. })
    }

    /// The stable word of the record it leaves.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Command::Order(_) => "ticket.ordered",
            Command::OpenStudy(_) => "study.opened",
            Command::ProposeCall { .. } => "study.call-proposed",
            Command::ChooseCall { .. } => "study.call-chosen",
            Command::RecordCall { .. } => "study.call-held",
            Command::Reclassify { .. } => "study.reclassified",
            Command::Estimate { .. } => "study.estimated",
            Command::Conclude { .. } => "study.concluded",
            Command::Quote { .. } => "ticket.quoted",
            Command::Decide { .. } => "gate.decided",
            Command::Cancel { .. } => "ticket.cancelled",
            Command::Suspend { .. } => "ticket.suspended",
            Command::Resume => "ticket.resumed",
            Command::Complete { .. } => "task.done-by-hand",
            Command::Retry { .. } => "task.retried",
            Command::Skip { .. } => "task.skipped",
            Command::TakeOver { .. } => "task.taken-over",
            Command::GiveUp { .. } => "ticket.given-up",
            Command::Redeliver { .. } => "ticket.redelivered",
            Command::Remind { .. } => "gate.reminded",
            Command::Claim { .. } => "task.claimed",
            Command::Intend { .. } => "effect.intended",
            Command::Report { outcome, .. } => match outcome {
                Outcome::Planned(_) => "plan.ready",
                Outcome::Done { .. } => "effect.proved",
                Outcome::Retry { .. } => "task.to-retry",
                Outcome::Failed { .. } => "task.failed",
                Outcome::InDoubt { .. } => "effect.in-doubt",
                Outcome::Moved { .. } => "plan.moved",
                Outcome::Undone { .. } => "effect.undone",
                Outcome::UndoFailed { .. } => "effect.undo-failed",
            },
            Command::Wake => "clock.due",
        }
    }

    /// The verb that the ticket's state must admit; `None` for commands that create a ticket or
    /// belong to the clock.
    #[must_use]
    pub fn verb(&self) -> Option<Verb> {
        Some(match self {
            Command::Order(_) | Command::OpenStudy(_) | Command::Wake => return None,
            Command::ProposeCall { .. }
            | Command::ChooseCall { .. }
            | Command::RecordCall { .. } => Verb::Call,
            Command::Reclassify { .. } | Command::Estimate { .. } => Verb::Orient,
            Command::Conclude { .. } => Verb::Conclude,
            Command::Quote { .. } => Verb::Quote,
            Command::Decide { .. } => Verb::Decide,
            Command::Cancel { .. } => Verb::Cancel,
            Command::Suspend { .. } => Verb::Suspend,
            Command::Resume => Verb::Resume,
            Command::Complete { .. } => Verb::Complete,
            Command::Retry { .. }
            | Command::Skip { .. }
            | Command::TakeOver { .. }
            | Command::GiveUp { .. } => Verb::Repair,
            Command::Redeliver { .. } => Verb::Redeliver,
            Command::Remind { .. } => Verb::Remind,
            Command::Claim { .. } | Command::Intend { .. } | Command::Report { .. } => Verb::Report,
        })
    }
}

/// A title in both languages from words that exist in one only.
#[must_use]
pub fn untranslated(words: &str) -> Text {
    Text::new(words, words)
}
