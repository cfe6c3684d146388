//! What is written at one moment lies near.
//!
//! The nodes of a ticket's tasks never change with the tasks' states: they move to the order, so
//! that a task's row is short; what it keeps is the family of its action. On SQLite, which has one
//! process and nothing to spread, names that begin with their time lead the keys that they are in:
//! rows of one moment then share a few pages whatever the number of clients, where a key that
//! begins with the client touches a page for each.

use super::{all, m20261122_000002_tickets::guard_decisions};
use sea_orm_migration::{
    prelude::*,
    sea_orm::{DatabaseBackend, QueryResult, Statement},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            return all(manager, SPREAD).await;
        }
        all(manager, GRAPH).await?;
        rebuild(manager, &NEAR).await?;
        all(manager, NEARER).await?;
        guard_decisions(manager).await
    }
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            return all(manager, SPREAD_BACK).await;
        }
        all(manager, GRAPH_BACK).await?;
        rebuild(manager, &APART).await?;
        all(manager, NODES_BACK).await?;
        guard_decisions(manager).await
    }
}

/// On PostgreSQL the client leads every key, as before.
const SPREAD: &[&str] = &[
    "ALTER TABLE ticket_order ADD COLUMN graph TEXT",
    "UPDATE ticket_order SET graph = coalesce((
        SELECT json_agg(k.node::json ORDER BY k.seq)::text FROM task k
        WHERE k.client = ticket_order.client AND k.ticket = ticket_order.ticket), '[]')",
    "ALTER TABLE ticket_order ALTER COLUMN graph SET NOT NULL",
    "ALTER TABLE task ADD COLUMN family TEXT",
    "UPDATE task SET family = split_part(node::json->'work'->'action'->>'name', '.', 1)",
    "ALTER TABLE task DROP COLUMN node",
    // The workflow's own check refuses two tasks of one name.
    "DROP INDEX task_name",
    "ALTER TABLE posting DROP CONSTRAINT posting_pkey,
        ADD PRIMARY KEY(client, contract, record, n)",
    "DROP INDEX posting_contract",
];
const SPREAD_BACK: &[&str] = &[
    "CREATE INDEX posting_contract ON posting(client, contract, record)",
    "ALTER TABLE posting DROP CONSTRAINT posting_pkey, ADD PRIMARY KEY(client, record, n)",
    "ALTER TABLE task ADD COLUMN node TEXT",
    "UPDATE task SET node = g.node FROM (
        SELECT o.client, o.ticket, it.value->>'name' AS name, it.value::text AS node
        FROM ticket_order o CROSS JOIN json_array_elements(o.graph::json) it(value)) g
        WHERE g.client = task.client AND g.ticket = task.ticket AND g.name = task.name",
    "ALTER TABLE task ALTER COLUMN node SET NOT NULL",
    "CREATE UNIQUE INDEX task_name ON task(client, ticket, name)",
    "ALTER TABLE task DROP COLUMN family",
    "ALTER TABLE ticket_order DROP COLUMN graph",
];

const GRAPH: &[&str] = &[
    "ALTER TABLE ticket_order ADD COLUMN graph TEXT NOT NULL DEFAULT '[]'",
    "UPDATE ticket_order SET graph = (SELECT json_group_array(json(k.node)) FROM (
        SELECT node FROM task WHERE client = ticket_order.client AND ticket = ticket_order.ticket
        ORDER BY seq) k)",
    "ALTER TABLE task ADD COLUMN family TEXT",
    "UPDATE task SET family = CASE instr(node->>'$.work.action.name', '.')
        WHEN 0 THEN node->>'$.work.action.name'
        ELSE substr(node->>'$.work.action.name', 1, instr(node->>'$.work.action.name', '.') - 1)
        END WHERE json_type(node, '$.work.action') IS NOT NULL",
    "ALTER TABLE task DROP COLUMN node",
    "DROP TRIGGER decision_guard",
    "DROP INDEX task_name",
    "DROP INDEX posting_contract",
    // The key itself begins with it from now on.
    "DROP INDEX ticket_id",
];
const GRAPH_BACK: &[&str] = &[
    "DROP TRIGGER decision_guard",
    "DROP INDEX gate_ticket",
    "DROP INDEX hold_ticket",
    "DROP INDEX record_ticket",
    "DROP INDEX notice_ticket",
];
const NEARER: &[&str] = &[
    "DROP INDEX gate_ticket",
    "CREATE INDEX gate_ticket ON gate(ticket, client, opened_at)",
    "DROP INDEX hold_ticket",
    "CREATE INDEX hold_ticket ON hold(ticket, client, at, id, lot, tokens)",
    "DROP INDEX record_ticket",
    "CREATE INDEX record_ticket ON record(ticket, client, at, seq)",
    "DROP INDEX notice_ticket",
    "CREATE INDEX notice_ticket ON notice(ticket, client)",
];
const NODES_BACK: &[&str] = &[
    "CREATE INDEX gate_ticket ON gate(client, ticket, opened_at)",
    "CREATE INDEX hold_ticket ON hold(client, ticket, at, id, lot, tokens)",
    "CREATE INDEX record_ticket ON record(client, ticket, at, seq)",
    "CREATE INDEX notice_ticket ON notice(client, ticket)",
    "CREATE INDEX ticket_id ON ticket(id)",
    "CREATE INDEX posting_contract ON posting(client, contract, record)",
    "CREATE UNIQUE INDEX task_name ON task(client, ticket, name)",
    "ALTER TABLE task ADD COLUMN node TEXT NOT NULL DEFAULT '{}'",
    "UPDATE task SET node = (SELECT it.value FROM ticket_order o, json_each(o.graph) it
        WHERE o.client = task.client AND o.ticket = task.ticket
        AND it.value->>'name' = task.name)",
    "ALTER TABLE task DROP COLUMN family",
    "ALTER TABLE ticket_order DROP COLUMN graph",
];

