//! The letters themselves, one variant for each notification.

use super::{Call, Conclusion, Estimate, Link, PlanFacts, Price, Window};
use catalogue::Text;
use chrono::{DateTime, TimeDelta, Utc};

/// N3: a price is put to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// What it would cost.
    pub price: Price,
    /// What the price covers, one line each; also says so when a line was reclassified (S22).
    pub covers: Vec<Text>,
    /// End of validity.
    pub until: DateTime<Utc>,
    /// Where to decide.
    pub link: Link,
}

/// N4: the plan is put to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// What would happen.
    pub plan: PlanFacts,
    /// What it costs.
    pub price: Price,
    /// When it would happen; `None` means as soon as agreed.
    pub window: Option<Window>,
    /// Last moment to decide, if there is one.
    pub by: Option<DateTime<Utc>>,
    /// Where to decide.
    pub link: Link,
}

/// N9: done, the client validates and closes (S18).
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    /// When it was done.
    pub done: DateTime<Utc>,
    /// What the systems answered, one line each.
    pub results: Vec<Text>,
    /// What the client still has to do himself, one line each (S62, S73).
    pub remains: Vec<Text>,
    /// What will be charged.
    pub price: Price,
    /// Tokens left once it is charged.
    pub balance_after: i64,
    /// When an answer is expected.
    pub by: DateTime<Utc>,
    /// When silence closes the ticket; `None` unless the contract says so.
    pub tacit_on: Option<DateTime<Utc>>,
    /// Where to decide.
    pub link: Link,
}

/// A letter that asks its reader to decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// N3.
    Quote(Quote),
    /// N4.
    Approval(Approval),
    /// N5: the plan moved, so the agreement given earlier no longer holds.
    PlanChanged {
        /// When the void agreement was given.
        approved: DateTime<Utc>,
        /// The new plan, put anew.
        now: Approval,
    },
    /// N9.
    Validation(Validation),
    /// N13.
    Estimate(Estimate),
}

impl Ask {
    /// What its subject says.
    #[must_use]
    pub fn heading(&self) -> Heading {
        match self {
            Ask::Quote(it) => Heading::Quote {
                tokens: it.price.total(),
            },
            Ask::Approval(it) => Heading::Approval { by: it.by },
            Ask::PlanChanged { .. } => Heading::PlanChanged,
            Ask::Validation(_) => Heading::Validation,
            Ask::Estimate(_) => Heading::Estimate,
        }
    }
    /// Where to decide.
    #[must_use]
    pub fn link(&self) -> &Link {
        match self {
            Ask::Quote(it) => &it.link,
            Ask::Approval(it) | Ask::PlanChanged { now: it, .. } => &it.link,
            Ask::Validation(it) => &it.link,
            Ask::Estimate(it) => &it.link,
        }
    }
}

/// What the subject of a letter says besides reference and title. A reminder and a receipt carry
/// the subject of the letter they belong to, so that mail programs keep them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// Nothing: the subject that all information letters of a ticket share.
    Stable,
    /// An answer is expected.
    Question,
    /// A price to decide on.
    Quote {
        /// Tokens in all.
        tokens: u32,
    },
    /// A plan to decide on.
    Approval {
        /// Last moment.
        by: Option<DateTime<Utc>>,
    },
    /// A plan to decide on again.
    PlanChanged,
    /// To validate and close.
    Validation,
    /// Not done.
    Failed,
    /// The call of a study.
    Call,
    /// The estimate of a study.
    Estimate,
    /// The conclusion of a study.
    Conclusion,
}

/// Who reads a reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The person who decides.
    Decider,
    /// The managed-services manager, told that somebody has not answered; the link must then be one
    /// of the portal, since a decision link is personal.
    Manager {
        /// Who has not answered.
        decider: String,
    },
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Plan, price or estimate accepted.
    Agreed,
    /// Plan, price or estimate declined.
    Declined,
    /// Validated, so closed.
    Validated,
    /// Not validated: it goes back to the operators.
    Contested,
}

/// N7: a decision is confirmed to the person who took it and to the requester.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// Subject of the letter that asked.
    pub heading: Heading,
    /// What was decided.
    pub decided: Decided,
    /// When.
    pub at: DateTime<Utc>,
    /// Who decided.
    pub decider: String,
    /// Whether the reader is that person.
    pub own: bool,
    /// Reason or comment given.
    pub comment: Option<String>,
    /// Price the decision was about, if any.
    pub price: Option<Price>,
    /// `sha256:…` of the plan the decision is bound to, if any.
    pub digest: Option<String>,
    /// Number of the journal record that keeps it.
    pub record: u64,
    /// Page of the ticket.
    pub page: String,
}

/// What became of the effects of a failed change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Taken back, and proved.
    Done,
    /// Nothing had happened yet.
    NotNeeded,
    /// Not taken back: an operator is on it.
    Missing,
}

