//! Where a stretch of time begins in a client's journal. Its times never go back, so that halving
//! finds the place along the key, and needs no index of times.

use super::codec;
use chrono::{DateTime, Utc};
use sea_orm::{
    DbBackend, Value,
    sea_query::{Expr, SimpleExpr},
};

/// Halves what lies between the ends until both meet at the first record that is not older. Where a
/// record is missing, both stay around the place.
const HALVES: &str = "WITH RECURSIVE half(client, at, lo, hi) AS (
    SELECT client, CAST({at} AS BIGINT), CAST(0 AS BIGINT), size FROM log_head
    WHERE client = {client}
    UNION ALL
    SELECT half.client, half.at,
        CASE WHEN record.at < half.at THEN (lo + hi) / 2 + 1 ELSE lo END,
        CASE WHEN record.at < half.at THEN hi ELSE (lo + hi) / 2 END
    FROM half JOIN record ON record.client = half.client AND record.seq = (lo + hi) / 2
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
    let (first, second) = match kind {
        DbBackend::Postgres => ("$1", "$2"),
        _ => ("?", "?"),
    };
    let halves = HALVES.replace("{at}", first).replace("{client}", second);
    let sql = format!("{side}({halves} SELECT {end} FROM half)");
    let values: [Value; 2] = [codec::micros(at).into(), client.into()];
    Expr::cust_with_values(sql, values)
}
