//! Syncs, counted from outside by strace while this process works, so that nothing that the
//! program says of itself has to be believed.

use anyhow::Context as _;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    time,
};

/// How long strace may take to look at every thread.
const PATIENCE: Duration = Duration::from_secs(10);

/// A count under way.
pub(super) struct Trace {
    strace: Child,
    file: PathBuf,
}

/// Syncs of one stretch of work.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Syncs {
    /// Of the write-ahead log: one a commit.
    pub(super) log: usize,
    /// Of the database file: checkpoints.
    pub(super) file: usize,
}

impl Trace {
    /// Looks at every thread of this process from now on.
    pub(super) async fn begin(dir: &Path) -> anyhow::Result<Trace> {
        let file = dir.join("trace.txt");
        let strace = Command::new("strace")
            .args(["-f", "-qq", "-y", "-e", "trace=fsync,fdatasync", "-o"])
            .arg(&file)
            .args(["-p", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("strace is not installed")?;
        let mut trace = Trace { strace, file };
        let begun = Instant::now();
        while !watched()? {
            if let Some(end) = trace.strace.try_wait()? {
                anyhow::bail!("strace may not look at this process ({end})");
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "strace does not get to look");
            time::sleep(Duration::from_millis(5)).await;
        }
        Ok(trace)
    }

    /// Stops looking, and counts what was seen.
    pub(super) async fn end(mut self) -> anyhow::Result<Syncs> {
        let id = self.strace.id().context("strace is gone")?.to_string();
        Command::new("kill").args(["-INT", &id]).status().await?;
        self.strace.wait().await?;
        let mut syncs = Syncs::default();
        for line in fs::read_to_string(&self.file)?.lines() {
            if !line.contains("sync(") {
                continue;
            }
            if line.contains("guichet.db-wal>") {
                syncs.log += 1;
            } else if line.contains("guichet.db>") {
                syncs.file += 1;
            }
        }
        Ok(syncs)
    }
}

/// Whether every thread of this process is looked at.
fn watched() -> anyhow::Result<bool> {
    for task in fs::read_dir("/proc/self/task")? {
        // A thread may end while the list is read.
        let Ok(text) = fs::read_to_string(task?.path().join("status")) else {
            continue;
        };
        if text.lines().any(|it| it == "TracerPid:\t0") {
            return Ok(false);
        }
    }
    Ok(true)
}
