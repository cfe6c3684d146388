//! Putting a copy into an empty place.

use super::{
    BackupError, Kind, Manifest, dir_of, failed, is_whole, keep_names, make::sound, manifest,
    postgres,
};
use crate::app;
use engine::audit::{
    source::{Content, Head, Source},
    verify::Tell,
};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the copy was to hold.
    pub manifest: Manifest,
    /// Where every client's log ends in the restored database: the same.
    pub heads: Vec<Head>,
}

/// Puts the copy in `file` into the empty place `url` and verifies it there. Nothing is ever
/// erased but, with `force`, tables that nobody is in.
///
/// # Errors
/// The place is not empty or is in use, the copy is not what its manifest says, or what was
/// restored is not sound.
pub async fn restore(
    file: &Path,
    url: &str,
    force: bool,
    tell: Tell<'_>,
) -> Result<Restored, BackupError> {
    let manifest = manifest(file)?;
    let sqlite = url.strip_prefix("sqlite://");
    if sqlite.is_some() != (manifest.kind == Kind::Sqlite) {
        return Err(BackupError::OtherKind);
    }
    let unknown = super::unknown(&manifest.schema);
    if !unknown.is_empty() {
        return Err(BackupError::Newer(unknown));
    }
    if !is_whole(file, &manifest)? {
        return Err(BackupError::Altered(file.to_owned()));
    }
    match sqlite {
        Some(rest) => {
            let target = PathBuf::from(rest.split('?').next().unwrap_or(rest));
            into_file(file, &target, force, &manifest, tell).await?;
        }
        None => {
            let target = Source::open(url).await?;
            let content = target.content().await?;
            target.close().await?;
            let clean = may_go(content, force, &hidden(url))?;
            postgres::restore(url, file, clean).await?;
        }
    }
    let restored = Source::open(url).await?;
    let heads = sound(&restored, tell).await?;
    restored.close().await?;
    if heads != manifest.heads {
        return Err(BackupError::Altered(file.to_owned()));
    }
    Ok(Restored { manifest, heads })
}

/// An address as it may be shown.
fn hidden(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let place = rest.rsplit_once('@').map_or(rest, |it| it.1);
    format!("{scheme}://{place}")
}

/// Whether there are tables to be dropped first.
fn may_go(content: Content, force: bool, place: &str) -> Result<bool, BackupError> {
    match content {
        Content::Nothing => Ok(false),
        Content::Schema if force => Ok(true),
        Content::Schema => Err(BackupError::HasTables(place.to_owned())),
        Content::Rows => Err(BackupError::Inhabited(place.to_owned())),
    }
}

async fn into_file(
    file: &Path,
    target: &Path,
    force: bool,
    manifest: &Manifest,
    tell: Tell<'_>,
) -> Result<(), BackupError> {
    let dir = dir_of(target);
    fs::create_dir_all(dir).map_err(|why| failed(dir, why))?;
    let alone = app::alone(target).map_err(|why| failed(target, why))?;
    let _alone = alone.ok_or_else(|| BackupError::InUse(target.to_owned()))?;
    if target.exists() {
        let there = Source::file(target).await?;
        let content = there.content().await?;
        there.close().await?;
        // An empty file counts as a place that nobody took.
        may_go(content, force, &target.display().to_string())?;
        for it in beside(target).into_iter().chain([target.to_owned()]) {
            if it.exists() {
                fs::remove_file(&it).map_err(|why| failed(&it, why))?;
            }
        }
    }
    if let Some(it) = beside(target).into_iter().find(|it| it.exists()) {
        return Err(BackupError::LeftOver(it));
    }
    let part = tempfile::Builder::new()
        .prefix(".guichet-restore-")
        .tempfile_in(dir)
        .map_err(|why| failed(dir, why))?
        .into_temp_path();
    tell("copy", 0, manifest.bytes);
    fs::copy(file, &part).map_err(|why| failed(&part, why))?;
    let on_disk = fs::File::open(&part).and_then(|it| it.sync_all());
    on_disk.map_err(|why| failed(&part, why))?;
    tell("copy", manifest.bytes, manifest.bytes);
    part.persist_noclobber(target)
        .map_err(|it| failed(target, it.error))?;
    keep_names(target)
}

/// What SQLite keeps beside a file and would mix into another of that name.
fn beside(target: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|ends| {
        let mut name = target.as_os_str().to_owned();
        name.push(OsStr::new(ends));
        name.into()
    })
}
