//! The raw anchors that stand before and after every workload.

use super::{
    Options, blocking,
    raw::{self, Commits},
    stats::{mean, round},
};
use serde_json::{Value, json};
use std::path::Path;

/// A disk that answers slower than this shows a machine busy with something else.
const SLOW_FSYNC_MS: f64 = 1.0;
/// Anchors that differ by more than this say nothing about what stands between them.
const SPREAD: f64 = 2.0;
/// How many syncs are measured.
const SYNCS: usize = 300;

/// What disk and SQLite do by themselves at one moment.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    /// Median of a sync, in milliseconds.
    pub(super) fsync_p50_ms: f64,
    /// 99th percentile of a sync.
    pub(super) fsync_p99_ms: f64,
    /// Ticket transactions, one a commit.
    pub(super) one: Commits,
    /// Ten a commit.
    pub(super) ten: Commits,
    /// A hundred a commit.
    pub(super) hundred: Commits,
}

impl Anchor {
    /// Measures, in a directory of the disk in question.
    pub(super) async fn take(dir: &Path, options: &Options) -> anyhow::Result<Anchor> {
        let (dir, seconds) = (dir.to_owned(), options.anchor_seconds);
        blocking(move || {
            let (fsync_p50_ms, fsync_p99_ms) = raw::fsync(&dir, SYNCS)?;
            Ok(Anchor {
                fsync_p50_ms,
                fsync_p99_ms,
                one: raw::commits(&dir, 1, seconds)?,
                ten: raw::commits(&dir, 10, seconds)?,
                hundred: raw::commits(&dir, 100, seconds)?,
            })
        })
        .await
    }

    /// As it stands in a line.
    pub(super) fn value(&self) -> Value {
        json!({
            "fsync_p50_ms": round(self.fsync_p50_ms),
            "fsync_p99_ms": round(self.fsync_p99_ms),
            "commits_per_s": round(self.one.units_per_s),
            "commit_p50_ms": round(self.one.p50_ms),
            "batch10_units_per_s": round(self.ten.units_per_s),
            "batch100_units_per_s": round(self.hundred.units_per_s),
        })
    }
}

/// The anchors around a workload.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// Before it.
    pub(super) before: Anchor,
    /// After it.
    pub(super) after: Anchor,
}

impl Pair {
    /// Raw ticket transactions a second, one a commit: what ratios are taken to.
    pub(super) fn commits_per_s(&self) -> f64 {
        mean(self.before.one.units_per_s, self.after.one.units_per_s)
    }

    /// Whether the machine was too busy for the figures between the anchors to mean much.
    pub(super) fn disturbed(&self) -> bool {
        let slow = [&self.before, &self.after]
            .iter()
            .any(|it| it.fsync_p50_ms > SLOW_FSYNC_MS);
        slow || apart(self.before.one.units_per_s, self.after.one.units_per_s)
    }
}

/// Whether two measurements of the same thing differ too much.
pub(super) fn apart(a: f64, b: f64) -> bool {
    a.max(b) > a.min(b) * SPREAD
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(fsync_p50_ms: f64, commits: f64) -> Anchor {
        let one = Commits {
            units_per_s: commits,
            p50_ms: 0.1,
        };
        Anchor {
            fsync_p50_ms,
            fsync_p99_ms: 1.0,
            one,
            ten: one,
            hundred: one,
        }
    }

    fn pair(before: Anchor, after: Anchor) -> Pair {
        Pair { before, after }
    }

    #[test]
    fn a_run_marks_itself_as_disturbed_when_the_disk_is_slow_or_the_anchors_differ() {
        assert!(!pair(anchor(0.1, 6000.0), anchor(0.9, 3100.0)).disturbed());
        assert!(pair(anchor(0.1, 6000.0), anchor(1.1, 6000.0)).disturbed());
        assert!(pair(anchor(0.1, 6000.0), anchor(0.1, 2900.0)).disturbed());
        assert!(pair(anchor(0.1, 2900.0), anchor(0.1, 6000.0)).disturbed());
    }
}
