//! A place where Guichet runs: a database, its configuration, the program at work.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use crate::counter::{Run, program, run_with};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
use tempfile::TempDir;

static NTH: AtomicU32 = AtomicU32::new(0);

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The PostgreSQL server to test on, if there is one.
pub fn server() -> Option<String> {
    std::env::var("GUICHET_TEST_POSTGRES").ok()
}

/// A database with its configuration.
pub struct Place {
    dir: TempDir,
    url: String,
    database: Option<String>,
}

impl Place {
    /// An empty place: no file, or a database without tables.
    pub fn empty() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let (url, database) = match server() {
            None => {
                let file = dir.path().join("guichet.db");
                (format!("sqlite://{}", file.display()), None)
            }
            Some(server) => {
                let nth = NTH.fetch_add(1, Ordering::Relaxed);
                let name = format!("guichet_restore_{}_{nth}", std::process::id());
                on_server("createdb", &server, &[&name]);
                let (base, _) = server.rsplit_once('/').unwrap();
                (format!("{base}/{name}"), Some(name))
            }
        };
        let place = Place { dir, url, database };
        let text = format!(
            "database_url = {:?}\nlisten = \"127.0.0.1:0\"\nheads = \"heads.json\"\n\
             [mail]\ntransport = \"outbox\"\ndirectory = \"outbox\"\n",
            place.url
        );
        fs::write(place.path("guichet.toml"), text).unwrap();
        place
    }

    /// A place with ACME, its people and 60 tokens.
    pub fn new() -> Place {
        let place = Place::empty();
        place.ok(&["db", "migrate"]);
        place.ok(&["client", "add", "ACME", "ACME"]);
        let people = [
            ("camille", Some("ACME"), "request,commit"),
            ("paul", Some("ACME"), "commit,validate"),
            ("hugo", None, "steer"),
            ("jules", None, "operate"),
            ("ada", None, "administer"),
        ];
        for (login, client, rights) in people {
            let mail = format!("{login}@example.org");
            let mut args = vec!["person", "add", login, "--name", login, "--mail", &mail];
            args.extend(["--right", rights]);
            args.extend(client.iter().flat_map(|it| ["--client", it]));
            place.ok(&args);
        }
        let text = "client = \"ACME\"\nclient_name = \"ACME\"\ncode = \"ACME-K8S\"\n\
                    offer = \"dedicated\"\nservices = [\"kubernetes\", \"containers\"]\n\
                    starts = \"2026-01-01\"\nends = \"2099-12-31\"\n\
                    clusters = [\"prod-paris\"]\n[terms]\n";
        let contract = place.path("contract.toml");
        fs::write(&contract, text).unwrap();
        place.ok(&["contract", "add", contract.to_str().unwrap()]);
        place.grant();
        place
    }

    /// A grant of 20 tokens: one more record.
    pub fn grant(&self) {
        let grant = ["contract", "grant", "ACME-K8S", "--tokens", "20"];
        self.by("hugo", &grant).ends(0, &[]);
    }

    /// Address of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A file of this place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The file of published heads.
    pub fn heads(&self) -> PathBuf {
        self.path("heads.json")
    }

    /// The program with this place's configuration.
    pub fn program(&self) -> Command {
        let mut command = program();
        command.arg("--config").arg(self.path("guichet.toml"));
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Run {
        let mut command = self.program();
        command.args(args);
        run_with(command, "")
    }

    /// Runs the program as that person.
    pub fn by(&self, login: &str, args: &[&str]) -> Run {
        self.run(&[&["--as", login], args].concat())
    }

    /// Runs the program, which has to succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?} {run:?}");
    }

    /// Runs the program, which has to succeed, and reads what it printed.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.run(&[&["--json"], args].concat()).json()
    }

    /// Copies the database, which has to succeed.
    #[track_caller]
    pub fn backup(&self, name: &str) -> PathBuf {
        let file = self.path(name);
        self.ok(&["db", "backup", file.to_str().unwrap()]);
        file
    }

    /// Restores a copy here.
    pub fn restore(&self, file: &Path) -> Run {
        self.run(&["db", "restore", file.to_str().unwrap(), "--to", &self.url])
    }

    /// How many records ACME's log has.
    pub fn records(&self) -> u64 {
        self.json(&["journal", "heads"])["heads"][0]["size"]
            .as_u64()
            .unwrap()
    }

    /// Starts the program at work; it answers when this returns.
    pub fn serve(&self) -> Serving {
        let mut command = self.program();
        command.arg("serve").stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        lines.read_line(&mut said).unwrap();
        assert!(said.contains("http://"), "{said}");
        // Whatever it still says has to go somewhere.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Serving(child)
    }

    /// Orders a change that people do by hand, and returns its reference.
    pub fn order(&self) -> String {
        let args = ["--json", "ticket", "new", "K08", "--set"];
        let answers = ["cluster=prod-paris", "--set", "period=30d", "--set"];
        let all = [&args[..], &answers[..], &["acknowledge_loss=yes"]].concat();
        let made = self.by("camille", &all).json();
        made["reference"].as_str().unwrap().to_owned()
    }

    /// Does the next thing that a person has to do on a ticket; whether there was one.
    pub fn step(&self, reference: &str) -> bool {
        let ticket = self.json(&["ticket", "show", reference]);
        for task in ticket["tasks"].as_array().unwrap() {
            let name = task["name"].as_str().unwrap();
            let done = match (task["kind"].as_str(), task["status"].as_str()) {
                (Some("gate"), Some("asked")) => match name {
                    "operations" => self.by("jules", &["ticket", "approve", reference]),
                    "validation" => self.by("paul", &["ticket", "validate", reference]),
                    _ => self.by("paul", &["ticket", "approve", reference]),
                },
                (Some(kind), Some("ready")) if kind != "plan" => {
                    let seen = ["--evidence", "vu dans la console"];
                    let args = [&["ticket", "complete", reference, name], &seen[..]].concat();
                    self.by("jules", &args)
                }
                _ => continue,
            };
            return done.code == 0;
        }
        false
    }

    /// State of a ticket.
    pub fn state(&self, reference: &str) -> String {
        let ticket = self.json(&["ticket", "show", reference]);
        ticket["state"].as_str().unwrap().to_owned()
    }

    /// Carries tickets on until all are closed; gives up when nothing moves any more.
    pub fn finish(&self, all: &[String]) {
        let mut moved = Instant::now();
        let mut open: Vec<&String> = all.iter().collect();
        while !open.is_empty() {
            assert!(moved.elapsed() < PATIENCE, "nothing moves: {open:?}");
            open.retain(|it| {
                if self.step(it) {
                    moved = Instant::now();
                    return true;
                }
                self.state(it) != "closed"
            });
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (Some(server), Some(name)) = (server(), &self.database) {
            on_server("dropdb", &server, &["--force", "--if-exists", name]);
        }
    }
}

fn on_server(tool: &str, server: &str, args: &[&str]) {
    let done = Command::new(tool)
        .arg(format!("--maintenance-db={server}"))
        .args(args)
        .status()
        .unwrap();
    assert!(done.success(), "{tool} {args:?}");
}

/// The program at work; killed when it goes out of scope.
pub struct Serving(Child);

impl Serving {
    /// `kill -9`: no chance to put anything in order.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
