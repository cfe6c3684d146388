//! P11 on PostgreSQL: every session waits for the disk, whatever the server, the role or a pooler
//! in between say.

use crate::{postgres::Postgres, report};
use engine::store::Store;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use std::{
    fs,
    process::{Command, Stdio},
};

/// PgBouncer in front of a server, as the README says to run it.
struct Pooler<'a> {
    server: &'a Postgres,
    port: u16,
}

impl Pooler<'_> {
    fn start(server: &Postgres) -> Pooler<'_> {
        let port = adapters::sandbox::process::free_port().expect("a free port");
        let (dir, behind) = (server.folder(), server.port());
        let at = dir.display();
        // As version 1.18 has to be told: it knows neither word of the start-up packet.
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={behind} user=guichet\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = session\nlogfile = {at}/pooler.log\n\
             pidfile = {at}/pooler.pid\n\
             ignore_startup_parameters = extra_float_digits,options\n"
        );
        let file = dir.join("pooler.ini");
        fs::write(&file, text).expect("a file");
        if Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|it| it.stdout == b"0\n")
        {
            let done = Command::new("chown").arg("postgres").arg(&file).status();
            assert!(done.is_ok_and(|it| it.success()), "it refuses root");
        }
        server.run(&format!(
            "PATH=$PATH:/usr/sbin pgbouncer -d {}",
            file.display()
        ));
        Pooler { server, port }
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://guichet@127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for Pooler<'_> {
    fn drop(&mut self) {
        let at = self.server.folder().display();
        self.server.run(&format!("kill $(cat {at}/pooler.pid)"));
    }
}

async fn setting(db: &DatabaseConnection, name: &str) -> String {
    let kind = db.get_database_backend();
    let sql = sea_orm::Statement::from_string(kind, format!("SHOW {name}"));
    let row = db.query_one_raw(sql).await.expect("it answers");
    let row = row.expect("a row");
    row.try_get_by_index(0).expect("a word")
}

/// What a stranger's session has, and what ours have, when the database says `given`.
async fn given(cluster: &Postgres, url: &str, given: &str) -> (String, String) {
    let mut options = ConnectOptions::new(cluster.url("postgres"));
    options.max_connections(1).sqlx_logging(false);
    let admin = Database::connect(options).await.expect("it answers");
    let sql = format!("ALTER ROLE guichet SET synchronous_commit = {given}");
    admin.execute_unprepared(&sql).await.expect("a setting");
    admin.close().await.expect("it closes");
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let stranger = Database::connect(options).await.expect("it answers");
    let theirs = setting(&stranger, "synchronous_commit").await;
    stranger.close().await.expect("it closes");
    let store = Store::open(url).await.expect("it opens");
    let ours = setting(store.connection(), "synchronous_commit").await;
    let patience = setting(store.connection(), "lock_timeout").await;
    assert_eq!(patience, "5s", "a pooler in between forgot it");
    let plans = setting(store.connection(), "plan_cache_mode").await;
    assert_eq!(
        plans, "force_generic_plan",
        "plans by key, whatever the role says"
    );
    let bitmaps = setting(store.connection(), "enable_bitmapscan").await;
    assert_eq!(bitmaps, "off", "no plan that visits what is no more");
    (theirs, ours)
}

#[tokio::test]
async fn p11_no_session_acknowledges_before_the_disk_has_it() {
    let cluster = Postgres::start(false);
    let direct = cluster.database("sessions");
    for weak in ["off", "local", "remote_write"] {
        let both = given(&cluster, &direct, weak).await;
        assert_eq!(both, (weak.to_owned(), "on".to_owned()));
    }
    let both = given(&cluster, &direct, "remote_apply").await;
    assert_eq!(both.1, "remote_apply", "more than we ask for stays");
}

/// In session mode a pooler gives a server connection to one client after another, and forgets
/// what the start-up packet asked for.
#[tokio::test]
async fn p11_no_session_behind_a_pooler_acknowledges_before_the_disk_has_it() {
    let installed = Command::new("sh")
        .args(["-c", "PATH=$PATH:/usr/sbin command -v pgbouncer"])
        .stdout(Stdio::null())
        .status();
    if !installed.is_ok_and(|it| it.success()) {
        report::line("sessions", "SKIPPED: pgbouncer is missing");
        return;
    }
    let cluster = Postgres::start(false);
    cluster.database("sessions");
    let pooler = Pooler::start(&cluster);
    for weak in ["off", "local"] {
        let both = given(&cluster, &pooler.url("sessions"), weak).await;
        assert_eq!(both.1, "on");
    }
}
