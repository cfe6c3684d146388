//! A client's log: every leaf recomputed, and what it says kept for comparison.

use super::{Book, tiles::Tiles};
use crate::{
    audit::source::PAGE,
    journal::{Frontier, Hash, commitment, leaf_hash},
    store::{
        StoreError, codec,
        entity::{log_head, opening, person, record},
    },
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use workflows::plan::canonical;

/// What the journal says happened to one ticket.
#[derive(Default)]
pub(super) struct Trail {
    /// How many records.
    pub(super) records: i64,
    /// State after the last.
    pub(super) to: String,
    /// Reference in every leaf.
    pub(super) reference: String,
    /// Highest fence on record, by task.
    pub(super) fences: HashMap<String, i64>,
}

/// A decision as both sides name it: reference, task, digest, pseudonym of the person, door.
pub(super) type Said = (String, String, String, String, String);

/// What a client's journal says happened.
#[derive(Default)]
pub(super) struct Replay {
    /// By name of the ticket.
    pub(super) tickets: HashMap<String, Trail>,
    /// How often each decision is on record.
    pub(super) decided: HashMap<Said, i64>,
    /// Token movements, by number of the record.
    pub(super) tokens: HashMap<i64, BTreeMap<String, i64>>,
    /// How many records there are.
    pub(super) size: i64,
}

pub(super) async fn check(
    db: &DatabaseTransaction,
    client: &str,
    book: &mut Book,
    replay: &mut Replay,
    read: &mut (dyn FnMut(u64) + Send),
) -> Result<(), StoreError> {
    let people = pseudonyms(db, client).await?;
    let mut edge = Frontier::default();
    let mut tiles = Tiles::begin(db, client).await?;
    let mut last_at = i64::MIN;
    loop {
        let page = record::Entity::find()
            .filter(record::Column::Client.eq(client))
            .filter(record::Column::Seq.gte(replay.size))
            .order_by_asc(record::Column::Seq)
            .limit(PAGE)
            .all(db)
            .await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            break;
        };
        let (first, next) = (first.seq, last.seq + 1);
        let mut committed = BTreeMap::new();
        for row in &page {
            let expected = i64::try_from(edge.size).map_err(|e| codec::corrupt("log", e))?;
            let hash = leaf_hash(row.leaf.as_bytes());
            edge.append(hash);
            if let Some(tiles) = &mut tiles {
                tiles.leaf(hash);
            }
            let faults = leaf(row, expected, &hash, last_at);
            let faults = faults.and_then(|body| by_whom(row, body, &people));
            last_at = row.at;
            match faults {
                Ok(body) => {
                    keep(client, row, &body, book, replay);
                    committed.insert(row.seq, body);
                }
                Err(words) => {
                    let at = row.seq;
                    book.note(
                        "journal",
                        client,
                        format!("enregistrement {at}\u{a0}: {}", words.0),
                        format!("record {at}: {}", words.1),
                    );
                }
            }
        }
        openings(db, client, (first, next), &committed, book).await?;
        if let Some(tiles) = &mut tiles {
            tiles.compare(db, client, book).await?;
        }
        book.saw("journal", page.len());
        read(page.len() as u64);
        replay.size = next;
    }
    if let Some(tiles) = tiles {
        tiles.end(db, client, book).await?;
    }
    head(db, client, &edge, book).await
}

/// The leaf as a value, or what is wrong with it.
fn leaf(
    row: &record::Model,
    expected: i64,
    hash: &Hash,
    last_at: i64,
) -> Result<Value, (String, String)> {
    let say = |fr: &str, en: &str| Err((fr.to_owned(), en.to_owned()));
    let Ok(body) = serde_json::from_str::<Value>(&row.leaf) else {
        return say("la feuille n’est pas du JSON", "the leaf is not JSON");
    };
    if row.leaf_hash != hex::encode(hash) {
        return say(
            "l’empreinte n’est pas celle de la feuille",
            "the hash is not that of the leaf",
        );
    }
    if row.seq != expected || body["i"] != row.seq {
        return say(
            &format!("tient la place {expected}"),
            &format!("stands at place {expected}"),
        );
    }
    if canonical(&body) != row.leaf {
        return say(
            "la feuille n’est pas canonique",
            "the leaf is not canonical",
        );
    }
    let at = body["at"].as_str().and_then(|it| it.parse().ok());
    let same = body["kind"] == row.kind.as_str()
        && body["node"].as_str() == row.task.as_deref()
        && at.map(codec::micros) == Some(row.at);
    if !same {
        return say(
            "les colonnes ne disent pas ce que dit la feuille",
            "the columns do not say what the leaf says",
        );
    }
    if row.at < last_at {
        return say("plus ancien que le précédent", "older than the one before");
    }
    Ok(body)
}

