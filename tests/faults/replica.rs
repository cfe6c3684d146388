//! One process of the real program: started, killed, stopped and told to end as an operating
//! system would.

use crate::http::{self, Ask};
use std::{
    fs::{self, OpenOptions},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// How long a start may take on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The program under test: `GUICHET_PROGRAM`, or the one built beside this test.
pub fn program() -> PathBuf {
    if let Some(given) = std::env::var_os("GUICHET_PROGRAM") {
        return given.into();
    }
    let mine = std::env::current_exe().expect("this test is a file");
    let beside = mine.ancestors().nth(2).expect("a target directory");
    let program = beside.join("guichet");
    assert!(
        program.is_file(),
        "{} is not built: cargo build -p guichet",
        program.display()
    );
    program
}

/// One process, or the place of one.
pub struct Replica {
    config: PathBuf,
    log: PathBuf,
    at: SocketAddr,
    wrapper: Vec<String>,
    more: Vec<String>,
    child: Option<Child>,
}

impl Replica {
    pub fn new(config: &Path, log: &Path, at: SocketAddr) -> Replica {
        Replica {
            config: config.to_owned(),
            log: log.to_owned(),
            at,
            wrapper: Vec::new(),
            more: Vec::new(),
            child: None,
        }
    }

    /// Starts under this program from now on, e.g. a tracer.
    pub fn under(&mut self, wrapper: &[&str]) {
        self.wrapper = wrapper.iter().map(|it| (*it).to_owned()).collect();
    }

    /// Starts with these further words from now on.
    pub fn doing(&mut self, more: &[&str]) {
        self.more = more.iter().map(|it| (*it).to_owned()).collect();
    }

    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Starts the process without waiting for it.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.expect("a log");
        let mut command = match self.wrapper.split_first() {
            None => Command::new(program()),
            Some((first, rest)) => {
                let mut it = Command::new(first);
                it.args(rest).arg(program());
                it
            }
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("LANG", "fr_FR.UTF-8")
            .env("HOME", "/nonexistent")
            .env("GUICHET_LOG", "warn,engine=info")
            .args(["--config", &self.config.display().to_string()])
            .args(["serve", "--listen", &self.at.to_string()])
            .args(&self.more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        self.child = Some(command.spawn().expect("the program starts"));
    }

    /// Waits until it answers; a process that ends before is started again, a few times: another
    /// program may have had its port for a moment.
    pub async fn ready(&mut self) {
        let begun = Instant::now();
        let mut restarts = 0;
        let alive = Ask {
            method: "GET",
            path: "/healthz".into(),
            ..Ask::default()
        };
        loop {
            let answer = http::ask(self.at, &alive, Duration::from_secs(2)).await;
            if answer.is_ok_and(|it| it.status == 200) {
                return;
            }
            let ended = self.child.as_mut().map(|it| it.try_wait());
            if let Some(Ok(Some(status))) = ended {
                restarts += 1;
                assert!(restarts < 5, "it ends at once, {status}: {}", self.said());
                self.child = None;
                self.start();
            }
            assert!(
                begun.elapsed() < READY_WITHIN,
                "not ready in time: {}",
                self.said()
            );
            // Asks again until it is ready.
            sleep(LOOK_EVERY).await;
        }
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to end and waits for that; what has not ended by then is killed, and `None`.
    pub async fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        self.signal("TERM");
        let begun = Instant::now();
        let mut child = self.child.take()?;
        while begun.elapsed() < patience {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(status);
            }
            // Looks again whether it has ended: a process is not waited for without a bound.
            sleep(LOOK_EVERY).await;
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }

    /// Sends a signal by its name: `STOP`, `CONT`, `TERM`.
    pub fn signal(&self, name: &str) {
        let Some(child) = &self.child else { return };
        let sent = Command::new("kill")
            .args([format!("-{name}"), child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        assert!(sent.is_ok(), "kill runs");
    }

    /// Its number in the system.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// How many lines of its log, over all its lives, hold these words.
    pub fn count(&self, words: &str) -> usize {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|it| it.contains(words)).count()
    }

    /// The end of its log.
    pub fn said(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let tail = &log[log.len().saturating_sub(3_000)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.kill();
    }
}
