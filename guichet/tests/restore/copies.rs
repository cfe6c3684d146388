//! Copies: made whole or not at all, put back into empty places only.

use crate::{
    counter::{Counter, run_with},
    place::{Place, server},
};
use serde_json::json;
use std::fs;

#[test]
fn a_copy_says_what_it_holds_and_never_overwrites_another() {
    let it = Place::new();
    let file = it.backup("one.copy");
    let beside = it.path("one.copy.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(&beside).unwrap()).unwrap();
    assert_eq!(manifest["heads"][0]["size"], it.records());
    assert_eq!(manifest["bytes"], fs::metadata(&file).unwrap().len());
    let before = fs::read(&file).unwrap();
    it.run(&["db", "backup", file.to_str().unwrap()])
        .ends(1, &["backup.exists"]);
    assert_eq!(fs::read(&file).unwrap(), before);
    let left: Vec<_> = fs::read_dir(file.parent().unwrap())
        .unwrap()
        .filter_map(|it| it.unwrap().file_name().into_string().ok())
        .filter(|it| it.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let checked = it.json(&["db", "verify", file.to_str().unwrap()]);
    assert_eq!(checked["ok"], json!(true));
}

#[test]
fn a_copy_that_changed_since_is_not_put_back() {
    let it = Place::new();
    let file = it.backup("one.copy");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let there = Place::empty();
    there.restore(&file).ends(9, &["backup.altered"]);
    there
        .run(&["--lang", "en", "db", "verify"])
        .ends(if server().is_some() { 1 } else { 5 }, &[]);
    fs::remove_file(it.path("one.copy.json")).unwrap();
    there.restore(&file).ends(9, &["backup.manifest"]);
}

#[test]
fn a_restore_erases_nobody_s_data() {
    let it = Place::new();
    let file = it.backup("one.copy");
    it.grant();
    let before = it.records();
    it.restore(&file).ends(1, &["restore.not-empty"]);
    let force = [
        "db",
        "restore",
        file.to_str().unwrap(),
        "--force-empty",
        "--to",
    ];
    it.run(&[&force[..], &[it.url()]].concat())
        .ends(1, &["restore.not-empty"]);
    assert_eq!(it.records(), before);
    let there = Place::empty();
    there.ok(&["db", "migrate"]);
    there
        .restore(&file)
        .ends(1, &["restore.has-tables", "--force-empty"]);
    there
        .run(&[&force[..], &[there.url()]].concat())
        .ends(0, &[]);
    assert_eq!(there.records(), before - 1);
    there.run(&["db", "verify"]).ends(0, &[]);
}

#[test]
fn a_copy_goes_back_into_its_own_kind_of_database() {
    let it = Place::new();
    let file = it.backup("one.copy");
    let other = match server() {
        Some(_) => "sqlite:///nonexistent/guichet.db".to_owned(),
        None => "postgres://nobody@127.0.0.1:1/none".to_owned(),
    };
    it.run(&["db", "restore", file.to_str().unwrap(), "--to", &other])
        .ends(1, &["backup.other-kind"]);
}

#[test]
fn what_a_lost_database_left_behind_is_not_mixed_into_the_restored_one() {
    let it = Counter::open();
    let copy = it.path().join("one.copy");
    it.ok(&["db", "backup", copy.to_str().unwrap()]);
    let wal = it.path().join("guichet.db-wal");
    fs::write(&wal, b"of another time").unwrap();
    fs::remove_file(it.file()).unwrap();
    let restore = ["db", "restore", copy.to_str().unwrap(), "--to", &it.url()];
    it.run(&restore)
        .ends(1, &["restore.left-over", "guichet.db-wal"]);
    for ends in ["wal", "shm"] {
        let _ = fs::remove_file(it.path().join(format!("guichet.db-{ends}")));
    }
    it.run(&restore).ends(0, &["ACME"]);
    let lock = fs::File::create(it.path().join("guichet.db.lock")).unwrap();
    lock.try_lock().unwrap();
    it.run(&restore).ends(1, &["database.taken"]);
}

#[test]
fn a_missing_tool_of_postgresql_is_named() {
    if server().is_none() {
        return;
    }
    let it = Place::new();
    let mut command = it.program();
    command.env("PATH", "/nonexistent");
    command.args(["db", "backup", it.path("one.copy").to_str().unwrap()]);
    run_with(command, "").ends(1, &["backup.no-tool", "pg_dump"]);
    assert!(!it.path("one.copy").exists());
}

#[test]
fn an_unsound_database_is_not_copied_as_if_it_were() {
    let it = Place::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let spend = "UPDATE lot SET spent = spent + 1";
    runtime.block_on(tests::audit::alter(it.url(), spend));
    let file = it.path("one.copy");
    it.run(&["db", "backup", file.to_str().unwrap()])
        .ends(9, &["database.unsound", "lot"]);
    assert!(!file.exists() && !it.path("one.copy.json").exists());
    let found = it.run(&["--json", "db", "verify"]);
    assert_eq!(found.code, 9, "{found:?}");
    let found: serde_json::Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!(found["findings"][0]["check"], "ledger");
}
