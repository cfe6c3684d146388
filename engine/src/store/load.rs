//! From rows to tickets and to the facts a decision looks at.

use super::{
    StoreError, codec,
    entity::{
        client, contract, decision, gate, gate_barred, hold, inbox, lot, record, resource_lock,
        settlement, slot, task, ticket, ticket_order,
    },
    people,
};
use crate::{
    approval::{Decision, Gate, Verdict},
    contract::Contract,
    id::{LotId, TicketId},
    ledger::{Hold, Lot},
    people::Person,
    quota::{Slot, Year},
    ticket::{Ordered, Ticket},
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Where a ticket is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Code of the client.
    pub client: String,
    /// Name.
    pub id: TicketId,
}

/// A ticket with everything on it.
pub(crate) async fn ticket(
    db: &impl ConnectionTrait,
    at: &Known,
) -> Result<Option<Ticket>, StoreError> {
    let (client, id) = (at.client.clone(), at.id.to_string());
    let Some(row) = ticket::Entity::find_by_id((client.clone(), id.clone()))
        .one(db)
        .await?
    else {
        return Ok(None);
    };
    let order = ticket_order::Entity::find_by_id((client.clone(), id.clone()))
        .one(db)
        .await?
        .ok_or_else(|| codec::corrupt("order", &id))?;
    let ordered: Ordered = codec::from_json("order", &order.body)?;
    let tasks = task::Entity::find()
        .filter(task::Column::Client.eq(&client))
        .filter(task::Column::Ticket.eq(&id))
        .order_by_asc(task::Column::Seq)
        .all(db)
        .await?;
    let tasks = tasks
        .into_iter()
        .map(codec::task_of)
        .collect::<Result<_, _>>()?;
    let gates = gates(db, &client, &id).await?;
    let holds = holds(db, &client, &id).await?;
    codec::ticket_of(row, Arc::new(ordered), tasks, gates, holds).map(Some)
}

async fn gates(
    db: &impl ConnectionTrait,
    client: &str,
    ticket: &str,
) -> Result<Vec<Gate>, StoreError> {
    let rows = gate::Entity::find()
        .filter(gate::Column::Client.eq(client))
        .filter(gate::Column::Ticket.eq(ticket))
        .order_by_asc(gate::Column::OpenedAt)
        .order_by_asc(gate::Column::Id)
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = rows.iter().map(|it| it.id.clone()).collect();
    let barred = gate_barred::Entity::find()
        .filter(gate_barred::Column::Client.eq(client))
        .filter(gate_barred::Column::Gate.is_in(ids.clone()))
        .all(db)
        .await?;
    let said = decision::Entity::find()
        .filter(decision::Column::Client.eq(client))
        .filter(decision::Column::Gate.is_in(ids))
        .order_by_asc(decision::Column::At)
        .all(db)
        .await?;
    let mut by_gate: HashMap<String, (BTreeSet<_>, Vec<_>)> = HashMap::new();
    for it in barred {
        by_gate
            .entry(it.gate)
            .or_default()
            .0
            .insert(codec::name(&it.person)?);
    }
    for it in said {
        let one = Decision {
            person: codec::name(&it.person)?,
            verdict: codec::from_word::<Verdict>("verdict", &it.verdict)?,
            via: it.via,
            comment: it.comment,
            at: codec::instant(it.at)?,
        };
        by_gate.entry(it.gate).or_default().1.push(one);
    }
    rows.into_iter()
        .map(|row| {
            let (barred, decisions) = by_gate.remove(&row.id).unwrap_or_default();
            codec::gate_of(row, barred, decisions)
        })
        .collect()
}

