//! The outbox of the demo: letters are kept instead of sent, in memory and as one JSON file each,
//! so that a second start on the same directory still shows them.

use super::{Accepted, Deliver, Delivery, Leave, message, render::Rendered};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Order of arrival, from 1.
    pub position: u64,
    /// The letter.
    pub mail: Rendered,
}

/// An outbox that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The directory cannot be made or read.
    #[error("outbox directory {path}: {source}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file in it is not a letter this program wrote.
    #[error("outbox file {path}: {source}")]
    Letter {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// Keeps every letter.
#[derive(Debug)]
pub struct Outbox {
    dir: PathBuf,
    kept: Mutex<BTreeMap<u64, Kept>>,
}

impl Outbox {
    /// Opens the outbox in `dir`, which is made when missing, with the letters already there.
    ///
    /// # Errors
    /// When the directory or a letter in it cannot be read.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Outbox, OutboxError> {
        let dir = dir.into();
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| OutboxError::Directory { path, source }
        };
        fs::create_dir_all(&dir).map_err(unreadable(&dir))?;
        let mut kept = BTreeMap::new();
        for entry in fs::read_dir(&dir).map_err(unreadable(&dir))? {
            let path = entry.map_err(unreadable(&dir))?.path();
            if path.extension().is_none_or(|it| it != "json") {
                continue;
            }
            let bytes = fs::read(&path).map_err(unreadable(&path))?;
            let one: Kept = serde_json::from_slice(&bytes)
                .map_err(|source| OutboxError::Letter { path, source })?;
            kept.insert(one.position, one);
        }
        Ok(Outbox {
            dir,
            kept: Mutex::new(kept),
        })
    }

    /// All letters, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Kept> {
        self.kept
            .lock()
            .map(|it| it.values().cloned().collect())
            .unwrap_or_default()
    }

    /// The letter of that name, `{reference}.{n}`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Kept> {
        self.kept
            .lock()
            .ok()?
            .values()
            .find(|it| it.mail.id == id)
            .cloned()
    }

    /// A letter that comes twice is kept once, at its first place: its name is its identity.
    fn keep(&self, mail: &Rendered) -> Result<u64, Delivery> {
        let lost = |error: &dyn std::fmt::Display| Delivery::Transient(format!("outbox: {error}"));
        let mut kept = self.kept.lock().map_err(|error| lost(&error))?;
        let position = kept
            .values()
            .find(|it| it.mail.id == mail.id)
            .map(|it| it.position)
            .unwrap_or_else(|| kept.keys().next_back().map_or(1, |last| last + 1));
        let one = Kept {
            position,
            mail: mail.clone(),
        };
        let json = serde_json::to_vec_pretty(&one).map_err(|error| lost(&error))?;
        // Renamed into place, so that a crash leaves a whole letter or none.
        let (file, part) = (self.path(&mail.id, "json"), self.path(&mail.id, "part"));
        fs::write(&part, json)
            .and_then(|()| fs::rename(&part, &file))
            .map_err(|it| lost(&it))?;
        kept.insert(position, one);
        Ok(position)
    }

    fn path(&self, id: &str, extension: &str) -> PathBuf {
        // Letters come from `render`, whose names hold letters, digits, hyphens and one full stop.
        self.dir
            .join(format!("{}.{extension}", id.replace(['/', '\\'], "-")))
    }
}

#[async_trait]
impl Deliver for Outbox {
    async fn hand_over(&self, mail: &Rendered, leave: Leave) -> Result<Accepted, Delivery> {
        message(mail)?;
        if !leave.given().await {
            return Err(Delivery::Held);
        }
        let position = self.keep(mail)?;
        Ok(Accepted {
            reply: format!("kept in the outbox as number {position}"),
        })
    }
}
