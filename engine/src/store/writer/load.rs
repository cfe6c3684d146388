//! Reads, in one statement, what a group looks at and the writer does not know yet.

use super::{
    Needs,
    batch::{Batch, Client, Locks, Log, Taken},
    leases,
};
use crate::{
    contract::Contract,
    people::Person,
    store::{
        StoreError, append, codec,
        entity::{client, contract, inbox, log_head, lot, person, slot},
        gather::{Gather, Gathered},
        load::{Known, lot_of, slot_of},
        people::person_of,
        sets,
        tickets::{self, Wanted, wanted},
        time::DATABASE_MICROS,
    },
    ticket::Ticket,
};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Instant,
};

/// Locks clients with the ends of their logs, in order. What depends on them is read by a later
/// statement: this one sees all else as it was before it waited.
const LOCK: &str = "SELECT client.client, log_head.size FROM client
    JOIN log_head ON log_head.client = client.client
    WHERE client.client IN (SELECT it.value->>'client' FROM {rows})
    ORDER BY client.client FOR UPDATE OF client, log_head";

/// Whether what is read may change before anything is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grip {
    /// Nobody else decides for these clients until the transaction ends.
    Firm,
    /// It is only looked at: nobody waits, and nobody is kept waiting.
    Loose,
}

pub(super) async fn into(
    batch: &mut Batch,
    db: &impl ConnectionTrait,
    needs: &[Needs],
    grip: Grip,
) -> Result<(), StoreError> {
    let codes: BTreeSet<&str> = needs.iter().map(|it| it.client.as_str()).collect();
    let shared = grip == Grip::Firm && batch.backend == DbBackend::Postgres;
    if shared {
        lock(batch, db, &codes).await?;
    }
    let strange = codes.iter().copied();
    let strange: Vec<&str> = strange
        .filter(|it| !batch.clients.contains_key(*it))
        .collect();
    let mut asked = Gather::new(batch.backend);
    // Who there is may change without a record, and so may the end of a lease.
    let near: Vec<&str> = match shared {
        true => codes.into_iter().collect(),
        false => strange.clone(),
    };
    if shared {
        asked.values("now", DATABASE_MICROS, "(SELECT 1 AS one) one");
        leases::ask(&mut asked, batch, needs)?;
    }
    ask_people(&mut asked, &near)?;
    ask_clients(&mut asked, &strange)?;
    ask_commands(&mut asked, needs)?;
    let at = ask_tickets(&mut asked, batch, needs)?;
    if asked.is_empty() {
        return Ok(());
    }
    let mut found = asked.read(db).await?;
    if let Some((now,)) = found.values::<(i64,)>("now")?.pop() {
        batch.began = Some((codec::instant(now)?, Instant::now()));
    }
    tell_clients(&mut found, batch, &near, &strange)?;
    tell_tickets(&mut found, batch, at)?;
    leases::tell(&mut found, batch)?;
    tell_commands(&mut found, batch, db).await
}