async fn holds(
    db: &impl ConnectionTrait,
    client: &str,
    ticket: &str,
) -> Result<Vec<Hold>, StoreError> {
    let rows = hold::Entity::find()
        .filter(hold::Column::Client.eq(client))
        .filter(hold::Column::Ticket.eq(ticket))
        .order_by_asc(hold::Column::At)
        .order_by_asc(hold::Column::Id)
        .all(db)
        .await?;
    let mut ends = settlements(db, client, &rows).await?;
    rows.into_iter()
        .map(|row| {
            let settled = ends.remove(&row.id);
            Ok(Hold {
                id: codec::name(&row.id)?,
                ticket: codec::name(&row.ticket)?,
                lot: codec::name(&row.lot)?,
                tokens: codec::count(row.tokens)?,
                captured: settled.map(|it| codec::count(it.captured)).transpose()?,
            })
        })
        .collect()
}

/// How holds ended, by hold.
async fn settlements(
    db: &impl ConnectionTrait,
    client: &str,
    holds: &[hold::Model],
) -> Result<HashMap<String, settlement::Model>, StoreError> {
    if holds.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<String> = holds.iter().map(|it| it.id.clone()).collect();
    let rows = settlement::Entity::find()
        .filter(settlement::Column::Client.eq(client))
        .filter(settlement::Column::Hold.is_in(ids))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|it| (it.hold.clone(), it)).collect())
}

/// Where the ticket of that reference or name is kept, as far as `client` may know (`None`: all).
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    text: &str,
    client: Option<&str>,
) -> Result<Option<Known>, StoreError> {
    let mut query = ticket::Entity::find().filter(
        ticket::Column::Reference
            .eq(text.to_uppercase())
            .or(ticket::Column::Id.eq(text)),
    );
    if let Some(client) = client {
        query = query.filter(ticket::Column::Client.eq(client));
    }
    let row = query.one(db).await?;
    row.map(|it| {
        Ok(Known {
            id: codec::name(&it.id)?,
            client: it.client,
        })
    })
    .transpose()
}

/// The contract of that code.
pub(crate) async fn contract(
    db: &impl ConnectionTrait,
    client: &str,
    code: &str,
) -> Result<Option<Contract>, StoreError> {
    let row = contract::Entity::find_by_id((client.to_owned(), code.to_owned()))
        .one(db)
        .await?;
    row.map(|it| codec::from_json("contract", &it.body))
        .transpose()
}

/// All contracts, in order; of one client only when it is named.
pub(crate) async fn contracts(
    db: &impl ConnectionTrait,
    client: Option<&str>,
) -> Result<Vec<Contract>, StoreError> {
    let mut query = contract::Entity::find()
        .order_by(contract::Column::Client, Order::Asc)
        .order_by(contract::Column::Code, Order::Asc);
    if let Some(client) = client {
        query = query.filter(contract::Column::Client.eq(client));
    }
    let rows = query.all(db).await?;
    rows.iter()
        .map(|it| codec::from_json("contract", &it.body))
        .collect()
}

/// The contract's lots, oldest first.
pub(crate) async fn lots(
    db: &impl ConnectionTrait,
    client: &str,
    contract: &str,
) -> Result<Vec<Lot>, StoreError> {
    let rows = lot::Entity::find()
        .filter(lot::Column::Client.eq(client))
        .filter(lot::Column::Contract.eq(contract))
        .order_by_asc(lot::Column::GrantedAt)
        .order_by_asc(lot::Column::Id)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|it| {
            Ok(Lot {
                id: codec::name::<LotId>(&it.id)?,
                granted: codec::count(it.granted)?,
                held: codec::count(it.held)?,
                spent: codec::count(it.spent)?,
                expired: codec::count(it.expired)?,
                granted_at: codec::instant(it.granted_at)?,
                expires_at: codec::maybe(it.expires_at)?,
            })
        })
        .collect()
}

/// Accelerated slots taken in a year.
pub(crate) async fn slots(
    db: &impl ConnectionTrait,
    client: &str,
    contract: &str,
    from: NaiveDate,
) -> Result<Vec<Slot>, StoreError> {
    let rows = slot::Entity::find()
        .filter(slot::Column::Client.eq(client))
        .filter(slot::Column::Contract.eq(contract))
        .filter(slot::Column::YearFrom.eq(from.to_string()))
        .order_by_asc(slot::Column::Ordinal)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|it| {
            Ok(Slot {
                ordinal: u8::try_from(it.ordinal).map_err(|e| codec::corrupt("slot", e))?,
                ticket: codec::name(&it.ticket)?,
                consumed: it.consumed,
            })
        })
        .collect()
}

