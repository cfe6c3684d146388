//! Who did what, when (S39, S42).

use askama::Template;
use chrono::{DateTime, Utc};

use super::{Ui, fields::Field};

/// The search over the journal.
#[derive(Template)]
#[template(path = "pages/audit.html")]
pub struct AuditPage {
    /// Voice.
    pub ui: Ui,
    /// Who, what, ticket, from, to.
    pub fields: Vec<Field>,
    /// How many records match.
    pub count: usize,
    /// This stretch of them, newest first.
    pub records: Vec<Record>,
    /// Where the next stretch is.
    pub more: Option<String>,
}

/// One record of the journal.
#[derive(Clone, Debug)]
pub struct Record {
    /// Place in the journal of its client.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub who: String,
    /// Kind, as stored.
    pub kind: String,
    /// What happened, in words.
    pub text: String,
    /// Ticket it belongs to.
    pub reference: Option<String>,
    /// Hash of the record.
    pub hash: String,
}
