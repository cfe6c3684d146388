//! A database that is down or full (P15): writes are told when to come back, the process stays
//! alive, and the same request sent again counts once.

use crate::{
    counter::{Counter, PASSWORD, program},
    postgres::{Postgres, is_root},
    program::{PATIENCE, Running},
};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::{fs, io::Write, process::Command, time::Duration};
use tokio::time::{Instant, sleep};

async fn order(running: &Running, key: &str) -> Response {
    let body = json!({"line": "K06", "values": {"cluster": "prod-paris", "action": "hibernate"}});
    let request = running
        .client
        .post(format!("{}/api/v1/tickets", running.portal))
        .basic_auth("camille", Some(PASSWORD))
        .header("idempotency-key", key);
    request.json(&body).send().await.unwrap()
}

async fn told_to_come_back(answer: Response) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], 503, "{problem}");
    assert!(problem["request_id"].is_string(), "{problem}");
}

#[tokio::test]
async fn while_the_database_is_down_everybody_is_told_to_come_back_and_nothing_counts_twice() {
    let (postgres, counter) = tokio::task::spawn_blocking(|| {
        let postgres = Postgres::start();
        let counter = Counter::on(Some(postgres.url()));
        (postgres, counter)
    })
    .await
    .unwrap();
    let running = Running::start(&counter, "web,worker,scheduler", "").await;
    running.until("/readyz", 200).await;
    assert_eq!(order(&running, "first").await.status(), StatusCode::CREATED);
    postgres.down();
    assert_eq!(running.until("/healthz", 200).await, json!({"ok": true}));
    let problem = running.until("/readyz", 503).await;
    assert_eq!(problem["errors"][0]["code"], "ready.database", "{problem}");
    let form = [("login", "camille"), ("password", PASSWORD)];
    let (ordered, signed) = tokio::join!(
        order(&running, "second"),
        running
            .client
            .post(format!("{}/sign-in", running.portal))
            .form(&form)
            .send()
    );
    told_to_come_back(ordered).await;
    let page = signed.unwrap();
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.headers()["retry-after"], "2");
    let page = page.text().await.unwrap();
    assert!(page.contains("Momentanément indisponible"), "{page}");
    postgres.up();
    running.until("/readyz", 200).await;
    let second = order(&running, "second").await;
    assert_eq!(second.status(), StatusCode::CREATED);
    let second: Value = second.json().await.unwrap();
    let again: Value = order(&running, "second").await.json().await.unwrap();
    assert_eq!(second["reference"], again["reference"]);
    assert_eq!(
        second["reference"], "ACME-2026-0002",
        "nothing was ordered in between"
    );
}

/// P15: on a file system of 8 MB, in a mount namespace of its own.
#[tokio::test]
async fn on_a_full_disk_writes_wait_reads_go_on_and_room_heals_it() {
    let counter = tokio::task::spawn_blocking(Counter::open).await.unwrap();
    let small = tempfile::tempdir().unwrap();
    let (from, to) = (counter.path().display(), small.path().display());
    let arguments = Running::arguments(&counter, "web", "").join(" ");
    let guichet = program().get_program().to_string_lossy().into_owned();
    let script = format!(
        "mount -t tmpfs -o size=8m tmpfs {to} && cp {from}/guichet.db* {to}/ && \
         exec {guichet} --data {to} {arguments}"
    );
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--", "sh", "-c", &script]).env_clear();
    command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LANG", "fr_FR.UTF-8");
    let running = Running::from(command, &counter).await;
    let inside = format!("/proc/{}/root{to}", running.id());
    let filler = format!("{inside}/filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    let mut refused = None;
    for n in 0..500 {
        let key = format!("key-{n}");
        let answer = order(&running, &key).await;
        if answer.status() != StatusCode::CREATED {
            refused = Some((key, answer));
            break;
        }
    }
    let (key, answer) = refused.expect("a full disk takes no more orders");
    told_to_come_back(answer).await;
    assert_eq!(running.until("/healthz", 200).await, json!({"ok": true}));
    let list = running
        .client
        .get(format!("{}/api/v1/catalogue/items", running.portal))
        .basic_auth("camille", Some(PASSWORD));
    assert_eq!(
        list.send().await.unwrap().status(),
        StatusCode::OK,
        "reads go on"
    );
    fs::remove_file(&filler).unwrap();
    drop(file);
    let (freed, end) = (Instant::now(), Instant::now() + PATIENCE);
    while order(&running, &key).await.status() != StatusCode::CREATED {
        assert!(Instant::now() < end, "it does not heal: {}", running.log());
        sleep(Duration::from_millis(200)).await;
    }
    assert!(
        freed.elapsed() < Duration::from_secs(10),
        "healed after {:?}",
        freed.elapsed()
    );
    let check = "import sqlite3, sys; \
                 print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchall())";
    let file = format!("{inside}/guichet.db");
    let checked = Command::new("python3")
        .args(["-c", check, &file])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(checked.stdout).unwrap(), "[('ok',)]\n");
}
