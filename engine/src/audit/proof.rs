//! Proofs that whoever holds them can verify alone (RFC 6962): that a record is in a log, and that
//! a log only grew.

use crate::{
    desk::Desk,
    journal::{
        Frontier, Hash, leaf_hash,
        proof::{Node, Plan, Seen, goes_on, root_by_inclusion},
    },
    store::{StoreError, codec::corrupt},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// That a record is in the log of a client. All hashes are hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inclusion {
    /// Code of the client.
    pub client: String,
    /// Number of the record, from 0.
    pub seq: u64,
    /// How many leaves the tree has that it is in.
    pub size: u64,
    /// Root of that tree.
    pub root: String,
    /// The leaf, to the letter.
    pub leaf: String,
    /// Its hash.
    pub leaf_hash: String,
    /// From the leaf up: the hashes of the subtrees beside.
    pub path: Vec<String>,
}

/// That a log goes on from what it was. All hashes are hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// Code of the client.
    pub client: String,
    /// How many leaves it had.
    pub from: u64,
    /// Their root.
    pub from_root: String,
    /// How many leaves it has.
    pub size: u64,
    /// Their root.
    pub root: String,
    /// What lies between the two.
    pub path: Vec<String>,
}

fn hash(text: &str) -> Option<Hash> {
    hex::decode(text).ok()?.try_into().ok()
}

fn path(all: &[String]) -> Option<Vec<Hash>> {
    all.iter().map(|it| hash(it)).collect()
}

impl Inclusion {
    /// Whether the leaf has that hash, and the path leads from it to the root.
    #[must_use]
    pub fn holds(&self) -> bool {
        let leaf = leaf_hash(self.leaf.as_bytes());
        let root =
            path(&self.path).and_then(|path| root_by_inclusion(&leaf, self.seq, self.size, &path));
        hash(&self.leaf_hash) == Some(leaf) && root.is_some() && hash(&self.root) == root
    }
}

impl Consistency {
    /// Whether the path leads from the one root to the other.
    #[must_use]
    pub fn holds(&self) -> bool {
        let seen = |size, root: &str| hash(root).map(|root| Seen { size, root });
        let old = seen(self.from, &self.from_root);
        let new = seen(self.size, &self.root);
        match (old, new, path(&self.path)) {
            (Some(old), Some(new), Some(path)) => goes_on(&old, &new, &path),
            _ => false,
        }
    }
}

impl Desk {
    /// The proof that record `seq` is among the first `size` of a client's log, by default all of
    /// it; `None` when it is not.
    ///
    /// # Errors
    /// The database failed; or what is stored does not lead to the log's root, and no proof can be
    /// given.
    pub async fn inclusion(
        &self,
        client: &str,
        seq: u64,
        size: Option<u64>,
    ) -> Result<Option<Inclusion>, StoreError> {
        let Some((edge, leaf)) = self.store.edge_and_leaf(client, seq).await? else {
            return Ok(None);
        };
        let size = size.unwrap_or(edge.size);
        let plan = Plan::inclusion(seq, size).filter(|_| size <= edge.size);
        let Some(plan) = plan else {
            return Ok(None);
        };
        let above = Plan::root(size);
        let nodes = plan.nodes().chain(above.nodes());
        let known = self.store.subtrees(client, &edge, nodes).await?;
        let it = Inclusion {
            client: client.to_owned(),
            seq,
            size,
            root: hex::encode(root(&edge, size, &known)?),
            leaf_hash: hex::encode(leaf_hash(leaf.as_bytes())),
            leaf,
            path: hexes(&plan, &known)?,
        };
        match it.holds() {
            true => Ok(Some(it)),
            false => Err(unproved(client)),
        }
    }

    /// The proof that the first `size` records of a client's log, by default all of it, go on from
    /// the first `from`; `None` when there are not as many.
    ///
    /// # Errors
    /// As [`Desk::inclusion`].
    pub async fn consistency(
        &self,
        client: &str,
        from: u64,
        size: Option<u64>,
    ) -> Result<Option<Consistency>, StoreError> {
        let Some(edge) = self.store.edge(client).await? else {
            return Ok(None);
        };
        let size = size.unwrap_or(edge.size);
        let plan = Plan::consistency(from, size).filter(|_| size <= edge.size);
        let Some(plan) = plan else {
            return Ok(None);
        };
        let roots = [Plan::root(from), Plan::root(size)];
        let nodes = roots.iter().flat_map(Plan::nodes).chain(plan.nodes());
        let known = self.store.subtrees(client, &edge, nodes).await?;
        let it = Consistency {
            client: client.to_owned(),
            from,
            from_root: hex::encode(root(&edge, from, &known)?),
            size,
            root: hex::encode(root(&edge, size, &known)?),
            path: hexes(&plan, &known)?,
        };
        match it.holds() {
            true => Ok(Some(it)),
            false => Err(unproved(client)),
        }
    }
}

/// Never answered with a proof that does not hold: rather with the reason to look what happened.
fn unproved(client: &str) -> StoreError {
    corrupt(
        "journal",
        format!("{client}: leaves and tiles do not lead to the root; run `guichet db verify`"),
    )
}

fn root(edge: &Frontier, size: u64, known: &HashMap<Node, Hash>) -> Result<Hash, StoreError> {
    if size == edge.size || size == 0 {
        let none = Frontier::default();
        return Ok(if size == 0 { none.root() } else { edge.root() });
    }
    let all = Plan::root(size).hashes(|it| known.get(&it).copied());
    let root = all.and_then(|it| it.first().copied());
    root.ok_or_else(|| corrupt("journal", "no root"))
}

fn hexes(plan: &Plan, known: &HashMap<Node, Hash>) -> Result<Vec<String>, StoreError> {
    let all = plan.hashes(|it| known.get(&it).copied());
    let all = all.ok_or_else(|| corrupt("journal", "a subtree is not known"))?;
    Ok(all.iter().map(hex::encode).collect())
}
