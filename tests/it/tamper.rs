//! P31: whoever alters the database is found out, by the journal's own arithmetic, by its replay
//! against the tables (R21), or by what was published of it. The alterations are made as by
//! somebody who may switch the guards off.

mod chance;
mod tiles;

use catalogue::Speed;
use engine::{
    audit::{
        source::{Head, Source, Standing},
        verify::{Report, verify},
    },
    journal::{Frontier, leaf_hash},
};
use sea_orm::DbBackend;
use tests::{World, audit::rows};

/// Everything that is altered here; kept aside and put back.
const TABLES: [&str; 14] = [
    "record",
    "tile",
    "opening",
    "log_head",
    "ticket",
    "task",
    "gate",
    "decision",
    "lot",
    "hold",
    "settlement",
    "posting",
    "slot",
    "notice",
];

/// Tables whose guards stand in the way.
const GUARDED: [&str; 6] = [
    "record",
    "tile",
    "posting",
    "hold",
    "settlement",
    "decision",
];

/// Which check finds out, which table, and how it is altered.
const ALTERATIONS: [(&str, &str, &str); 30] = [
    (
        "journal",
        "record",
        "UPDATE record SET leaf = replace(leaf, '\"v\":1', '\"v\":2') WHERE seq = 1",
    ),
    (
        "journal",
        "record",
        "UPDATE record SET kind = 'ticket.forged' WHERE seq = 1",
    ),
    (
        "journal",
        "record",
        "UPDATE record SET at = at + 1 WHERE seq = 2",
    ),
    (
        "journal",
        "record",
        "UPDATE record SET task = 'other' WHERE seq = 2",
    ),
    (
        "journal",
        "record",
        "UPDATE record SET leaf_hash = (SELECT r.leaf_hash FROM record r \
        WHERE r.client = record.client AND r.seq = 0) WHERE seq = 2",
    ),
    ("journal", "record", "DELETE FROM record WHERE seq = 3"),
    (
        "journal",
        "record",
        "DELETE FROM record WHERE seq = (SELECT size - 1 FROM log_head h \
        WHERE h.client = record.client)",
    ),
    (
        "journal",
        "record",
        "INSERT INTO record SELECT client, seq + 1000, at, kind, ticket, \
        cluster, task, person, leaf, leaf_hash FROM record WHERE seq = 1",
    ),
    (
        "journal",
        "record",
        "UPDATE record SET ticket = 'nobody' WHERE kind = 'ticket.ordered'",
    ),
    (
        "journal",
        "log_head",
        "UPDATE log_head SET size = size - 1 WHERE size > 0",
    ),
    (
        "journal",
        "log_head",
        "UPDATE log_head SET frontier = replace(frontier, 'a', 'b')",
    ),
    (
        "openings",
        "opening",
        "UPDATE opening SET value = 'somebody else' WHERE seq = 1",
    ),
    (
        "openings",
        "opening",
        "UPDATE opening SET salt = replace(salt, '0', '1')",
    ),
    (
        "tickets",
        "ticket",
        "UPDATE ticket SET version = version + 1",
    ),
    (
        "tickets",
        "ticket",
        "UPDATE ticket SET state = 'closed', ending = 'validated' \
        WHERE state <> 'closed'",
    ),
    (
        "tickets",
        "ticket",
        "UPDATE ticket SET reference = 'ACME-2026-9999' WHERE state = 'closed'",
    ),
    (
        "tickets",
        "ticket",
        "DELETE FROM ticket WHERE state = 'closed'",
    ),
    (
        "tasks",
        "task",
        "UPDATE task SET fence = -1 WHERE name = 'plan'",
    ),
    ("gates", "decision", "DELETE FROM decision"),
    (
        "gates",
        "decision",
        "UPDATE decision SET digest = 'sha256:other'",
    ),
    (
        "gates",
        "decision",
        "UPDATE decision SET person = (SELECT id FROM person \
        WHERE login = 'camille')",
    ),
    (
        "gates",
        "gate",
        "UPDATE gate SET quorum = 2 WHERE state = 'approved'",
    ),
    (
        "gates",
        "gate",
        "UPDATE gate SET state = 'open' WHERE state = 'approved'",
    ),
    (
        "ledger",
        "lot",
        "UPDATE lot SET spent = spent - 1 WHERE spent > 0",
    ),
    ("ledger", "lot", "UPDATE lot SET granted = granted + 50"),
    (
        "ledger",
        "posting",
        "UPDATE posting SET tokens = tokens + 1 WHERE debit = 'held'",
    ),
    (
        "ledger",
        "posting",
        "DELETE FROM posting WHERE credit = 'spent'",
    ),
    ("ledger", "settlement", "DELETE FROM settlement"),
    ("slots", "slot", "UPDATE slot SET ordinal = 6"),
    (
        "letters",
        "notice",
        "UPDATE notice SET record = record + 10000",
    ),
];

async fn switch(world: &World, on: bool, kept: &[String]) {
    if world.desk.store.connection().get_database_backend() == DbBackend::Postgres {
        let word = if on { "ENABLE" } else { "DISABLE" };
        for table in TABLES {
            alter(world, &format!("ALTER TABLE {table} {word} TRIGGER ALL")).await;
        }
    } else if on {
        for it in kept {
            alter(world, it).await;
        }
        alter(world, "PRAGMA foreign_keys = ON").await;
    } else {
        alter(world, "PRAGMA foreign_keys = OFF").await;
        for table in GUARDED {
            for verb in ["UPDATE", "DELETE"] {
                alter(world, &format!("DROP TRIGGER {table}_no_{verb}")).await;
            }
        }
        alter(world, "DROP TRIGGER decision_guard").await;
    }
}

