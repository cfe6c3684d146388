//! P31, P33: proofs of inclusion and of consistency, against the definitions of RFC 6962 written
//! down as they stand there, and from the database with its tiles and without them.

use engine::{
    audit::proof::{Consistency, Inclusion},
    desk::Desk,
    journal::{
        Frontier, Hash, leaf_hash,
        proof::{Node, Plan, Seen, goes_on, root_by_inclusion},
        tiles::root_of,
    },
};
use proptest::prelude::*;
use sea_orm::DbBackend;
use sha2::{Digest, Sha256};
use tests::World;

fn inner(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// « k, the largest power of two smaller than n »
fn k(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// §2.1: MTH(D[n]).
fn mth(d: &[Hash]) -> Hash {
    match d {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let (left, right) = d.split_at(k(d.len()));
            inner(&mth(left), &mth(right))
        }
    }
}

/// §2.1.1: PATH(m, D[n]).
fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
    if d.len() < 2 {
        return Vec::new();
    }
    let k = k(d.len());
    let (left, right) = d.split_at(k);
    let (mut all, beside) = if m < k {
        (path(m, left), mth(right))
    } else {
        (path(m - k, right), mth(left))
    };
    all.push(beside);
    all
}

/// §2.1.2: SUBPROOF(m, D[n], b).
fn subproof(m: usize, d: &[Hash], whole: bool) -> Vec<Hash> {
    if m == d.len() {
        return if whole { Vec::new() } else { vec![mth(d)] };
    }
    let k = k(d.len());
    let (left, right) = d.split_at(k);
    let (mut all, beside) = if m <= k {
        (subproof(m, left, whole), mth(right))
    } else {
        (subproof(m - k, right, false), mth(left))
    };
    all.push(beside);
    all
}

fn leaves(n: usize, seed: u64) -> Vec<Hash> {
    (0..n)
        .map(|nth| leaf_hash(format!("{seed} {nth}").as_bytes()))
        .collect()
}

/// The hash of a complete subtree, straight from the leaves.
fn subtree(all: &[Hash], node: Node) -> Option<Hash> {
    let from = usize::try_from(node.index << node.height).ok()?;
    root_of(all.get(from..from + (1 << node.height))?)
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut other = *hash;
    other[bit / 8 % 32] ^= 1 << (bit % 8);
    other
}

proptest! {
    #[test]
    fn every_proof_of_inclusion_is_that_of_the_rfc_and_holds_for_its_leaf_alone(
        n in 1_usize..700, m in 0_usize..700, seed: u64, bit in 0_usize..256, other in 0_usize..700,
    ) {
        let (m, d) = (m % n, leaves(n, seed));
        let plan = Plan::inclusion(m as u64, n as u64).expect("it is in there");
        let proof = plan.hashes(|it| subtree(&d, it)).expect("all is known");
        prop_assert_eq!(&proof, &path(m, &d));
        let (root, n) = (mth(&d), n as u64);
        let to = |leaf: &Hash, m: usize, proof: &[Hash]| {
            root_by_inclusion(leaf, m as u64, n, proof)
        };
        prop_assert_eq!(to(&d[m], m, &proof), Some(root));
        prop_assert_ne!(to(&flipped(&d[m], bit), m, &proof), Some(root));
        for nth in 0..proof.len() {
            let mut forged = proof.clone();
            forged[nth] = flipped(&forged[nth], bit);
            prop_assert_ne!(to(&d[m], m, &forged), Some(root));
            forged.remove(nth);
            prop_assert_ne!(to(&d[m], m, &forged), Some(root));
        }
        let mut longer = proof.clone();
        longer.push(root);
        prop_assert_ne!(to(&d[m], m, &longer), Some(root));
        if other != m {
            prop_assert_ne!(to(&d[m], other, &proof), Some(root));
        }
    }

    #[test]
    fn every_proof_of_consistency_is_that_of_the_rfc_and_holds_for_those_two_trees_alone(
        n in 1_usize..700, m in 1_usize..700, seed: u64, bit in 0_usize..256,
    ) {
        let (m, d) = (1 + m % n, leaves(n, seed));
        let plan = Plan::consistency(m as u64, n as u64).expect("it goes on");
        let proof = plan.hashes(|it| subtree(&d, it)).expect("all is known");
        prop_assert_eq!(&proof, &subproof(m, &d, true));
        let seen = |d: &[Hash]| Seen { size: d.len() as u64, root: mth(d) };
        let (old, new) = (seen(&d[..m]), seen(&d));
        prop_assert!(goes_on(&old, &new, &proof));
        for (old, new) in [
            (Seen { root: flipped(&old.root, bit), ..old }, new),
            (old, Seen { root: flipped(&new.root, bit), ..new }),
        ] {
            prop_assert!(!goes_on(&old, &new, &proof));
        }
        for nth in 0..proof.len() {
            let mut forged = proof.clone();
            forged[nth] = flipped(&forged[nth], bit);
            prop_assert!(!goes_on(&old, &new, &forged));
            forged.remove(nth);
            prop_assert!(!goes_on(&old, &new, &forged));
        }
    }

    #[test]
    fn the_edge_of_a_tree_has_the_same_root(n in 0_usize..700, seed: u64) {
        let (mut edge, d) = (Frontier::default(), leaves(n, seed));
        d.iter().for_each(|it| edge.append(*it));
        prop_assert_eq!(edge.root(), mth(&d));
        for (node, root) in edge.nodes() {
            prop_assert_eq!(subtree(&d, node), Some(root));
        }
    }
}

