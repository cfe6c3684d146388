//! The record of every transition: one leaf in one log per client, an RFC 6962 Merkle tree.
//!
//! A leaf holds no name, mail or free text: those are committed to by salted digests, and their
//! openings live beside the log, erasable without breaking a proof (A36).

pub mod proof;
pub mod tiles;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use workflows::plan::canonical;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// What a transition puts on record; the log adds number, salts and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What happened, e.g. `gate.decided`; stable, so never renamed.
    pub kind: &'static str,
    /// Task concerned.
    pub task: Option<String>,
    /// State before.
    pub from: Option<&'static str>,
    /// State after.
    pub to: &'static str,
    /// In which capacity the actor acted.
    pub role: &'static str,
    /// Digest of what was agreed or done.
    pub subject: Option<String>,
    /// Stable key of the outside effect.
    pub effect: Option<String>,
    /// Fence of the attempt.
    pub fence: Option<i64>,
    /// Tasks that a runner took with it, each with its fence.
    pub taken: BTreeMap<String, i64>,
    /// Token movements, e.g. `hold` → 4.
    pub tokens: BTreeMap<&'static str, u32>,
    /// Words for people: committed to, not contained.
    pub words: BTreeMap<&'static str, String>,
}

impl Entry {
    /// An entry with nothing but what happened and the state after.
    #[must_use]
    pub fn new(kind: &'static str, from: Option<&'static str>, to: &'static str) -> Self {
        Entry {
            kind,
            task: None,
            from,
            to,
            role: "engine",
            subject: None,
            effect: None,
            fence: None,
            taken: BTreeMap::new(),
            tokens: BTreeMap::new(),
            words: BTreeMap::new(),
        }
    }
}

/// A value that a leaf commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Name of the field.
    pub field: String,
    /// 32 bytes nobody can guess, hex.
    pub salt: String,
    /// The words themselves.
    pub value: String,
}

/// `SHA-256("guichet/c1\0" ‖ len(name) ‖ name ‖ salt ‖ value)`, hex; the length is 8 bytes, big end
/// first.
#[must_use]
pub fn commitment(field: &str, salt: &Hash, value: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"guichet/c1\0");
    hasher.update((field.len() as u64).to_be_bytes());
    hasher.update(field.as_bytes());
    hasher.update(salt);
    hasher.update(value.as_bytes());
    hex::encode(hasher.finalize())
}

/// Where and by whom a leaf is written.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Number in the client's log, from 0.
    pub index: i64,
    /// Name of the record.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Reference of the ticket, or the contract's code.
    pub about: &'a str,
    /// Pseudonym of the person, or the part of the engine.
    pub actor: String,
    /// Door.
    pub via: &'static str,
}

/// The leaf as canonical JSON (RFC 8785 for the values used here: strings and integers), and the
/// openings of what it commits to.
#[must_use]
pub fn leaf(
    entry: &Entry,
    place: &Place<'_>,
    mut salt: impl FnMut() -> Hash,
) -> (String, Vec<Opening>) {
    let mut commitments = Map::new();
    let mut openings = Vec::new();
    for (field, value) in &entry.words {
        let salt = salt();
        commitments.insert((*field).to_owned(), commitment(field, &salt, value).into());
        openings.push(Opening {
            field: (*field).to_owned(),
            salt: hex::encode(salt),
            value: value.clone(),
        });
    }
    let mut body = json!({
        "v": 1, "i": place.index, "id": place.id,
        "at": place.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "kind": entry.kind, "chg": place.about, "to": entry.to,
        "actor": place.actor, "role": entry.role, "via": place.via,
    });
    let mut put = |key: &str, value: Value| {
        body[key] = value;
    };
    if let Some(task) = &entry.task {
        put("node", task.as_str().into());
    }
    if let Some(from) = entry.from {
        put("from", from.into());
    }
    if let Some(subject) = &entry.subject {
        put("sd", subject.as_str().into());
    }
    if let Some(effect) = &entry.effect {
        put("fx", effect.as_str().into());
    }
    if let Some(fence) = entry.fence {
        put("fence", fence.into());
    }
    if !entry.taken.is_empty() {
        put("took", json!(entry.taken));
    }
    if !entry.tokens.is_empty() {
        put("tok", json!(entry.tokens));
    }
    if !commitments.is_empty() {
        put("c", Value::Object(commitments));
    }
    (canonical(&body), openings)
}

/// RFC 6962 §2.1: hash of a leaf.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(leaf);
    hasher.finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The right edge of a Merkle tree: the roots of its complete subtrees, largest first. Enough to
/// append and to compute the root without reading the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    /// Leaves so far.
    pub size: u64,
    /// One root per bit set in `size`, highest bit first.
    pub roots: Vec<Hash>,
}

impl Frontier {
    /// Adds a leaf.
    pub fn append(&mut self, hash: Hash) {
        let mut carry = hash;
        let mut bits = self.size;
        while bits & 1 == 1 {
            let left = self.roots.pop().expect("one root per bit set in the size");
            carry = node_hash(&left, &carry);
            bits >>= 1;
        }
        self.roots.push(carry);
        self.size += 1;
    }
    /// Root of the tree; the hash of the empty string for an empty log.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(last) = roots.next() else {
            return Sha256::digest([]).into();
        };
        roots.fold(*last, |right, left| node_hash(left, &right))
    }
    /// One line for storage.
    #[must_use]
    pub fn encode(&self) -> String {
        self.roots.iter().map(hex::encode).collect()
    }
    /// Back from [`Frontier::encode`]; `None` when size and text disagree.
    #[must_use]
    pub fn decode(size: u64, text: &str) -> Option<Frontier> {
        let bytes = hex::decode(text).ok()?;
        let roots: Vec<Hash> = bytes
            .chunks(32)
            .map(|it| it.try_into().ok())
            .collect::<Option<_>>()?;
        (roots.len() == size.count_ones() as usize).then_some(Frontier { size, roots })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight leaves of the RFC 6962 reference implementation and its published roots.
    #[test]
    fn roots_agree_with_the_vectors_of_rfc_6962() {
        let leaves = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut log = Frontier::default();
        for (leaf, root) in leaves.iter().zip(roots) {
            log.append(leaf_hash(&hex::decode(leaf).unwrap()));
            assert_eq!(hex::encode(log.root()), root);
            assert_eq!(Frontier::decode(log.size, &log.encode()), Some(log.clone()));
        }
    }

    #[test]
    fn a_leaf_holds_no_words_of_people_only_commitments_to_them() {
        let mut entry = Entry::new("gate.decided", Some("agreeing"), "scheduled");
        entry.words.insert("comment", "Paul Dupont approves".into());
        let place = Place {
            index: 3,
            id: "x".into(),
            at: DateTime::UNIX_EPOCH,
            about: "ACME-2026-0001",
            actor: "p:1".into(),
            via: "link",
        };
        let (leaf, openings) = leaf(&entry, &place, || [9; 32]);
        assert!(!leaf.contains("Paul"));
        assert!(leaf.contains(&commitment("comment", &[9; 32], &openings[0].value)));
    }
}
