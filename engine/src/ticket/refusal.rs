//! Why a command is refused: a stable code, the clause it rests on, the remedy, in both languages.

use crate::ticket::State;
use catalogue::{Fault, Text, Tokens};
use chrono::{DateTime, NaiveDate, Utc};
use workflows::Violation;

/// What kind of "no" it is; decides HTTP status and exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request is malformed (422).
    Invalid,
    /// A rule of the contract says no (422).
    Rule,
    /// The person is not entitled (403).
    Forbidden,
    /// No such thing, or not for this person (404).
    Missing,
    /// The world moved since it was read (409).
    Stale,
    /// It was possible once (410).
    Gone,
}

/// A command refused whole; nothing was written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{code}", code = self.code())]
pub enum Refusal {
    /// No such line in the catalogue.
    UnknownLine(String),
    /// The form has faults; all of them.
    Form(Vec<Fault>),
    /// An action refuses its parameters.
    Parameters(Vec<Violation>),
    /// The contract does not cover the service (S57).
    NotSubscribed(String),
    /// Not orderable on Caascad Shared (S55).
    NotOnShared(String),
    /// The contract has not begun or has ended.
    OutsideContract {
        /// First day.
        starts: NaiveDate,
        /// Last day.
        ends: NaiveDate,
    },
    /// The workflow is not validated by a named person (S8).
    NotValidated(String),
    /// The line has no price before a quote.
    PriceUnknown,
    /// Acceleration of a line without a known price (S12, A6).
    AccelerationOfQuote,
    /// Not enough tokens.
    NotEnoughTokens {
        /// Needed.
        needed: Tokens,
        /// Available.
        available: Tokens,
    },
    /// Six accelerated changes are taken (S14).
    QuotaSpent {
        /// When the next period begins.
        resets: NaiveDate,
    },
    /// Nobody but the requester could decide.
    NobodyToDecide,
    /// The person does not hold the right.
    NotEntitled,
    /// Requester, filer or first approver deciding on their own request.
    SelfApproval,
    /// A refusal without a reason.
    ReasonMissing,
    /// Text too long, empty or with control characters.
    BadText {
        /// Which.
        field: &'static str,
    },
    /// The gate was decided, or this person has spoken.
    AlreadyDecided,
    /// The gate expired.
    GateExpired {
        /// When.
        at: Option<DateTime<Utc>>,
    },
    /// The digest is not the gate's: the plan changed since it was read.
    PlanChanged,
    /// The ticket's state does not allow it.
    OutOfOrder {
        /// State.
        state: State,
        /// Command.
        verb: &'static str,
    },
    /// The task's status does not allow it.
    TaskOutOfOrder {
        /// Task.
        task: String,
        /// Status.
        status: &'static str,
    },
    /// An attempt that lost its lease reports; nothing changes (R5).
    StaleAttempt,
    /// Nothing is due on the ticket: another scheduler was here first (P16).
    NotDue,
    /// The target is held by another ticket.
    Locked {
        /// Whose.
        holder: String,
    },
    /// Unknown ticket, task or gate; also for those who may not see it.
    NotFound,
    /// Same key, other content.
    KeyReused,
    /// The start time is outside the contract's windows or in the past.
    BadStart,
    /// A number out of range.
    OutOfRange {
        /// Which.
        field: &'static str,
    },
    /// The line's workflow cannot be unfolded for these answers.
    Workflow(String),
}

