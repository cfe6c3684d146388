//! How deliveries begin and end, and leases that last as long as they do.

use super::{Delivered, Due, Key, LEASE, Step};
use crate::{
    desk::Desk,
    store::{StoreError, Tx, codec, entity::notice},
};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryResult, sea_query::Expr};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A message that no server has taken for so long is given up, and a person has to look: as long as
/// mail servers themselves keep trying (RFC 5321 §4.5.4.1).
const GIVE_UP: Duration = Duration::days(5);
/// Pause after the first try; it doubles up to 32 times that.
const PAUSE_S: i64 = 15;
/// The longest pause.
pub(super) const LONGEST_PAUSE: Duration = Duration::minutes(8);
/// Begins the answer kept with a message that may have arrived.
const DOUBT: &str = "in doubt: ";
/// Kept with a message whose text may have left and whose end nobody has noted.
const BEGUN: &str = "in doubt: its text was on its way";

/// Kept with it once somebody else has taken it.
const UNHEARD: &str = "in doubt: its text was on its way when its mailer fell silent";

/// The answer kept with a message that is taken: whoever takes it has not begun it.
pub(super) fn when_taken(answer: Option<&str>) -> Option<&str> {
    answer.map(|it| if it == BEGUN { UNHEARD } else { it })
}

/// Whether the answer kept says that the message may have arrived.
pub(super) fn in_doubt(answer: Option<&str>) -> bool {
    answer.is_some_and(|it| it.starts_with(DOUBT))
}

/// How deliveries stand. A message is touched only while it is delivered under that fence.
const NOTE: &str = "UPDATE notice SET state = it.value->>'state',
    lease_until = CAST(it.value->>'lease_until' AS BIGINT),
    next_at = CAST(it.value->>'next_at' AS BIGINT),
    attempts = CAST(it.value->>'attempts' AS INTEGER),
    sent_at = CAST(it.value->>'sent_at' AS BIGINT), answer = it.value->>'answer' FROM {rows}
    WHERE notice.client = it.value->>'client'
    AND notice.record = CAST(it.value->>'record' AS BIGINT)
    AND notice.n = CAST(it.value->>'n' AS INTEGER)
    AND notice.fence = CAST(it.value->>'fence' AS BIGINT) AND notice.state = 'sending'
    RETURNING notice.client, notice.record, notice.n";
/// Leases of deliveries that go on.
const PROLONG: &str = "UPDATE notice SET lease_until = CAST(it.value->>'until' AS BIGINT)
    FROM {rows} WHERE notice.client = it.value->>'client'
    AND notice.record = CAST(it.value->>'record' AS BIGINT)
    AND notice.n = CAST(it.value->>'n' AS INTEGER)
    AND notice.fence = CAST(it.value->>'fence' AS BIGINT) AND notice.state = 'sending'
    RETURNING notice.client, notice.record, notice.n";

/// What becomes of a message, as [`NOTE`] reads it.
#[derive(Serialize)]
struct Fate<'a> {
    client: &'a str,
    record: i64,
    n: i32,
    fence: i64,
    state: &'static str,
    lease_until: Option<i64>,
    next_at: i64,
    attempts: i32,
    sent_at: Option<i64>,
    answer: Option<String>,
}

impl<'a> Fate<'a> {
    fn of(due: &'a Due, step: &Step, now: DateTime<Utc>) -> Fate<'a> {
        let Key { client, record, n } = &due.key;
        let so_far = Fate {
            client,
            record: *record,
            n: *n,
            fence: due.fence,
            state: "sending",
            lease_until: Some(codec::micros(now + LEASE)),
            next_at: codec::micros(now),
            attempts: due.attempt,
            sent_at: None,
            answer: Some(BEGUN.into()),
        };
        match step {
            Step::Begins => so_far,
            Step::Ends(end) => so_far.ended(due, end, now),
        }
    }

    fn ended(self, due: &Due, end: &Delivered, now: DateTime<Utc>) -> Fate<'a> {
        let pause = Duration::seconds(PAUSE_S << due.attempt.clamp(1, 6) >> 1);
        let said = |words: &str| match due.doubted {
            true => format!("{DOUBT}{words}"),
            false => words.to_owned(),
        };
        let (state, answer) = match end {
            Delivered::Sent(words) => ("sent", Some(words.clone())),
            Delivered::Never(words) => ("dead", Some(words.clone())),
            Delivered::Later(words) if now - due.at < GIVE_UP => ("pending", Some(said(words))),
            Delivered::Later(words) if due.doubted => ("unknown", Some(said(words))),
            Delivered::Later(words) => ("dead", Some(words.clone())),
            Delivered::Unknown(words) if due.doubted => ("unknown", Some(words.clone())),
            Delivered::Unknown(words) => ("pending", Some(format!("{DOUBT}{words}"))),
            Delivered::Back => ("pending", due.doubted.then(|| said("handed back"))),
        };
        let tried = *end != Delivered::Back;
        Fate {
            state,
            lease_until: None,
            next_at: codec::micros(if tried { now + pause } else { now }),
            attempts: due.attempt - i32::from(!tried),
            sent_at: (state == "sent").then(|| codec::micros(now)),
            answer: answer.as_deref().map(short),
            ..self
        }
    }
}

