//! Who must be told what. No wording: that belongs to whoever speaks to people.

use crate::id::{GateId, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The occasions on which somebody is written to (`experience.md` §8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// N1: the order is in.
    Submitted,
    /// N2: somebody needs a detail.
    Question,
    /// N3: a price is offered: quote, reclassified line, child of a study.
    Offer,
    /// N4: the plan is ready for agreement.
    Agreement,
    /// N5: the plan changed, agree again.
    PlanChanged,
    /// N6: a question is still open.
    Reminder,
    /// N7: what was decided, to the decider and the requester.
    Receipt,
    /// N8: the change starts, or has a date.
    Scheduled,
    /// N9: done; validate and close.
    Validation,
    /// N10: it failed.
    Failed,
    /// N11: closed.
    Closed,
    /// N12: refused, cancelled or expired.
    Ended,
    /// N13: the half-hour call of a study is proposed or fixed.
    Call,
    /// N13: the estimate of a study awaits agreement.
    Estimate,
    /// N13: the conclusion of a study.
    Conclusion,
    /// A person of the provider must act: gate, manual task, blocked ticket, quote to give.
    Work,
}

impl Occasion {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Occasion::Submitted => "submitted",
            Occasion::Question => "question",
            Occasion::Offer => "offer",
            Occasion::Agreement => "agreement",
            Occasion::PlanChanged => "plan_changed",
            Occasion::Reminder => "reminder",
            Occasion::Receipt => "receipt",
            Occasion::Scheduled => "scheduled",
            Occasion::Validation => "validation",
            Occasion::Failed => "failed",
            Occasion::Closed => "closed",
            Occasion::Ended => "ended",
            Occasion::Call => "call",
            Occasion::Estimate => "estimate",
            Occasion::Conclusion => "conclusion",
            Occasion::Work => "work",
        }
    }
}

/// One message owed to one person; written in the transition's own transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Why.
    pub occasion: Occasion,
    /// To whom.
    pub to: PersonId,
    /// The question it carries a personal link to, if any.
    pub gate: Option<GateId>,
    /// Facts of the moment, which the ticket will not remember.
    pub facts: Value,
}
