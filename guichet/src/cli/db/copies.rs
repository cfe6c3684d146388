//! `db backup` and `db restore`.

use super::{progress::Progress, verify::heads};
use crate::{
    backup::{self, BackupError},
    cli::{
        end::{FAILED, OK, Stop, UNVERIFIED},
        print::{Printer, facts},
        start,
    },
    config::Config,
    published,
};
use engine::{
    ambient::{Clock, System},
    audit::source::Source,
};
use serde_json::json;
use std::{path::Path, time::Instant};

impl From<BackupError> for Stop {
    fn from(error: BackupError) -> Stop {
        let exit = match &error {
            BackupError::Unsound(_) | BackupError::Altered(_) | BackupError::Manifest { .. } => {
                UNVERIFIED
            }
            _ => FAILED,
        };
        let text = error.text();
        let mut stop = Stop::new(exit, error.code(), text.fr, text.en);
        if let BackupError::Unsound(report) = error {
            let all = report.findings.into_iter();
            stop.faults = all
                .map(|it| {
                    let place = it.client.unwrap_or_default();
                    (place, it.check.to_owned(), it.what)
                })
                .collect();
        }
        stop
    }
}

/// Runs `db backup`.
///
/// # Errors
/// As [`backup::make`].
pub(super) async fn backup(config: &Config, file: &Path, out: &Printer) -> Result<u8, Stop> {
    super::look(config).await?.close().await?;
    let begun = Instant::now();
    let mut bar = Progress::new(out);
    let mut tell = |what: &'static str, n, of| bar.tell(what, n, of);
    let made = backup::make(&config.database_url, file, System.now(), &mut tell).await?;
    drop(bar);
    let seconds = begun.elapsed().as_secs_f64();
    let value = json!({
        "file": file, "manifest": backup::manifest_of(file), "verified": true,
        "seconds": seconds, "made": made, "records": made.records(),
    });
    out.show(&value, || {
        let mut text = facts(&[
            (out.pick("Copie", "Copy"), file.display().to_string()),
            (
                out.pick("Bordereau", "Manifest"),
                backup::manifest_of(file).display().to_string(),
            ),
            (out.pick("Prise", "Taken"), published::moment(made.at)),
            (out.pick("Octets", "Bytes"), made.bytes.to_string()),
            ("SHA-256", made.sha256.clone()),
            (
                out.pick("Vérifiée", "Verified"),
                format!("✓ {} {seconds:.1} s", out.pick("en", "in")),
            ),
        ]);
        text.push('\n');
        text + &heads(&made.heads, out)
    })?;
    Ok(OK)
}

/// Runs `db restore`.
///
/// # Errors
/// As [`backup::restore`].
pub(super) async fn restore(
    config: &Config,
    file: &Path,
    force: bool,
    out: &Printer,
) -> Result<u8, Stop> {
    let begun = Instant::now();
    let mut bar = Progress::new(out);
    let mut tell = |what: &'static str, n, of| bar.tell(what, n, of);
    let done = backup::restore(file, &config.database_url, force, &mut tell).await?;
    drop(bar);
    let seconds = begun.elapsed().as_secs_f64();
    let source = Source::open(&config.database_url).await?;
    let current = start::held(config, &source).await;
    source.close().await?;
    let made = &done.manifest;
    let value = json!({
        "file": file, "verified": true, "seconds": seconds, "taken_at": made.at,
        "schema": made.schema, "heads": done.heads, "holds_what_was_published": current.is_ok(),
    });
    out.show(&value, || {
        let mut text = facts(&[
            (
                out.pick("Restaurée", "Restored"),
                file.display().to_string(),
            ),
            (out.pick("Prise", "Taken"), published::moment(made.at)),
            (
                out.pick("Vérifiée", "Verified"),
                format!("✓ {} {seconds:.1} s", out.pick("en", "in")),
            ),
        ]);
        text.push('\n');
        text + &heads(&done.heads, out)
    })?;
    if let Err(stop) = current {
        // Restored as asked; but whoever starts on it will be refused, and should know now.
        stop.print(out.lang, false);
    }
    Ok(OK)
}
