//! Messages owed: taken under lease, given to whoever can deliver them, retried, given up.
//!
//! Before the text of a message may leave, that it is about to is noted; how it ended is noted
//! after. A deliverer that dies leaves in doubt what it had begun and nothing else, and what it had
//! begun is sent once more under the same Message-ID: lost is worse than double. So that this stays
//! one message a connection, a deliverer begins the next one only once the end of the one before is
//! durable.

mod claim;
mod settle;

pub use crate::link::{Link, Minted, token_digest, wants_code};

use crate::{
    approval::Gate,
    desk::Desk,
    id::{PersonId, TicketId},
    people::Person,
    store::{StoreError, codec, entity},
    ticket::Ticket,
};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, sea_query::Expr,
};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// How long a deliverer may be silent before somebody else takes its messages.
pub const LEASE: Duration = Duration::seconds(60);

/// A message taken for delivery.
#[derive(Clone, Debug)]
pub struct Due {
    /// Where it is kept.
    pub key: Key,
    /// Fence of this try.
    pub fence: i64,
    /// Which try, from 1.
    pub attempt: i32,
    /// Why it is sent.
    pub occasion: String,
    /// To whom.
    pub to: Person,
    /// About which ticket, as it stands now; its tasks only if [`tells_of_tasks`].
    pub ticket: Arc<Ticket>,
    /// The question it asks, if any.
    pub gate: Option<Gate>,
    /// Facts of the moment.
    pub facts: Value,
    /// When it became owed.
    pub at: DateTime<Utc>,
    /// Secret of the personal link, and the code for questions that cannot be undone.
    pub link: Option<Minted>,
    /// An earlier try may have arrived: it ended in doubt, or was begun and never said how it
    /// ended.
    pub doubted: bool,
}

/// Whether a message of that occasion may say something about the tasks of its ticket; most of what
/// is stored of a ticket are its tasks.
#[must_use]
pub fn tells_of_tasks(occasion: &str, asks: bool) -> bool {
    asks || !["submitted", "receipt", "closed", "ended", "call"].contains(&occasion)
}

/// Where a message is kept; also what makes its Message-ID stable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// Code of the client.
    pub client: String,
    /// Record it came with.
    pub record: i64,
    /// Which of that record's messages.
    pub n: i32,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The server took it.
    Sent(String),
    /// Not now.
    Later(String),
    /// Never to this address.
    Never(String),
    /// The answer after the text was lost; it is sent once more under the same Message-ID.
    Unknown(String),
    /// It was never tried: whoever comes next may take it at once.
    Back,
}

/// What is to be noted of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The text may leave from now on, and the lease begins anew.
    Begins,
    /// It came to this end.
    Ends(Delivered),
}

/// A message as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Where it is kept.
    pub key: Key,
    /// Why.
    pub occasion: String,
    /// To whom.
    pub to: PersonId,
    /// Ticket, by name.
    pub ticket: String,
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

impl Desk {
    /// Messages, newest first; of one ticket when it is named.
    ///
    /// # Errors
    /// The database failed.
    pub async fn messages(
        &self,
        client: Option<&str>,
        ticket: Option<TicketId>,
        limit: u64,
    ) -> Result<Vec<Message>, StoreError> {
        let rows = letters(client, ticket, limit);
        let rows = rows.all(self.store.reading()).await?;
        rows.into_iter()
            .map(|it| {
                Ok(Message {
                    key: Key {
                        client: it.client,
                        record: it.record,
                        n: it.n,
                    },
                    occasion: it.occasion,
                    to: codec::name(&it.person)?,
                    ticket: it.ticket,
                    state: it.state,
                    attempts: it.attempts,
                    at: codec::instant(it.at)?,
                    sent_at: codec::maybe(it.sent_at)?,
                    answer: it.answer,
                })
            })
            .collect()
    }
}

/// What a database of that kind is asked for the messages of a client or a ticket, so that a test
/// can ask it how it would walk.
#[must_use]
pub fn asked(
    kind: DbBackend,
    client: Option<&str>,
    ticket: Option<TicketId>,
) -> sea_orm::Statement {
    letters(client, ticket, 50).build(kind)
}

fn letters(
    client: Option<&str>,
    ticket: Option<TicketId>,
    limit: u64,
) -> Select<entity::notice::Entity> {
    use entity::{
        notice::{Column as C, Entity},
        record::Column as RecordColumn,
    };
    let mut query = Entity::find().limit(limit.clamp(1, 1_000));
    if let Some(it) = client {
        query = query.filter(C::Client.eq(it));
    }
    // A client's records are in the order of time; those of several clients are not.
    if client.is_none() || ticket.is_some() {
        query = query.order_by_desc(C::At);
    }
    query = query.order_by_desc(C::Record).order_by_desc(C::N);
    if let Some(it) = ticket {
        // A letter is owed because of a record, which is found by its ticket.
        let records = entity::record::Entity::find()
            .select_only()
            .columns([RecordColumn::Client, RecordColumn::Seq])
            .filter(RecordColumn::Ticket.eq(it.to_string()));
        let key = Expr::tuple([C::Client, C::Record].map(Expr::col));
        query = query.filter(key.in_subquery(records.into_query()));
    }
    query
}
