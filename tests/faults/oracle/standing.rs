//! Tickets, tokens and slots as they stand.

use super::{Findings, get, number, rows};
use sea_orm::{ConnectionTrait, DbBackend};

/// Counts that are zero at any instant.
const NEVER: [(&str, &str); 11] = [
    (
        "open holds of a closed ticket",
        "SELECT count(*) FROM hold h JOIN ticket t ON t.client = h.client AND t.id = h.ticket
         WHERE t.state = 'closed' AND NOT EXISTS(
           SELECT 1 FROM settlement s WHERE s.client = h.client AND s.hold = h.id)",
    ),
    (
        "settlements that are not the whole of their hold",
        "SELECT count(*) FROM settlement s JOIN hold h ON h.client = s.client AND h.id = s.hold
         WHERE s.captured + s.released <> h.tokens",
    ),
    (
        "tokens captured for a ticket that the client did not validate",
        "SELECT count(*) FROM settlement s JOIN hold h ON h.client = s.client AND h.id = s.hold
         JOIN ticket t ON t.client = h.client AND t.id = h.ticket
         WHERE s.captured > 0 AND t.ending <> 'validated'",
    ),
    (
        "locks of a closed ticket",
        "SELECT count(*) FROM resource_lock l
         JOIN ticket t ON t.client = l.client AND t.id = l.ticket WHERE t.state = 'closed'",
    ),
    (
        "open gates of a closed ticket",
        "SELECT count(*) FROM gate g JOIN ticket t ON t.client = g.client AND t.id = g.ticket
         WHERE t.state = 'closed' AND g.state = 'open'",
    ),
    (
        "decisions of somebody barred, or on another digest than the gate's",
        "SELECT count(*) FROM decision d JOIN gate g ON g.client = d.client AND g.id = d.gate
         WHERE g.digest <> d.digest OR EXISTS(SELECT 1 FROM gate_barred b
           WHERE b.client = d.client AND b.gate = d.gate AND b.person = d.person)",
    ),
    (
        "unfinished tasks of a closed ticket",
        "SELECT count(*) FROM task k JOIN ticket t ON t.client = k.client AND t.id = k.ticket
         WHERE t.state = 'closed' AND k.status NOT IN
           ('done', 'failed', 'skipped', 'cancelled', 'undone')",
    ),
    (
        "tickets that wait for nobody and nothing (P7)",
        "SELECT count(*) FROM ticket t
         WHERE t.state NOT IN ('closed', 'suspended', 'blocked', 'contested')
         AND t.waits_for IS NULL AND NOT EXISTS(
           SELECT 1 FROM task k WHERE k.client = t.client AND k.ticket = t.id AND (
             (k.status IN ('running', 'undoing') AND k.lease_until IS NOT NULL)
             OR (k.status IN ('ready', 'undo_due') AND (k.run_at IS NOT NULL OR NOT k.by_machine))
             OR (k.status = 'timed' AND k.run_at IS NOT NULL)
             OR (k.status = 'asked' AND EXISTS(
               SELECT 1 FROM gate g WHERE g.client = k.client AND g.ticket = k.ticket
               AND g.task = k.name AND g.state = 'open'))))",
    ),
    (
        "open gates that nobody is asked about again and that never expire (P7)",
        "SELECT count(*) FROM gate WHERE state = 'open' AND expires_at IS NULL
         AND remind_at IS NULL AND reminders = 0",
    ),
    (
        "slots of a ticket that is not accelerated, or that gave its slot back",
        "SELECT count(*) FROM slot s JOIN ticket t ON t.client = s.client AND t.id = s.ticket
         WHERE t.speed <> 'accelerated' OR t.ending = 'failed'
           OR (t.state = 'closed' AND NOT s.consumed)",
    ),
    (
        "accelerated tickets at work, or validated, without a slot",
        "SELECT count(*) FROM ticket t WHERE t.speed = 'accelerated'
         AND (t.ending IS NULL OR t.ending = 'validated') AND NOT EXISTS(
           SELECT 1 FROM slot s WHERE s.client = t.client AND s.ticket = t.id)",
    ),
];

pub(super) async fn judge<C: ConnectionTrait>(db: &C, found: &mut Findings) {
    for (what, sql) in NEVER {
        let many = number(db, sql).await;
        if many != 0 {
            found.blame(format!("{many} {what}"));
        }
    }
    ledger(db, found).await;
    slots(db, found).await;
    standstills(db, found).await;
    let tickets = number(db, "SELECT count(*) FROM ticket").await;
    let closed = number(db, "SELECT count(*) FROM ticket WHERE state = 'closed'").await;
    found.look("tickets", usize::try_from(tickets).expect("a count"));
    found.look("closed", usize::try_from(closed).expect("a count"));
}

