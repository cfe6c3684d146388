//! A real mail server, run by Python, that answers as its recipients are named.
#![allow(dead_code, reason = "each test program uses its own part")]

use guichet::mail::smtp::{Security, Settings, Smtp};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A mail server of its own for each test; it ends when its standard input closes.
pub struct Sink {
    child: Child,
    dir: TempDir,
    port: u16,
}

impl Sink {
    pub fn start() -> Sink {
        Sink::with(tempfile::tempdir().expect("a directory"), 0, &[])
    }

    /// Ends this server and starts another one in its place.
    pub fn restart(self) -> Sink {
        let port = self.stop();
        Sink::with(tempfile::tempdir().expect("a directory"), port, &[])
    }

    /// Ends the server; the port it had.
    pub fn stop(self) -> u16 {
        self.port
    }

    pub fn with(dir: TempDir, port: u16, arguments: &[&Path]) -> Sink {
        Sink::run(dir, port, arguments, "secret")
    }

    /// One that lets in whoever knows this password.
    pub fn asking(password: &str) -> Sink {
        let dir = tempfile::tempdir().expect("a directory");
        Sink::run(dir, 0, &[], password)
    }

    fn run(dir: TempDir, port: u16, arguments: &[&Path], password: &str) -> Sink {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp_sink.py");
        let mut child = Command::new("python3")
            .arg(script)
            .arg(dir.path().join("mails.jsonl"))
            .arg(port.to_string())
            .args(arguments)
            .env("SINK_PASSWORD", password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let port = line
            .trim()
            .parse()
            .expect("the sink runs: pip install aiosmtpd==1.4.6");
        Sink { child, dir, port }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn settings(&self) -> Settings {
        Settings {
            security: Security::Plain,
            timeout: Duration::from_secs(20),
            ..Settings::new("127.0.0.1", self.port, "guichet.test")
        }
    }

    pub fn smtp(&self) -> Smtp {
        Smtp::new(self.settings()).expect("settings")
    }

    pub fn received(&self) -> Vec<Value> {
        fs::read_to_string(self.dir.path().join("mails.jsonl"))
            .unwrap_or_default()
            .lines()
            .map(|it| serde_json::from_str(it).expect("JSON"))
            .collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate for `localhost` that vouches for itself, and its key.
pub fn certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-subj", "/CN=localhost", "-days", "2"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status()
        .expect("openssl is installed");
    assert!(made.success());
    (certificate, key)
}
