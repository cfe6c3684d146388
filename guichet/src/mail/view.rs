//! What each letter knows: typed facts, no wording. The same facts make the French and the English
//! version, the text and the HTML part.

use catalogue::{Lang, Text};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use workflows::plan::{Change, Impact, Verb};

mod letter;
mod study;

pub use letter::*;
pub use study::*;

/// Who receives a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// Name as the person writes it; may hold anything, it is cleaned before use.
    pub name: String,
    /// Address of the mailbox.
    pub mail: String,
    /// Language of the whole letter.
    pub lang: Lang,
}

/// On whose behalf letters go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Name of the provider, e.g. `Nuage Sûr`.
    pub provider: String,
    /// Address letters come from.
    pub address: String,
    /// Right-hand side of message identifiers.
    pub domain: String,
    /// Telephone of the support centre.
    pub support_phone: String,
    /// Mailbox of the support centre.
    pub support_mail: String,
    /// Whether answers to `support+{reference}@…` reach the ticket by themselves.
    pub inbound: bool,
}

/// Where a letter stands in the correspondence about its ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Reference of the ticket, e.g. `ACME-2026-0042`: letters, digits and hyphens only.
    pub reference: String,
    /// Number of the letter in its ticket; with the reference it names the message for ever, so a
    /// letter sent twice is seen as one by every mail program.
    pub n: u32,
    /// Reference of the ticket that opened the thread: itself, or the study it came from.
    pub root: String,
    /// Number of the letter before this one to the same person, if any.
    pub last: Option<u32>,
    /// Moment at which the letter was decided; its `Date`.
    pub date: DateTime<Utc>,
}

/// What is being talked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Short title, for subject and first line.
    pub title: Text,
    /// Who asked, with the company when it helps, e.g. `Camille Roy (ACME)`.
    pub requester: String,
    /// Cluster concerned, if any.
    pub cluster: Option<String>,
}

/// The only address a letter asks its reader to open.
#[derive(Clone, PartialEq, Eq)]
pub enum Link {
    /// Personal page on which the reader decides, `…/v/{token}`.
    Decision {
        /// Whole address.
        url: String,
        /// Six digits to copy onto the page, for what cannot be taken back.
        code: Option<String>,
    },
    /// Page of the portal; opening it takes a sign-in.
    Portal(String),
}

impl Link {
    /// The address itself.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Link::Decision { url, .. } | Link::Portal(url) => url,
        }
    }
    /// The code to copy onto the page, if one is asked for.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Link::Decision { code, .. } => code.as_deref(),
            Link::Portal(_) => None,
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Link::Decision { .. } => "Link::Decision(hidden)",
            Link::Portal(_) => "Link::Portal(hidden)",
        })
    }
}

/// A price, shown as base plus surcharge (S13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Tokens of the catalogue line.
    pub base: u32,
    /// Tokens that acceleration adds; 0 when the change is not accelerated.
    pub surcharge: u32,
    /// Which of the six accelerated changes of the period this is, and of how many (S14).
    pub slot: Option<(u32, u32)>,
}

impl Price {
    /// Tokens in all.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.base.saturating_add(self.surcharge)
    }
}

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What happens.
    pub verb: Verb,
    /// To what.
    pub path: String,
    /// Value now, if there is one.
    pub before: Option<String>,
    /// Value afterwards, if there is one.
    pub after: Option<String>,
    /// Values are fingerprints of secrets and are shown as such.
    pub secret: bool,
}

impl From<&Change> for Effect {
    fn from(change: &Change) -> Self {
        Effect {
            verb: change.verb,
            path: change.path.clone(),
            before: shown(&change.before),
            after: shown(&change.after),
            secret: change.secret,
        }
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Whether the effect can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversible {
    /// Guichet takes it back by itself, in about so many minutes when known.
    Alone(Option<u32>),
    /// An operator takes it back.
    ByHand,
    /// It cannot be taken back.
    No,
}

/// The plan an agreement agrees to.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanFacts {
    /// Every difference, in order; letters show the first ones and count the rest.
    pub effects: Vec<Effect>,
    /// What users of the target feel.
    pub impact: Impact,
    /// Whether it can be taken back.
    pub reversible: Reversible,
    /// What must be read before agreeing.
    pub warnings: Vec<Text>,
    /// `sha256:…` of the plan.
    pub digest: String,
}

/// When a change acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Start.
    pub from: DateTime<Utc>,
    /// End, when it is bounded.
    pub to: Option<DateTime<Utc>>,
}