/// What a decision on a client's ticket looks at, apart from time and actor.
pub(crate) struct Loaded {
    pub(crate) contract: Contract,
    pub(crate) people: Vec<Person>,
    pub(crate) lots: Vec<Lot>,
    pub(crate) year: Year,
    pub(crate) slots: Vec<Slot>,
    pub(crate) locks: BTreeMap<String, (TicketId, String)>,
    pub(crate) next_number: i64,
}

/// Waits until nobody else decides for this client; held until the transaction ends. On SQLite the
/// transaction itself is that lock.
pub(crate) async fn lock(db: &impl ConnectionTrait, client: &str) -> Result<(), StoreError> {
    client::Entity::find_by_id(client.to_owned())
        .lock_exclusive()
        .one(db)
        .await?;
    Ok(())
}

/// Reads it all in the transaction of the decision.
pub(crate) async fn facts(
    db: &impl ConnectionTrait,
    client: &str,
    contract: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Option<Loaded>, StoreError> {
    let Some(contract) = self::contract(db, client, contract).await? else {
        return Ok(None);
    };
    let head = client::Entity::find_by_id(client.to_owned())
        .one(db)
        .await?
        .ok_or_else(|| codec::corrupt("client", client))?;
    let year = crate::quota::year(&contract, now);
    Ok(Some(Loaded {
        people: people::around(db, client).await?,
        lots: lots(db, client, &contract.code).await?,
        slots: slots(db, client, &contract.code, year.from).await?,
        locks: locks(db, client).await?,
        next_number: head.next_number,
        year,
        contract,
    }))
}

async fn locks(
    db: &impl ConnectionTrait,
    client: &str,
) -> Result<BTreeMap<String, (TicketId, String)>, StoreError> {
    let rows = resource_lock::Entity::find()
        .filter(resource_lock::Column::Client.eq(client))
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let holders: BTreeSet<String> = rows.iter().map(|it| it.ticket.clone()).collect();
    let references: HashMap<String, String> = ticket::Entity::find()
        .select_only()
        .columns([ticket::Column::Id, ticket::Column::Reference])
        .filter(ticket::Column::Client.eq(client))
        .filter(ticket::Column::Id.is_in(holders))
        .into_tuple::<(String, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    rows.into_iter()
        .map(|it| {
            let reference = references.get(&it.ticket).cloned().unwrap_or_default();
            Ok((it.resource, (codec::name(&it.ticket)?, reference)))
        })
        .collect()
}

/// The ticket an earlier copy of this command was applied to, with the digest it had.
pub(crate) async fn applied(
    db: &impl ConnectionTrait,
    client: &str,
    command: &str,
) -> Result<Option<(String, TicketId)>, StoreError> {
    let row = inbox::Entity::find_by_id((client.to_owned(), command.to_owned()))
        .one(db)
        .await?;
    row.map(|it| Ok((it.digest, codec::name(&it.ticket)?)))
        .transpose()
}

/// Whether the client's log has a record of that kind about that contract since then.
pub(crate) async fn noted_since(
    db: &impl ConnectionTrait,
    (client, contract): (&str, &str),
    kind: &str,
    from: chrono::DateTime<chrono::Utc>,
) -> Result<bool, StoreError> {
    let rows = record::Entity::find()
        .filter(record::Column::Client.eq(client))
        .filter(record::Column::At.gte(codec::micros(from)))
        .filter(record::Column::Kind.eq(kind))
        .all(db)
        .await?;
    let about = format!("\"chg\":\"{client}/{contract}\"");
    Ok(rows.iter().any(|it| it.leaf.contains(&about)))
}
