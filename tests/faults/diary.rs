//! What the client was told, on disk before it acts on it: outside everything that is killed.

use serde_json::{Value, json};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// The client's own file.
#[derive(Debug)]
pub struct Diary {
    path: PathBuf,
    file: Mutex<File>,
}

/// How a command ended, as far as its sender knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is about to be sent.
    Sent,
    /// It was answered 2xx.
    Acked,
    /// It was answered 4xx.
    Refused,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Entry {
    pub fate: Fate,
    pub login: String,
    pub path: String,
    pub key: String,
    pub reference: String,
    pub body: Value,
}

impl Diary {
    pub fn open(path: &Path) -> Diary {
        let file = OpenOptions::new().create(true).append(true).open(path);
        Diary {
            path: path.to_owned(),
            file: Mutex::new(file.expect("the diary can be written")),
        }
    }

    /// Writes a line; an answer is on the disk before anybody goes on.
    pub fn note(&self, entry: &Entry) {
        let line = json!({
            "fate": format!("{:?}", entry.fate), "login": entry.login, "path": entry.path,
            "key": entry.key, "reference": entry.reference, "body": entry.body,
        });
        let mut file = self.file.lock().expect("no holder of this lock panics");
        writeln!(file, "{line}").expect("the diary can be written");
        if entry.fate != Fate::Sent {
            file.sync_data().expect("the diary reaches the disk");
        }
    }

    /// Every line, oldest first.
    pub fn read(&self) -> Vec<Entry> {
        let text = fs::read_to_string(&self.path).expect("the diary can be read");
        let entry = |line: &str| {
            let it: Value = serde_json::from_str(line).expect("a line of JSON");
            let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
            let fate = match it["fate"].as_str() {
                Some("Acked") => Fate::Acked,
                Some("Refused") => Fate::Refused,
                _ => Fate::Sent,
            };
            Entry {
                fate,
                login: text("login"),
                path: text("path"),
                key: text("key"),
                reference: text("reference"),
                body: it["body"].clone(),
            }
        };
        text.lines().map(entry).collect()
    }
}
