//! A real program as a part of the sandbox: found, started, waited for, and ended with its owner.

use std::{
    ffi::OsStr,
    fs::File,
    future::Future,
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use thiserror::Error;
use tokio::time::{Instant, sleep};

/// Between two looks at a program that is starting.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// As much of the end of a log as a message quotes.
const LOG_TAIL: usize = 800;

/// A program that does not run.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// It could not be started, or its log not be written.
    #[error("{program}: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It ended before it was ready.
    #[error("{program} ended before it was ready: {log}")]
    Ended {
        /// The program.
        program: PathBuf,
        /// End of its log.
        log: String,
    },
    /// It runs and did not become ready in time.
    #[error("{program} was not ready in time: {log}")]
    Late {
        /// The program.
        program: PathBuf,
        /// End of its log.
        log: String,
    },
}

/// A running program. It is killed when dropped; only when the owner itself is killed with no
/// chance to drop anything does it outlive it, since asking the kernel to end it too would need
/// unsafe code.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program` in the folder `dir`; what it says goes to the file `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        args: impl IntoIterator<Item = A>,
        dir: &Path,
        log: &Path,
    ) -> Result<Process, ProcessError> {
        let start = || -> io::Result<Child> {
            let out = File::create(log)?;
            let err = out.try_clone()?;
            Command::new(program)
                .args(args)
                .current_dir(dir)
                .stdin(Stdio::null())
                .stdout(out)
                .stderr(err)
                .spawn()
        };
        match start() {
            Ok(child) => Ok(Process {
                program: program.to_owned(),
                child,
                log: log.to_owned(),
            }),
            Err(source) => Err(ProcessError::Start {
                program: program.to_owned(),
                source,
            }),
        }
    }

    /// Waits until `ready` answers true, at most for `within`.
    ///
    /// # Errors
    /// When the program ends or the time is over before that.
    pub async fn until<F>(
        &mut self,
        within: Duration,
        mut ready: impl FnMut() -> F,
    ) -> Result<(), ProcessError>
    where
        F: Future<Output = bool>,
    {
        let end = Instant::now() + within;
        loop {
            if ready().await {
                return Ok(());
            }
            if !self.is_running() {
                return Err(ProcessError::Ended {
                    program: self.program.clone(),
                    log: self.log_tail(),
                });
            }
            if Instant::now() > end {
                return Err(ProcessError::Late {
                    program: self.program.clone(),
                    log: self.log_tail(),
                });
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its number in the system.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn log_tail(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let tail = &log[log.len().saturating_sub(LOG_TAIL)..];
        String::from_utf8_lossy(tail).trim().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first of these programs that the search path has.
#[must_use]
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|it| it.is_file())
}

/// A port of this machine that was free a moment ago.
///
/// # Errors
/// When there is none.
pub fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}
