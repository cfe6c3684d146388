//! The ledger three times over: counters of lots, sums of postings, and what the journal says.

use super::{Book, holds, journal::Replay};
use crate::store::{
    StoreError,
    entity::{lot, posting},
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
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
    let holds = holds::check(db, client, &postings, book).await?;
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
    places(client, &postings, &lots, book);
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

/// Every posting is on a lot of its contract, and those of a record are numbered without a gap.
fn places(client: &str, postings: &[posting::Model], lots: &[lot::Model], book: &mut Book) {
    let of: HashMap<&str, &str> = lots
        .iter()
        .map(|it| (it.id.as_str(), it.contract.as_str()))
        .collect();
    let mut counted: HashMap<i64, i32> = HashMap::new();
    for it in postings {
        *counted.entry(it.record).or_default() += 1;
    }
    for it in postings {
        let strange = of.get(it.lot.as_str()) != Some(&it.contract.as_str());
        if strange || !(0..counted[&it.record]).contains(&it.n) {
            let (record, n) = (it.record, it.n);
            book.note(
                "ledger",
                client,
                format!("écriture {record}/{n}\u{a0}: ni son contrat ni sa place"),
                format!("posting {record}/{n}: not its contract, or not its place"),
            );
        }
    }
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
