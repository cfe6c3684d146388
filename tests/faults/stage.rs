//! A provider, two clients, their systems, a mail server, a database, and the replicas that are
//! about to suffer. Everything but the replicas lives as long as the test.

use crate::{
    diary::Diary,
    http::{self, Ask},
    postgres::Postgres,
    replica::{Replica, program},
    town::{CLUSTERS, Town},
};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";
/// Login, client and rights of everybody.
const PEOPLE: [(&str, Option<&str>, &str); 8] = [
    ("camille", Some("ACME"), "request"),
    ("paul", Some("ACME"), "commit,validate"),
    ("ines", Some("ACME"), "commit,validate"),
    ("theo", Some("NORD"), "request"),
    ("jeanne", Some("NORD"), "commit,validate"),
    ("jules", None, "operate"),
    ("nora", None, "operate"),
    ("hugo", None, "steer"),
];
/// Code of the client, of its contract, and which clusters it has.
const CONTRACTS: [(&str, &str, std::ops::Range<usize>); 2] =
    [("ACME", "ACME-K8S", 0..3), ("NORD", "NORD-K8S", 3..5)];

static NTH: AtomicU32 = AtomicU32::new(0);

/// What clients know: where the replicas answer, and as whom they may come in.
pub struct Door {
    pub replicas: Vec<SocketAddr>,
    pub sessions: BTreeMap<String, String>,
    pub diary: Diary,
}

/// Everything of one test.
pub struct Stage {
    pub town: Town,
    pub replicas: Vec<Replica>,
    pub door: Arc<Door>,
    pub url: String,
    letters: PathBuf,
    _sink: Sink,
    dir: Option<TempDir>,
}

struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real mail server in a process of its own, which writes down each letter it takes.
fn sink(letters: &Path) -> (Sink, u16) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new("python3")
        .arg(here.with_file_name("guichet").join("tests/smtp_sink.py"))
        .arg(letters)
        .arg("0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe"))
        .read_line(&mut line)
        .expect("a line");
    let port = line.trim().parse();
    (Sink(child), port.expect("pip install aiosmtpd==1.4.6"))
}

impl Stage {
    /// One process on SQLite.
    pub async fn sqlite() -> Stage {
        Stage::with(None, 1).await
    }

    /// Several processes on one PostgreSQL.
    pub async fn postgres(cluster: &Postgres, replicas: usize) -> Stage {
        let name = format!("guichet_{}", NTH.fetch_add(1, Ordering::Relaxed));
        Stage::with(Some(cluster.database(&name)), replicas).await
    }

    async fn with(url: Option<String>, replicas: usize) -> Stage {
        let dir = tempfile::Builder::new().prefix("guichet-faults-").tempdir();
        let dir = dir.expect("a folder");
        let at = dir.path();
        let file = at.join("guichet.db");
        let url = url.unwrap_or_else(|| format!("sqlite://{}", file.display()));
        let town = Town::build(at).await;
        let letters = at.join("letters.jsonl");
        let (sink, mail) = sink(&letters);
        let config = at.join("guichet.toml");
        let text = format!(
            "database_url = {url:?}\nbase_url = \"http://127.0.0.1:9\"\nsystems = {:?}\n\
             [mail]\nhost = \"127.0.0.1\"\nport = {mail}\ntls = \"none\"\n\
             from = \"guichet@faults.example\"\n",
            town.inventory(),
        );
        fs::write(&config, text).expect("a file");
        populate(&config, at);
        let mut made = Vec::new();
        for n in 0..replicas {
            let port = adapters::sandbox::process::free_port().expect("a port");
            let log = at.join(format!("replica-{n}.log"));
            made.push(Replica::new(&config, &log, ([127, 0, 0, 1], port).into()));
        }
        let mut stage = Stage {
            town,
            door: Arc::new(Door {
                replicas: made.iter().map(Replica::at).collect(),
                sessions: BTreeMap::new(),
                diary: Diary::open(&at.join("diary.jsonl")),
            }),
            replicas: made,
            url,
            letters,
            _sink: sink,
            dir: Some(dir),
        };
        stage.sign_in().await;
        stage
    }

