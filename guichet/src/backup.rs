//! Copies of the database that prove themselves: made while others work, verified before they
//! count, and accompanied by what they hold.

mod error;
mod make;
mod postgres;
mod restore;

pub use error::{BackupError, newer};
pub use make::make;
pub use postgres::readable;
pub use restore::{Restored, restore};

use chrono::{DateTime, Utc};
use engine::audit::source::{Head, Source};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// How manifests are written.
const FORMAT: u32 = 1;

/// What kind of file a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An SQLite database, ready to be opened.
    Sqlite,
    /// An archive of `pg_dump` in custom format.
    Postgres,
}

/// What a copy holds; kept beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// How this is written.
    pub format: u32,
    /// Which program made the copy.
    pub program: String,
    /// When: nothing committed before that moment is missing.
    pub at: DateTime<Utc>,
    /// What kind of file it is.
    pub kind: Kind,
    /// Steps of the schema, oldest first.
    pub schema: Vec<String>,
    /// Size of the file.
    pub bytes: u64,
    /// Hex digest of the file.
    pub sha256: String,
    /// Where every client's log ends.
    pub heads: Vec<Head>,
}

impl Manifest {
    /// How many records there are in all.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.heads.iter().map(|it| it.size).sum()
    }
}

/// Where the manifest of a copy is kept.
#[must_use]
pub fn manifest_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

/// Reads the manifest beside a copy.
///
/// # Errors
/// There is none, or it cannot be understood.
pub fn manifest(file: &Path) -> Result<Manifest, BackupError> {
    let path = manifest_of(file);
    let unusable = |why: String| BackupError::Manifest {
        path: path.clone(),
        why,
    };
    let text = fs::read(&path).map_err(|it| unusable(it.to_string()))?;
    let found: Manifest = serde_json::from_slice(&text).map_err(|it| unusable(it.to_string()))?;
    if found.format != FORMAT {
        return Err(unusable(format!("format {}", found.format)));
    }
    Ok(found)
}

/// Whether a copy is, byte for byte, the one that its manifest describes.
///
/// # Errors
/// The file cannot be read.
pub fn is_whole(file: &Path, manifest: &Manifest) -> Result<bool, BackupError> {
    Ok(digest(file)? == (manifest.bytes, manifest.sha256.clone()))
}

/// What kind of copy a file is, by its first bytes; `None` for anything else.
///
/// # Errors
/// The file cannot be read.
pub fn kind_of(file: &Path) -> Result<Option<Kind>, BackupError> {
    let mut first = [0; 16];
    let read = |mut it: File| {
        let mut n = 0;
        while n < first.len() {
            match it.read(&mut first[n..])? {
                0 => break,
                more => n += more,
            }
        }
        Ok(n)
    };
    let n = File::open(file)
        .and_then(read)
        .map_err(|why| failed(file, why))?;
    Ok(match &first[..n] {
        it if it == b"SQLite format 3\0" => Some(Kind::Sqlite),
        it if it.starts_with(b"PGDMP") => Some(Kind::Postgres),
        _ => None,
    })
}

fn failed(path: &Path, why: io::Error) -> BackupError {
    BackupError::File {
        path: path.to_owned(),
        why,
    }
}

/// Size and hex SHA-256 of a file.
fn digest(file: &Path) -> Result<(u64, String), BackupError> {
    let work = || {
        let mut hasher = Sha256::new();
        let mut input = File::open(file)?;
        let mut buffer = vec![0; 1 << 20];
        let mut bytes = 0;
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok((bytes, hex::encode(hasher.finalize()))),
                n => {
                    hasher.update(&buffer[..n]);
                    bytes += n as u64;
                }
            }
        }
    };
    work().map_err(|why| failed(file, why))
}

/// The steps of a database's schema, provided this program knows them all.
async fn schema(source: &Source) -> Result<Vec<String>, BackupError> {
    let standing = migrations::standing(source.connection())
        .await
        .map_err(|it| BackupError::Schema(it.to_string()))?;
    match standing.unknown.is_empty() {
        true => Ok(standing.applied),
        false => Err(BackupError::Newer(standing.unknown)),
    }
}

/// Steps that this program does not know.
fn unknown(steps: &[String]) -> Vec<String> {
    let known = migrations::steps();
    let new = steps.iter().filter(|it| !known.contains(it));
    new.cloned().collect()
}

/// The directory that a file is in.
fn dir_of(file: &Path) -> &Path {
    file.parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes the names in the directory of a file last.
fn keep_names(file: &Path) -> Result<(), BackupError> {
    let dir = dir_of(file);
    File::open(dir)
        .and_then(|it| it.sync_all())
        .map_err(|why| failed(dir, why))
}
