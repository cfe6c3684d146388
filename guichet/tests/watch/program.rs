//! The real program at work, with everything it says kept.

use crate::counter::Counter;
use reqwest::{Client, Response};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program at work; it ends when dropped.
pub struct Running {
    child: Child,
    log: PathBuf,
    pub portal: String,
    pub figures: String,
    pub client: Client,
}

impl Running {
    /// `guichet serve` in these roles on that counter's database, as the text configures it.
    pub async fn start(counter: &Counter, roles: &str, config: &str) -> Running {
        let mut command = counter.program();
        command.args(Running::arguments(counter, roles, config));
        Running::from(command, counter).await
    }

    /// What comes after the database on the command line.
    pub fn arguments(counter: &Counter, roles: &str, config: &str) -> Vec<String> {
        let file = counter.path().join("guichet.toml");
        fs::write(&file, config).unwrap();
        let file = file.to_str().unwrap();
        let all = [
            "--config",
            file,
            "serve",
            "--role",
            roles,
            "--listen",
            "127.0.0.1:0",
        ];
        all.map(str::to_owned).to_vec()
    }

    /// The program that `command` starts, once it listens.
    pub async fn from(mut command: Command, counter: &Counter) -> Running {
        let log = counter.path().join("log");
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        // Without TLS nothing of it is used, but the client wants to know whose it would be.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let mut running = Running {
            child,
            log,
            portal: String::new(),
            figures: String::new(),
            client: client.unwrap(),
        };
        let said = running.says("Guichet répond sur ").await;
        let after = |words: &str| {
            let rest = said.split(words).nth(1).unwrap_or_default();
            rest.lines().next().unwrap_or_default().trim().to_owned()
        };
        running.portal = after("Guichet répond sur ");
        running.figures = after("Mesures sur ");
        running
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says these words; everything it said.
    async fn says(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let said = self.log();
            if said.contains(words) && said.ends_with('\n') {
                return said;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "{ended:?} {said}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.portal);
        self.client.get(url).send().await.unwrap()
    }

    /// Waits until `path` answers with that status; the answer as JSON.
    pub async fn until(&self, path: &str, status: u16) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path).await;
            let now = answer.status().as_u16();
            let text = answer.text().await.unwrap();
            if now == status {
                return serde_json::from_str(&text).unwrap();
            }
            assert!(Instant::now() < end, "{path} answers {now}: {text}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Ends it as an operator would; everything it said.
    pub async fn end(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
        let end = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "it does not end: {}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
        self.log()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
