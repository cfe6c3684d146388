//! The hashes of a log in tiles of 256, as C2SP tlog-tiles lays them out: a tile of level 0 holds
//! hashes of leaves, one of level 1 the roots of 256 tiles of level 0, and so on.
//!
//! Only complete tiles exist, and what is in one follows from the leaves alone: whoever makes it,
//! and however often, makes the same. Beside its hashes each tile keeps the roots of the subtrees
//! that end with it, so that no proof has to add up the tiles of one that is not complete yet.

use super::{Hash, node_hash, proof::Node};
use std::ops::Range;

/// Hashes of a tile.
pub const WIDTH: u64 = 256;
/// How much higher each level stands than the one below: 2^8 = 256.
pub const STEP: u8 = 8;

/// Which tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Level; 0 holds hashes of leaves.
    pub level: u8,
    /// Number on that level.
    pub index: u64,
}

impl Place {
    /// Whether a log of that many leaves completes it.
    #[must_use]
    pub fn is_complete(self, leaves: u64) -> bool {
        self.index < complete(leaves, self.level)
    }
    /// The leaves that it stands over.
    #[must_use]
    pub fn leaves(self) -> Range<u64> {
        let height = STEP * (self.level + 1);
        self.index << height..(self.index + 1) << height
    }
}

/// How many complete tiles of a level a log of that many leaves has.
#[must_use]
pub fn complete(leaves: u64, level: u8) -> u64 {
    let height = u32::from(STEP) * (u32::from(level) + 1);
    leaves.checked_shr(height).unwrap_or(0)
}

impl Node {
    /// The tile that holds the hashes it is made of, and which of them.
    #[must_use]
    pub fn within(self) -> (Place, Range<usize>) {
        let (level, height) = (self.height / STEP, self.height % STEP);
        let place = Place {
            level,
            index: self.index >> (STEP - height),
        };
        let first = (self.index << height) % WIDTH;
        let first = usize::try_from(first).expect("below 256");
        (place, first..first + (1 << height))
    }

    /// The tile with which it ends, and at which place among the roots that end there; `None` for
    /// one that ends inside a tile.
    #[must_use]
    pub fn ends_with(self) -> Option<(Place, usize)> {
        let height = self.height % STEP;
        let level = (self.height / STEP).checked_sub(1)?;
        let place = Place {
            level,
            index: ((self.index + 1) << height) - 1,
        };
        Some((place, usize::from(height)))
    }
}

/// The root of a complete tree over those hashes, of which there are 1, 2, 4, …
#[must_use]
pub fn root_of(hashes: &[Hash]) -> Option<Hash> {
    let (left, right) = hashes.split_at(hashes.len() / 2);
    match (left, right) {
        ([], [one]) => Some(*one),
        ([], _) => None,
        _ => Some(node_hash(&root_of(left)?, &root_of(right)?)),
    }
}

/// A complete tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Which.
    pub place: Place,
    /// Its 256 hashes.
    pub hashes: Vec<Hash>,
    /// Roots of the subtrees that end with it, lowest first: its own, and up to seven more.
    pub ends: Vec<Hash>,
}

/// One level of the tree, as far as its last tile is filled.
#[derive(Clone, Debug, Default)]
struct Open {
    index: u64,
    hashes: Vec<Hash>,
    /// Roots of the complete subtrees of `hashes`, largest first.
    roots: Vec<Hash>,
}

/// Makes tiles of leaves that come one after the other.
#[derive(Clone, Debug, Default)]
pub struct Tiler {
    open: Vec<Open>,
}

impl Tiler {
    /// Which tiles' roots it takes to go on after that many complete tiles of level 0: for each
    /// level from 0 on, those under the tile that is not complete yet.
    #[must_use]
    pub fn needed(tiles: u64) -> Vec<Range<u64>> {
        let mut all = Vec::new();
        let mut here = tiles;
        while here > 0 {
            all.push(here - here % WIDTH..here);
            here /= WIDTH;
        }
        all
    }

    /// Goes on after that many complete tiles of level 0; `roots` are those of the tiles that
    /// [`Tiler::needed`] names, level by level.
    #[must_use]
    pub fn resumed(tiles: u64, roots: &[Vec<Hash>]) -> Tiler {
        let mut it = Tiler::default();
        let mut here = tiles;
        it.level(0).index = here;
        for (below, roots) in roots.iter().enumerate() {
            here /= WIDTH;
            it.level(below + 1).index = here;
            for root in roots {
                it.put(below + 1, *root, &mut Vec::new());
            }
        }
        it
    }

