//! Making a copy.

use super::{
    BackupError, FORMAT, Kind, Manifest, digest, dir_of, failed, keep_names, manifest_of, postgres,
};
use chrono::{DateTime, Utc};
use engine::audit::{
    source::{Head, Source},
    verify::{Tell, verify},
};
use std::{io::Write, path::Path, time::Duration};
use tempfile::{NamedTempFile, TempPath};

/// Copies the database at `url` to `file` while others work on it. The file appears when it is
/// whole, verified and on disk, its manifest with it; nothing appears otherwise.
///
/// # Errors
/// The file exists, a tool is missing, there is no room, or the database is not sound.
pub async fn make(
    url: &str,
    file: &Path,
    now: DateTime<Utc>,
    tell: Tell<'_>,
) -> Result<Manifest, BackupError> {
    for it in [file, &manifest_of(file)] {
        if it.exists() {
            return Err(BackupError::Exists(it.to_owned()));
        }
    }
    let source = Source::open(url).await?;
    let schema = super::schema(&source).await?;
    let part = tempfile::Builder::new()
        .prefix(".guichet-backup-")
        .tempfile_in(dir_of(file))
        .map_err(|why| failed(dir_of(file), why))?
        .into_temp_path();
    let (kind, heads) = match source.is_postgres() {
        true => (Kind::Postgres, dump(&source, url, &part, tell).await?),
        false => (Kind::Sqlite, copy(&source, &part, tell).await?),
    };
    source.close().await?;
    let on_disk = std::fs::File::open(&part).and_then(|it| it.sync_all());
    on_disk.map_err(|why| failed(&part, why))?;
    let (bytes, sha256) = digest(&part)?;
    let manifest = Manifest {
        format: FORMAT,
        program: concat!("guichet ", env!("CARGO_PKG_VERSION")).into(),
        at: now,
        kind,
        schema,
        bytes,
        sha256,
        heads,
    };
    appear(file, part, &manifest)?;
    Ok(manifest)
}

/// The manifest first: a copy that can be seen has one.
fn appear(file: &Path, part: TempPath, manifest: &Manifest) -> Result<(), BackupError> {
    let beside = manifest_of(file);
    let write = || {
        let mut it = NamedTempFile::new_in(dir_of(file))?;
        serde_json::to_writer_pretty(&mut it, manifest)?;
        it.write_all(b"\n")?;
        it.as_file().sync_all()?;
        it.persist_noclobber(&beside)?;
        Ok(())
    };
    write().map_err(|why| failed(&beside, why))?;
    part.persist_noclobber(file)
        .map_err(|it| failed(file, it.error))?;
    keep_names(file)
}

/// An SQLite copy, verified itself. Returns its heads.
async fn copy(source: &Source, part: &TempPath, tell: Tell<'_>) -> Result<Vec<Head>, BackupError> {
    let whole = source.bytes().await?;
    let copying = source.copy_into(part);
    tokio::pin!(copying);
    loop {
        tokio::select! {
            done = &mut copying => break done?,
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                let so_far = std::fs::metadata(part).map_or(0, |it| it.len());
                tell("copy", so_far, whole.max(so_far));
            }
        }
    }
    let made = Source::file(part).await?;
    let heads = sound(&made, tell).await?;
    made.close().await?;
    Ok(heads)
}

/// An archive of one snapshot; the snapshot is verified, the archive read to its end. Returns the
/// snapshot's heads.
async fn dump(
    source: &Source,
    url: &str,
    part: &TempPath,
    tell: Tell<'_>,
) -> Result<Vec<Head>, BackupError> {
    let view = source.view().await?;
    let snapshot = view.export().await?;
    let whole = source_size(url).await?;
    let dumping = postgres::dump(url, &snapshot, part);
    tokio::pin!(dumping);
    loop {
        tokio::select! {
            done = &mut dumping => break done?,
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                let so_far = std::fs::metadata(part).map_or(0, |it| it.len());
                tell("copy", so_far, whole.max(so_far));
            }
        }
    }
    let report = verify(&view, tell).await?;
    view.end().await?;
    if !report.is_sound() {
        return Err(BackupError::Unsound(Box::new(report)));
    }
    postgres::readable(part).await?;
    Ok(report.heads)
}

async fn source_size(url: &str) -> Result<u64, BackupError> {
    let source = Source::open(url).await?;
    let bytes = source.bytes().await?;
    source.close().await?;
    Ok(bytes)
}

/// The heads of a database, provided it is sound.
pub(super) async fn sound(source: &Source, tell: Tell<'_>) -> Result<Vec<Head>, BackupError> {
    let view = source.view().await?;
    let report = verify(&view, tell).await?;
    view.end().await?;
    match report.is_sound() {
        true => Ok(report.heads),
        false => Err(BackupError::Unsound(Box::new(report))),
    }
}
