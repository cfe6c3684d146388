//! A fresh database for one workload: gone afterwards.

use super::Options;
use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// A fresh database.
pub(super) struct Place {
    /// Its address.
    pub(super) url: String,
    dir: tempfile::TempDir,
}

/// A directory of its own on the disk that is measured.
pub(super) fn directory(options: &Options) -> anyhow::Result<tempfile::TempDir> {
    let parent: PathBuf = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    tempfile::Builder::new()
        .prefix("guichet-bench-")
        .tempdir_in(&parent)
        .with_context(|| format!("a directory in {}", parent.display()))
}

impl Place {
    /// An SQLite file that does not exist yet.
    pub(super) fn file(options: &Options) -> anyhow::Result<Place> {
        let dir = directory(options)?;
        let url = format!("sqlite://{}", dir.path().join("guichet.db").display());
        Ok(Place { url, dir })
    }

    /// The directory beside it, for anchors.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }
}
