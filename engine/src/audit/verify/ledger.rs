//! The ledger three times over: counters of lots, sums of postings, and what the journal says.

use super::{Book, journal::Replay};
use crate::store::{
    StoreError,
    entity::{hold, lot, posting, settlement, ticket},
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Movements that leaves name, with their debit and credit.
const MOVES: [(&str, &str, &str); 5] = [
    ("granted", "issuer", "stock"),
    ("hold", "stock", "held"),
    ("captured", "held", "spent"),
    ("released", "held", "stock"),
    ("expired", "stock", "expired"),
];

pub(super) async fn check(
    db: &DatabaseTransaction,
    client: &str,
    book: &mut Book,
    replay: &Replay,
) -> Result<(), StoreError> {
    let postings = posting::Entity::find()
        .filter(posting::Column::Client.eq(client))
        .all(db)
        .await?;
    book.saw("ledger", postings.len());
    against_the_journal(client, &postings, book, replay);
    let holds = holds(db, client, book).await?;
    let lots = lot::Entity::find()
        .filter(lot::Column::Client.eq(client))
        .all(db)
        .await?;
    book.saw("ledger", lots.len());
    let mut sums: HashMap<&str, BTreeMap<&str, i64>> = HashMap::new();
    for it in &postings {
        let of = sums.entry(&it.lot).or_default();
        *of.entry(&it.debit).or_default() -= it.tokens;
        *of.entry(&it.credit).or_default() += it.tokens;
    }
    let known: BTreeSet<&str> = lots.iter().map(|it| it.id.as_str()).collect();
    for lot in sums.keys().filter(|it| !known.contains(**it)) {
        book.note(
            "ledger",
            client,
            format!("écritures sur un lot {lot} qui n’existe pas"),
            format!("postings on a lot {lot} that does not exist"),
        );
    }
    for lot in &lots {
        let of = |account: &str| {
            let sums = sums.get(lot.id.as_str());
            sums.and_then(|it| it.get(account)).copied().unwrap_or(0)
        };
        let open = holds.get(&lot.id).copied().unwrap_or(0);
        let pairs = [
            ("granted", lot.granted, -of("issuer")),
            ("held", lot.held, of("held")),
            ("held by holds", lot.held, open),
            ("spent", lot.spent, of("spent")),
            ("expired", lot.expired, of("expired")),
        ];
        for (what, counter, sum) in pairs.iter().filter(|it| it.1 != it.2) {
            let id = &lot.id;
            book.note(
                "ledger",
                client,
                format!("lot {id}, {what}\u{a0}: compteur {counter}, écritures {sum}"),
                format!("lot {id}, {what}: counter {counter}, postings {sum}"),
            );
        }
        if of("stock") < 0 {
            let (id, stock) = (&lot.id, of("stock"));
            book.note(
                "ledger",
                client,
                format!("lot {id}\u{a0}: stock {stock}"),
                format!("lot {id}: stock {stock}"),
            );
        }
    }
    Ok(())
}

/// Every record moved the tokens that its leaf says, no more and no fewer.
fn against_the_journal(
    client: &str,
    postings: &[posting::Model],
    book: &mut Book,
    replay: &Replay,
) {
    let mut moved: HashMap<i64, BTreeMap<&str, i64>> = HashMap::new();
    for it in postings {
        let name = MOVES
            .iter()
            .find(|(_, debit, credit)| *debit == it.debit && *credit == it.credit)
            .map_or("?", |it| it.0);
        *moved.entry(it.record).or_default().entry(name).or_default() += it.tokens;
    }
    let records: BTreeSet<i64> = moved.keys().chain(replay.tokens.keys()).copied().collect();
    for record in records {
        let rows = moved.get(&record);
        let leaf = replay.tokens.get(&record);
        let names = MOVES.iter().map(|it| it.0).chain(["?"]);
        for name in names {
            let row = rows.and_then(|it| it.get(name)).copied().unwrap_or(0);
            let said = leaf.and_then(|it| it.get(name)).copied().unwrap_or(0);
            if row != said {
                book.note(
                    "ledger",
                    client,
                    format!(
                        "enregistrement {record}, {name}\u{a0}: {row} écrits, {said} au journal"
                    ),
                    format!("record {record}, {name}: {row} posted, {said} on record"),
                );
            }
        }
    }
}

/// A hold is settled whole, and never outlives its ticket. Returns what is held, by lot.
async fn holds(
    db: &DatabaseTransaction,
    client: &str,
    book: &mut Book,
) -> Result<HashMap<String, i64>, StoreError> {
    let all = hold::Entity::find()
        .filter(hold::Column::Client.eq(client))
        .all(db)
        .await?;
    let settled: HashMap<String, i64> = settlement::Entity::find()
        .filter(settlement::Column::Client.eq(client))
        .all(db)
        .await?
        .into_iter()
        .map(|it| (it.hold, it.captured + it.released))
        .collect();
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
        let whole = settled.get(&it.id).copied();
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
