//! The record of every transition: one leaf in one log per client, an RFC 6962 Merkle tree.
//!
//! A leaf holds no name, mail or free text: those are committed to by salted digests, and their
//! openings live beside the log, erasable without breaking a proof (A36).

pub mod proof;
pub mod tiles;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

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

/// A leaf, with its fields in the order of canonical JSON.
#[derive(Serialize)]
struct Leaf<'a> {
    actor: &'a str,
    at: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    c: BTreeMap<&'a str, String>,
    chg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fence: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fx: Option<&'a str>,
    i: i64,
    id: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    role: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sd: Option<&'a str>,
    to: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tok: &'a BTreeMap<&'static str, u32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    took: &'a BTreeMap<String, i64>,
    v: u8,
    via: &'a str,
}

/// The leaf as canonical JSON (RFC 8785 for the values used here: strings and integers), and the
/// openings of what it commits to.
#[must_use]
pub fn leaf(
    entry: &Entry,
    place: &Place<'_>,
    mut salt: impl FnMut() -> Hash,
) -> (String, Vec<Opening>) {
    let mut commitments = BTreeMap::new();
    let mut openings = Vec::new();
    for (field, value) in &entry.words {
        let salt = salt();
        commitments.insert(*field, commitment(field, &salt, value));
        openings.push(Opening {
            field: (*field).to_owned(),
            salt: hex::encode(salt),
            value: value.clone(),
        });
    }
    let leaf = Leaf {
        actor: &place.actor,
        at: place.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        c: commitments,
        chg: place.about,
        fence: entry.fence,
        from: entry.from,
        fx: entry.effect.as_deref(),
        i: place.index,
        id: &place.id,
        kind: entry.kind,
        node: entry.task.as_deref(),
        role: entry.role,
        sd: entry.subject.as_deref(),
        to: entry.to,
        tok: &entry.tokens,
        took: &entry.taken,
        v: 1,
        via: place.via,
    };
    let text = serde_json::to_string(&leaf).expect("keys are words, and nothing can fail");
    (text, openings)
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

    fn place() -> Place<'static> {
        Place {
            index: 3,
            id: "x".into(),
            at: DateTime::UNIX_EPOCH,
            about: "ACME-2026-0001",
            actor: "p:1".into(),
            via: "link",
        }
    }

    #[test]
    fn a_leaf_is_canonical_whatever_it_holds() {
        let bare = Entry::new("ticket.ordered", None, "preparing");
        let mut full = Entry {
            task: Some("deposit".into()),
            from: Some("running"),
            subject: Some("sha256:00".into()),
            effect: Some("key \"1\"".into()),
            fence: Some(7),
            ..bare.clone()
        };
        full.taken.insert("validate".into(), 1);
        full.tokens.insert("hold", 4);
        full.words.insert("comment", "yes".into());
        for (entry, fields) in [(bare, 10), (full, 18)] {
            let (leaf, _) = leaf(&entry, &place(), || [9; 32]);
            let value: serde_json::Value = serde_json::from_str(&leaf).unwrap();
            assert_eq!(workflows::plan::canonical(&value), leaf);
            assert_eq!(value.as_object().unwrap().len(), fields, "{leaf}");
        }
    }

    #[test]
    fn a_leaf_holds_no_words_of_people_only_commitments_to_them() {
        let mut entry = Entry::new("gate.decided", Some("agreeing"), "scheduled");
        entry.words.insert("comment", "Paul Dupont approves".into());
        let (leaf, openings) = leaf(&entry, &place(), || [9; 32]);
        assert!(!leaf.contains("Paul"));
        assert!(leaf.contains(&commitment("comment", &[9; 32], &openings[0].value)));
    }
}
