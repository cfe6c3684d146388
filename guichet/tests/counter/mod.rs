//! A counter for tests: the real program on a database of its own, with a provider, two clients
//! and their people, all made known through the command line.
#![allow(dead_code, reason = "each test program uses its own part")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Under which password Camille comes in.
pub const PASSWORD: &str = "correct horse battery";

/// What a run left.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// That it ended with that code and said these words.
    #[track_caller]
    pub fn ends(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        let said = format!("{}{}", self.out, self.err);
        for word in words {
            assert!(said.contains(word), "{word:?} is missing: {self:?}");
        }
    }
}

/// The program, ready to be run without anything of this machine's environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command
        .env_clear()
        .env("LANG", "fr_FR.UTF-8")
        .env("HOME", "/nonexistent");
    command
}

/// Runs the program with this on its standard input.
pub fn run_with(mut command: Command, input: &str) -> Run {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that asks for nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Runs the program without a database.
pub fn bare<S: AsRef<OsStr>>(args: &[S]) -> Run {
    let mut command = program();
    command.args(args);
    run_with(command, "")
}

/// The program on a database of its own.
pub struct Counter {
    pub dir: TempDir,
    /// Address of the database, when it is not a file of the directory.
    pub elsewhere: Option<String>,
}

impl Counter {
    /// A provider, ACME with 20 tokens on the dedicated offer, and a bakery on Shared.
    pub fn open() -> Counter {
        Counter::on(None)
    }

    /// The same on a database elsewhere.
    pub fn on(elsewhere: Option<String>) -> Counter {
        let counter = Counter {
            dir: tempfile::tempdir().unwrap(),
            elsewhere,
        };
        counter.ok(&["db", "migrate"]);
        counter.ok(&["client", "add", "ACME", "ACME"]);
        counter.ok(&["client", "add", "BMART", "Boulangeries Martin"]);
        let people = [
            ("camille", "Camille Roy", Some("ACME"), "request,commit"),
            ("paul", "Paul Dupont", Some("ACME"), "commit,validate"),
            ("theo", "Théo Martin", Some("BMART"), "request"),
            ("jeanne", "Jeanne Morel", Some("BMART"), "commit,validate"),
            ("lea", "Léa Martin", None, "support"),
            ("hugo", "Hugo Petit", None, "steer"),
            ("jules", "Jules Lambert", None, "operate"),
        ];
        let password = counter.dir.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        for (login, name, client, rights) in people {
            let mail = format!("{login}@example.org");
            let mut args = vec!["person", "add", login, "--name", name, "--mail", &mail];
            args.extend(["--right", rights]);
            if login == "camille" {
                // Hashing takes its time, and nobody else comes in by password.
                args.extend(["--password-file", password.to_str().unwrap()]);
            }
            args.extend(client.iter().flat_map(|it| ["--client", it]));
            counter.ok(&args);
        }
        counter.contract("ACME", "ACME-K8S", "dedicated", "prod-paris");
        counter.contract("BMART", "BMART-SHARED", "shared", "four");
        counter.ok(&[
            "--as", "hugo", "contract", "grant", "ACME-K8S", "--tokens", "20",
        ]);
        counter
    }

    fn contract(&self, client: &str, code: &str, offer: &str, cluster: &str) {
        let text = format!(
            "client = {client:?}\nclient_name = {client:?}\ncode = {code:?}\noffer = {offer:?}\n\
             services = [\"kubernetes\", \"containers\"]\nstarts = \"2026-01-01\"\n\
             ends = \"2099-12-31\"\nclusters = [{cluster:?}]\n[terms]\n"
        );
        let file = self.dir.path().join(format!("{code}.toml"));
        fs::write(&file, text).unwrap();
        self.ok(&["contract", "add", file.to_str().unwrap()]);
    }

    /// The address of the database.
    pub fn url(&self) -> String {
        format!("sqlite://{}", self.file().display())
    }

    /// The file of the database.
    pub fn file(&self) -> std::path::PathBuf {
        self.path().join("guichet.db")
    }

    /// The directory of the data.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The program on this database.
    pub fn program(&self) -> Command {
        let mut command = program();
        match &self.elsewhere {
            Some(url) => command.arg("--database").arg(url),
            None => command.arg("--data").arg(self.path()),
        };
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

    /// Runs the program, which has to succeed, and reads what it printed.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.run(&[&["--json"], args].concat()).json()
    }

    /// Runs the program, which has to succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?} {run:?}");
    }

    /// How many records the journal holds.
    pub fn records(&self) -> usize {
        let all = self.json(&["audit", "search", "--limit", "1000"]);
        all.as_array().unwrap().len()
    }

    /// Orders K06 as Camille and returns its reference.
    #[track_caller]
    pub fn order(&self) -> String {
        let made = self.by("camille", &[&["--json"][..], &K06].concat()).json();
        made["reference"].as_str().unwrap().to_owned()
    }
}

/// A change that can be ordered.
pub const K06: [&str; 7] = [
    "ticket",
    "new",
    "K06",
    "--set",
    "cluster=prod-paris",
    "--set",
    "action=hibernate",
];
