//! Personal links: a secret that goes out in one mail, of which only the digest is kept. Opening a
//! link decides nothing; it shows whose it is and what it asks.

use crate::{
    approval::Gate,
    desk::Desk,
    id::GateId,
    people::Person,
    store::{Known, StoreError, Tx, codec, entity, load, people},
    ticket::Ticket,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Tries at a six-digit code before the link is dead.
const CODE_TRIES: i32 = 10;

/// Links of earlier messages about the same question.
const SUPERSEDE: &str = "UPDATE link SET expires_at = CAST(it.value->>'now' AS BIGINT) FROM {rows}
    WHERE link.client = it.value->>'client' AND link.gate = it.value->>'gate'
    AND link.person = it.value->>'person' AND link.at < CAST(it.value->>'owed' AS BIGINT)
    AND link.expires_at > CAST(it.value->>'now' AS BIGINT)";

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

/// A link to be made.
pub(crate) struct Wanted<'a> {
    pub(crate) ticket: &'a Ticket,
    pub(crate) gate: &'a Gate,
    pub(crate) to: &'a Person,
    /// Since when the message that carries it is owed.
    pub(crate) owed: DateTime<Utc>,
    /// How many days it works.
    pub(crate) days: i64,
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
    /// A fresh link for each of these. Links of earlier messages about the same question stop
    /// working; one of an earlier try of this message does not, since that try may have arrived.
    pub(crate) async fn mint_links(
        &self,
        tx: &Tx,
        wanted: &[Wanted<'_>],
        now: DateTime<Utc>,
    ) -> Result<Vec<Minted>, StoreError> {
        let question = |it: &Wanted<'_>| {
            json!({
                "client": it.ticket.client, "gate": it.gate.id, "person": it.to.id,
                "owed": codec::micros(it.owed), "now": codec::micros(now),
            })
        };
        let questions: Vec<Value> = wanted.iter().map(question).collect();
        tx.change_set(SUPERSEDE, &questions).await?;
        let mut minted = Vec::with_capacity(wanted.len());
        let mut rows = Vec::with_capacity(wanted.len());
        for it in wanted {
            let (link, row) = self.mint(it, now)?;
            minted.push(link);
            rows.push(row);
        }
        tx.insert_set(&rows).await?;
        Ok(minted)
    }

    fn mint(
        &self,
        wanted: &Wanted<'_>,
        now: DateTime<Utc>,
    ) -> Result<(Minted, entity::link::Model), StoreError> {
        let Wanted {
            ticket, gate, to, ..
        } = wanted;
        let last = now + Duration::days(wanted.days);
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
        let link = Minted {
            token,
            code,
            expires_at,
        };
        Ok((link, row))
    }

    /// The link behind a token, expired or not; `None` for anything unknown or malformed, and after
    /// too many wrong codes. Whoever shows it looks at `expires_at`.
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
        let tx = self.store.begin_apart().await?;
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
