//! Whole tickets from their rows, many at once: one statement, whatever their number.

use super::{
    StoreError, codec,
    entity::{decision, gate, gate_barred, hold, settlement, task, ticket},
    gather::{Gather, Gathered},
    load::Known,
};
use crate::{
    approval::{Decision, Gate, Verdict},
    id::PersonId,
    ledger::Hold,
    run::Run,
    ticket::{Ordered, Ticket},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use workflows::Node;

/// Where something is kept: code of the client, name.
type Key = (String, String);

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
    if at.is_empty() {
        return Ok(HashMap::new());
    }
    let asked = gathering(db.get_database_backend(), at, with_tasks)?;
    tell(&mut asked.read(db).await?)
}

fn gathering(kind: DbBackend, at: &[Known], with_tasks: bool) -> Result<Gather, StoreError> {
    let mut asked = Gather::new(kind);
    let keys: Vec<Wanted> = at.iter().map(|it| wanted(it, None)).collect();
    ask(&mut asked, &keys, with_tasks)?;
    Ok(asked)
}

impl Known {
    /// The statement that reads this ticket with everything on it, for whoever wants to know how
    /// the database would walk.
    ///
    /// # Errors
    /// Its name cannot be spelt.
    pub fn asked(&self, kind: DbBackend) -> Result<Statement, StoreError> {
        Ok(gathering(kind, std::slice::from_ref(self), true)?.statement())
    }
}

/// Client and name of a ticket, and the version at which it need not be told again.
pub(super) type Wanted = (String, String, Option<i64>);

pub(super) fn wanted(at: &Known, version: Option<i64>) -> Wanted {
    (at.client.clone(), at.id.to_string(), version)
}

/// Asks for tickets that are not at those versions.
pub(super) fn ask(asked: &mut Gather, keys: &[Wanted], with_tasks: bool) -> Result<(), StoreError> {
    asked.list("wanted", &["client", "id", "version"], keys)?;
    let other = "SELECT ticket.client, ticket.id FROM wanted CROSS JOIN ticket
        WHERE ticket.client = wanted.client AND ticket.id = wanted.id
        AND (wanted.version IS NULL OR ticket.version <> CAST(wanted.version AS BIGINT))";
    asked.derived("these", &["client", "id"], other);
    let of = |table: &str| {
        format!(
            "these CROSS JOIN {table}
             WHERE {table}.client = these.client AND {table}.ticket = these.id"
        )
    };
    let under = |table: &str, of: &str, by: &str| {
        format!(
            "these CROSS JOIN {of} CROSS JOIN {table}
             WHERE {of}.client = these.client AND {of}.ticket = these.id
             AND {table}.client = {of}.client AND {table}.{by} = {of}.id"
        )
    };
    let graph = match with_tasks {
        true => "ticket_order.graph",
        false => "'[]'",
    };
    let order = format!("these.client, these.id, ticket_order.body, {graph}");
    asked.values("order", &order, &of("ticket_order"));
    if with_tasks {
        asked.rows::<task::Entity>(&of("task"));
    }
    asked.rows::<gate::Entity>(&of("gate"));
    asked.rows::<gate_barred::Entity>(&under("gate_barred", "gate", "gate"));
    asked.rows::<decision::Entity>(&under("decision", "gate", "gate"));
    asked.rows::<hold::Entity>(&of("hold"));
    asked.rows::<settlement::Entity>(&under("settlement", "hold", "hold"));
    asked.rows::<ticket::Entity>(
        "these CROSS JOIN ticket WHERE ticket.client = these.client AND ticket.id = these.id",
    );
    Ok(())
}

/// The tickets that were asked for.
pub(super) fn tell(found: &mut Gathered) -> Result<HashMap<Known, Ticket>, StoreError> {
    let heads: Vec<ticket::Model> = found.models()?;
    let mut orders = orders(found)?;
    let mut tasks = tasks(found)?;
    let mut gates = gates(found)?;
    let mut holds = holds(found)?;
    let mut told = HashMap::with_capacity(heads.len());
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
        told.insert(Known::from(&ticket), ticket);
    }
    Ok(told)
}

fn orders(found: &mut Gathered) -> Result<HashMap<Key, (Ordered, Vec<Node>)>, StoreError> {
    let rows: Vec<(String, String, String, String)> = found.values("order")?;
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

/// Rows by ticket, or by whatever else they belong to, each group in its order.
fn by<M, K: Ord>(
    mut rows: Vec<M>,
    of: impl Fn(&M) -> Key,
    order: impl Fn(&M) -> K,
) -> HashMap<Key, Vec<M>> {
    rows.sort_by_key(order);
    let mut found: HashMap<Key, Vec<M>> = HashMap::new();
    for row in rows {
        found.entry(of(&row)).or_default().push(row);
    }
    found
}

fn tasks(found: &mut Gathered) -> Result<HashMap<Key, Vec<task::Model>>, StoreError> {
    let of = |it: &task::Model| (it.client.clone(), it.ticket.clone());
    Ok(by(found.models()?, of, |it| it.seq))
}

fn gates(found: &mut Gathered) -> Result<HashMap<Key, Vec<Gate>>, StoreError> {
    let mut barred: HashMap<Key, BTreeSet<PersonId>> = HashMap::new();
    for it in found.models::<gate_barred::Model>()? {
        let person = codec::name(&it.person)?;
        let of = barred.entry((it.client, it.gate)).or_default();
        of.insert(person);
    }
    let of = |it: &decision::Model| (it.client.clone(), it.gate.clone());
    let mut said = by(found.models()?, of, |it| it.at);
    let mut gates: HashMap<Key, Vec<Gate>> = HashMap::new();
    let mut rows: Vec<gate::Model> = found.models()?;
    rows.sort_by(|a, b| (a.opened_at, &a.id).cmp(&(b.opened_at, &b.id)));
    for row in rows {
        let gate = (row.client.clone(), row.id.clone());
        let key = (row.client.clone(), row.ticket.clone());
        let barred = barred.remove(&gate).unwrap_or_default();
        let said = said.remove(&gate).unwrap_or_default();
        let said = said
            .into_iter()
            .map(decision_of)
            .collect::<Result<_, _>>()?;
        let gate = codec::gate_of(row, barred, said)?;
        gates.entry(key).or_default().push(gate);
    }
    Ok(gates)
}

fn decision_of(row: decision::Model) -> Result<Decision, StoreError> {
    Ok(Decision {
        person: codec::name(&row.person)?,
        verdict: codec::from_word::<Verdict>("verdict", &row.verdict)?,
        via: row.via,
        comment: row.comment,
        at: codec::instant(row.at)?,
    })
}

fn holds(found: &mut Gathered) -> Result<HashMap<Key, Vec<Hold>>, StoreError> {
    let ends: Vec<settlement::Model> = found.models()?;
    let mut captured: HashMap<Key, i64> = ends
        .into_iter()
        .map(|it| ((it.client, it.hold), it.captured))
        .collect();
    let mut holds: HashMap<Key, Vec<Hold>> = HashMap::new();
    let mut rows: Vec<hold::Model> = found.models()?;
    rows.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
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
        holds.entry(key).or_default().push(hold);
    }
    Ok(holds)
}
