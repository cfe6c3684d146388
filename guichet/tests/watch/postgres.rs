//! A PostgreSQL of a test's own, to be stopped and started at will.

use std::{path::PathBuf, process::Command};
use tempfile::TempDir;

pub struct Postgres {
    bin: PathBuf,
    dir: TempDir,
    port: u16,
}

impl Postgres {
    pub fn start() -> Postgres {
        let newest = "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1";
        let bin = Command::new("bash").args(["-c", newest]).output().unwrap();
        let port = adapters::sandbox::process::free_port().unwrap();
        let it = Postgres {
            bin: String::from_utf8(bin.stdout).unwrap().trim().into(),
            dir: tempfile::tempdir().unwrap(),
            port,
        };
        let dir = it.dir.path().display();
        if is_root() {
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(it.dir.path())
                .status();
            assert!(owned.unwrap().success());
        }
        let how = "-U guichet --auth=trust --encoding=UTF8 --locale=C.UTF-8";
        it.run(&format!("{}/initdb -D {dir}/data {how}", it.bin.display()));
        it.up();
        it
    }

    pub fn url(&self) -> String {
        format!("postgres://guichet@127.0.0.1:{}/postgres", self.port)
    }

    pub fn up(&self) {
        let dir = self.dir.path().display();
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={dir}",
            self.port
        );
        self.control(&format!("-w -l {dir}/log -o '{options}' start"));
    }

    /// Stops it as a crash would.
    pub fn down(&self) {
        self.control("-m immediate stop");
    }

    fn control(&self, what: &str) {
        let (bin, dir) = (self.bin.display(), self.dir.path().display());
        self.run(&format!("{bin}/pg_ctl -D {dir}/data {what}"));
    }

    /// Runs a command as somebody whom the server accepts: it refuses root.
    fn run(&self, command: &str) {
        let mut shell = if is_root() {
            let mut su = Command::new("su");
            su.args(["postgres", "-s", "/bin/bash"]);
            su
        } else {
            Command::new("bash")
        };
        let done = shell.args(["-c", &format!("{command} >/dev/null 2>&1")]);
        assert!(done.status().unwrap().success(), "{command}");
    }
}

pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let (bin, dir) = (self.bin.display(), self.dir.path().display());
        let stop = format!("{bin}/pg_ctl -D {dir}/data -m immediate stop >/dev/null 2>&1");
        let mut shell = Command::new(if is_root() { "su" } else { "bash" });
        if is_root() {
            shell.args(["postgres", "-s", "/bin/bash"]);
        }
        // It may be down already.
        let _ = shell.args(["-c", &stop]).status();
    }
}
