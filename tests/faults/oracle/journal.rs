//! The journal, recomputed from the definition in RFC 6962 §2.1 and nothing else.

use super::{Findings, get, rows};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

type Hash = [u8; 32];

fn leaf_hash(leaf: &str) -> Hash {
    Sha256::new_with_prefix([0])
        .chain_update(leaf)
        .finalize()
        .into()
}

/// Merkle tree hash of a list of leaf hashes: split at the largest power of two below its length.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            let (left, right) = (root(&leaves[..half]), root(&leaves[half..]));
            Sha256::new_with_prefix([1])
                .chain_update(left)
                .chain_update(right)
                .finalize()
                .into()
        }
    }
}

/// The roots of the complete subtrees along the right edge, largest first.
fn edge(leaves: &[Hash]) -> Vec<Hash> {
    let (mut rest, mut roots) = (leaves, Vec::new());
    while !rest.is_empty() {
        let size = 1 << rest.len().ilog2();
        roots.push(root(&rest[..size]));
        rest = &rest[size..];
    }
    roots
}

/// Numbers without a gap, hashes that recompute, a head that is that of the leaves, and per ticket
/// a chain of states that leads to where the ticket stands.
pub(super) async fn judge<C: ConnectionTrait>(db: &C, found: &mut Findings) {
    let mut records = 0;
    for head in rows(db, "SELECT client, size, frontier FROM log_head").await {
        let client: String = get(&head, "client");
        let sql = format!(
            "SELECT seq, ticket, leaf, leaf_hash FROM record WHERE client = '{client}' ORDER BY seq"
        );
        let (mut leaves, mut names) = (Vec::new(), BTreeSet::new());
        let mut last: BTreeMap<String, (i64, String)> = BTreeMap::new();
        let mut before = String::new();
        for (nth, row) in rows(db, &sql).await.iter().enumerate() {
            let (seq, leaf): (i64, String) = (get(row, "seq"), get(row, "leaf"));
            let hash = leaf_hash(&leaf);
            let body: Value = serde_json::from_str(&leaf).unwrap_or_default();
            if usize::try_from(seq) != Ok(nth) || body["i"] != seq {
                found.blame(format!("{client}: record {seq} stands where {nth} should"));
            }
            if get::<String>(row, "leaf_hash") != hex::encode(hash) {
                found.blame(format!("{client}: the hash of leaf {seq} is another one"));
            }
            if !names.insert(body["id"].to_string()) {
                found.blame(format!("{client}: leaf {seq} was written twice"));
            }
            let at = body["at"].as_str().unwrap_or_default().to_owned();
            if at < before {
                found.blame(format!(
                    "{client}: leaf {seq} is older than the one before it"
                ));
            }
            before = at;
            if let Some(ticket) = get::<Option<String>>(row, "ticket") {
                let (count, state) = last.entry(ticket).or_default();
                let from = body["from"].as_str().unwrap_or_default();
                if from != state.as_str() {
                    found.blame(format!(
                        "{client}: leaf {seq} goes on from {from}, not {state}"
                    ));
                }
                *count += 1;
                *state = body["to"].as_str().unwrap_or_default().to_owned();
            }
            leaves.push(hash);
        }
        let edge: String = edge(&leaves).iter().map(hex::encode).collect();
        let size: i64 = get(&head, "size");
        if usize::try_from(size) != Ok(leaves.len()) || get::<String>(&head, "frontier") != edge {
            found.blame(format!(
                "{client}: the log's head is not that of its leaves"
            ));
        }
        let sql =
            format!("SELECT id, reference, version, state FROM ticket WHERE client = '{client}'");
        for row in rows(db, &sql).await {
            let (version, state): (i64, String) = (get(&row, "version"), get(&row, "state"));
            let told = last.remove(&get::<String>(&row, "id")).unwrap_or_default();
            if told != (version, state.clone()) {
                let reference: String = get(&row, "reference");
                found.blame(format!(
                    "{reference} is {state} in version {version}, its records say {told:?}"
                ));
            }
        }
        for ticket in last.keys() {
            found.blame(format!(
                "{client}: records about {ticket}, which does not exist"
            ));
        }
        records += leaves.len();
    }
    found.look("records", records);
}

#[test]
fn the_edge_of_a_tree_folds_into_its_root() {
    let leaves: Vec<Hash> = (0..300_u32).map(|it| leaf_hash(&it.to_string())).collect();
    for size in 1..leaves.len() {
        let mut roots = edge(&leaves[..size]);
        let mut right = roots.pop().expect("one root at least");
        while let Some(left) = roots.pop() {
            let joined = Sha256::new_with_prefix([1])
                .chain_update(left)
                .chain_update(right);
            right = joined.finalize().into();
        }
        assert_eq!(right, root(&leaves[..size]), "{size}");
    }
}