/// Servers may say much.
fn short(words: &str) -> String {
    words.chars().take(500).collect()
}

impl Desk {
    /// Says how a delivery ended. A try that lost its lease changes nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn notice_ended(&self, due: &Due, end: Delivered) -> Result<(), StoreError> {
        self.note_deliveries(&[(due, Step::Ends(end))]).await?;
        Ok(())
    }

    /// Notes how several deliveries stand, each once, in one transaction. Says which of them were
    /// still held; one that lost its lease is left alone, and its text must not leave.
    ///
    /// # Errors
    /// The database failed; nothing was noted, or nobody knows: it can be said again.
    pub async fn note_deliveries(&self, all: &[(&Due, Step)]) -> Result<BTreeSet<Key>, StoreError> {
        let fates = |now| -> Vec<Fate<'_>> {
            let all = all.iter();
            all.map(|(due, step)| Fate::of(due, step, now)).collect()
        };
        let rows = if self.store.on_sqlite() {
            let fates = fates(self.clock.now());
            self.store.found_in_set_at_once(NOTE, &fates).await?
        } else {
            let tx = self.store.begin_apart().await?;
            let fates = fates(tx.now(&*self.clock).await?);
            let rows = tx.found_in_set(NOTE, &fates).await?;
            tx.end().await?;
            rows
        };
        keys(rows)
    }

    /// Ends the leases of everybody: what was taken and not begun is due at once. For a process
    /// that has the database for itself, before it takes anything: whoever else held messages is
    /// dead. What was begun keeps its lease, so that a process that dies again and again does not
    /// send the same message each time.
    ///
    /// # Errors
    /// The database failed.
    pub async fn inherit_notices(&self) -> Result<(), StoreError> {
        use notice::{Column as C, Entity};
        let tx = self.store.begin_apart().await?;
        Entity::update_many()
            .col_expr(C::LeaseUntil, Expr::value(0))
            .filter(Expr::cust("state = 'sending'"))
            .filter(C::Answer.is_null().or(C::Answer.ne(BEGUN)))
            .exec(tx.db())
            .await?;
        tx.end().await
    }

    /// Prolongs the leases of messages that are still being delivered, and says which of them are
    /// still held; one whose lease was lost is left alone.
    ///
    /// # Errors
    /// The database failed.
    pub async fn hold_notices(&self, all: &[(Key, i64)]) -> Result<BTreeSet<Key>, StoreError> {
        if all.is_empty() {
            return Ok(BTreeSet::new());
        }
        let tx = self.store.begin_apart().await?;
        let until = codec::micros(tx.now(&*self.clock).await? + LEASE);
        let held = |it: &(Key, i64)| {
            let (Key { client, record, n }, fence) = it;
            json!({ "client": client, "record": record, "n": n, "fence": fence, "until": until })
        };
        let held: Vec<Value> = all.iter().map(held).collect();
        let rows = tx.found_in_set(PROLONG, &held).await?;
        tx.end().await?;
        keys(rows)
    }
}

/// Where the messages are that a statement found.
pub(super) fn keys(rows: Vec<QueryResult>) -> Result<BTreeSet<Key>, StoreError> {
    let key = |it: QueryResult| {
        Ok(Key {
            client: it.try_get("", "client")?,
            record: it.try_get("", "record")?,
            n: it.try_get("", "n")?,
        })
    };
    rows.into_iter().map(key).collect()
}

/// Gives up a message that was just taken and cannot be read.
pub(super) async fn bury(tx: &Tx, row: &notice::Model, why: &str) -> Result<(), StoreError> {
    let lost = Fate {
        client: &row.client,
        record: row.record,
        n: row.n,
        fence: row.fence + 1,
        state: "dead",
        lease_until: None,
        next_at: row.next_at,
        attempts: row.attempts,
        sent_at: None,
        answer: Some(short(why)),
    };
    tx.found_in_set(NOTE, &[lost]).await?;
    Ok(())
}