    /// Brings everybody in through the portal, once: a session outlives the process.
    async fn sign_in(&mut self) {
        let first = &mut self.replicas[0];
        first.start();
        first.ready().await;
        let mut sessions = BTreeMap::new();
        for (login, ..) in PEOPLE {
            let form = Ask {
                method: "POST",
                path: "/sign-in".into(),
                headers: vec![
                    ("content-type", "application/x-www-form-urlencoded".into()),
                    ("sec-fetch-site", "same-origin".into()),
                ],
                body: format!("login={login}&password={}", PASSWORD.replace(' ', "+")),
            };
            let answer = http::ask(first.at(), &form, Duration::from_secs(30)).await;
            let answer = answer.expect("the portal answers");
            let secret = answer.head.split("guichet=").nth(1);
            let secret = secret.and_then(|it| it.split(';').next());
            let secret =
                secret.unwrap_or_else(|| panic!("no session for {login}: {}", answer.head));
            sessions.insert(login.to_owned(), secret.to_owned());
        }
        let door = Arc::get_mut(&mut self.door).expect("nobody plays yet");
        door.sessions = sessions;
        first.kill();
    }

    /// Starts every replica and waits until all answer.
    pub async fn open(&mut self) {
        for it in &mut self.replicas {
            it.start();
        }
        for it in &mut self.replicas {
            it.ready().await;
        }
    }

    /// A connection of one's own to the database.
    pub async fn database(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options)
            .await
            .expect("the database answers")
    }

    /// Where everything of this test is kept.
    pub fn folder(&self) -> &Path {
        self.dir.as_ref().expect("kept until it is dropped").path()
    }

    /// Every letter that the mail server took, oldest first.
    pub fn letters(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.letters).unwrap_or_default();
        let letter = |line: &str| serde_json::from_str(line).expect("a line of JSON");
        text.lines().map(letter).collect()
    }

    /// How many bytes of letters the mail server has written down.
    pub fn letter_bytes(&self) -> u64 {
        fs::metadata(&self.letters).map_or(0, |it| it.len())
    }

    /// How many lines of all logs hold these words.
    pub fn count(&self, words: &str) -> usize {
        self.replicas.iter().map(|it| it.count(words)).sum()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(dir) = self.dir.take()
        {
            eprintln!("what happened is kept in {}", dir.keep().display());
        }
    }
}

/// Makes everybody known through the command line, as an operator would.
fn populate(config: &Path, dir: &Path) {
    let run = |args: &[&str]| {
        let out = Command::new(program())
            .env_clear()
            .env("LANG", "fr_FR.UTF-8")
            .env("HOME", "/nonexistent")
            .arg("--config")
            .arg(config)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{args:?}: {said}");
    };
    let password = dir.join("password");
    fs::write(&password, PASSWORD).expect("a file");
    let password = password.display().to_string();
    run(&["db", "migrate"]);
    for (client, ..) in CONTRACTS {
        run(&["client", "add", client, client]);
    }
    for (login, client, rights) in PEOPLE {
        let mail = format!("{login}@faults.example");
        let mut args = vec!["person", "add", login, "--name", login, "--mail", &mail];
        args.extend(["--right", rights, "--password-file", &password]);
        args.extend(client.iter().flat_map(|it| ["--client", it]));
        run(&args);
    }
    for (client, code, clusters) in CONTRACTS {
        let clusters = &CLUSTERS[clusters];
        let text = format!(
            "client = {client:?}\nclient_name = {client:?}\ncode = {code:?}\n\
             offer = \"dedicated\"\nservices = [\"kubernetes\", \"containers\"]\n\
             starts = \"2026-01-01\"\nends = \"2099-12-31\"\nclusters = {clusters:?}\n[terms]\n"
        );
        let file = dir.join(format!("{code}.toml"));
        fs::write(&file, text).expect("a file");
        run(&["contract", "add", &file.display().to_string()]);
        // One lot is soon used up, so that holds span lots.
        for tokens in ["7", "40", "100000"] {
            run(&[
                "--as", "hugo", "contract", "grant", code, "--tokens", tokens,
            ]);
        }
    }
}
