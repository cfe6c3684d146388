//! Messages owed: taken under lease, given to whoever can deliver them, retried, given up.

pub use crate::link::{Link, Minted, token_digest, wants_code};

use crate::{
    approval::Gate,
    desk::Desk,
    id::{GateId, PersonId},
    people::Person,
    store::{Known, StoreError, codec, entity, load, people},
    ticket::Ticket,
};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use serde::Serialize;
use serde_json::Value;

/// How long a deliverer may be silent.
const LEASE_S: i64 = 60;
/// Tries before a message is given up and a person has to look.
const TRIES: i32 = 8;
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
    /// About which ticket, as it stands now.
    pub ticket: Ticket,
    /// The question it asks, if any.
    pub gate: Option<Gate>,
    /// Facts of the moment.
    pub facts: Value,
    /// When it became owed.
    pub at: DateTime<Utc>,
    /// Secret of the personal link, and the code for questions that cannot be undone.
    pub link: Option<Minted>,
}

/// Where a message is kept; also what makes its Message-ID stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// Takes the next message due, with a fresh link if it asks something.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_notice(&self) -> Result<Option<Due>, StoreError> {
        use entity::notice::{Column as C, Entity};
        let now = self.clock.now();
        let tx = self.store.begin_apart().await?;
        let at = codec::micros(now);
        let pending = Expr::col(C::State)
            .eq("pending")
            .and(Expr::col(C::NextAt).lte(at));
        let silent = Expr::col(C::State)
            .eq("sending")
            .and(Expr::col(C::LeaseUntil).lt(at));
        let row = Entity::find()
            .filter(pending.or(silent))
            .order_by_asc(C::NextAt)
            .order_by_asc(C::Record)
            .order_by_asc(C::N)
            .limit(1)
            .lock_with_behavior(
                sea_orm::sea_query::LockType::Update,
                sea_orm::sea_query::LockBehavior::SkipLocked,
            )
            .one(tx.db())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let key = Key {
            client: row.client.clone(),
            record: row.record,
            n: row.n,
        };
        let mut taken = row.clone().into_active_model();
        taken.state = sea_orm::Set("sending".into());
        taken.fence = sea_orm::Set(row.fence + 1);
        taken.attempts = sea_orm::Set(row.attempts + 1);
        taken.lease_until = sea_orm::Set(Some(codec::micros(now + Duration::seconds(LEASE_S))));
        taken.update(tx.db()).await?;
        let known = Known {
            client: row.client.clone(),
            id: codec::name(&row.ticket)?,
        };
        let ticket = load::ticket(tx.db(), &known)
            .await?
            .ok_or_else(|| codec::corrupt("notice", "its ticket is gone"))?;
        let to = people::by_id(tx.db(), codec::name(&row.person)?)
            .await?
            .ok_or_else(|| codec::corrupt("notice", "its person is gone"))?;
        let gate = match &row.gate {
            Some(id) => ticket.gate(codec::name::<GateId>(id)?).cloned(),
            None => None,
        };
        let link = match &gate {
            Some(gate) => {
                let owed = codec::instant(row.at)?;
                Some(self.mint_link(&tx, &ticket, gate, &to, (owed, now)).await?)
            }
            None => None,
        };
        tx.end().await?;
        Ok(Some(Due {
            key,
            fence: row.fence + 1,
            attempt: row.attempts + 1,
            occasion: row.occasion,
            facts: codec::from_json("facts", &row.facts)?,
            at: codec::instant(row.at)?,
            to,
            ticket,
            gate,
            link,
        }))
    }

    /// Says how a delivery ended. A try that lost its lease changes nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn notice_ended(&self, due: &Due, end: Delivered) -> Result<(), StoreError> {
        use entity::notice::{Column as C, Entity};
        let now = self.clock.now();
        let pause = 15_i64 << due.attempt.clamp(0, 9);
        let (state, answer) = match &end {
            Delivered::Sent(words) => ("sent", words),
            Delivered::Never(words) => ("dead", words),
            Delivered::Later(words) if due.attempt >= TRIES => ("dead", words),
            Delivered::Later(words) => ("pending", words),
            Delivered::Unknown(words) if due.attempt >= 2 => ("unknown", words),
            Delivered::Unknown(words) => ("pending", words),
        };
        let sent = matches!(end, Delivered::Sent(_)).then(|| codec::micros(now));
        let tx = self.store.begin_apart().await?;
        Entity::update_many()
            .col_expr(C::State, Expr::value(state))
            .col_expr(C::LeaseUntil, Expr::value(None::<i64>))
            .col_expr(
                C::NextAt,
                Expr::value(codec::micros(now + Duration::seconds(pause))),
            )
            .col_expr(C::SentAt, Expr::value(sent))
            .col_expr(
                C::Answer,
                Expr::value(answer.chars().take(500).collect::<String>()),
            )
            .filter(C::Client.eq(&due.key.client))
            .filter(C::Record.eq(due.key.record))
            .filter(C::N.eq(due.key.n))
            .filter(C::State.eq("sending"))
            .filter(C::Fence.eq(due.fence))
            .exec(tx.db())
            .await?;
        tx.end().await
    }

    /// Messages, newest first; of one ticket when it is named.
    ///
    /// # Errors
    /// The database failed.
    pub async fn messages(
        &self,
        client: Option<&str>,
        ticket: Option<crate::id::TicketId>,
        limit: u64,
    ) -> Result<Vec<Message>, StoreError> {
        use entity::notice::{Column as C, Entity};
        let mut query = Entity::find()
            .order_by_desc(C::At)
            .order_by_desc(C::Record)
            .order_by_desc(C::N)
            .limit(limit.clamp(1, 1_000));
        if let Some(it) = client {
            query = query.filter(C::Client.eq(it));
        }
        if let Some(it) = ticket {
            query = query.filter(C::Ticket.eq(it.to_string()));
        }
        let rows = query.all(self.store.reading()).await?;
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