const TICKET: &str = "client TEXT NOT NULL, id TEXT NOT NULL, contract TEXT NOT NULL,
    reference TEXT NOT NULL, version BIGINT NOT NULL, state TEXT NOT NULL, ending TEXT, code TEXT,
    cluster TEXT, parent TEXT, requester TEXT NOT NULL, speed TEXT NOT NULL,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, wake_at BIGINT, waits_for TEXT,
    head TEXT NOT NULL, PRIMARY KEY{}, CHECK((state = 'closed') = (ending IS NOT NULL))";
const ORDER: &str = "client TEXT NOT NULL, ticket TEXT NOT NULL, body TEXT NOT NULL,
    graph TEXT NOT NULL, PRIMARY KEY{}";
const TASK: &str = "client TEXT NOT NULL, ticket TEXT NOT NULL, seq INTEGER NOT NULL,
    name TEXT NOT NULL, status TEXT NOT NULL, attempt INTEGER NOT NULL, fence BIGINT NOT NULL,
    owner TEXT, lease_until BIGINT, run_at BIGINT, by_machine BOOLEAN NOT NULL,
    family TEXT, body TEXT NOT NULL, PRIMARY KEY{},
    CHECK((status IN ('running', 'undoing'))
        = (owner IS NOT NULL AND lease_until IS NOT NULL))";
const GATE: &str = "client TEXT NOT NULL, id TEXT NOT NULL, ticket TEXT NOT NULL,
    task TEXT NOT NULL, party TEXT NOT NULL, purpose TEXT NOT NULL,
    quorum INTEGER NOT NULL CHECK(quorum > 0), digest TEXT NOT NULL, state TEXT NOT NULL,
    opened_at BIGINT NOT NULL, expires_at BIGINT, remind_at BIGINT, reminders INTEGER NOT NULL,
    PRIMARY KEY{}";
const BARRED: &str = "client TEXT NOT NULL, gate TEXT NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY{}";
const DECISION: &str = "client TEXT NOT NULL, gate TEXT NOT NULL, person TEXT NOT NULL,
    digest TEXT NOT NULL, verdict TEXT NOT NULL CHECK(verdict IN ('approve', 'reject')),
    via TEXT NOT NULL, comment TEXT, at BIGINT NOT NULL, PRIMARY KEY{}";
const INBOX: &str = "client TEXT NOT NULL, command TEXT NOT NULL, digest TEXT NOT NULL,
    ticket TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY{}";
const HOLD: &str = "client TEXT NOT NULL, id TEXT NOT NULL, ticket TEXT NOT NULL,
    lot TEXT NOT NULL, tokens BIGINT NOT NULL CHECK(tokens > 0), at BIGINT NOT NULL,
    PRIMARY KEY{}, FOREIGN KEY(client, lot) REFERENCES lot(client, id)";
const SETTLEMENT: &str = "client TEXT NOT NULL, hold TEXT NOT NULL, captured BIGINT NOT NULL,
    released BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY{},
    CHECK(captured >= 0 AND released >= 0 AND captured + released > 0),
    FOREIGN KEY(client, hold) REFERENCES hold(client, id)";
