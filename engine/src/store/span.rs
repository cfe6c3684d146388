//! Where a stretch of time begins in a client's journal. Its times never go back, so that halving
//! finds the place along the key, and needs no index of times.

use super::codec;
use chrono::{DateTime, Utc};
use sea_orm::{
    DbBackend,
    sea_query::{Expr, SimpleExpr},
};

/// Halves what lies between the ends until both meet at the first record that is not older. Where a
/// record is missing, both stay around the place.
const HALVES: &str = "WITH RECURSIVE half(lo, hi) AS (
    SELECT CAST(0 AS BIGINT), size FROM log_head WHERE client = $1
    UNION ALL
    SELECT CASE WHEN record.at < $2 THEN (lo + hi) / 2 + 1 ELSE lo END,
        CASE WHEN record.at < $3 THEN hi ELSE (lo + hi) / 2 END
    FROM half JOIN record ON record.client = $4 AND record.seq = (lo + hi) / 2
    WHERE lo < hi)";

/// Holds for records of this client from about then on: for all that are not older, and hardly any
/// other.
pub(crate) fn not_before(kind: DbBackend, client: &str, at: DateTime<Utc>) -> SimpleExpr {
    bound(kind, ("seq >= ", "max(lo)"), client, at)
}

/// Holds for records of this client until about then: for all that are older, and hardly any other.
pub(crate) fn before(kind: DbBackend, client: &str, at: DateTime<Utc>) -> SimpleExpr {
    bound(kind, ("seq < ", "min(hi)"), client, at)
}

fn bound(
    kind: DbBackend,
    (side, end): (&str, &str),
    client: &str,
    at: DateTime<Utc>,
) -> SimpleExpr {
    let mut sql = format!("{side}({HALVES} SELECT {end} FROM half)");
    if kind != DbBackend::Postgres {
        for nth in 1..=4 {
            sql = sql.replace(&format!("${nth}"), "?");
        }
    }
    let (client, at) = (sea_orm::Value::from(client), codec::micros(at));
    Expr::cust_with_values(sql, [client.clone(), at.into(), at.into(), client])
}
