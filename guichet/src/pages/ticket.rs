//! One ticket: where it stands, whose turn it is, what changes, what it costs, what happened.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    Ui,
    fields::Form,
    parts::{Badge, Check, Class, Mark, Step, Turn},
    plan::PlanView,
    ui::Fact,
};

/// The page of one ticket.
#[derive(Template)]
#[template(path = "pages/ticket.html")]
pub struct TicketPage {
    /// Voice.
    pub ui: Ui,
    /// Reference, title and the rest of the head.
    pub head: Head,
    /// Whether the reader has just ordered it.
    pub fresh: bool,
    /// The six public steps, or the seven of a study.
    pub steps: Vec<Step>,
    /// What comes next and from whom.
    pub next: Next,
    /// What went wrong, when something did.
    pub failure: Option<Failure>,
    /// What was asked, as the requester answered the form.
    pub asked: Vec<Fact>,
    /// What would change or has changed, once it is known.
    pub plan: Option<PlanView>,
    /// How far that is.
    pub tense: Tense,
    /// What it costs and how far the tokens are.
    pub price: Price,
    /// The tasks in order.
    pub tasks: Vec<Task>,
    /// The same tasks as an SVG picture.
    pub picture: Option<String>,
    /// Who was asked to agree, and what they said.
    pub agreements: Vec<Agreement>,
    /// Movements of tokens.
    pub moves: Vec<Move>,
    /// What happened, oldest first.
    pub feed: Vec<Event>,
    /// Other tickets of the same story: a study's children, a reclassified request.
    pub kin: Vec<Kin>,
}

/// What identifies a ticket at a glance.
#[derive(Clone, Debug)]
pub struct Head {
    /// Reference, e.g. `ACME-2026-0042`.
    pub reference: String,
    /// What is asked, in the reader's language.
    pub title: String,
    /// Kind of change.
    pub class: Class,
    /// Accelerated: which of how many this year.
    pub slot: Option<(u8, u8)>,
    /// Code of the contract.
    pub contract: String,
    /// Cluster it is about.
    pub zone: Option<String>,
    /// Who asked.
    pub requester: String,
    /// When it was ordered.
    pub ordered: DateTime<Utc>,
    /// Where it stands.
    pub mark: Mark,
    /// The same as one sentence, which replaces the mark's general words.
    pub sentence: String,
    /// When the awaited act is due.
    pub due: Option<DateTime<Utc>>,
    /// Side remarks: on quote, frozen, undone.
    pub badges: Vec<Badge>,
}

/// The panel that says what comes next.
pub struct Next {
    /// What to do, or what is being done.
    pub title: String,
    /// Whose turn it is.
    pub turn: Turn,
    /// What it waits for, met or not.
    pub checks: Vec<Check>,
    /// Effect, price, time: what one must know first.
    pub notes: Vec<String>,
    /// The page where the act is done, with the verb.
    pub link: Option<(String, String)>,
    /// Acts that need no page of their own.
    pub forms: Vec<Form>,
}

/// A failure told plainly.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Title of the task that failed.
    pub task: String,
    /// One plain sentence.
    pub cause: String,
    /// What the system said, in its own words.
    pub words: Option<String>,
    /// What was undone, or that nothing was done.
    pub undone: String,
    /// What the client must do; usually nothing.
    pub duty: String,
}

/// What a ticket costs.
#[derive(Clone, Debug)]
pub struct Price {
    /// Tokens before any surcharge; `None` until a quote says.
    pub base: Option<i64>,
    /// Added because it is accelerated (S13).
    pub surcharge: i64,
    /// How the base was found, when it depends on a size.
    pub formula: Option<String>,
    /// Where the tokens are.
    pub state: Tokens,
}

/// Whether a plan is ahead, carried out, or dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    /// To come, or under way.
    Ahead,
    /// Carried out.
    Done,
    /// Not carried out, or taken back.
    Dropped,
}

impl Tense {
    /// Message id of the heading above the plan.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Tense::Ahead => "ticket-changes",
            Tense::Done => "ticket-changed",
            Tense::Dropped => "ticket-planned",
        }
    }
}

/// Where the tokens of a ticket are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// Not asked for yet: no price, or no agreement to it.
    Untouched,
    /// Held for this ticket.
    Held,
    /// Charged at closure.
    Charged,
    /// Given back.
    Returned,
}

impl Tokens {
    /// Message id of the sentence that says so.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Tokens::Untouched => "price-none",
            Tokens::Held => "price-held",
            Tokens::Charged => "price-captured",
            Tokens::Returned => "price-released",
        }
    }
}

impl Price {
    /// What is due in all.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        self.base.map(|it| it + self.surcharge)
    }
}

/// One task of the ticket.
pub struct Task {
    /// Its name, where the picture leads.
    pub name: String,
    /// What it does.
    pub title: String,
    /// How it stands.
    pub mark: Mark,
    /// Who or what does it.
    pub who: String,
    /// How long it took or has taken.
    pub span: Option<String>,
    /// What a person must do, when a person does it.
    pub instructions: Option<String>,
    /// What it printed, newest last.
    pub log: Vec<String>,
    /// What the system answered about the result.
    pub proofs: Vec<ProofLine>,
    /// What an operator may do with it now.
    pub forms: Vec<Form>,
}

impl Task {
    /// Whether there is more to show than its line.
    fn detailed(&self) -> bool {
        self.instructions.is_some()
            || !self.log.is_empty()
            || !self.proofs.is_empty()
            || !self.forms.is_empty()
    }
}

/// One claim about the result and what the system said.
#[derive(Clone, Debug)]
pub struct ProofLine {
    /// What is claimed.
    pub claim: String,
    /// What was expected.
    pub expected: String,
    /// What the system said.
    pub actual: String,
    /// Whether the claim holds.
    pub ok: bool,
}

/// One person's say, asked for or given.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// What is decided.
    pub what: String,
    /// Who decides.
    pub who: String,
    /// Where it stands: awaited, approved, refused, void.
    pub badge: Badge,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
    /// When it was given.
    pub answered: Option<DateTime<Utc>>,
    /// What was said with it.
    pub comment: Option<String>,
    /// Digest of the plan it is bound to.
    pub digest: Option<String>,
}

/// One movement of tokens.
#[derive(Clone, Debug)]
pub struct Move {
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub label: String,
    /// Ticket it belongs to, on the statement of a contract.
    pub reference: Option<String>,
    /// Change of what is available.
    pub amount: i64,
    /// Held afterwards.
    pub held: i64,
    /// Available afterwards.
    pub available: i64,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub who: String,
    /// What they did.
    pub text: String,
    /// Words they left.
    pub comment: Option<String>,
}

/// A related ticket.
#[derive(Clone, Debug)]
pub struct Kin {
    /// How it is related.
    pub relation: String,
    /// Reference.
    pub reference: String,
    /// What it asks.
    pub title: String,
}

impl TicketPage {
    fn done(&self) -> usize {
        self.tasks.iter().filter(|it| it.mark == Mark::Done).count()
    }
}
