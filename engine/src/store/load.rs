//! From rows to tickets and to the facts a decision looks at.

use super::{
    StoreError, codec,
    entity::{client, contract, lot, record, slot, ticket},
    span,
};
use crate::{
    contract::Contract,
    id::{LotId, TicketId},
    ledger::Lot,
    people::Person,
    quota::{Slot, Year},
    ticket::Ticket,
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::{collections::BTreeMap, sync::Arc};

/// Where a ticket is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Known {
    /// Code of the client.
    pub client: String,
    /// Name.
    pub id: TicketId,
}

impl From<&Ticket> for Known {
    fn from(ticket: &Ticket) -> Known {
        Known {
            client: ticket.client.clone(),
            id: ticket.id,
        }
    }
}

/// A ticket with everything on it.
pub(crate) async fn ticket(
    db: &impl ConnectionTrait,
    at: &Known,
) -> Result<Option<Ticket>, StoreError> {
    let mut found = super::tickets::tickets(db, std::slice::from_ref(at)).await?;
    Ok(found.remove(at))
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
    rows.into_iter().map(lot_of).collect()
}

pub(super) fn lot_of(row: lot::Model) -> Result<Lot, StoreError> {
    Ok(Lot {
        id: codec::name::<LotId>(&row.id)?,
        granted: codec::count(row.granted)?,
        held: codec::count(row.held)?,
        spent: codec::count(row.spent)?,
        expired: codec::count(row.expired)?,
        granted_at: codec::instant(row.granted_at)?,
        expires_at: codec::maybe(row.expires_at)?,
    })
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
    rows.into_iter().map(slot_of).collect()
}

pub(super) fn slot_of(row: slot::Model) -> Result<Slot, StoreError> {
    Ok(Slot {
        ordinal: u8::try_from(row.ordinal).map_err(|e| codec::corrupt("slot", e))?,
        ticket: codec::name(&row.ticket)?,
        consumed: row.consumed,
    })
}

/// What a decision on a client's ticket looks at, apart from time and actor.
pub(crate) struct Loaded {
    pub(crate) contract: Arc<Contract>,
    pub(crate) people: Arc<Vec<Person>>,
    pub(crate) lots: Vec<Lot>,
    pub(crate) year: Year,
    pub(crate) slots: Vec<Slot>,
    pub(crate) locks: Arc<BTreeMap<String, (TicketId, String)>>,
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

/// Whether the client's log has a record of that kind about that contract since then.
pub(crate) async fn noted_since(
    db: &impl ConnectionTrait,
    (client, contract): (&str, &str),
    kind: &str,
    from: chrono::DateTime<chrono::Utc>,
) -> Result<bool, StoreError> {
    let rows = record::Entity::find()
        .filter(record::Column::Client.eq(client))
        .filter(span::not_before(db.get_database_backend(), client, from))
        .filter(record::Column::At.gte(codec::micros(from)))
        .filter(record::Column::Kind.eq(kind))
        .all(db)
        .await?;
    let about = format!("\"chg\":\"{client}/{contract}\"");
    Ok(rows.iter().any(|it| it.leaf.contains(&about)))
}