/// The leaf, provided the person whose record it is to be is the one that it names.
fn by_whom(
    row: &record::Model,
    body: Value,
    people: &HashMap<String, String>,
) -> Result<Value, (String, String)> {
    let said = body["actor"].as_str().and_then(|it| it.strip_prefix("p:"));
    let named = row.person.as_ref();
    let same = match named.and_then(|it| people.get(it)) {
        Some(pseudonym) => said == Some(pseudonym),
        None => named.is_none() && said.is_none(),
    };
    if same {
        return Ok(body);
    }
    Err((
        "la personne n’est pas celle de la feuille".to_owned(),
        "the person is not that of the leaf".to_owned(),
    ))
}

/// By what name the journal knows the client's persons and the provider's.
pub(super) async fn pseudonyms(
    db: &DatabaseTransaction,
    client: &str,
) -> Result<HashMap<String, String>, StoreError> {
    let all = person::Entity::find()
        .filter(person::Column::Client.is_in([client, ""]))
        .all(db)
        .await?;
    Ok(all.into_iter().map(|it| (it.id, it.pseudonym)).collect())
}

/// Keeps what the leaf says happened, and notes a ticket whose states do not follow.
fn keep(client: &str, row: &record::Model, body: &Value, book: &mut Book, replay: &mut Replay) {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    if let Some(moves) = body["tok"].as_object() {
        let moves = moves
            .iter()
            .map(|(key, n)| (key.clone(), n.as_i64().unwrap_or_default()));
        replay.tokens.insert(row.seq, moves.collect());
    }
    let Some(ticket) = &row.ticket else {
        return;
    };
    let (reference, to) = (text("chg"), text("to"));
    if row.kind == "gate.decided" {
        let (what, who) = ((text("node"), text("sd")), (text("actor"), text("via")));
        let said = (reference.clone(), what.0, what.1, who.0, who.1);
        *replay.decided.entry(said).or_default() += 1;
    }
    let trail = replay.tickets.entry(ticket.clone()).or_default();
    let from = body["from"].as_str().unwrap_or_default();
    if trail.to != from || trail.records > 0 && trail.reference != reference {
        let (at, was) = (row.seq, &trail.to);
        book.note(
            "journal",
            client,
            format!(
                "enregistrement {at}\u{a0}: {reference} part de «\u{a0}{from}\u{a0}», pas de \
                 «\u{a0}{was}\u{a0}»"
            ),
            format!("record {at}: {reference} starts from “{from}”, not from “{was}”"),
        );
    }
    trail.records += 1;
    trail.to = to;
    trail.reference = reference;
    let own = row.task.as_ref().zip(body["fence"].as_i64());
    let took = body["took"].as_object().into_iter().flatten();
    let took = took.filter_map(|(task, fence)| Some((task, fence.as_i64()?)));
    for (task, fence) in own.into_iter().chain(took) {
        let highest = trail.fences.entry(task.clone()).or_default();
        *highest = fence.max(*highest);
    }
}

/// Every opening is what its leaf committed to; a commitment without opening was erased, which
/// breaks nothing.
async fn openings(
    db: &DatabaseTransaction,
    client: &str,
    (first, next): (i64, i64),
    committed: &BTreeMap<i64, Value>,
    book: &mut Book,
) -> Result<(), StoreError> {
    let rows = opening::Entity::find()
        .filter(opening::Column::Client.eq(client))
        .filter(opening::Column::Seq.gte(first))
        .filter(opening::Column::Seq.lt(next))
        .all(db)
        .await?;
    book.saw("openings", rows.len());
    for it in rows {
        let salt = hex::decode(&it.salt).ok().and_then(|it| it.try_into().ok());
        let said = salt.map(|salt: Hash| commitment(&it.field, &salt, &it.value));
        let leaf = committed.get(&it.seq);
        let promised = leaf.and_then(|leaf| leaf["c"][&it.field].as_str());
        if said.is_none() || said.as_deref() != promised {
            let (seq, field) = (it.seq, it.field);
            book.note(
                "openings",
                client,
                format!(
                    "enregistrement {seq}\u{a0}: «\u{a0}{field}\u{a0}» n’est pas ce qui \
                     fut engagé"
                ),
                format!("record {seq}: “{field}” is not what was committed to"),
            );
        }
    }
    Ok(())
}

async fn head(
    db: &DatabaseTransaction,
    client: &str,
    edge: &Frontier,
    book: &mut Book,
) -> Result<(), StoreError> {
    let found = log_head::Entity::find_by_id(client.to_owned())
        .one(db)
        .await?;
    let same = found
        .is_some_and(|it| u64::try_from(it.size) == Ok(edge.size) && it.frontier == edge.encode());
    if !same {
        let size = edge.size;
        book.note(
            "journal",
            client,
            format!("la tête du journal n’est pas celle de ses {size} feuilles"),
            format!("the log’s head is not that of its {size} leaves"),
        );
    }
    Ok(())
}
