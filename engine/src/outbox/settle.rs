//! How deliveries end, and leases that last as long as they do.

use super::{Delivered, Due, Key, LEASE, sets::Sql};
use crate::{
    desk::Desk,
    store::{StoreError, Tx, codec, entity::notice},
};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use notice::{Column as C, Entity};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryResult,
    Statement, Value,
    sea_query::{Expr, SimpleExpr},
};

/// A message that no server has taken for so long is given up, and a person has to look: as long as
/// mail servers themselves keep trying (RFC 5321 §4.5.4.1).
const GIVE_UP: Duration = Duration::days(5);
/// Pause after the first try; it doubles up to 32 times that.
const PAUSE_S: i64 = 15;
/// The longest pause.
pub(super) const LONGEST_PAUSE: Duration = Duration::minutes(8);
/// Begins the answer kept with a message that may have arrived.
const DOUBT: &str = "in doubt: ";

/// Whether the answer kept says that the message may have arrived.
pub(super) fn in_doubt(answer: Option<&str>) -> bool {
    answer.is_some_and(|it| it.starts_with(DOUBT))
}

/// Those of some rows `it` that are still being delivered under that fence. A join, since SQLite
/// would walk the whole table for `(…) IN (VALUES …)`.
const HELD: &str = ") AS it WHERE notice.client = it.column1 AND notice.record = it.column2
    AND notice.n = it.column3 AND notice.fence = it.column4 AND notice.state = 'sending'";

/// What becomes of a message: state, when next, how many tries are taken back, words.
struct Fate {
    state: &'static str,
    next_at: DateTime<Utc>,
    untried: i32,
    answer: Option<String>,
}

fn fate(due: &Due, end: &Delivered, now: DateTime<Utc>) -> Fate {
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
    let untried = i32::from(*end == Delivered::Back);
    Fate {
        state,
        next_at: if untried == 1 { now } else { now + pause },
        untried,
        answer: answer.as_deref().map(short),
    }
}

/// Servers may say much.
fn short(words: &str) -> String {
    words.chars().take(500).collect()
}

/// The time by which messages are taken and held: the database's where several processes share one.
pub(super) async fn moment(desk: &Desk, tx: &Tx) -> Result<DateTime<Utc>, StoreError> {
    if desk.store.on_sqlite() || !desk.clock.yields_to_the_database() {
        return Ok(desk.clock.now());
    }
    let sql = Statement::from_string(DbBackend::Postgres, "SELECT clock_timestamp()");
    let row = tx.db().query_one_raw(sql).await?;
    let now: Option<DateTime<Utc>> = row.map(|it| it.try_get_by_index(0)).transpose()?;
    Ok(now.map_or_else(|| desk.clock.now(), |it| it.trunc_subsecs(6)))
}

/// The message at that place, as long as it is being delivered under that fence.
fn held(key: &Key, fence: i64) -> SimpleExpr {
    let place = C::Client.eq(&key.client).and(C::Record.eq(key.record));
    let held = C::State.eq("sending").and(C::Fence.eq(fence));
    place.and(C::N.eq(key.n)).and(held)
}

impl Desk {
    /// Says how a delivery ended. A try that lost its lease changes nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn notice_ended(&self, due: &Due, end: Delivered) -> Result<(), StoreError> {
        self.notices_ended(&[(due, end)]).await
    }

    /// Says how several deliveries ended, in one transaction.
    ///
    /// # Errors
    /// The database failed; nothing was noted, or nobody knows: it can be said again.
    pub async fn notices_ended(&self, all: &[(&Due, Delivered)]) -> Result<(), StoreError> {
        let tx = self.store.begin_apart().await?;
        let now = moment(self, &tx).await?;
        sent(&tx, all, now).await?;
        for (due, end) in all {
            if matches!(end, Delivered::Sent(_)) {
                continue;
            }
            let fate = fate(due, end, now);
            Entity::update_many()
                .col_expr(C::State, Expr::value(fate.state))
                .col_expr(C::LeaseUntil, Expr::value(None::<i64>))
                .col_expr(C::NextAt, Expr::value(codec::micros(fate.next_at)))
                .col_expr(C::Attempts, Expr::col(C::Attempts).sub(fate.untried))
                .col_expr(C::Answer, Expr::value(fate.answer))
                .filter(held(&due.key, due.fence))
                .exec(tx.db())
                .await?;
        }
        tx.end().await
    }

    /// Prolongs the leases of messages that are still being delivered, and says which of them are
    /// still held; one whose lease was lost is left alone.
    ///
    /// # Errors
    /// The database failed.
    pub async fn hold_notices(&self, all: &[(Key, i64)]) -> Result<Vec<Key>, StoreError> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.store.begin_apart().await?;
        let until = codec::micros(moment(self, &tx).await? + LEASE);
        let held = |it: &(Key, i64)| -> [Value; 4] {
            let (key, fence) = it;
            [
                key.client.clone().into(),
                key.record.into(),
                key.n.into(),
                (*fence).into(),
            ]
        };
        let kind = tx.db().get_database_backend();
        let mut prolong = Sql::new(kind, "UPDATE notice SET lease_until = ");
        prolong
            .bind(until)
            .then(" FROM (")
            .rows(all.iter().map(held).collect())
            .then(HELD)
            .then(" RETURNING notice.client, notice.record, notice.n");
        let rows = tx.db().query_all_raw(prolong.end()).await?;
        tx.end().await?;
        let key = |it: QueryResult| -> Result<Key, StoreError> {
            Ok(Key {
                client: it.try_get("", "client")?,
                record: it.try_get("", "record")?,
                n: it.try_get("", "n")?,
            })
        };
        rows.into_iter().map(key).collect()
    }
}

/// Notes those that a server took, which are nearly all, in one statement.
async fn sent(tx: &Tx, all: &[(&Due, Delivered)], now: DateTime<Utc>) -> Result<(), StoreError> {
    let taken = all.iter().filter_map(|(due, end)| match end {
        Delivered::Sent(words) => Some([
            due.key.client.clone().into(),
            due.key.record.into(),
            due.key.n.into(),
            due.fence.into(),
            short(words).into(),
        ]),
        _ => None,
    });
    let taken: Vec<[Value; 5]> = taken.collect();
    if taken.is_empty() {
        return Ok(());
    }
    let kind = tx.db().get_database_backend();
    let mut note = Sql::new(
        kind,
        "UPDATE notice SET state = 'sent', lease_until = NULL, answer = it.column5, sent_at = ",
    );
    note.bind(codec::micros(now))
        .then(" FROM (")
        .rows(taken)
        .then(HELD);
    tx.db().execute_raw(note.end()).await?;
    Ok(())
}

/// Gives up a message that was just taken and cannot be read.
pub(super) async fn bury(tx: &Tx, row: &notice::Model, why: &str) -> Result<(), StoreError> {
    let key = Key {
        client: row.client.clone(),
        record: row.record,
        n: row.n,
    };
    Entity::update_many()
        .col_expr(C::State, Expr::value("dead"))
        .col_expr(C::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(C::Answer, Expr::value(why))
        .filter(held(&key, row.fence + 1))
        .exec(tx.db())
        .await?;
    Ok(())
}
