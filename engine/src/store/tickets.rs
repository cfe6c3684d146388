//! Whole tickets from their rows, many at once: one query per table, whatever their number.

use super::{
    StoreError, codec,
    entity::{decision, gate, gate_barred, hold, settlement, task, ticket, ticket_order},
    load::Known,
};
use crate::{
    approval::{Decision, Gate, Verdict},
    id::PersonId,
    ledger::Hold,
    run::Run,
    ticket::{Ordered, Ticket},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use workflows::Node;

/// Where something is kept: code of the client, name.
type Key = (String, String);

/// Names by client, each list as long as a power of two: so the same few statements serve all.
pub(super) struct Keys(BTreeMap<String, Vec<String>>);

impl Keys {
    pub(super) fn of<'a>(all: impl IntoIterator<Item = (&'a str, String)>) -> Keys {
        let mut by_client: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (client, name) in all {
            by_client.entry(client.to_owned()).or_default().push(name);
        }
        by_client.values_mut().for_each(pad);
        Keys(by_client)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `client = … AND column IN (…)`, for each client.
    pub(super) fn within<C: ColumnTrait>(&self, client: C, column: C) -> Condition {
        self.0.iter().fold(Condition::any(), |all, (code, names)| {
            all.add(
                client
                    .eq(code)
                    .and(column.is_in(names.iter().map(String::as_str))),
            )
        })
    }
}

/// Repeats the last one until there are a power of two.
pub(super) fn pad(names: &mut Vec<String>) {
    names.sort_unstable();
    names.dedup();
    if let Some(last) = names.last().cloned() {
        names.resize(names.len().next_power_of_two(), last);
    }
}

/// Those of these tickets that exist, with everything on them.
pub(crate) async fn tickets(
    db: &impl ConnectionTrait,
    at: &[Known],
) -> Result<HashMap<Known, Ticket>, StoreError> {
    read(db, at, true).await
}

/// The same without their tasks, which are most of what is stored: only to be looked at.
pub(crate) async fn without_tasks(
    db: &impl ConnectionTrait,
    at: &[Known],
) -> Result<HashMap<Known, Ticket>, StoreError> {
    read(db, at, false).await
}

async fn read(
    db: &impl ConnectionTrait,
    at: &[Known],
    with_tasks: bool,
) -> Result<HashMap<Known, Ticket>, StoreError> {
    let keys = Keys::of(at.iter().map(|it| (it.client.as_str(), it.id.to_string())));
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let heads = ticket::Entity::find()
        .filter(keys.within(ticket::Column::Client, ticket::Column::Id))
        .all(db)
        .await?;
    if heads.is_empty() {
        return Ok(HashMap::new());
    }
    let mut orders = orders(db, &keys, with_tasks).await?;
    let mut tasks = match with_tasks {
        true => tasks(db, &keys).await?,
        false => HashMap::new(),
    };
    let mut gates = gates(db, &keys).await?;
    let mut holds = holds(db, &keys).await?;
    let mut found = HashMap::with_capacity(heads.len());
    for head in heads {
        let key = (head.client.clone(), head.id.clone());
        let (ordered, graph) = orders
            .remove(&key)
            .ok_or_else(|| codec::corrupt("order", &key.1))?;
        let tasks = run(tasks.remove(&key).unwrap_or_default(), graph)?;
        let ticket = codec::ticket_of(
            head,
            Arc::new(ordered),
            tasks,
            gates.remove(&key).unwrap_or_default(),
            holds.remove(&key).unwrap_or_default(),
        )?;
        found.insert(Known::from(&ticket), ticket);
    }
    Ok(found)
}

async fn orders(
    db: &impl ConnectionTrait,
    keys: &Keys,
    with_graph: bool,
) -> Result<HashMap<Key, (Ordered, Vec<Node>)>, StoreError> {
    use ticket_order::Column as C;
    let graph = if with_graph {
        Expr::col(C::Graph)
    } else {
        Expr::value("[]")
    };
    let rows: Vec<(String, String, String, String)> = ticket_order::Entity::find()
        .select_only()
        .columns([C::Client, C::Ticket, C::Body])
        .expr(graph)
        .filter(keys.within(C::Client, C::Ticket))
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(client, ticket, body, graph)| {
            let ordered = codec::from_json("order", &body)?;
            let graph = codec::from_json("graph", &graph)?;
            Ok(((client, ticket), (ordered, graph)))
        })
        .collect()
}

