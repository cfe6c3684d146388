//! A PostgreSQL of this test alone, which may stop and start as it likes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A private cluster; it ends with this value.
pub struct Postgres {
    bin: PathBuf,
    dir: PathBuf,
    port: u16,
    by_root: bool,
}

/// The newest installed version's programs.
fn programs() -> PathBuf {
    let mut all: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed")
        .flatten()
        .filter_map(|it| {
            let version = it.file_name().to_string_lossy().parse().ok()?;
            Some((version, it.path().join("bin")))
        })
        .collect();
    all.sort();
    all.pop().expect("PostgreSQL is installed").1
}

impl Postgres {
    /// Makes and starts one. With `synced` every commit reaches the disk, as in production;
    /// without, the tests that never cut the machine's power save the wait.
    pub fn start(synced: bool) -> Postgres {
        // Not below a private folder of ours: the server runs as somebody else when we are root.
        let dir = tempfile::Builder::new()
            .prefix("guichet-faults-pg-")
            .tempdir()
            .expect("a folder")
            .keep();
        let id = Command::new("id").arg("-u").output().expect("id runs");
        let by_root = String::from_utf8_lossy(&id.stdout).trim() == "0";
        let port = adapters::sandbox::process::free_port().expect("a free port");
        let it = Postgres {
            bin: programs(),
            dir,
            port,
            by_root,
        };
        if by_root {
            let owner = Command::new("chown").arg("postgres").arg(&it.dir).status();
            assert!(owner.is_ok_and(|it| it.success()), "initdb refuses root");
        }
        let (bin, data) = (it.bin.display(), it.data());
        it.run(&format!(
            "{bin}/initdb -D {data} -U guichet --auth=trust --encoding=UTF8 --locale=C.UTF-8"
        ));
        let sync = if synced { "on" } else { "off" };
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nfsync = {sync}\n\
             unix_socket_directories = '{}'\nmax_connections = 200\n",
            it.dir.display()
        );
        let file = it.dir.join("data/postgresql.conf");
        let before = fs::read_to_string(&file).expect("initdb wrote it");
        fs::write(&file, before + &settings).expect("we own it, or are root");
        it.begin();
        it
    }

    fn data(&self) -> String {
        self.dir.join("data").display().to_string()
    }

    /// Runs that line as whoever the server runs as.
    pub fn run(&self, line: &str) {
        let mut command = if self.by_root {
            let mut it = Command::new("su");
            it.args(["postgres", "-s", "/bin/sh", "-c", line]);
            it
        } else {
            let mut it = Command::new("sh");
            it.args(["-c", line]);
            it
        };
        let done = command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(done.is_ok_and(|it| it.success()), "failed: {line}");
    }

    /// Starts the server and waits until it takes connections.
    pub fn begin(&self) {
        let (bin, data, log) = (self.bin.display(), self.data(), self.dir.join("log"));
        let log = log.display();
        self.run(&format!("{bin}/pg_ctl -D {data} -w -t 60 -l {log} start"));
    }

    /// Stops the server at once, as a crash would: nothing is written down first.
    pub fn crash(&self) {
        let (bin, data) = (self.bin.display(), self.data());
        self.run(&format!("{bin}/pg_ctl -D {data} -w -m immediate stop"));
    }

    /// The processes of the server, the one that starts the others first.
    pub fn processes(&self) -> Vec<u32> {
        let file = fs::read_to_string(self.dir.join("data/postmaster.pid"));
        let file = file.expect("it runs");
        let first: u32 = file
            .lines()
            .next()
            .and_then(|it| it.trim().parse().ok())
            .expect("its first line is a number");
        let children = format!("/proc/{first}/task/{first}/children");
        let children = fs::read_to_string(children).expect("the kernel tells");
        let children = children.split_whitespace();
        let children = children.map(|it| it.parse().expect("a number"));
        std::iter::once(first).chain(children).collect()
    }

    /// Where a program of this test may write as the server does.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of one of its databases.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://guichet@127.0.0.1:{}/{name}", self.port)
    }

    /// Makes an empty database; its address.
    pub fn database(&self, name: &str) -> String {
        let (bin, port) = (self.bin.display(), self.port);
        self.run(&format!(
            "{bin}/createdb -h 127.0.0.1 -p {port} -U guichet {name}"
        ));
        self.url(name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let (bin, data) = (self.bin.display(), self.data());
        // Stopped already when the test ended in between.
        let line = format!("{bin}/pg_ctl -D {data} -w -m immediate stop || true");
        self.run(&line);
        let _ = fs::remove_dir_all(&self.dir);
    }
}
