//! An oracle that never objects proves nothing: on a run in which nothing was killed it must be
//! content, and after each single alteration it must not.

use crate::{
    diary::{Entry, Fate},
    drain::drain,
    oracle,
    player::{Player, Seen},
    stage::Stage,
    stories::{Line, play},
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::Value;
use std::{
    fs,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::Duration,
};
use tests::dice::Dice;
use tokio::time::sleep;

/// What is done to the database behind everybody's back, and a word of what must be said then.
const TAMPERED: [(&str, &str); 16] = [
    (
        "DELETE FROM inbox WHERE command = (SELECT min(command) FROM inbox)",
        "was answered for",
    ),
    (
        "UPDATE inbox SET ticket = (SELECT max(id) FROM ticket)
      WHERE ticket <> (SELECT max(id) FROM ticket)",
        "was answered for",
    ),
    (
        "INSERT INTO inbox(client, command, digest, ticket, at)
      SELECT client, 'x', digest, ticket, at FROM inbox LIMIT 1",
        "nobody sent it",
    ),
    ("DELETE FROM record WHERE seq = 5", "stands where"),
    (
        "UPDATE record SET leaf = replace(leaf, '\"to\":\"agreeing\"', '\"to\":\"running\"')",
        "the hash of leaf",
    ),
    (
        "UPDATE log_head SET frontier = upper(frontier)",
        "not that of its leaves",
    ),
    ("UPDATE ticket SET version = version + 1", "its records say"),
    (
        "UPDATE ticket SET state = 'running', ending = NULL",
        "wait for nobody",
    ),
    ("UPDATE lot SET spent = spent + 1", "summed"),
    ("DELETE FROM settlement", "open holds of a closed ticket"),
    ("DELETE FROM decision WHERE verdict = 'approve'", "kept is"),
    ("UPDATE decision SET digest = 'other'", "another digest"),
    (
        "UPDATE task SET status = 'undone' WHERE name IN ('deposit', 'power')",
        "git has",
    ),
    (
        "UPDATE task SET status = 'running', owner = 'x', lease_until = 1 WHERE name = 'deposit'",
        "though no process runs",
    ),
    ("DELETE FROM notice", "nobody owes it"),
    ("UPDATE notice SET state = 'dead'", "is dead after"),
];

async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql)
        .await
        .unwrap_or_else(|why| panic!("{sql}: {why}"));
}

/// A copy of the database that defends itself no more.
async fn copy(stage: &Stage, n: usize) -> DatabaseConnection {
    let from = stage.folder().join("guichet.db");
    let to = stage.folder().join(format!("copy-{n}.db"));
    fs::copy(from, &to).expect("every process has ended, so the file is whole");
    let db = Database::connect(format!("sqlite://{}", to.display()))
        .await
        .expect("the copy opens");
    let sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'";
    let sql = Statement::from_string(db.get_database_backend(), sql);
    for row in db.query_all_raw(sql).await.expect("the copy answers") {
        let name: String = row.try_get("", "name").expect("a name");
        run(&db, &format!("DROP TRIGGER {name}")).await;
    }
    run(&db, "PRAGMA foreign_keys = OFF").await;
    run(&db, "PRAGMA ignore_check_constraints = ON").await;
    db
}

/// What the oracle says of a database with these letters and the stage's own outside.
async fn said(db: &DatabaseConnection, stage: &Stage, letters: &[Value]) -> String {
    oracle::judge(db, stage, letters).await.wrong.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oracle_is_content_with_an_honest_run_and_with_no_other() {
    let mut stage = Stage::sqlite().await;
    stage.open().await;
    let mut dice = Dice::thrown("oracle");
    let (seen, enough) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let lines = [Line::Deposit("acme/boutique"), Line::Power("lyon")];
    let mut players = play(&lines, &stage.town, &enough, |n| {
        Player::new(&format!("honest-{n}"), &stage.door, &seen, dice.fork())
    });
    let db = stage.database().await;
    let acted = "SELECT count(*) FROM ticket WHERE ending = 'validated' AND code = 'C01'";
    while oracle::number(&db, acted).await < 2 {
        // Asks again until two tickets are done.
        sleep(Duration::from_millis(50)).await;
    }
    db.close().await.expect("the connection ends");
    enough.store(true, Ordering::SeqCst);
    while let Some(told) = players.join_next().await {
        told.expect("nobody was left without an answer");
    }
    drain(&mut stage).await;
    oracle::at_the_end(&stage).await.must_be_clean();

    let letters = stage.letters();
    for (n, (sql, word)) in TAMPERED.iter().enumerate() {
        let db = copy(&stage, n).await;
        assert_eq!(said(&db, &stage, &letters).await, "", "the copy itself");
        run(&db, sql).await;
        let said = said(&db, &stage, &letters).await;
        assert!(said.contains(word), "{sql}\nsaid: {said}\nbut not: {word}");
        db.close().await.expect("the connection ends");
    }

    let db = copy(&stage, TAMPERED.len()).await;
    let lost = said(&db, &stage, &letters[1..]).await;
    assert!(lost.contains("never arrived"), "{lost}");
    let twice = [letters.as_slice(), &letters[..1]].concat();
    assert!(said(&db, &stage, &twice).await.contains("copies of"));
    stage.town.repeat_last_commit("acme/boutique");
    assert!(
        said(&db, &stage, &letters)
            .await
            .contains("took place 2 times")
    );
    stage.door.diary.note(&Entry {
        fate: Fate::Acked,
        login: "camille".into(),
        path: "/api/v1/tickets".into(),
        key: "never arrived".into(),
        reference: "ACME-2026-0001".into(),
        body: Value::Null,
    });
    assert!(
        said(&db, &stage, &letters)
            .await
            .contains("under never arrived was answered")
    );
    db.close().await.expect("the connection ends");
}