/// The tasks with their nodes.
fn run(rows: Vec<task::Model>, graph: Vec<Node>) -> Result<Run, StoreError> {
    if rows.len() != graph.len() {
        return Err(codec::corrupt("graph", rows.len()));
    }
    let pairs = rows.into_iter().zip(graph);
    let tasks = pairs.map(|(row, node)| codec::task_of(row, node).map(Arc::new));
    Ok(tasks.collect::<Result<Vec<_>, _>>()?.into())
}

async fn tasks(
    db: &impl ConnectionTrait,
    keys: &Keys,
) -> Result<HashMap<Key, Vec<task::Model>>, StoreError> {
    let rows = task::Entity::find()
        .filter(keys.within(task::Column::Client, task::Column::Ticket))
        .order_by_asc(task::Column::Seq)
        .all(db)
        .await?;
    let mut found: HashMap<Key, Vec<task::Model>> = HashMap::new();
    for row in rows {
        let key = (row.client.clone(), row.ticket.clone());
        found.entry(key).or_default().push(row);
    }
    Ok(found)
}

async fn gates(
    db: &impl ConnectionTrait,
    keys: &Keys,
) -> Result<HashMap<Key, Vec<Gate>>, StoreError> {
    let rows = gate::Entity::find()
        .filter(keys.within(gate::Column::Client, gate::Column::Ticket))
        .order_by_asc(gate::Column::OpenedAt)
        .order_by_asc(gate::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<Key, Vec<Gate>> = HashMap::new();
    if rows.is_empty() {
        return Ok(found);
    }
    let of = Keys::of(rows.iter().map(|it| (it.client.as_str(), it.id.clone())));
    let mut barred = barred(db, &of).await?;
    let mut said = said(db, &of).await?;
    for row in rows {
        let gate = (row.client.clone(), row.id.clone());
        let key = (row.client.clone(), row.ticket.clone());
        let barred = barred.remove(&gate).unwrap_or_default();
        let said = said.remove(&gate).unwrap_or_default();
        let gate = codec::gate_of(row, barred, said)?;
        found.entry(key).or_default().push(gate);
    }
    Ok(found)
}

async fn barred(
    db: &impl ConnectionTrait,
    gates: &Keys,
) -> Result<HashMap<Key, BTreeSet<PersonId>>, StoreError> {
    let rows = gate_barred::Entity::find()
        .filter(gates.within(gate_barred::Column::Client, gate_barred::Column::Gate))
        .all(db)
        .await?;
    let mut found: HashMap<Key, BTreeSet<PersonId>> = HashMap::new();
    for it in rows {
        let person = codec::name(&it.person)?;
        found
            .entry((it.client, it.gate))
            .or_default()
            .insert(person);
    }
    Ok(found)
}

async fn said(
    db: &impl ConnectionTrait,
    gates: &Keys,
) -> Result<HashMap<Key, Vec<Decision>>, StoreError> {
    let rows = decision::Entity::find()
        .filter(gates.within(decision::Column::Client, decision::Column::Gate))
        .order_by_asc(decision::Column::At)
        .all(db)
        .await?;
    let mut found: HashMap<Key, Vec<Decision>> = HashMap::new();
    for it in rows {
        let one = Decision {
            person: codec::name(&it.person)?,
            verdict: codec::from_word::<Verdict>("verdict", &it.verdict)?,
            via: it.via,
            comment: it.comment,
            at: codec::instant(it.at)?,
        };
        found.entry((it.client, it.gate)).or_default().push(one);
    }
    Ok(found)
}

async fn holds(
    db: &impl ConnectionTrait,
    keys: &Keys,
) -> Result<HashMap<Key, Vec<Hold>>, StoreError> {
    let rows = hold::Entity::find()
        .filter(keys.within(hold::Column::Client, hold::Column::Ticket))
        .order_by_asc(hold::Column::At)
        .order_by_asc(hold::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<Key, Vec<Hold>> = HashMap::new();
    if rows.is_empty() {
        return Ok(found);
    }
    let of = Keys::of(rows.iter().map(|it| (it.client.as_str(), it.id.clone())));
    let ends = settlement::Entity::find()
        .filter(of.within(settlement::Column::Client, settlement::Column::Hold))
        .all(db)
        .await?;
    let mut captured: HashMap<Key, i64> = ends
        .into_iter()
        .map(|it| ((it.client, it.hold), it.captured))
        .collect();
    for row in rows {
        let end = captured.remove(&(row.client.clone(), row.id.clone()));
        let hold = Hold {
            id: codec::name(&row.id)?,
            ticket: codec::name(&row.ticket)?,
            lot: codec::name(&row.lot)?,
            tokens: codec::count(row.tokens)?,
            captured: end.map(codec::count).transpose()?,
        };
        let key = (row.client, row.ticket);
        found.entry(key).or_default().push(hold);
    }
    Ok(found)
}
