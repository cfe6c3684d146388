//! What is held for tickets, against the postings that set it aside and let it go.

use super::{Book, reach};
use crate::store::{
    StoreError,
    entity::{hold, posting, settlement, ticket},
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A hold is settled whole, and never outlives its ticket. Returns what is held, by lot.
pub(super) async fn check(
    db: &DatabaseTransaction,
    client: &str,
    postings: &[posting::Model],
    book: &mut Book,
) -> Result<HashMap<String, i64>, StoreError> {
    let all = hold::Entity::find()
        .filter(reach::tickets(
            client,
            hold::Column::Client,
            hold::Column::Ticket,
        ))
        .all(db)
        .await?;
    let settled: HashMap<String, (i64, i64)> = settlement::Entity::find()
        .filter(reach::holds(
            client,
            settlement::Column::Client,
            settlement::Column::Hold,
        ))
        .all(db)
        .await?
        .into_iter()
        .map(|it| (it.hold, (it.captured, it.released)))
        .collect();
    against_the_postings(client, &all, &settled, postings, book);
    let closed: BTreeSet<String> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::Client.eq(client))
        .filter(ticket::Column::State.eq("closed"))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    book.saw("ledger", all.len() + settled.len());
    let mut open: HashMap<String, i64> = HashMap::new();
    for it in all {
        let whole = settled.get(&it.id).map(|it| it.0 + it.1);
        if whole.is_none() {
            *open.entry(it.lot.clone()).or_default() += it.tokens;
        }
        if whole.is_some_and(|n| n != it.tokens) || whole.is_none() && closed.contains(&it.ticket) {
            let (id, tokens) = (&it.id, it.tokens);
            book.note(
                "ledger",
                client,
                format!("{tokens} tokens mis de côté ({id}) mal ou jamais dénoués"),
                format!("{tokens} tokens held ({id}), wrongly or never settled"),
            );
        }
    }
    Ok(open)
}

/// For each ticket and lot as many tokens were held, captured and released as its holds and their
/// settlements say; what is granted or expires is no ticket's.
fn against_the_postings(
    client: &str,
    holds: &[hold::Model],
    settled: &HashMap<String, (i64, i64)>,
    postings: &[posting::Model],
    book: &mut Book,
) {
    let mut moved: BTreeMap<(&str, &str, &str, &str), i64> = BTreeMap::new();
    for it in holds {
        let mut add = |from, to, tokens| {
            let key = (it.ticket.as_str(), it.lot.as_str(), from, to);
            *moved.entry(key).or_default() += tokens;
        };
        add("stock", "held", it.tokens);
        let (captured, released) = settled.get(&it.id).copied().unwrap_or_default();
        add("held", "spent", captured);
        add("held", "stock", released);
    }
    for it in postings {
        let (from, to) = (it.debit.as_str(), it.credit.as_str());
        if from == "held" || to == "held" {
            let ticket = it.ticket.as_deref().unwrap_or_default();
            let key = (ticket, it.lot.as_str(), from, to);
            *moved.entry(key).or_default() -= it.tokens;
        } else if let Some(ticket) = &it.ticket {
            let key = (ticket.as_str(), it.lot.as_str(), from, to);
            *moved.entry(key).or_default() -= it.tokens;
        }
    }
    for ((ticket, lot, from, to), off) in moved.iter().filter(|it| *it.1 != 0) {
        book.note(
            "ledger",
            client,
            format!("demande {ticket}, lot {lot}, {from} à {to}\u{a0}: écart de {off}"),
            format!("ticket {ticket}, lot {lot}, {from} to {to}: {off} off"),
        );
    }
}
