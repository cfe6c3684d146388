//! Proofs that a record is in a log, and that a log only grew (RFC 6962 §2.1.1 and §2.1.2).
//!
//! What a proof needs is named first, as complete subtrees; whoever keeps their hashes finds them
//! as it likes.

use super::{Frontier, Hash, node_hash};

/// A complete subtree: the 2^`height` leaves from `index` × 2^`height` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// How many steps above the leaves.
    pub height: u8,
    /// How many such subtrees stand before it.
    pub index: u64,
}

/// The complete subtrees that cover the leaves from `from` to before `to`, left to right. They are
/// as few as can be where `from` is a place at which the tree splits.
fn cover(mut from: u64, to: u64) -> Vec<Node> {
    let mut all = Vec::new();
    while from < to {
        let height = from.trailing_zeros().min((to - from).ilog2());
        all.push(Node {
            height: u8::try_from(height).expect("a tree has fewer than 2^64 leaves"),
            index: from >> height,
        });
        from += 1 << height;
    }
    all
}

/// Where a tree of that many leaves, more than one, splits: the largest power of two below.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The hashes of a proof, each named by the complete subtrees that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    steps: Vec<Vec<Node>>,
}

impl Plan {
    /// That leaf `index` is in the tree of the first `size` leaves; `None` when it cannot be.
    #[must_use]
    pub fn inclusion(index: u64, size: u64) -> Option<Plan> {
        if index >= size {
            return None;
        }
        let (mut from, mut to, mut steps) = (0, size, Vec::new());
        while to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                steps.push(cover(middle, to));
                to = middle;
            } else {
                steps.push(cover(from, middle));
                from = middle;
            }
        }
        steps.reverse();
        Some(Plan { steps })
    }

    /// That the tree of the first `size` leaves goes on from that of the first `old` ones; `None`
    /// when it is the shorter one. Every tree goes on from the empty one, without further proof.
    #[must_use]
    pub fn consistency(old: u64, size: u64) -> Option<Plan> {
        if old > size {
            return None;
        }
        let (mut from, mut to, mut steps) = (0, size, Vec::new());
        while old != 0 && old != to {
            let middle = from + split(to - from);
            if old <= middle {
                steps.push(cover(middle, to));
                to = middle;
            } else {
                steps.push(cover(from, middle));
                from = middle;
            }
        }
        if from > 0 {
            // Otherwise it is the old root, which whoever verifies has.
            steps.push(cover(from, to));
        }
        steps.reverse();
        Some(Plan { steps })
    }

    /// The root of the tree of the first `size` leaves, of which there is at least one.
    #[must_use]
    pub fn root(size: u64) -> Plan {
        let steps = vec![cover(0, size)];
        Plan { steps }
    }

    /// The subtrees whose hashes are needed.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        self.steps.iter().flatten().copied()
    }

    /// The hashes of the proof; `None` when one of its subtrees is not known.
    #[must_use]
    pub fn hashes(&self, known: impl Fn(Node) -> Option<Hash>) -> Option<Vec<Hash>> {
        let one = |step: &Vec<Node>| {
            let mut parts = step.iter().rev().map(|it| known(*it));
            let last = parts.next()??;
            parts.try_fold(last, |right, left| Some(node_hash(&left?, &right)))
        };
        self.steps.iter().map(one).collect()
    }
}

impl Frontier {
    /// The subtrees whose roots it consists of, with those roots.
    pub fn nodes(&self) -> impl Iterator<Item = (Node, Hash)> {
        cover(0, self.size)
            .into_iter()
            .zip(self.roots.iter().copied())
    }
}

/// The root that a proof of inclusion leads to (RFC 9162 §2.1.3.2); `None` when the proof does not
/// fit a leaf at that place of a tree of that size.
#[must_use]
pub fn root_by_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size - 1, *leaf);
    for hash in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = node_hash(hash, &root);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            root = node_hash(&root, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

/// A tree as it is known from outside: how many leaves, and their root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// Whether `new` goes on from `old`, by a proof of consistency (RFC 9162 §2.1.4.2).
#[must_use]
pub fn goes_on(old: &Seen, new: &Seen, proof: &[Hash]) -> bool {
    if old.size == 0 || old.size >= new.size {
        let same = old.size == 0 && old.root == Frontier::default().root() || old == new;
        return same && proof.is_empty();
    }
    let mut proof = proof.iter();
    let first = if old.size.is_power_of_two() {
        Some(&old.root)
    } else {
        proof.next()
    };
    let Some(first) = first else {
        return false;
    };
    let (mut at, mut last) = (old.size - 1, new.size - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut before, mut after) = (*first, *first);
    for hash in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = node_hash(hash, &before);
            after = node_hash(hash, &after);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            after = node_hash(&after, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && before == old.root && after == new.root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_names_as_few_subtrees_as_the_tree_allows() {
        let node = |height, index| Node { height, index };
        let plan = Plan::inclusion(0, 7).expect("there are seven");
        // RFC 6962 §2.1.3: PATH(0, D[7]) = [b, h, l], and l is made of d6 and of i.
        let all = [node(0, 1), node(1, 1), node(1, 2), node(0, 6)];
        assert_eq!(plan.nodes().collect::<Vec<_>>(), all);
        let plan = Plan::consistency(3, 7).expect("seven go on from three");
        // PROOF(3, D[7]) = [c, d, g, l].
        let all = [node(0, 2), node(0, 3), node(1, 0), node(1, 2), node(0, 6)];
        assert_eq!(plan.nodes().collect::<Vec<_>>(), all);
        assert_eq!(Plan::inclusion(7, 7), None);
        assert_eq!(Plan::consistency(8, 7), None);
    }

    #[test]
    fn a_tree_goes_on_from_itself_and_from_none_and_never_shrinks() {
        let mut log = Frontier::default();
        let none = Seen {
            size: 0,
            root: log.root(),
        };
        log.append([1; 32]);
        let one = Seen {
            size: 1,
            root: log.root(),
        };
        assert!(goes_on(&none, &none, &[]) && goes_on(&none, &one, &[]));
        assert!(goes_on(&one, &one, &[]));
        assert!(!goes_on(&one, &none, &[]) && !goes_on(&one, &one, &[[0; 32]]));
        let other = Seen {
            size: 0,
            root: [0; 32],
        };
        assert!(!goes_on(&other, &one, &[]));
    }
}
