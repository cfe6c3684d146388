//! Messages owed and sent.

use super::{Names, Who};
use chrono::{DateTime, Utc};
use engine::outbox::Message;
use serde::Serialize;
use std::collections::HashMap;

/// A message as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct MessageView {
    /// Name: client, record and number.
    pub id: String,
    /// Why.
    pub occasion: String,
    /// To whom.
    pub to: Who,
    /// About which ticket.
    pub reference: Option<String>,
    /// `pending`, `sending`, `sent`, `unknown` or `dead`.
    pub state: String,
    /// Tries.
    pub attempts: i32,
    /// When it became owed.
    pub at: DateTime<Utc>,
    /// When it was sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// What the server said last.
    pub answer: Option<String>,
}

impl MessageView {
    /// The message, with names instead of keys; `references` by name of the ticket.
    #[must_use]
    pub fn of(it: &Message, names: &Names, references: &HashMap<String, String>) -> MessageView {
        MessageView {
            id: format!("{}-{}-{}", it.key.client, it.key.record, it.key.n),
            occasion: it.occasion.clone(),
            to: names.get(it.to),
            reference: references.get(&it.ticket).cloned(),
            state: it.state.clone(),
            attempts: it.attempts,
            at: it.at,
            sent_at: it.sent_at,
            answer: it.answer.clone(),
        }
    }
}
