//! What must hold at the end of every test (promises §5, §7): read back by plain SQL, from outside
//! the engine.

use engine::{
    audit::{source::Source, verify::verify},
    journal::{self, Frontier},
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement};
use std::collections::BTreeMap;

/// Rows of a query.
pub async fn rows(db: &impl ConnectionTrait, sql: &str) -> Vec<QueryResult> {
    let sql = Statement::from_string(db.get_database_backend(), sql);
    db.query_all_raw(sql).await.expect("the database answers")
}

/// The first column of a query as a number; 0 for no row.
pub async fn number(db: &impl ConnectionTrait, sql: &str) -> i64 {
    let found = rows(db, sql).await;
    found
        .first()
        .map_or(0, |it| it.try_get_by_index::<i64>(0).expect("a number"))
}

/// Runs SQL on the database at `url`, as somebody with direct access to it would.
pub async fn alter(url: &str, sql: &str) {
    let db = Database::connect(url).await.expect("the database opens");
    db.execute_unprepared(sql)
        .await
        .expect("the database obeys");
    db.close().await.expect("the database closes");
}

/// Every table there is, and how many rows it has.
pub async fn row_counts(db: &DatabaseConnection) -> BTreeMap<&'static str, i64> {
    const TABLES: [&str; 22] = [
        "account",
        "client",
        "contract",
        "decision",
        "gate",
        "gate_barred",
        "hold",
        "inbox",
        "link",
        "log_head",
        "lot",
        "notice",
        "opening",
        "person",
        "posting",
        "record",
        "resource_lock",
        "settlement",
        "slot",
        "task",
        "ticket",
        "tile",
    ];
    let mut all = BTreeMap::new();
    for table in TABLES {
        all.insert(
            table,
            number(db, &format!("SELECT count(*) FROM {table}")).await,
        );
    }
    all
}

/// Looks a last time, from a runtime and a connection of its own, and throws the database away.
pub(crate) fn last_look(url: &str, server: Option<(String, String)>, check: bool) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let wrong = if check { faults(url).await } else { Vec::new() };
        if let Some((server, name)) = server
            && let Ok(admin) = Database::connect(&server).await
        {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _ = admin.execute_unprepared(&drop).await;
        }
        wrong
    })
}

/// Everything that is wrong with the database at `url`; nothing in a world in order.
pub async fn faults(url: &str) -> Vec<String> {
    let db = Database::connect(url)
        .await
        .expect("the database opens again");
    let mut wrong = look(&db).await;
    replay(url, &mut wrong).await;
    db.close().await.expect("the database closes");
    wrong
}

/// What the program itself says of the database: the journal replayed against the tables (P30).
async fn replay(url: &str, wrong: &mut Vec<String>) {
    let source = Source::open(url).await.expect("the database opens");
    let view = source.view().await.expect("a view");
    let report = verify(&view, &mut |_, _, _| {})
        .await
        .expect("a verification");
    view.end().await.expect("the view ends");
    source.close().await.expect("the database closes");
    let said = report.findings.iter();
    wrong.extend(said.map(|it| format!("{}: {}", it.check, it.what.en)));
}

/// What is not in order on that database, in words; nothing when all is well.
pub async fn look(db: &impl ConnectionTrait) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, sql) in NOTHING {
        let found = number(db, sql).await;
        if found != 0 {
            wrong.push(format!("{found} × {what}"));
        }
    }
    ledger(db, &mut wrong).await;
    journal(db, &mut wrong).await;
    wrong
}

