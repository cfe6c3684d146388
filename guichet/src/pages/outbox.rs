//! Mails that the demonstration did not send, to be read here.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Ui;

/// All mails, newest first.
#[derive(Template)]
#[template(path = "pages/outbox.html")]
pub struct OutboxPage {
    /// Voice.
    pub ui: Ui,
    /// The mails.
    pub mails: Vec<Row>,
}

/// One mail of the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Number in the outbox.
    pub id: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Reference of the ticket.
    pub reference: Option<String>,
}

/// One mail.
#[derive(Template)]
#[template(path = "pages/mail.html")]
pub struct MailPage {
    /// Voice.
    pub ui: Ui,
    /// The line of the list.
    pub row: Row,
    /// Header names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// Links found in it: path and words.
    pub links: Vec<String>,
    /// Where the HTML part is served on its own.
    pub html: Option<String>,
}