impl Refusal {
    /// Stable code: stored, documented, never renamed.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownLine(_) => "catalogue.unknown-line",
            Refusal::Form(_) => "form.invalid",
            Refusal::Parameters(_) => "action.parameters",
            Refusal::NotSubscribed(_) => "contract.not-subscribed",
            Refusal::NotOnShared(_) => "contract.not-on-shared",
            Refusal::OutsideContract { .. } => "contract.outside-dates",
            Refusal::NotValidated(_) => "workflow.not-validated",
            Refusal::PriceUnknown => "price.unknown",
            Refusal::AccelerationOfQuote => "quota.not-for-quotes",
            Refusal::NotEnoughTokens { .. } => "tokens.short",
            Refusal::QuotaSpent { .. } => "quota.spent",
            Refusal::NobodyToDecide => "gate.nobody",
            Refusal::NotEntitled => "person.not-entitled",
            Refusal::SelfApproval => "gate.own-request",
            Refusal::ReasonMissing => "gate.reason-missing",
            Refusal::BadText { .. } => "text.invalid",
            Refusal::AlreadyDecided => "gate.decided",
            Refusal::GateExpired { .. } => "gate.expired",
            Refusal::PlanChanged => "gate.plan-changed",
            Refusal::OutOfOrder { .. } => "ticket.out-of-order",
            Refusal::TaskOutOfOrder { .. } => "task.out-of-order",
            Refusal::StaleAttempt => "task.stale-attempt",
            Refusal::NotDue => "clock.not-due",
            Refusal::Locked { .. } => "target.locked",
            Refusal::NotFound => "not-found",
            Refusal::KeyReused => "idempotency.key-reused",
            Refusal::BadStart => "window.bad-start",
            Refusal::OutOfRange { .. } => "number.out-of-range",
            Refusal::Workflow(_) => "workflow.invalid",
        }
    }

    /// What kind of "no" it is.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        match self {
            Refusal::UnknownLine(_) | Refusal::NotFound => RefusalKind::Missing,
            Refusal::Form(_)
            | Refusal::Parameters(_)
            | Refusal::ReasonMissing
            | Refusal::BadText { .. }
            | Refusal::KeyReused
            | Refusal::BadStart
            | Refusal::OutOfRange { .. }
            | Refusal::Workflow(_) => RefusalKind::Invalid,
            Refusal::NotEntitled | Refusal::SelfApproval => RefusalKind::Forbidden,
            Refusal::GateExpired { .. } => RefusalKind::Gone,
            Refusal::PlanChanged
            | Refusal::AlreadyDecided
            | Refusal::StaleAttempt
            | Refusal::NotDue
            | Refusal::Locked { .. }
            | Refusal::OutOfOrder { .. }
            | Refusal::TaskOutOfOrder { .. } => RefusalKind::Stale,
            Refusal::NotSubscribed(_)
            | Refusal::NotOnShared(_)
            | Refusal::OutsideContract { .. }
            | Refusal::NotValidated(_)
            | Refusal::PriceUnknown
            | Refusal::AccelerationOfQuote
            | Refusal::NotEnoughTokens { .. }
            | Refusal::QuotaSpent { .. }
            | Refusal::NobodyToDecide => RefusalKind::Rule,
        }
    }

    /// The clause of the contract annex it rests on, if it rests on one.
    #[must_use]
    pub fn clause(&self) -> Option<&'static str> {
        Some(match self {
            Refusal::UnknownLine(_) => "§3.1 (S2)",
            Refusal::NotSubscribed(_) => "§2.2, §3.2 (S57)",
            Refusal::NotOnShared(_) => "§1.13 (S55)",
            Refusal::NotValidated(_) => "§4 Changement Standard (S8)",
            Refusal::PriceUnknown => "§4 Changement Non Standard (S31)",
            Refusal::AccelerationOfQuote => "§4 Changement Accéléré (S12)",
            Refusal::NotEnoughTokens { .. } => "§4 Token (S11)",
            Refusal::QuotaSpent { .. } => "§4 Changement Accéléré (S14)",
            Refusal::NobodyToDecide | Refusal::NotEntitled => "§1.2 (S35)",
            Refusal::SelfApproval => "§4 (S9)",
            Refusal::PlanChanged => "§4 (S9)",
            _ => return None,
        })
    }

    /// One plain sentence for people, with the remedy.
    #[must_use]
    pub fn sentence(&self) -> Text {
        super::wording::sentence(self)
    }
}