/// Counts that must be zero.
const NOTHING: [(&str, &str); 11] = [
    (
        "hold of a closed ticket without settlement",
        "SELECT count(*) FROM hold h JOIN ticket t ON t.client = h.client AND t.id = h.ticket
         WHERE t.state = 'closed' AND NOT EXISTS(
           SELECT 1 FROM settlement s WHERE s.client = h.client AND s.hold = h.id)",
    ),
    (
        "settlement that is not the whole of its hold",
        "SELECT count(*) FROM settlement s JOIN hold h ON h.client = s.client AND h.id = s.hold
         WHERE s.captured + s.released <> h.tokens",
    ),
    (
        "lock held by a closed ticket",
        "SELECT count(*) FROM resource_lock l
         JOIN ticket t ON t.client = l.client AND t.id = l.ticket WHERE t.state = 'closed'",
    ),
    (
        "ticket whose version is not the number of its records",
        "SELECT count(*) FROM ticket t WHERE t.version <> (
           SELECT count(*) FROM record r WHERE r.client = t.client AND r.ticket = t.id)",
    ),
    (
        "lock that does not follow from the tasks of its ticket (R16)",
        "SELECT count(*) FROM resource_lock l WHERE NOT EXISTS(
           SELECT 1 FROM task k WHERE k.client = l.client AND k.ticket = l.ticket
           AND k.body LIKE '%\"' || l.resource || '\"%')",
    ),
    (
        "ticket whose state is not the one its last record led to (P30)",
        "SELECT count(*) FROM ticket t JOIN record r ON r.client = t.client AND r.ticket = t.id
         WHERE r.seq = (SELECT MAX(n.seq) FROM record n
                        WHERE n.client = t.client AND n.ticket = t.id)
         AND r.leaf NOT LIKE '%\"to\":\"' || t.state || '\"%'",
    ),
    (
        "open gate of a closed ticket",
        "SELECT count(*) FROM gate g JOIN ticket t ON t.client = g.client AND t.id = g.ticket
         WHERE t.state = 'closed' AND g.state = 'open'",
    ),
    (
        "decision by a barred person",
        "SELECT count(*) FROM decision d JOIN gate_barred b ON b.client = d.client
         AND b.gate = d.gate AND b.person = d.person",
    ),
    (
        "ticket that waits for nobody and nothing (P7)",
        "SELECT count(*) FROM ticket t
         WHERE t.state NOT IN ('closed', 'suspended', 'blocked', 'contested')
         AND t.waits_for IS NULL AND NOT EXISTS(
           SELECT 1 FROM task k WHERE k.client = t.client AND k.ticket = t.id AND (
             k.status IN ('ready', 'running', 'undo_due', 'undoing')
             OR (k.status = 'timed' AND k.run_at IS NOT NULL)
             OR (k.status = 'asked' AND EXISTS(
               SELECT 1 FROM gate g WHERE g.client = k.client AND g.ticket = k.ticket
               AND g.task = k.name AND g.state = 'open'))))",
    ),
    (
        "slot of a ticket that the provider failed",
        "SELECT count(*) FROM slot s JOIN ticket t ON t.client = s.client AND t.id = s.ticket
         WHERE t.ending = 'failed'",
    ),
    (
        "closed ticket with an unfinished task",
        "SELECT count(*) FROM task k JOIN ticket t ON t.client = k.client AND t.id = k.ticket
         WHERE t.state = 'closed' AND k.status NOT IN
           ('done', 'failed', 'skipped', 'cancelled', 'undone')",
    ),
];