    fn level(&mut self, level: usize) -> &mut Open {
        if self.open.len() <= level {
            self.open.resize_with(level + 1, Open::default);
        }
        &mut self.open[level]
    }

    /// Adds the hash of a leaf; tiles that it completes go to `made`, lowest first.
    pub fn append(&mut self, leaf: Hash, made: &mut Vec<Tile>) {
        self.put(0, leaf, made);
    }

    /// Returns the roots of the subtrees of that level's tile that end with this hash.
    fn put(&mut self, level: usize, hash: Hash, made: &mut Vec<Tile>) -> Vec<Hash> {
        let open = self.level(level);
        let (mut ends, mut carry) = (vec![hash], hash);
        let mut bits = open.hashes.len();
        open.hashes.push(hash);
        while bits & 1 == 1 {
            let left = open.roots.pop().expect("one root per bit set in the width");
            carry = node_hash(&left, &carry);
            ends.push(carry);
            bits >>= 1;
        }
        open.roots.push(carry);
        if open.hashes.len() as u64 == WIDTH {
            let place = Place {
                level: u8::try_from(level).expect("eight levels hold 2^64 leaves"),
                index: open.index,
            };
            let hashes = std::mem::take(&mut open.hashes);
            *open = Open {
                index: open.index + 1,
                ..Open::default()
            };
            // The root of the whole tile is a hash of the level above, and kept there.
            ends.pop();
            let at = made.len();
            let above = self.put(level + 1, carry, made);
            let tile = Tile {
                place,
                hashes,
                ends: above,
            };
            made.insert(at, tile);
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::leaf_hash;
    use std::collections::HashMap;

    fn leaf(nth: u64) -> Hash {
        leaf_hash(&nth.to_be_bytes())
    }

    fn tiles(from: Tiler, leaves: Range<u64>) -> Vec<Tile> {
        let (mut tiler, mut made) = (from, Vec::new());
        for nth in leaves {
            tiler.append(leaf(nth), &mut made);
        }
        made
    }

    /// Every subtree is found twice: in the tile that holds its hashes, and where it ends.
    #[test]
    fn every_subtree_above_a_tile_is_kept_once_where_it_ends() {
        let size = 256 * 256 + 256 * 21 + 7;
        let made = tiles(Tiler::default(), 0..size);
        let places: Vec<_> = made.iter().map(|it| it.place).collect();
        let kept: HashMap<_, _> = made.into_iter().map(|it| (it.place, it)).collect();
        assert_eq!(kept.len(), 256 + 21 + 1);
        assert!(places.iter().all(|it| it.is_complete(size)));
        let leaves: Vec<Hash> = (0..size).map(leaf).collect();
        let mut seen = 0;
        for height in 8..=16_u8 {
            for index in 0..size >> height {
                let node = Node { height, index };
                let first = usize::try_from(index << height).unwrap();
                let root = root_of(&leaves[first..first + (1 << height)]);
                let (place, nth) = node.ends_with().unwrap();
                assert_eq!(kept[&place].ends.get(nth).copied(), root, "{node:?}");
                let (place, range) = node.within();
                if let Some(tile) = kept.get(&place) {
                    assert_eq!(root_of(&tile.hashes[range]), root, "{node:?}");
                    seen += 1;
                }
            }
        }
        let ends: usize = kept.values().map(|it| it.ends.len()).sum();
        assert_eq!(ends, (8..=16).map(|it| size >> it).sum::<u64>() as usize);
        assert_eq!(seen, 510, "all below the root of the one tile of level 1");
    }

    #[test]
    fn whoever_goes_on_makes_the_same_tiles_as_whoever_began() {
        let size = 256 * 256 * 2 + 256 * 3;
        let all = tiles(Tiler::default(), 0..size);
        let kept: HashMap<_, _> = all.iter().map(|it| (it.place, it)).collect();
        for after in [0_u64, 1, 255, 256, 257, 511, 512, 514] {
            let roots: Vec<Vec<Hash>> = (0..)
                .zip(Tiler::needed(after))
                .map(|(level, range)| {
                    range
                        .map(|index| kept[&Place { level, index }].ends[0])
                        .collect()
                })
                .collect();
            let more = tiles(Tiler::resumed(after, &roots), after * 256..size);
            let old = all.iter().filter(|it| it.place.leaves().end <= after * 256);
            let joined: Vec<&Tile> = old.chain(&more).collect();
            assert_eq!(joined.len(), all.len(), "after {after}");
            assert!(more.iter().all(|it| *it == *kept[&it.place]), "{after}");
        }
    }
}
