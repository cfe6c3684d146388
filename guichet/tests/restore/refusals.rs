//! Databases that the program does not go on with, each refusal in both languages, with what to
//! do.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use crate::place::{Place, until};
use serde_json::Value;
use std::fs;

const MIGRATION: &str =
    "INSERT INTO seaql_migrations(version, applied_at) VALUES('m20991231_000001_later', 0)";

#[tokio::test]
async fn a_schema_newer_than_the_program_is_refused_and_left_alone() {
    let it = Place::new();
    tests::audit::alter(it.url(), MIGRATION).await;
    let file = it.path("one.copy");
    let runs: [&[&str]; 7] = [
        &["serve"],
        &["ticket", "list"],
        &["client", "add", "X", "X"],
        &["db", "migrate"],
        &["db", "verify"],
        &["db", "backup", file.to_str().unwrap()],
        &["journal", "publish"],
    ];
    for args in runs {
        let later = "m20991231_000001_later";
        it.run(args)
            .ends(1, &["database.newer", later, "Mettez ce programme à jour"]);
        it.run(&[&["--lang", "en"], args].concat())
            .ends(1, &["database.newer", later, "Update this program"]);
    }
    it.run(&["db", "status"]).ends(9, &["plus récent"]);
    it.run(&["doctor"]).ends(9, &["m20991231_000001_later"]);
}

#[tokio::test]
async fn a_schema_behind_the_program_is_refused_with_the_command_that_brings_it_up() {
    let it = Place::empty();
    it.ok(&["db", "migrate"]);
    let forget = "DELETE FROM seaql_migrations WHERE version LIKE '%outbox'";
    tests::audit::alter(it.url(), forget).await;
    it.run(&["serve"])
        .ends(1, &["database.schema", "guichet db migrate"]);
}

/// A place put back to an older copy, with the heads that were published since.
fn rolled_back() -> (Place, Place) {
    let before = Place::new();
    let old = before.backup("old.copy");
    before.grant();
    before.grant();
    before.ok(&["journal", "publish"]);
    let after = Place::empty();
    after.restore(&old).ends(0, &[]);
    fs::copy(before.heads(), after.heads()).unwrap();
    (before, after)
}

#[test]
fn a_database_older_than_what_was_published_is_refused_p32() {
    let (before, it) = rolled_back();
    let writes: [&[&str]; 3] = [&["serve"], &["client", "add", "X", "X"], &["db", "migrate"]];
    for args in writes {
        it.run(args).ends(
            1,
            &["journal.rolled-back", "plus ancienne", "accept-rollback"],
        );
        it.run(&[&["--lang", "en"], args].concat()).ends(
            1,
            &[
                "journal.rolled-back",
                "older than what was published",
                "newer backup",
            ],
        );
    }
    it.run(&["journal", "publish"])
        .ends(1, &["journal.rolled-back"]);
    it.run(&["doctor"]).ends(9, &["plus ancienne"]);
    it.run(&["db", "verify"]).ends(9, &["publié"]);
    it.run(&["ticket", "list"]).ends(0, &[]);
    let newer = before.backup("new.copy");
    let there = Place::empty();
    fs::copy(before.heads(), there.heads()).unwrap();
    there.restore(&newer).ends(0, &[]);
    drop(there.serve());
}

#[test]
fn a_restore_says_at_once_that_it_is_older_than_what_was_published() {
    let before = Place::new();
    let old = before.backup("old.copy");
    before.grant();
    before.ok(&["journal", "publish"]);
    let there = Place::empty();
    fs::copy(before.heads(), there.heads()).unwrap();
    there.restore(&old).ends(0, &["journal.rolled-back"]);
}

#[test]
fn a_database_that_went_another_way_is_refused_however_long_it_is_p32() {
    let (_before, it) = rolled_back();
    let kept = fs::read(it.heads()).unwrap();
    fs::remove_file(it.heads()).unwrap();
    for _ in 0..4 {
        it.grant();
    }
    fs::write(it.heads(), kept).unwrap();
    it.run(&["serve"]).ends(1, &["journal.forked"]);
    it.run(&["--lang", "en", "serve"])
        .ends(1, &["journal.forked", "do not go on from"]);
}

/// How many records ACME's log has, where that is not all that was published.
fn found(it: &Place) -> u64 {
    let run = it.run(&["--json", "journal", "heads"]);
    assert_eq!(run.code, 9, "{run:?}");
    let said: Value = serde_json::from_str(&run.out).unwrap();
    said["heads"][0]["size"].as_u64().unwrap()
}

#[test]
fn going_on_with_an_older_database_takes_an_administrator_and_stays_on_record() {
    let (_before, it) = rolled_back();
    let accept = ["db", "accept-rollback", "--reason", "disque perdu"];
    it.by("hugo", &accept).ends(4, &["person.not-entitled"]);
    it.run(&accept).ends(4, &["person.missing"]);
    let size = found(&it);
    it.by("ada", &accept).ends(0, &["ACME"]);
    assert_eq!(it.records(), size + 1);
    let found = it.json(&["audit", "search", "--kind", "journal.rollback-accepted"]);
    assert_eq!(found[0]["words"]["reason"], "disque perdu");
    let proof = found[0]["leaf"]["sd"].as_str().unwrap();
    assert!(proof.starts_with("published "), "{proof}");
    let heads: Value = serde_json::from_slice(&fs::read(it.heads()).unwrap()).unwrap();
    assert_eq!(heads["given_up"].as_array().unwrap().len(), 1);
    drop(it.serve());
    it.run(&["db", "verify"]).ends(0, &[]);
    it.by("ada", &accept).ends(1, &["journal.whole"]);
}

#[test]
fn a_damaged_file_of_heads_is_not_taken_for_an_empty_one() {
    let it = Place::new();
    it.ok(&["journal", "publish"]);
    let text = fs::read_to_string(it.heads()).unwrap();
    for bad in ["", "{}", &text.replace("\"size\": ", "\"size\": 1")] {
        fs::write(it.heads(), bad).unwrap();
        it.run(&["serve"]).ends(1, &["journal.heads"]);
    }
    fs::write(it.heads(), text).unwrap();
    drop(it.serve());
}

#[test]
fn the_program_at_work_publishes_soon_after_every_record() {
    let it = Place::new();
    let serving = it.serve();
    let published = || {
        let text = fs::read(it.heads()).unwrap_or_default();
        let heads: Value = serde_json::from_slice(&text).unwrap_or_default();
        heads["heads"][0]["size"].as_u64().unwrap_or_default()
    };
    it.grant();
    let size = it.records();
    until("published", || published() >= size);
    serving.kill();
    drop(it.serve());
}
