//! Messages owed: taken under lease, given to whoever can deliver them, retried, given up. The
//! personal link of a message is minted here; only its digest is kept.

use crate::{
    approval::Gate,
    desk::Desk,
    id::{GateId, PersonId},
    people::Person,
    store::{Known, StoreError, codec, entity, load, people},
    ticket::Ticket,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// How long a deliverer may be silent.
const LEASE_S: i64 = 60;
/// Tries before a message is given up and a person has to look.
const TRIES: i32 = 8;
/// Tries at a six-digit code before the link is dead.
const CODE_TRIES: i32 = 10;

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

/// A fresh link, in clear for the only time.
#[derive(Clone)]
pub struct Minted {
    /// The token of `/v/{token}`.
    pub token: String,
    /// Six digits, printed in the mail only.
    pub code: Option<String>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
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

/// A link as its page needs it.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose it is.
    pub person: Person,
    /// What it is about.
    pub ticket: Ticket,
    /// The question.
    pub gate: Gate,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// A six-digit code has to be typed.
    pub needs_code: bool,
}

/// The digest under which a token is kept, if the token has our form.
#[must_use]
pub fn token_digest(token: &str) -> Option<String> {
    let body = token.strip_prefix("gch1_")?;
    let (secret, sum) = body.rsplit_once('_')?;
    let bytes = URL_SAFE_NO_PAD
        .decode(secret)
        .ok()
        .filter(|it| it.len() == 32)?;
    (sum == format!("{:08x}", crc32fast::hash(&bytes)))
        .then(|| hex::encode(Sha256::digest(token.as_bytes())))
}

fn token(secret: &[u8; 32]) -> String {
    format!(
        "gch1_{}_{:08x}",
        URL_SAFE_NO_PAD.encode(secret),
        crc32fast::hash(secret)
    )
}

fn code_digest(token_sha256: &str, code: &str) -> String {
    hex::encode(Sha256::digest(
        format!("guichet/code\0{token_sha256}\0{code}").as_bytes(),
    ))
}

/// Whether answering takes the six-digit code too: what cannot be undone (promises, ruling 2).
#[must_use]
pub fn wants_code(ticket: &Ticket, gate: &Gate) -> bool {
    let worst = ticket.impact.as_ref().map(|it| it.level);
    let script = ticket.code.as_deref() == Some("K07");
    gate.purpose == workflows::Purpose::Agreement
        && (script || worst == Some(workflows::Level::DataLoss))
}

impl Desk {
    /// Takes the next message due, with a fresh link if it asks something.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_notice(&self) -> Result<Option<Due>, StoreError> {
        use entity::notice::{Column as C, Entity};
        let now = self.clock.now();
        let tx = self.store.begin().await?;
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
            Some(gate) => Some(self.mint(&tx, &ticket, gate, &to, now).await?),
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

    async fn mint(
        &self,
        tx: &crate::store::Tx,
        ticket: &Ticket,
        gate: &Gate,
        to: &Person,
        now: DateTime<Utc>,
    ) -> Result<Minted, StoreError> {
        let contract = load::contract(tx.db(), &ticket.client, &ticket.contract)
            .await?
            .ok_or_else(|| codec::corrupt("contract", &ticket.contract))?;
        let days = i64::from(Ord::min(contract.terms.link_days, 30));
        let last = now + Duration::days(days);
        let expires_at = gate.expires_at.map_or(last, |it| Ord::min(it, last));
        let token = token(&self.ids.secret());
        let digest = token_digest(&token).ok_or_else(|| codec::corrupt("link", "own token"))?;
        let code = wants_code(ticket, gate).then(|| {
            let dice = self.ids.secret();
            let number = u32::from_be_bytes([dice[0], dice[1], dice[2], dice[3]]);
            format!("{:06}", number % 1_000_000)
        });
        let row = entity::link::Model {
            code_sha256: code.as_deref().map(|it| code_digest(&digest, it)),
            token_sha256: digest,
            client: ticket.client.clone(),
            ticket: ticket.id.to_string(),
            gate: gate.id.to_string(),
            person: to.id.to_string(),
            tries: 0,
            at: codec::micros(now),
            expires_at: codec::micros(expires_at),
            opened_at: None,
        };
        row.into_active_model().insert(tx.db()).await?;
        Ok(Minted {
            token,
            code,
            expires_at,
        })
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
        let tx = self.store.begin().await?;
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

    /// The link behind a token. `None` for anything unknown, malformed or expired while its
    /// question is open: to a stranger they are all the same.
    ///
    /// # Errors
    /// The database failed.
    pub async fn link(&self, token: &str) -> Result<Option<Link>, StoreError> {
        let Some(digest) = token_digest(token) else {
            return Ok(None);
        };
        let db = self.store.reading();
        let Some(row) = entity::link::Entity::find_by_id(digest).one(db).await? else {
            return Ok(None);
        };
        let known = Known {
            client: row.client.clone(),
            id: codec::name(&row.ticket)?,
        };
        let person = people::by_id(db, codec::name(&row.person)?).await?;
        let ticket = load::ticket(db, &known).await?;
        let (Some(person), Some(ticket)) = (person, ticket) else {
            return Ok(None);
        };
        let gate = ticket.gate(codec::name::<GateId>(&row.gate)?).cloned();
        let expires_at = codec::instant(row.expires_at)?;
        let dead = row.tries >= CODE_TRIES;
        Ok(gate.filter(|_| !dead).map(|gate| Link {
            person,
            ticket,
            gate,
            expires_at,
            needs_code: row.code_sha256.is_some(),
        }))
    }

    /// Whether the typed code is the one in the mail; counts wrong ones.
    ///
    /// # Errors
    /// The database failed.
    pub async fn code_fits(&self, token: &str, typed: &str) -> Result<bool, StoreError> {
        let Some(digest) = token_digest(token) else {
            return Ok(false);
        };
        let tx = self.store.begin().await?;
        let Some(row) = entity::link::Entity::find_by_id(digest.clone())
            .one(tx.db())
            .await?
        else {
            return Ok(false);
        };
        let fits = match &row.code_sha256 {
            None => true,
            Some(_) if row.tries >= CODE_TRIES => false,
            Some(wanted) => *wanted == code_digest(&digest, typed.trim()),
        };
        if !fits {
            let tries = row.tries + 1;
            let mut row = row.into_active_model();
            row.tries = sea_orm::Set(tries);
            row.update(tx.db()).await?;
            tx.end().await?;
        }
        Ok(fits)
    }
}