/// The guards as SQLite keeps them.
async fn guards(world: &World) -> Vec<String> {
    let db = world.desk.store.connection();
    if db.get_database_backend() == DbBackend::Postgres {
        return Vec::new();
    }
    let sql = "SELECT sql FROM sqlite_master WHERE type = 'trigger'";
    let all = rows(db, sql).await;
    all.iter()
        .map(|it| it.try_get::<String>("", "sql").expect("a trigger"))
        .collect()
}

async fn alter(world: &World, sql: &str) -> u64 {
    world
        .sql(sql)
        .await
        .unwrap_or_else(|it| panic!("{sql}: {it}"))
}

async fn report(world: &World) -> Report {
    let source = Source::open(world.url()).await.expect("it opens");
    let view = source.view().await.expect("a view");
    let report = verify(&view, &mut |_, _, _| {}).await.expect("a report");
    view.end().await.expect("the view ends");
    source.close().await.expect("it closes");
    report
}

/// How often each check but that of the guards is not content.
async fn found(world: &World, check: &str) -> u64 {
    let report = report(world).await;
    let all = report.checks.iter().filter(|it| it.name != "guards");
    all.filter(|it| check.is_empty() || it.name == check)
        .map(|it| it.findings)
        .sum()
}

/// One change closed, one accelerated and open: every table that is altered has rows.
async fn town() -> World {
    let world = World::new().await;
    let first = world.order("C01").await;
    world.carry(&first).await;
    let second = world.order_at("K06", Speed::Accelerated).await;
    world.settled(&second).await;
    world
}

#[tokio::test]
async fn whoever_alters_the_database_is_found_out_p31() {
    let world = town().await;
    assert!(report(&world).await.is_sound(), "no false alarm");
    let kept = guards(&world).await;
    switch(&world, false, &kept).await;
    assert!(!report(&world).await.is_sound(), "guards off is a finding");
    for table in TABLES {
        alter(
            &world,
            &format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"),
        )
        .await;
    }
    let mut missed = Vec::new();
    for (check, table, sql) in ALTERATIONS {
        assert!(alter(&world, sql).await > 0, "nothing altered: {sql}");
        if found(&world, check).await == 0 {
            missed.push(sql);
        }
        for sql in [
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} SELECT * FROM kept_{table}"),
        ] {
            alter(&world, &sql).await;
        }
        assert_eq!(found(&world, "").await, 0, "a false alarm after {sql}");
    }
    for table in TABLES {
        alter(&world, &format!("DROP TABLE kept_{table}")).await;
    }
    switch(&world, true, &kept).await;
    assert!(report(&world).await.is_sound());
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Writes a client's log anew, with every hash and the head in order, after changing one leaf.
async fn rewrite(world: &World, from: &str, to: &str) {
    let db = world.desk.store.connection();
    let sql = "SELECT seq, leaf FROM record WHERE client = 'ACME' ORDER BY seq";
    let mut edge = Frontier::default();
    for row in rows(db, sql).await {
        let seq: i64 = row.try_get("", "seq").expect("a number");
        let leaf: String = row.try_get("", "leaf").expect("a leaf");
        let leaf = leaf.replace(from, to);
        let hash = leaf_hash(leaf.as_bytes());
        edge.append(hash);
        let (leaf, hash) = (leaf.replace('\'', "''"), hex::encode(hash));
        let sql = format!(
            "UPDATE record SET leaf = '{leaf}', leaf_hash = '{hash}' \
             WHERE client = 'ACME' AND seq = {seq}"
        );
        alter(world, &sql).await;
    }
    let edge = edge.encode();
    let sql = format!("UPDATE log_head SET frontier = '{edge}' WHERE client = 'ACME'");
    alter(world, &sql).await;
}

#[tokio::test]
async fn a_journal_rewritten_without_a_seam_is_not_what_was_published_p31() {
    let world = town().await;
    let source = Source::of(&world.desk.store);
    let published: Vec<Head> = source.heads().await.expect("heads");
    let acme = published
        .iter()
        .find(|it| it.client == "ACME")
        .expect("ACME");
    let kept = guards(&world).await;
    switch(&world, false, &kept).await;
    // Nothing but the leaves says in which capacity somebody acted.
    rewrite(&world, "\"role\":\"client\"", "\"role\":\"nobody\"").await;
    assert_eq!(
        found(&world, "").await,
        0,
        "the forgery is complete in itself"
    );
    let standing = source.standing(acme).await.expect("an answer");
    assert_eq!(standing, Standing::Forked(acme.size));
    rewrite(&world, "\"role\":\"nobody\"", "\"role\":\"client\"").await;
    switch(&world, true, &kept).await;
    assert_eq!(
        source.standing(acme).await.expect("an answer"),
        Standing::Holds(acme.clone())
    );
}

#[tokio::test]
async fn every_head_ever_published_is_held_for_ever_p32() {
    let world = World::new().await;
    let source = Source::of(&world.desk.store);
    let mut published: Vec<Head> = Vec::new();
    let ticket = world.order("C01").await;
    for _ in 0..8 {
        published.extend(source.heads().await.expect("heads"));
        world.grant(&world.acme, 1, None).await;
    }
    world.carry(&ticket).await;
    published.extend(source.heads().await.expect("heads"));
    for it in &published {
        let standing = source.standing(it).await.expect("an answer");
        assert!(
            matches!(standing, Standing::Holds(_)),
            "{it:?}: {standing:?}"
        );
        let mut longer = it.clone();
        longer.size += 1_000;
        let standing = source.standing(&longer).await.expect("an answer");
        assert!(matches!(standing, Standing::Older(_)), "{standing:?}");
    }
}