/// Where several processes share a database, each decides for a client only while it holds it.
/// Whatever changes a ticket, a lot, a slot, a lock or a contract appends to the client's log: if
/// that is longer than remembered, somebody else was there.
async fn lock(
    batch: &mut Batch,
    db: &impl ConnectionTrait,
    codes: &BTreeSet<&str>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = codes.iter().map(|it| json!({ "client": it })).collect();
    let mut heads: HashMap<String, i64> = HashMap::new();
    for row in sets::found(db, LOCK, &rows).await? {
        heads.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    for code in codes {
        let known = batch.clients.get(*code);
        let size = known.and_then(|it| Some(it.as_ref()?.log.size));
        if known.is_some() && (size.is_none() || heads.get(*code) != size.as_ref()) {
            batch.doubt(code);
        }
    }
    Ok(())
}

fn ask_people(asked: &mut Gather, near: &[&str]) -> Result<(), StoreError> {
    if near.is_empty() {
        return Ok(());
    }
    // The provider's staff belong to no client.
    let near: Vec<[&str; 1]> = near.iter().copied().chain([""]).map(|it| [it]).collect();
    asked.list("near", &["client"], &near)?;
    asked.rows::<person::Entity>("near CROSS JOIN person WHERE person.client = near.client");
    Ok(())
}

fn ask_clients(asked: &mut Gather, strange: &[&str]) -> Result<(), StoreError> {
    if strange.is_empty() {
        return Ok(());
    }
    let rows: Vec<[&str; 1]> = strange.iter().map(|it| [*it]).collect();
    asked.list("strange", &["client"], &rows)?;
    let among = |tables: &str, table: &str| {
        format!("strange CROSS JOIN {tables} WHERE {table}.client = strange.client")
    };
    let of = |table: &str| among(table, table);
    asked.rows::<client::Entity>(&of("client"));
    asked.rows::<log_head::Entity>(&of("log_head"));
    asked.rows::<contract::Entity>(&of("contract"));
    asked.rows::<lot::Entity>(&of("lot"));
    asked.rows::<slot::Entity>(&of("slot"));
    let last = among("log_head CROSS JOIN record", "log_head")
        + " AND record.client = log_head.client AND record.seq = log_head.size - 1";
    asked.values("last", "record.client, record.at", &last);
    let held = among(
        "resource_lock LEFT JOIN ticket ON ticket.client = resource_lock.client
            AND ticket.id = resource_lock.ticket",
        "resource_lock",
    );
    let lock = "resource_lock.client, resource_lock.resource, resource_lock.ticket,
        ticket.reference";
    asked.values("lock", lock, &held);
    Ok(())
}

fn ask_commands(asked: &mut Gather, needs: &[Needs]) -> Result<(), StoreError> {
    let named = needs
        .iter()
        .filter_map(|it| Some((&it.client, it.command.as_ref()?)));
    let named: Vec<_> = named.collect();
    if named.is_empty() {
        return Ok(());
    }
    asked.list("named", &["client", "command"], &named)?;
    asked.rows::<inbox::Entity>(
        "named CROSS JOIN inbox
         WHERE inbox.client = named.client AND inbox.command = named.command",
    );
    Ok(())
}

/// Asks for the tickets that are not in memory, or not as they are; returns which.
fn ask_tickets(
    asked: &mut Gather,
    batch: &Batch,
    needs: &[Needs],
) -> Result<BTreeSet<Known>, StoreError> {
    let at = tickets_of(needs).filter(|it| batch.certain(it).is_none());
    let at: BTreeSet<Known> = at.collect();
    if !at.is_empty() {
        let version = |it: &Known| batch.ticket(it).map(|it| it.version);
        let keys: Vec<Wanted> = at.iter().map(|it| wanted(it, version(it))).collect();
        tickets::ask(asked, &keys, true)?;
    }
    Ok(at)
}

pub(super) fn tickets_of(needs: &[Needs]) -> impl Iterator<Item = Known> {
    needs.iter().filter_map(|it| {
        Some(Known {
            client: it.client.clone(),
            id: it.ticket?,
        })
    })
}

fn tell_clients(
    found: &mut Gathered,
    batch: &mut Batch,
    near: &[&str],
    strange: &[&str],
) -> Result<(), StoreError> {
    let mut people = people(found)?;
    let staff = people.remove("").unwrap_or_default();
    let mut around = |code: &str| {
        let mut all = people.remove(code).unwrap_or_default();
        all.extend(staff.iter().cloned());
        all.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Arc::new(all)
    };
    for code in near.iter().filter(|it| !strange.contains(it)) {
        if let Some(known) = batch.clients.get_mut(*code).and_then(Option::as_mut) {
            known.people = around(code);
        }
    }
    for code in strange {
        batch.clients.insert((*code).to_owned(), None);
    }
    let mut logs = logs(found)?;
    let mut contracts = contracts(found)?;
    let mut lots = lots(found)?;
    let mut slots = slots(found)?;
    let mut locks = locks(found)?;
    for row in found.models::<client::Model>()? {
        let code = row.client;
        let log = logs
            .remove(&code)
            .ok_or_else(|| codec::corrupt("log", &code))?;
        let client = Client {
            people: around(&code),
            contracts: contracts.remove(&code).unwrap_or_default(),
            lots: lots.remove(&code).unwrap_or_default(),
            slots: slots.remove(&code).unwrap_or_default(),
            locks: Arc::new(locks.remove(&code).unwrap_or_default()),
            next_number: row.next_number,
            log,
        };
        batch.clients.insert(code, Some(client));
    }
    Ok(())
}

fn logs(found: &mut Gathered) -> Result<HashMap<String, Log>, StoreError> {
    let times: Vec<(String, i64)> = found.values("last")?;
    let mut times: HashMap<String, i64> = times.into_iter().collect();
    let heads: Vec<log_head::Model> = found.models()?;
    heads
        .into_iter()
        .map(|head| {
            let log = Log {
                frontier: append::frontier(&head)?,
                size: head.size,
                last_at: codec::maybe(times.remove(&head.client))?,
            };
            Ok((head.client, log))
        })
        .collect()
}

/// By client; the provider's staff by none.
fn people(found: &mut Gathered) -> Result<HashMap<String, Vec<Person>>, StoreError> {
    let mut people: HashMap<String, Vec<Person>> = HashMap::new();
    for row in found.models::<person::Model>()? {
        let of = people.entry(row.client.clone()).or_default();
        of.push(person_of(row)?);
    }
    Ok(people)
}

type ByContract<T> = HashMap<String, HashMap<String, T>>;

fn contracts(found: &mut Gathered) -> Result<ByContract<Arc<Contract>>, StoreError> {
    let mut contracts = ByContract::new();
    for row in found.models::<contract::Model>()? {
        let contract = Arc::new(codec::from_json("contract", &row.body)?);
        let of = contracts.entry(row.client).or_default();
        of.insert(row.code, contract);
    }
    Ok(contracts)
}

fn lots(found: &mut Gathered) -> Result<ByContract<Vec<crate::ledger::Lot>>, StoreError> {
    let mut rows: Vec<lot::Model> = found.models()?;
    rows.sort_by(|a, b| (a.granted_at, &a.id).cmp(&(b.granted_at, &b.id)));
    let mut lots: ByContract<Vec<_>> = ByContract::new();
    for row in rows {
        let (client, contract) = (row.client.clone(), row.contract.clone());
        let of = lots.entry(client).or_default();
        of.entry(contract).or_default().push(lot_of(row)?);
    }
    Ok(lots)
}

fn slots(found: &mut Gathered) -> Result<HashMap<String, Vec<Taken>>, StoreError> {
    let mut rows: Vec<slot::Model> = found.models()?;
    rows.sort_by_key(|it| it.ordinal);
    let mut slots: HashMap<String, Vec<Taken>> = HashMap::new();
    for row in rows {
        let (client, contract) = (row.client.clone(), row.contract.clone());
        let from = row.year_from.parse();
        let taken = Taken {
            contract,
            from: from.map_err(|e| codec::corrupt("slot", e))?,
            slot: slot_of(row)?,
        };
        slots.entry(client).or_default().push(taken);
    }
    Ok(slots)
}

fn locks(found: &mut Gathered) -> Result<HashMap<String, Locks>, StoreError> {
    let mut locks: HashMap<String, Locks> = HashMap::new();
    let rows: Vec<(String, String, String, Option<String>)> = found.values("lock")?;
    for (client, resource, holder, reference) in rows {
        let holder = (codec::name(&holder)?, reference.unwrap_or_default());
        locks.entry(client).or_default().insert(resource, holder);
    }
    Ok(locks)
}

fn tell_tickets(
    found: &mut Gathered,
    batch: &mut Batch,
    at: BTreeSet<Known>,
) -> Result<(), StoreError> {
    let told = tickets::tell(found)?;
    // What is doubted and not told has the version that is remembered.
    let moved = |it: &Known| told.contains_key(it) || !batch.unsure.remove(it);
    let at = at.into_iter().filter(moved).collect();
    remember(batch, at, told);
    Ok(())
}

/// Those that are not told do not exist.
fn remember(batch: &mut Batch, at: BTreeSet<Known>, mut told: HashMap<Known, Ticket>) {
    for known in at {
        batch.unsure.remove(&known);
        let ticket = told.remove(&known).map(Arc::new);
        batch.tickets.insert(known, ticket);
    }
}

/// A command that was applied before is answered with its ticket.
async fn tell_commands(
    found: &mut Gathered,
    batch: &mut Batch,
    db: &impl ConnectionTrait,
) -> Result<(), StoreError> {
    let mut at = BTreeSet::new();
    for it in found.models::<inbox::Model>()? {
        let id = codec::name(&it.ticket)?;
        at.insert(Known {
            client: it.client.clone(),
            id,
        });
        batch
            .applied
            .insert((it.client, it.command), (it.digest, id));
    }
    at.retain(|it| batch.certain(it).is_none());
    let keys: Vec<Known> = at.iter().cloned().collect();
    let told = tickets::tickets(db, &keys).await?;
    remember(batch, at, told);
    Ok(())
}
