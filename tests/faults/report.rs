//! What a run measured: said aloud, and gathered for the night's report.

use crate::player::Seen;
use std::{fs::OpenOptions, io::Write, sync::atomic::Ordering};

/// A number of the environment, so that the night runs what the day samples.
pub fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |it| it.parse().expect("a number"))
}

/// One line of results; also appended to the file `GUICHET_REPORT`, as a line of a Markdown list.
pub fn line(what: &str, words: &str) {
    eprintln!("{what}: {words}");
    if let Some(path) = std::env::var_os("GUICHET_REPORT") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let mut file = file.expect("the report can be written");
        writeln!(file, "- **{what}**: {words}").expect("the report can be written");
    }
}

/// What the players saw.
pub fn seen(it: &Seen) -> String {
    let n = |it: &std::sync::atomic::AtomicU64| it.load(Ordering::SeqCst);
    format!(
        "{} commands acknowledged, {} refused, {} answers lost, {} × 5xx, {} acknowledged under \
         the same key after a lost answer, {} repeated",
        n(&it.acked),
        n(&it.refused),
        n(&it.lost),
        n(&it.unavailable),
        n(&it.resolved),
        n(&it.repeated)
    )
}