#[test]
fn no_bit_of_a_small_proof_can_be_turned() {
    for n in 1..=9_usize {
        let d = leaves(n, 1);
        for m in 0..n {
            let proof = path(m, &d);
            let holds = |proof: &[Hash]| {
                root_by_inclusion(&d[m], m as u64, n as u64, proof) == Some(mth(&d))
            };
            assert!(holds(&proof));
            for bit in 0..proof.len() * 256 {
                let mut forged = proof.clone();
                forged[bit / 256] = flipped(&forged[bit / 256], bit % 256);
                assert!(!holds(&forged), "bit {bit} of leaf {m} of {n}");
            }
        }
    }
}

/// A log of ACME that was filled by hand: proofs need nothing but leaves and the edge.
struct Log {
    world: World,
    edges: Vec<Frontier>,
}

impl Log {
    async fn of(size: usize) -> Log {
        let mut world = World::new().await;
        // What stands in it is no record of anything.
        world.audited = false;
        for sql in unfrozen(&world, "record") {
            world.sql(&sql).await.expect("as the owner");
        }
        world.sql("DELETE FROM record").await.expect("as the owner");
        let mut log = Log {
            world,
            edges: vec![Frontier::default()],
        };
        log.grow(size).await;
        log
    }

    async fn grow(&mut self, to: usize) {
        let from = self.edges.len() - 1;
        for first in (from..to).step_by(500) {
            let rows: Vec<String> = (first..to.min(first + 500))
                .map(|nth| {
                    let leaf = format!("{{\"i\":{nth}}}");
                    let hash = leaf_hash(leaf.as_bytes());
                    let mut edge = self.edges[nth].clone();
                    edge.append(hash);
                    self.edges.push(edge);
                    let hash = hex::encode(hash);
                    format!("('ACME', {nth}, 0, 'x', '{leaf}', '{hash}')")
                })
                .collect();
            let rows = rows.join(", ");
            let sql =
                format!("INSERT INTO record(client, seq, at, kind, leaf, leaf_hash) VALUES {rows}");
            self.world.sql(&sql).await.expect("rows");
        }
        let edge = self.edges[to].encode();
        let sql =
            format!("UPDATE log_head SET size = {to}, frontier = '{edge}' WHERE client = 'ACME'");
        self.world.sql(&sql).await.expect("the head");
    }

    fn size(&self) -> usize {
        self.edges.len() - 1
    }

    fn root(&self, size: usize) -> String {
        hex::encode(self.edges[size].root())
    }

    async fn tiles(&self) -> i64 {
        self.world.number("SELECT count(*) FROM tile").await
    }

    async fn included(&self, desk: &Desk, seq: usize, size: usize) -> Inclusion {
        let it = desk
            .inclusion("ACME", seq as u64, Some(size as u64))
            .await
            .expect("the database answers")
            .expect("it is in there");
        assert!(it.holds(), "{it:?}");
        assert_eq!((it.seq, it.size), (seq as u64, size as u64));
        assert_eq!(it.root, self.root(size), "{seq} in {size}");
        assert_eq!(it.leaf, format!("{{\"i\":{seq}}}"));
        it
    }

    async fn goes_on(&self, from: usize, size: usize) -> Consistency {
        let it = self
            .world
            .desk
            .consistency("ACME", from as u64, Some(size as u64))
            .await
            .expect("the database answers")
            .expect("it goes on");
        assert!(it.holds(), "{it:?}");
        let roots = (it.from_root.clone(), it.root.clone());
        assert_eq!(roots, (self.root(from), self.root(size)));
        it
    }
}

/// What makes rows of a table alterable, for somebody who owns the database.
fn unfrozen(world: &World, table: &str) -> Vec<String> {
    if world.desk.store.connection().get_database_backend() == DbBackend::Postgres {
        return vec![format!("ALTER TABLE {table} DISABLE TRIGGER USER")];
    }
    let drop = |verb| format!("DROP TRIGGER {table}_no_{verb}");
    ["UPDATE", "DELETE"].map(drop).into()
}

