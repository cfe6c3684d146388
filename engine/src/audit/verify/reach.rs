//! The rows of a client, through its tickets: the keys of SQLite begin with names, so that a client
//! alone would mean reading whole tables once per client. What has no ticket is looked for apart.

use super::{Book, rows};
use crate::store::{
    StoreError,
    entity::{gate, hold, ticket},
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::SelectStatement,
};

/// Rows that belong to something by its name: the check they are part of, their table, the column
/// with the name, and the table of what they belong to.
const BELONG: [(&str, &str, &str, &str); 6] = [
    ("tasks", "task", "ticket", "ticket"),
    ("gates", "gate", "ticket", "ticket"),
    ("gates", "gate_barred", "gate", "gate"),
    ("gates", "decision", "gate", "gate"),
    ("ledger", "hold", "ticket", "ticket"),
    ("ledger", "settlement", "hold", "hold"),
];

/// Rows of this client whose `name` is that of one of its tickets.
pub(super) fn tickets<C: ColumnTrait>(code: &str, client: C, name: C) -> Condition {
    named(code, client, name, of_tickets(code))
}

/// Rows of this client whose `name` is that of one of its gates.
pub(super) fn gates<C: ColumnTrait>(code: &str, client: C, name: C) -> Condition {
    let all = gate::Entity::find()
        .select_only()
        .column(gate::Column::Id)
        .filter(tickets(code, gate::Column::Client, gate::Column::Ticket));
    named(code, client, name, all.into_query())
}

/// Rows of this client whose `name` is that of one of its holds.
pub(super) fn holds<C: ColumnTrait>(code: &str, client: C, name: C) -> Condition {
    let all = hold::Entity::find()
        .select_only()
        .column(hold::Column::Id)
        .filter(tickets(code, hold::Column::Client, hold::Column::Ticket));
    named(code, client, name, all.into_query())
}

fn of_tickets(code: &str) -> SelectStatement {
    ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::Client.eq(code))
        .into_query()
}

fn named<C: ColumnTrait>(code: &str, client: C, name: C, all: SelectStatement) -> Condition {
    Condition::all()
        .add(client.eq(code))
        .add(name.in_subquery(all))
}

/// Nothing belongs to what does not exist.
pub(super) async fn strays(db: &DatabaseTransaction, book: &mut Book) -> Result<(), StoreError> {
    for (check, table, column, owner) in BELONG {
        let sql = format!(
            "SELECT x.client AS client, x.{column} AS name FROM {table} x
             WHERE NOT EXISTS(SELECT 1 FROM {owner} o
                 WHERE o.client = x.client AND o.id = x.{column})"
        );
        for row in rows(db, &sql).await? {
            let (client, name): (String, String) =
                (row.try_get("", "client")?, row.try_get("", "name")?);
            book.note(
                check,
                &client,
                format!("{table} de {owner} {name}, qui n’existe pas"),
                format!("{table} of {owner} {name}, which does not exist"),
            );
        }
    }
    Ok(())
}