/// Sums of postings are the counters of their lots; nothing is held or spent twice or beyond.
async fn ledger<C: ConnectionTrait>(db: &C, found: &mut Findings) {
    let whole = |sum: &str| match db.get_database_backend() {
        // PostgreSQL sums whole numbers as decimals.
        DbBackend::Postgres => format!("CAST(COALESCE({sum}, 0) AS BIGINT)"),
        _ => format!("COALESCE({sum}, 0)"),
    };
    let moved = |account: &str| {
        whole(&format!(
            "(SELECT SUM(CASE WHEN p.credit = '{account}' THEN p.tokens
                              WHEN p.debit = '{account}' THEN -p.tokens ELSE 0 END)
              FROM posting p WHERE p.client = l.client AND p.lot = l.id)"
        ))
    };
    let held = whole(
        "(SELECT SUM(h.tokens) FROM hold h WHERE h.client = l.client AND h.lot = l.id
          AND NOT EXISTS(SELECT 1 FROM settlement s WHERE s.client = h.client AND s.hold = h.id))",
    );
    let captured = whole(
        "(SELECT SUM(s.captured) FROM settlement s JOIN hold h ON h.client = s.client
          AND h.id = s.hold WHERE h.client = l.client AND h.lot = l.id)",
    );
    let sql = format!(
        "SELECT l.id, l.granted, l.held, l.spent, l.expired, {} AS p_stock, {} AS p_held,
         {} AS p_spent, {} AS p_expired, {held} AS open_holds, {captured} AS captured FROM lot l",
        moved("stock"),
        moved("held"),
        moved("spent"),
        moved("expired"),
    );
    for row in rows(db, &sql).await {
        let n = |column: &str| get::<i64>(&row, column);
        let id: String = get(&row, "id");
        let free = n("granted") - n("held") - n("spent") - n("expired");
        let equal = [
            ("held", n("held"), n("p_held")),
            ("spent", n("spent"), n("p_spent")),
            ("expired", n("expired"), n("p_expired")),
            ("in stock", free, n("p_stock")),
            ("held by open holds", n("held"), n("open_holds")),
            ("captured", n("spent"), n("captured")),
        ];
        for (what, counter, sum) in equal {
            if counter != sum {
                found.blame(format!("lot {id}: {what} {counter}, summed {sum}"));
            }
        }
        if free < 0 {
            found.blame(format!("lot {id} is overdrawn by {}", -free));
        }
    }
}

/// « maximum de 6 par an »: from 1 to 6, each once.
async fn slots<C: ConnectionTrait>(db: &C, found: &mut Findings) {
    let sql = "SELECT client, contract, year_from, ordinal FROM slot
               ORDER BY client, contract, year_from, ordinal";
    let mut last = None;
    let all = rows(db, sql).await;
    for row in &all {
        let ordinal: i32 = get(row, "ordinal");
        let place: (String, String, String) = (
            get(row, "client"),
            get(row, "contract"),
            get(row, "year_from"),
        );
        if !(1..=6).contains(&ordinal) || last == Some((place.clone(), ordinal)) {
            found.blame(format!("slot {ordinal} of {place:?}"));
        }
        last = Some((place, ordinal));
    }
    found.look("accelerated slots", all.len());
}

/// What stands still names why, and who has to act.
async fn standstills<C: ConnectionTrait>(db: &C, found: &mut Findings) {
    for row in rows(
        db,
        "SELECT reference, head FROM ticket WHERE state = 'blocked'",
    )
    .await
    {
        let head: String = get(&row, "head");
        let head: serde_json::Value = serde_json::from_str(&head).unwrap_or_default();
        let still = &head["standstill"];
        let said = |name: &str| still[name].as_str().is_some_and(|it| !it.is_empty());
        if !said("why") || !said("responsible") {
            let reference: String = get(&row, "reference");
            found.blame(format!(
                "{reference} stands still and nobody is responsible (P7)"
            ));
        }
    }
}

/// When every process has ended in order, nothing is held by anybody.
pub(super) async fn nothing_is_under_way<C: ConnectionTrait>(db: &C, found: &mut Findings) {
    let held = "SELECT count(*) FROM task WHERE status IN ('running', 'undoing')";
    let sending = "SELECT count(*) FROM notice WHERE state = 'sending'";
    for (what, sql) in [
        ("tasks are still held", held),
        ("letters are still held", sending),
    ] {
        let many = number(db, sql).await;
        if many != 0 {
            found.blame(format!("{many} {what} though no process runs"));
        }
    }
}
