//! The pages behind a link in a mail: no sign-in, no cookie, no script, under 10 kB.

use askama::Template;

use super::{
    Ui,
    decide::{Decision, Recorded},
};

/// The question asked by a link.
#[derive(Template)]
#[template(path = "pages/link.html")]
pub struct LinkPage {
    /// Voice.
    pub ui: Ui,
    /// The question.
    pub decision: Decision,
    /// Whom the link was sent to.
    pub person: String,
}

/// What was decided: after sending, or when a used link is opened again.
#[derive(Template)]
#[template(path = "pages/receipt.html")]
pub struct ReceiptPage {
    /// Voice.
    pub ui: Ui,
    /// What was recorded.
    pub recorded: Recorded,
    /// Whether it was recorded before this visit.
    pub already: bool,
}

/// A link that opens nothing: unknown, expired or replaced, all with the same words.
#[derive(Template)]
#[template(path = "pages/gone.html")]
pub struct GonePage {
    /// Voice.
    pub ui: Ui,
}

/// A new link was asked for; the answer never says whether one was due.
#[derive(Template)]
#[template(path = "pages/renewed.html")]
pub struct RenewedPage {
    /// Voice.
    pub ui: Ui,
}
