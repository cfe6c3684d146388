//! Deciding: the same question for a signed-in person and for the holder of a link.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    Ui,
    fields::{Faults, Field},
    plan::PlanView,
    ui::Fact,
};

/// The question, everything one must know to answer it, and the form.
pub struct Decision {
    /// The question: the title of the page.
    pub question: String,
    /// What is decided on: request, requester, effect, price, time.
    pub facts: Vec<Fact>,
    /// What would change, short enough for the page.
    pub plan: Option<PlanView>,
    /// Words that unfold it.
    pub detail: String,
    /// What one gives up or engages by answering yes, to be read before the answer.
    pub caution: Option<String>,
    /// Where the form is posted.
    pub action: String,
    /// Server-made value that the form must carry back.
    pub nonce: String,
    /// Choice, comment, and code when the change cannot be undone.
    pub fields: Vec<Field>,
    /// What was wrong with the answer sent.
    pub faults: Faults,
    /// Why the same form is shown again although nothing is wrong with the answer.
    pub again: Option<String>,
}

/// The decision page of a signed-in person.
#[derive(Template)]
#[template(path = "pages/decide.html")]
pub struct DecidePage {
    /// Voice.
    pub ui: Ui,
    /// Reference of the ticket.
    pub reference: String,
    /// The question.
    pub decision: Decision,
}

/// A plan changed between reading and deciding.
#[derive(Template)]
#[template(path = "pages/stale.html")]
pub struct StalePage {
    /// Voice.
    pub ui: Ui,
    /// Reference of the ticket.
    pub reference: String,
    /// Digest that was read.
    pub read: String,
    /// The plan as it is now.
    pub plan: Option<PlanView>,
}

/// A decision that was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Reference of the ticket.
    pub reference: String,
    /// What it asks.
    pub title: String,
    /// Who decided.
    pub who: String,
    /// What was decided, in words.
    pub what: String,
    /// Whether it was yes.
    pub yes: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// What was said with it.
    pub comment: Option<String>,
    /// Digest of the plan it is bound to.
    pub digest: Option<String>,
    /// What happens now.
    pub next: String,
}
