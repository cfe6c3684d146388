//! Messages owed and sent.

use super::{Names, Who};
use chrono::{DateTime, Utc};
use engine::{desk::Desk, id::TicketId, outbox::Message, query::Filter, store::StoreError};
use serde::Serialize;
use std::collections::HashMap;

/// A message as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct MessageView {
    /// Name, the left part of its Message-ID.
    pub id: String,
    /// Why.
    pub occasion: String,
    /// To whom.
    pub to: Who,
    /// About which ticket.
    pub reference: String,
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
    fn of(it: Message, reference: &str, names: &Names) -> MessageView {
        MessageView {
            id: format!("{reference}.{}", it.key.record * 100 + i64::from(it.key.n)),
            occasion: it.occasion,
            to: names.get(it.to),
            reference: reference.to_owned(),
            state: it.state,
            attempts: it.attempts,
            at: it.at,
            sent_at: it.sent_at,
            answer: it.answer,
        }
    }
}

/// Messages with names instead of keys, newest first; of one client and of one ticket when they
/// are named.
///
/// # Errors
/// The database failed.
pub async fn messages(
    desk: &Desk,
    client: Option<&str>,
    about: Option<TicketId>,
    limit: u64,
) -> Result<Vec<MessageView>, StoreError> {
    let people = match client {
        Some(it) => desk.people_around(it).await?,
        None => desk.everybody().await?,
    };
    let names = Names::of(&people);
    let filter = Filter {
        client: client.map(Into::into),
        limit: 500,
        ..Filter::default()
    };
    let recent = desk.tickets(&filter).await?;
    let mut references: HashMap<String, String> = recent
        .into_iter()
        .map(|it| (it.id.to_string(), it.reference))
        .collect();
    let mut views = Vec::new();
    for it in desk.messages(client, about, limit).await? {
        if !references.contains_key(&it.ticket) {
            let old = desk.ticket(&it.ticket, None).await?;
            let reference = old.map_or_else(|| it.ticket.clone(), |old| old.reference);
            references.insert(it.ticket.clone(), reference);
        }
        let reference = references[&it.ticket].clone();
        views.push(MessageView::of(it, &reference, &names));
    }
    Ok(views)
}