async fn ledger(db: &impl ConnectionTrait, wrong: &mut Vec<String>) {
    let sums = "SELECT l.id, l.granted, l.held, l.spent, l.expired,
        COALESCE(SUM(CASE WHEN p.credit = 'stock' THEN p.tokens
                          WHEN p.debit = 'stock' THEN -p.tokens ELSE 0 END), 0) AS stock,
        COALESCE(SUM(CASE WHEN p.credit = 'held' THEN p.tokens
                          WHEN p.debit = 'held' THEN -p.tokens ELSE 0 END), 0) AS is_held,
        COALESCE(SUM(CASE WHEN p.credit = 'spent' THEN p.tokens ELSE 0 END), 0) AS is_spent,
        COALESCE(SUM(CASE WHEN p.credit = 'expired' THEN p.tokens ELSE 0 END), 0) AS is_expired,
        COALESCE(SUM(CASE WHEN p.debit = 'issuer' THEN p.tokens ELSE 0 END), 0) AS is_granted
        FROM lot l LEFT JOIN posting p ON p.client = l.client AND p.lot = l.id
        GROUP BY l.client, l.id, l.granted, l.held, l.spent, l.expired";
    let sums = if db.get_database_backend() == DbBackend::Postgres {
        // PostgreSQL sums BIGINT as NUMERIC.
        sums.replace("COALESCE(SUM(", "CAST(COALESCE(SUM(")
            .replace(", 0) AS", ", 0) AS BIGINT) AS")
    } else {
        sums.to_owned()
    };
    for row in rows(db, &sums).await {
        let n = |column: &str| row.try_get::<i64>("", column).expect("a number");
        let id: String = row.try_get("", "id").expect("a name");
        let pairs = [
            ("granted", n("granted"), n("is_granted")),
            ("held", n("held"), n("is_held")),
            ("spent", n("spent"), n("is_spent")),
            ("expired", n("expired"), n("is_expired")),
        ];
        for (what, counter, sum) in pairs {
            if counter != sum {
                wrong.push(format!(
                    "lot {id}: counter {what} {counter}, postings {sum}"
                ));
            }
        }
        let zero = n("stock") + n("held") + n("spent") + n("expired") - n("granted");
        if zero != 0 || n("stock") < 0 {
            wrong.push(format!("lot {id}: stock {}, off by {zero}", n("stock")));
        }
    }
}

async fn journal(db: &impl ConnectionTrait, wrong: &mut Vec<String>) {
    for head in rows(db, "SELECT client, size, frontier FROM log_head").await {
        let client: String = head.try_get("", "client").expect("a client");
        let size: i64 = head.try_get("", "size").expect("a size");
        let stored: String = head.try_get("", "frontier").expect("a frontier");
        let sql = format!(
            "SELECT seq, leaf, leaf_hash FROM record WHERE client = '{client}' ORDER BY seq"
        );
        let (mut replayed, mut last) = (Frontier::default(), String::new());
        for (nth, row) in rows(db, &sql).await.iter().enumerate() {
            let seq: i64 = row.try_get("", "seq").expect("a number");
            let leaf: String = row.try_get("", "leaf").expect("a leaf");
            let kept: String = row.try_get("", "leaf_hash").expect("a hash");
            let hash = journal::leaf_hash(leaf.as_bytes());
            let body: serde_json::Value = serde_json::from_str(&leaf).expect("a leaf is JSON");
            if usize::try_from(seq) != Ok(nth) || body["i"] != seq || hex::encode(hash) != kept {
                wrong.push(format!("{client}: record {seq} is not the {nth}th leaf"));
            }
            let at = body["at"].as_str().expect("a time").to_owned();
            if at < last {
                wrong.push(format!(
                    "{client}: record {seq} is of {at}, before {last} (P16)"
                ));
            }
            last = at;
            replayed.append(hash);
        }
        if i64::try_from(replayed.size) != Ok(size) || replayed.encode() != stored {
            wrong.push(format!(
                "{client}: the log's head is not that of its leaves"
            ));
        }
    }
    openings(db, wrong).await;
}

/// Every opening is what its leaf committed to.
async fn openings(db: &impl ConnectionTrait, wrong: &mut Vec<String>) {
    let sql = "SELECT o.field, o.salt, o.value, r.leaf FROM opening o
               JOIN record r ON r.client = o.client AND r.seq = o.seq";
    for row in rows(db, sql).await {
        let text = |column: &str| row.try_get::<String>("", column).expect("text");
        let salt = hex::decode(text("salt")).expect("hex");
        let salt: journal::Hash = salt.try_into().expect("32 bytes");
        let leaf: serde_json::Value = serde_json::from_str(&text("leaf")).expect("JSON");
        let said = journal::commitment(&text("field"), &salt, &text("value"));
        if leaf["c"][text("field")] != said {
            wrong.push(format!(
                "opening of {} does not fit its leaf",
                text("field")
            ));
        }
    }
}
