//! Reads, set-wise, what a group looks at and the writer does not know yet.

use super::{
    Needs,
    batch::{Batch, Client, Locks, Log, Taken},
};
use crate::{
    id::TicketId,
    store::{
        StoreError, append, codec,
        entity::{
            client, contract, inbox, log_head, lot, person, record, resource_lock, slot, task,
            ticket,
        },
        load::{Known, lot_of, slot_of},
        people::person_of,
        tickets::{Keys, pad, tickets},
    },
    ticket::Task,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Whether what is read may change before anything is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grip {
    /// Nobody else decides for these clients until the transaction ends.
    Firm,
    /// It is only looked at: nobody waits, and nobody is kept waiting.
    Loose,
}

impl Grip {
    fn on<Q: QuerySelect>(self, rows: Q) -> Q {
        match self {
            Grip::Firm => rows.lock_exclusive(),
            Grip::Loose => rows,
        }
    }
}

pub(super) async fn into(
    batch: &mut Batch,
    db: &impl ConnectionTrait,
    needs: &[Needs],
    grip: Grip,
) -> Result<(), StoreError> {
    if grip == Grip::Firm && db.get_database_backend() == DbBackend::Postgres {
        again(batch, db, needs).await?;
    }
    let mut strange: BTreeSet<&str> = needs.iter().map(|it| it.client.as_str()).collect();
    strange.retain(|it| !batch.clients.contains_key(*it));
    clients(batch, db, &strange, grip).await?;
    let commands = needs
        .iter()
        .filter_map(|it| Some((it.client.as_str(), it.command.clone()?)));
    let keys = Keys::of(commands);
    if !keys.is_empty() {
        let rows = inbox::Entity::find()
            .filter(keys.within(inbox::Column::Client, inbox::Column::Command))
            .all(db)
            .await?;
        for it in rows {
            let was = (it.digest, codec::name(&it.ticket)?);
            batch.applied.insert((it.client, it.command), was);
        }
    }
    let mut at: BTreeSet<Known> = needs
        .iter()
        .filter_map(|it| {
            Some(Known {
                client: it.client.clone(),
                id: it.ticket?,
            })
        })
        .collect();
    // A command that was applied before is answered with its ticket.
    at.extend(batch.applied.iter().map(|((client, _), (_, id))| Known {
        client: client.clone(),
        id: *id,
    }));
    at.retain(|it| !batch.tickets.contains_key(it));
    let at: Vec<Known> = at.into_iter().collect();
    let mut found = tickets(db, &at).await?;
    for known in at {
        let ticket = found.remove(&known).map(Arc::new);
        batch.tickets.insert(known, ticket);
    }
    Ok(())
}

/// Where several processes share a database: locks the clients, in order, and forgets those of
/// which somebody else changed anything. Whatever changes a ticket, a lot, a slot, a lock or a
/// contract appends to the client's log; who there is, and how long leases last, is read anew.
async fn again(
    batch: &mut Batch,
    db: &impl ConnectionTrait,
    needs: &[Needs],
) -> Result<(), StoreError> {
    let codes: BTreeSet<&str> = needs.iter().map(|it| it.client.as_str()).collect();
    if !codes.iter().any(|it| batch.clients.contains_key(*it)) {
        return Ok(());
    }
    let mut names: Vec<String> = codes.iter().map(|it| (*it).to_owned()).collect();
    pad(&mut names);
    client::Entity::find()
        .select_only()
        .column(client::Column::Client)
        .filter(among(client::Column::Client, &names))
        .order_by_asc(client::Column::Client)
        .lock_exclusive()
        .into_tuple::<String>()
        .all(db)
        .await?;
    let heads = log_head::Entity::find()
        .select_only()
        .columns([log_head::Column::Client, log_head::Column::Size])
        .filter(among(log_head::Column::Client, &names))
        .order_by_asc(log_head::Column::Client)
        .lock_exclusive()
        .into_tuple::<(String, i64)>()
        .all(db)
        .await?;
    let heads: HashMap<String, i64> = heads.into_iter().collect();
    let mut people = people(db, &names).await?;
    for code in codes {
        let same = |it: &&mut Client| heads.get(code) == Some(&it.log.size);
        let known = batch.clients.get_mut(code).and_then(Option::as_mut);
        match known.filter(same) {
            Some(known) => known.people = Arc::new(people.remove(code).unwrap_or_default()),
            None => batch.forget(code),
        }
    }
    leases(batch, db, needs).await
}

/// Leases are prolonged beside the writers and leave no record.
async fn leases(
    batch: &mut Batch,
    db: &impl ConnectionTrait,
    needs: &[Needs],
) -> Result<(), StoreError> {
    let leased = |it: &&Needs| {
        it.ticket.is_some_and(|id| {
            let client = it.client.clone();
            let known = batch.ticket(&Known { client, id });
            known.is_some_and(|it| it.tasks.iter().any(|it| it.lease_until.is_some()))
        })
    };
    let leased = needs.iter().filter(leased);
    let names = leased.filter_map(|it| Some((it.client.as_str(), it.ticket?.to_string())));
    let keys = Keys::of(names);
    if keys.is_empty() {
        return Ok(());
    }
    use task::Column as C;
    let rows = task::Entity::find()
        .select_only()
        .columns([C::Client, C::Ticket, C::Seq, C::LeaseUntil])
        .filter(keys.within(C::Client, C::Ticket))
        .filter(C::LeaseUntil.is_not_null())
        .into_tuple::<(String, String, i32, Option<i64>)>()
        .all(db)
        .await?;
    for (client, ticket, seq, until) in rows {
        let id = codec::name(&ticket)?;
        let known = batch.tickets.get_mut(&Known { client, id });
        let Some(ticket) = known.and_then(Option::as_mut) else {
            continue;
        };
        let until = codec::maybe(until)?;
        let moved = |it: &Task| it.seq == seq && it.lease_until != until;
        if let Some(nth) = ticket.tasks.iter().position(moved) {
            Arc::make_mut(ticket).tasks.change(nth).lease_until = until;
        }
    }
    Ok(())
}

/// Locks the clients, in order, and reads what decisions under their contracts look at.
async fn clients(
    batch: &mut Batch,
    db: &impl ConnectionTrait,
    codes: &BTreeSet<&str>,
    grip: Grip,
) -> Result<(), StoreError> {
    if codes.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> = codes.iter().map(|it| (*it).to_owned()).collect();
    pad(&mut names);
    let rows = client::Entity::find()
        .filter(client::Column::Client.is_in(names.iter().map(String::as_str)))
        .order_by_asc(client::Column::Client);
    let rows = grip.on(rows).all(db).await?;
    for code in codes {
        batch.clients.insert((*code).to_owned(), None);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut logs = logs(db, &names, grip).await?;
    let mut people = people(db, &names).await?;
    let mut contracts = contracts(db, &names).await?;
    let mut lots = lots(db, &names).await?;
    let mut slots = slots(db, &names).await?;
    let mut locks = locks(db, &names).await?;
    for row in rows {
        let code = row.client;
        let log = logs
            .remove(&code)
            .ok_or_else(|| codec::corrupt("log", &code))?;
        let client = Client {
            people: Arc::new(people.remove(&code).unwrap_or_default()),
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

fn among<C: ColumnTrait>(column: C, names: &[String]) -> sea_orm::sea_query::SimpleExpr {
    column.is_in(names.iter().map(String::as_str))
}

async fn logs(
    db: &impl ConnectionTrait,
    names: &[String],
    grip: Grip,
) -> Result<HashMap<String, Log>, StoreError> {
    let heads = log_head::Entity::find()
        .filter(among(log_head::Column::Client, names))
        .order_by_asc(log_head::Column::Client);
    let heads = grip.on(heads).all(db).await?;
    let last = heads.iter().fold(Condition::any(), |all, it| {
        let here = record::Column::Client.eq(&it.client);
        all.add(here.and(record::Column::Seq.eq(it.size - 1)))
    });
    let mut times: HashMap<String, i64> = HashMap::new();
    if !heads.is_empty() {
        times = record::Entity::find()
            .select_only()
            .columns([record::Column::Client, record::Column::At])
            .filter(last)
            .into_tuple::<(String, i64)>()
            .all(db)
            .await?
            .into_iter()
            .collect();
    }
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

async fn people(
    db: &impl ConnectionTrait,
    names: &[String],
) -> Result<HashMap<String, Vec<crate::people::Person>>, StoreError> {
    let staff = person::Column::Client.eq("");
    let rows = person::Entity::find()
        .filter(among(person::Column::Client, names).or(staff))
        .order_by_asc(person::Column::Name)
        .order_by_asc(person::Column::Id)
        .all(db)
        .await?;
    let all: Vec<_> = rows.into_iter().map(person_of).collect::<Result<_, _>>()?;
    let around = |code: &String| {
        let near = |it: &&crate::people::Person| it.client.as_ref().is_none_or(|of| of == code);
        (code.clone(), all.iter().filter(near).cloned().collect())
    };
    Ok(names.iter().map(around).collect())
}

async fn contracts(
    db: &impl ConnectionTrait,
    names: &[String],
) -> Result<HashMap<String, HashMap<String, Arc<crate::contract::Contract>>>, StoreError> {
    let rows = contract::Entity::find()
        .filter(among(contract::Column::Client, names))
        .all(db)
        .await?;
    let mut found: HashMap<_, HashMap<_, _>> = HashMap::new();
    for row in rows {
        let contract = Arc::new(codec::from_json("contract", &row.body)?);
        let of = found.entry(row.client).or_default();
        of.insert(row.code, contract);
    }
    Ok(found)
}

async fn lots(
    db: &impl ConnectionTrait,
    names: &[String],
) -> Result<HashMap<String, HashMap<String, Vec<crate::ledger::Lot>>>, StoreError> {
    let rows = lot::Entity::find()
        .filter(among(lot::Column::Client, names))
        .order_by_asc(lot::Column::GrantedAt)
        .order_by_asc(lot::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<_, HashMap<_, Vec<_>>> = HashMap::new();
    for row in rows {
        let (client, contract) = (row.client.clone(), row.contract.clone());
        let of = found.entry(client).or_default();
        of.entry(contract).or_default().push(lot_of(row)?);
    }
    Ok(found)
}

async fn slots(
    db: &impl ConnectionTrait,
    names: &[String],
) -> Result<HashMap<String, Vec<Taken>>, StoreError> {
    let rows = slot::Entity::find()
        .filter(among(slot::Column::Client, names))
        .order_by_asc(slot::Column::Ordinal)
        .all(db)
        .await?;
    let mut found: HashMap<String, Vec<Taken>> = HashMap::new();
    for row in rows {
        let (client, contract) = (row.client.clone(), row.contract.clone());
        let taken = Taken {
            contract,
            from: row
                .year_from
                .parse()
                .map_err(|e| codec::corrupt("slot", e))?,
            slot: slot_of(row)?,
        };
        found.entry(client).or_default().push(taken);
    }
    Ok(found)
}

async fn locks(
    db: &impl ConnectionTrait,
    names: &[String],
) -> Result<HashMap<String, Locks>, StoreError> {
    let rows = resource_lock::Entity::find()
        .filter(among(resource_lock::Column::Client, names))
        .all(db)
        .await?;
    let holders = Keys::of(
        rows.iter()
            .map(|it| (it.client.as_str(), it.ticket.clone())),
    );
    let mut references: BTreeMap<String, String> = BTreeMap::new();
    if !holders.is_empty() {
        references = ticket::Entity::find()
            .select_only()
            .columns([ticket::Column::Id, ticket::Column::Reference])
            .filter(holders.within(ticket::Column::Client, ticket::Column::Id))
            .into_tuple::<(String, String)>()
            .all(db)
            .await?
            .into_iter()
            .collect();
    }
    let mut found: HashMap<String, Locks> = HashMap::new();
    for row in rows {
        let holder: TicketId = codec::name(&row.ticket)?;
        let reference = references.get(&row.ticket).cloned().unwrap_or_default();
        let of = found.entry(row.client).or_default();
        of.insert(row.resource, (holder, reference));
    }
    Ok(found)
}