#[tokio::test]
async fn a_proof_is_the_same_at_every_size_with_tiles_and_without() {
    let mut log = Log::of(700).await;
    let sizes = [1, 2, 255, 256, 257, 511, 512, 513, 699, 700];
    let desk = log.world.desk.clone();
    assert_eq!(log.tiles().await, 0, "nobody who appends makes tiles");
    let mut first = Vec::new();
    for size in sizes {
        for seq in [0, size / 3, size / 2, size - 1] {
            first.push(log.included(&desk, seq, size).await);
        }
    }
    assert_eq!(log.tiles().await, 2, "two are complete");
    log.grow(256 * 5).await;
    for it in &first {
        let again = log.included(&desk, it.seq as usize, it.size as usize).await;
        assert_eq!(again, *it);
        for size in [700, 256 * 5] {
            log.goes_on(it.size as usize, size).await;
        }
    }
    log.goes_on(0, 700).await;
    log.included(&desk, 1100, 256 * 5).await;
    assert_eq!(log.tiles().await, 5);
    for (seq, size) in [
        (700, Some(700)),
        (5, Some(5)),
        (0, Some(1281)),
        (1280, None),
    ] {
        let found = desk.inclusion("ACME", seq, size).await;
        assert_eq!(found.expect("an answer"), None, "{seq} in {size:?}");
    }
    let found = desk.inclusion("NOBODY", 0, None).await;
    assert_eq!(found.expect("an answer"), None);
    let found = desk.consistency("ACME", 700, Some(699)).await;
    assert_eq!(found.expect("an answer"), None);
    log.world.audited = false;
}

#[tokio::test]
async fn a_tree_of_three_levels_is_proved_from_two_tiles_and_what_ends_beside() {
    let log = Log::of(256 * 256 + 256 * 37 + 77).await;
    let (size, desk) = (log.size(), log.world.desk.clone());
    let tile = 256 * 256;
    for seq in [
        0,
        255,
        256,
        40_000,
        tile - 1,
        tile,
        tile + 256 * 20,
        size - 78,
        size - 1,
    ] {
        log.included(&desk, seq, size).await;
    }
    for old in [tile - 1, tile, tile + 1, tile + 256 * 3 + 9, size - 77] {
        log.included(&desk, 4_242, old).await;
        log.included(&desk, old - 1, old).await;
        log.goes_on(old, size).await;
        log.goes_on(4_242, old).await;
    }
    assert_eq!(log.tiles().await, 256 + 1 + 37);
}

/// Two processes that are asked at once make the same rows; a third finds them.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn tiles_may_be_made_by_several_at_once() {
    let log = Log::of(256 * 40).await;
    let (one, two) = (log.world.replica().await, log.world.replica().await);
    let size = log.size();
    tokio::join!(log.included(&one, 9, size), log.included(&two, 9_000, size));
    assert_eq!(log.tiles().await, 40);
    log.included(&log.world.desk, 5_000, size).await;
    assert_eq!(log.tiles().await, 40);
}

#[tokio::test]
async fn a_tile_that_was_taken_away_is_made_again() {
    let log = Log::of(256 * 9 + 3).await;
    let (size, desk) = (log.size(), log.world.desk.clone());
    log.included(&desk, 100, size).await;
    let frozen = log.world.sql("DELETE FROM tile").await;
    assert!(frozen.is_err(), "what is kept is kept");
    for sql in unfrozen(&log.world, "tile") {
        log.world.sql(&sql).await.expect("as the owner");
    }
    for sql in [
        "DELETE FROM tile WHERE idx = 3",
        "DELETE FROM tile WHERE idx > 5",
    ] {
        log.world.sql(sql).await.expect("as the owner");
        log.included(&desk, 256 * 3 + 7, size).await;
        log.included(&desk, 256 * 8, size).await;
        assert_eq!(log.tiles().await, 9, "{sql}");
    }
}

/// P15: a disk that takes nothing more still answers questions.
#[tokio::test]
async fn a_proof_does_not_wait_for_its_tiles_to_be_kept() {
    let log = Log::of(256 * 3 + 3).await;
    let postgres = log.world.desk.store.connection().get_database_backend() == DbBackend::Postgres;
    let full = if postgres {
        "ALTER TABLE tile ADD CONSTRAINT full_disk CHECK(idx < 0)"
    } else {
        "CREATE TRIGGER full_disk BEFORE INSERT ON tile
         BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    };
    log.world.sql(full).await.expect("as the owner");
    for seq in [0, 300, 770] {
        log.included(&log.world.desk, seq, log.size()).await;
    }
    assert_eq!(log.tiles().await, 0);
}
