//! Chance that can be thrown again: one seed, printed, decides every fault of a run.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A generator of the splitmix family: small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The seed of `GUICHET_SEED`, or a fresh one; says which, so that a failure can be repeated.
    pub fn thrown(what: &str) -> Dice {
        let given = std::env::var("GUICHET_SEED").ok();
        let seed = given
            .map(|it| it.parse().expect("GUICHET_SEED is a number"))
            .unwrap_or_else(|| RandomState::new().build_hasher().finish());
        eprintln!("{what}: GUICHET_SEED={seed}");
        Dice(seed)
    }

    /// Dice of their own for one of several players.
    pub fn fork(&mut self) -> Dice {
        Dice(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        it ^ (it >> 31)
    }

    /// One of `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).expect("a small number");
        usize::try_from(self.next() % n).expect("below a small number")
    }

    /// One of `from..=to`.
    pub fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }
}