const POSTING: &str = "client TEXT NOT NULL, contract TEXT NOT NULL, record BIGINT NOT NULL,
    n INTEGER NOT NULL, at BIGINT NOT NULL, ticket TEXT, lot TEXT NOT NULL, debit TEXT NOT NULL,
    credit TEXT NOT NULL, tokens BIGINT NOT NULL CHECK(tokens > 0), PRIMARY KEY{},
    CHECK(debit <> credit)";

/// A table's columns, its key, and whether its rows are short enough to be kept in the key itself.
pub(crate) struct Table {
    columns: &'static str,
    key: &'static str,
    short: bool,
}

pub(crate) const fn table(columns: &'static str, key: &'static str, short: bool) -> Table {
    Table {
        columns,
        key,
        short,
    }
}

const NEAR: [(&str, Table); 10] = [
    ("ticket", table(TICKET, "(id, client)", false)),
    ("ticket_order", table(ORDER, "(ticket, client)", false)),
    ("task", table(TASK, "(ticket, seq, client)", true)),
    ("gate", table(GATE, "(id, client)", false)),
    ("gate_barred", table(BARRED, "(gate, person, client)", true)),
    ("decision", table(DECISION, "(gate, person, client)", true)),
    ("inbox", table(INBOX, "(command, client)", true)),
    ("hold", table(HOLD, "(id, client)", true)),
    ("settlement", table(SETTLEMENT, "(hold, client)", true)),
    (
        "posting",
        table(POSTING, "(client, contract, record, n)", true),
    ),
];
const APART: [(&str, Table); 10] = [
    ("ticket", table(TICKET, "(client, id)", false)),
    ("ticket_order", table(ORDER, "(client, ticket)", false)),
    ("task", table(TASK, "(client, ticket, seq)", false)),
    ("gate", table(GATE, "(client, id)", false)),
    ("gate_barred", table(BARRED, "(client, gate, person)", true)),
    ("decision", table(DECISION, "(client, gate, person)", true)),
    ("inbox", table(INBOX, "(client, command)", true)),
    ("hold", table(HOLD, "(client, id)", true)),
    ("settlement", table(SETTLEMENT, "(client, hold)", true)),
    ("posting", table(POSTING, "(client, record, n)", true)),
];

/// SQLite cannot change a key in place: the rows are set aside, and moved to a new table in the
/// order of its key; indexes and triggers are made again in their order, since of two indexes that
/// would serve alike SQLite takes the later one. Rows that refer to others go first and come back
/// last.
pub(crate) async fn rebuild(
    manager: &SchemaManager<'_>,
    tables: &[(&str, Table)],
) -> Result<(), DbErr> {
    let mut hanging = Vec::with_capacity(tables.len());
    for (name, _) in tables.iter().rev() {
        hanging.push(what_hangs_on(manager, name).await?);
        let aside = format!("CREATE TABLE {name}_aside AS SELECT * FROM {name}");
        all(manager, &[&aside, &format!("DROP TABLE {name}")]).await?;
    }
    for ((name, table), hanging) in tables.iter().zip(hanging.into_iter().rev()) {
        let body = table.columns.replace("{}", table.key);
        let keep = if table.short { "WITHOUT ROWID" } else { "" };
        let sort = table.key.trim_matches(['(', ')']);
        let columns = columns(manager, &format!("{name}_aside")).await?;
        let back = format!(
            "INSERT INTO {name}({columns}) SELECT {columns} FROM {name}_aside ORDER BY {sort}"
        );
        let made = format!("CREATE TABLE {name}({body}) {keep}");
        all(
            manager,
            &[&made, &back, &format!("DROP TABLE {name}_aside")],
        )
        .await?;
        let hanging: Vec<&str> = hanging.iter().map(String::as_str).collect();
        all(manager, &hanging).await?;
    }
    Ok(())
}

async fn what_hangs_on(manager: &SchemaManager<'_>, table: &str) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger')
        AND tbl_name = ? AND sql IS NOT NULL ORDER BY rowid";
    let all = asked(manager, sql, table).await?;
    all.iter().map(|it| it.try_get_by_index(0)).collect()
}

async fn columns(manager: &SchemaManager<'_>, table: &str) -> Result<String, DbErr> {
    let names = asked(manager, "SELECT name FROM pragma_table_info(?)", table).await?;
    let names = names.iter().map(|it| it.try_get_by_index(0));
    Ok(names.collect::<Result<Vec<String>, _>>()?.join(", "))
}

async fn asked(
    manager: &SchemaManager<'_>,
    sql: &str,
    table: &str,
) -> Result<Vec<QueryResult>, DbErr> {
    let asked = Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, [table.into()]);
    manager.get_connection().query_all_raw(asked).await
}
