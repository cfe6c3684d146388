//! Pages for when there is nothing to show, or something went wrong.

use askama::Template;

use super::Ui;

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unknown, or not for this reader: one page for both, so that neither tells the other.
    NotFound,
    /// The request did not come from our own page.
    Forbidden,
    /// A rule refused; the sentence says which.
    Refused,
    /// The database is away, busy or full.
    Unavailable,
    /// Too many wrong guesses.
    TooMany,
    /// Our fault.
    Broken,
}

impl Kind {
    /// HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Kind::NotFound => 404,
            Kind::Forbidden => 403,
            Kind::Refused => 422,
            Kind::Unavailable => 503,
            Kind::TooMany => 429,
            Kind::Broken => 500,
        }
    }
    fn title(self) -> &'static str {
        match self {
            Kind::NotFound => "trouble-not-found",
            Kind::Forbidden => "trouble-forbidden",
            Kind::Refused => "trouble-refused",
            Kind::Unavailable => "trouble-unavailable",
            Kind::TooMany => "trouble-too-many",
            Kind::Broken => "trouble-broken",
        }
    }
    fn help(self) -> &'static str {
        match self {
            Kind::NotFound => "trouble-not-found-help",
            Kind::Forbidden => "trouble-forbidden-help",
            Kind::Refused => "trouble-refused-help",
            Kind::Unavailable => "trouble-unavailable-help",
            Kind::TooMany => "trouble-too-many-help",
            Kind::Broken => "trouble-broken-help",
        }
    }
}

/// The page shown instead.
#[derive(Template)]
#[template(path = "pages/trouble.html")]
pub struct TroublePage {
    /// Voice.
    pub ui: Ui,
    /// What kind of trouble it is.
    pub kind: Kind,
    /// What a rule said: sentence, clause, remedy.
    pub reason: Option<Reason>,
    /// Number to quote to the support centre.
    pub request: Option<String>,
}

/// Why a rule refused and what helps.
#[derive(Clone, Debug)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// What was refused and why.
    pub text: String,
    /// Clause of the contract.
    pub clause: Option<String>,
    /// What helps.
    pub remedy: Option<String>,
}
