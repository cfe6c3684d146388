//! A task of a ticket: one row, static node beside moving status.

use crate::id::PersonId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use workflows::{Evidence, Fault, Node, Plan, Proof, UndoKind, Work};

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its predecessors are not through.
    Waiting,
    /// A runner may take it from `run_at` on; a person, when it is manual.
    Ready,
    /// A runner has it, under lease and fence.
    Running,
    /// Its gate is open.
    Asked,
    /// It waits for `run_at`.
    Timed,
    /// It ended well.
    Done,
    /// It failed for good.
    Failed,
    /// Its condition does not hold, or nothing led to it.
    Skipped,
    /// It lost a race, or the ticket ended before it.
    Cancelled,
    /// Its effect may or may not have happened; a person decides.
    InDoubt,
    /// It has to be taken back; a runner may take it.
    UndoDue,
    /// A runner is taking it back.
    Undoing,
    /// It was taken back.
    Undone,
    /// It could not be taken back; a person decides.
    UndoFailed,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 14] = [
        Status::Waiting,
        Status::Ready,
        Status::Running,
        Status::Asked,
        Status::Timed,
        Status::Done,
        Status::Failed,
        Status::Skipped,
        Status::Cancelled,
        Status::InDoubt,
        Status::UndoDue,
        Status::Undoing,
        Status::Undone,
        Status::UndoFailed,
    ];
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Waiting => "waiting",
            Status::Ready => "ready",
            Status::Running => "running",
            Status::Asked => "asked",
            Status::Timed => "timed",
            Status::Done => "done",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Cancelled => "cancelled",
            Status::InDoubt => "in_doubt",
            Status::UndoDue => "undo_due",
            Status::Undoing => "undoing",
            Status::Undone => "undone",
            Status::UndoFailed => "undo_failed",
        }
    }
    /// The status of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|it| it.word() == word)
    }
    /// Whether nothing more will happen to it by itself while the ticket goes forward.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Status::Done
            | Status::Failed
            | Status::Skipped
            | Status::Cancelled
            | Status::Undone => true,
            Status::Waiting
            | Status::Ready
            | Status::Running
            | Status::Asked
            | Status::Timed
            | Status::InDoubt
            | Status::UndoDue
            | Status::Undoing
            | Status::UndoFailed => false,
        }
    }
}

/// How far the outside effect of a task has got; the intent is committed before any call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The call may have been made.
    Intended,
    /// The system accepted it and the proof held.
    Proved,
    /// There was nothing to do.
    Empty,
}

/// A plan as agreed: what it says and what it was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// What would change.
    pub plan: Plan<Value>,
    /// Its digest.
    pub digest: String,
    /// Resources written; locked as long as the ticket acts.
    pub targets: Vec<String>,
    /// Parameters depend on tasks that have not run: the plan is not visible beforehand.
    pub opaque: bool,
}

/// One task of one ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Position in the ticket, from 0.
    pub seq: i32,
    /// What it is.
    pub node: Arc<Node>,
    /// How it stands.
    pub status: Status,
    /// Tries so far.
    pub attempt: i32,
    /// Claims so far; never lowered, so an old attempt can be told from a new one (R2).
    pub fence: i64,
    /// Who runs it.
    pub owner: Option<String>,
    /// Until when it may be silent.
    pub lease_until: Option<DateTime<Utc>>,
    /// Not before.
    pub run_at: Option<DateTime<Utc>>,
    /// Ticket version at which its effect was first intended: undo goes from high to low.
    pub begun: Option<i64>,
    /// How far its effect has got.
    pub effect: Option<Effect>,
    /// Who can take it back.
    pub undo: UndoKind,
    /// What it would change.
    pub planned: Option<Arc<Planned>>,
    /// What it left for later tasks: identifiers from the system, or what a person recorded.
    pub receipt: Option<Value>,
    /// What proves it.
    pub proofs: Vec<Proof>,
    /// Exchanges with the systems.
    pub evidence: Vec<Evidence>,
    /// The last thing that went wrong.
    pub fault: Option<Fault>,
    /// What a person wrote when doing, skipping or taking it over.
    pub note: Option<String>,
    /// Who did it by hand, skipped it or took it over.
    pub by: Option<PersonId>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Task {
    /// A task that waits.
    #[must_use]
    pub fn new(seq: i32, node: Node) -> Self {
        Task {
            seq,
            node: Arc::new(node),
            status: Status::Waiting,
            attempt: 0,
            fence: 0,
            owner: None,
            lease_until: None,
            run_at: None,
            begun: None,
            effect: None,
            undo: UndoKind::None,
            planned: None,
            receipt: None,
            proofs: Vec::new(),
            evidence: Vec::new(),
            fault: None,
            note: None,
            by: None,
            started_at: None,
            ended_at: None,
        }
    }
    /// Moves to a status that no runner holds.
    pub fn rest(&mut self, status: Status, now: DateTime<Utc>) {
        self.status = status;
        self.owner = None;
        self.lease_until = None;
        self.ended_at = status.is_over().then_some(now);
    }
    /// Whether a machine has to do something about it now.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        let by_machine = match self.status {
            Status::Ready => matches!(self.node.work, Work::Plan | Work::Action { .. }),
            Status::UndoDue => !crate::run::undone_by_hand(self),
            _ => false,
        };
        by_machine && self.run_at.is_none_or(|at| at <= now)
    }
    /// Moves to a status that a runner holds, under a new fence.
    pub fn hold(&mut self, owner: &str, until: DateTime<Utc>) {
        self.status = match self.status {
            Status::UndoDue | Status::Undoing => Status::Undoing,
            _ => Status::Running,
        };
        self.fence += 1;
        self.attempt += 1;
        self.owner = Some(owner.to_owned());
        self.lease_until = Some(until);
        self.ended_at = None;
    }
    /// Whether something outside may have been changed by it.
    #[must_use]
    pub fn touched(&self) -> bool {
        self.begun.is_some() && self.effect != Some(Effect::Empty) && self.undo != UndoKind::None
    }
}