/// N10: the change was not done.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Number of the task that failed, as the ticket page counts.
    pub step: u32,
    /// Its title.
    pub title: Text,
    /// Cause in one plain sentence.
    pub cause: Text,
    /// What became of what had been done.
    pub undo: Undo,
    /// Tokens given back; 0 while they stay held because an operator is still on it.
    pub returned: u32,
    /// Page of the ticket.
    pub page: String,
}

/// N11: validated and closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Closure {
    /// Tokens charged.
    pub charged: u32,
    /// Tokens left.
    pub balance: i64,
    /// Accelerated changes used in the period, and how many there are.
    pub accelerated: (u32, u32),
    /// Whether silence closed it, as the contract allows.
    pub tacit: bool,
    /// Number of the journal record that keeps it.
    pub record: u64,
    /// Page of the ticket.
    pub page: String,
}

/// How a ticket ended without being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Declined by one of the parties.
    Refused,
    /// Withdrawn.
    Cancelled,
    /// Nobody decided in time.
    Expired,
}

/// N12: refused, cancelled or expired.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    /// How.
    pub how: Stop,
    /// Who decided it; `None` when time ran out.
    pub by: Option<String>,
    /// Reason given.
    pub reason: Text,
    /// Clause of the contract it rests on.
    pub clause: Option<String>,
    /// What the requester can do instead.
    pub remedy: Option<Text>,
    /// Tokens given back.
    pub returned: u32,
    /// Page of the ticket.
    pub page: String,
}

/// A letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Letter {
    /// N1, to the requester: the request is in.
    Submitted {
        /// What comes next.
        next: Text,
        /// Until when, if that is known.
        before: Option<DateTime<Utc>>,
        /// Price, when it is known at that point (S7).
        price: Option<Price>,
        /// Who will be asked to agree, if anybody.
        decider: Option<String>,
        /// Page of the ticket.
        page: String,
    },
    /// N2, to the requester: somebody asks.
    Question {
        /// Who.
        asker: String,
        /// The words.
        question: String,
        /// Page on which to answer.
        page: String,
    },
    /// N3, N4, N5, N9 and the estimate of N13, to the person who decides.
    Ask(Ask),
    /// N6: the same, again.
    Reminder {
        /// What was asked.
        ask: Ask,
        /// Which reminder this is, from 1.
        nth: u32,
        /// How many there are.
        of: u32,
        /// Time left to decide; `None` when the question waits for ever.
        left: Option<TimeDelta>,
        /// Who reads it.
        reader: Reader,
    },
    /// N7, to the person who decided and to the requester.
    Receipt(Receipt),
    /// N8, to the requester: when it happens, or that it begins.
    Scheduled {
        /// When.
        window: Window,
        /// It begins now.
        starting: bool,
        /// The plan as agreed.
        plan: PlanFacts,
        /// Page of the ticket.
        page: String,
    },
    /// N10, to requester, decider and operators.
    Failed(Failure),
    /// N11, to requester and decider.
    Closed(Closure),
    /// N12, to the requester.
    Stopped(Stopped),
    /// N13, to requester and decider: the call.
    Call(Call),
    /// N13, to requester and decider: the conclusion.
    Conclusion(Conclusion),
}

impl Letter {
    /// What its subject says besides reference and title.
    #[must_use]
    pub fn heading(&self) -> Heading {
        match self {
            Letter::Submitted { .. }
            | Letter::Scheduled { .. }
            | Letter::Closed(_)
            | Letter::Stopped(_) => Heading::Stable,
            Letter::Question { .. } => Heading::Question,
            Letter::Ask(ask) | Letter::Reminder { ask, .. } => ask.heading(),
            Letter::Receipt(it) => it.heading,
            Letter::Failed(_) => Heading::Failed,
            Letter::Call(_) => Heading::Call,
            Letter::Conclusion(_) => Heading::Conclusion,
        }
    }
    /// Its number in the list of notifications, e.g. `N4`.
    #[must_use]
    pub fn number(&self) -> &'static str {
        match self {
            Letter::Submitted { .. } => "N1",
            Letter::Question { .. } => "N2",
            Letter::Ask(Ask::Quote(_)) => "N3",
            Letter::Ask(Ask::Approval(_)) => "N4",
            Letter::Ask(Ask::PlanChanged { .. }) => "N5",
            Letter::Reminder { .. } => "N6",
            Letter::Receipt(_) => "N7",
            Letter::Scheduled { .. } => "N8",
            Letter::Ask(Ask::Validation(_)) => "N9",
            Letter::Failed(_) => "N10",
            Letter::Closed(_) => "N11",
            Letter::Stopped(_) => "N12",
            Letter::Ask(Ask::Estimate(_)) | Letter::Call(_) | Letter::Conclusion(_) => "N13",
        }
    }
}
