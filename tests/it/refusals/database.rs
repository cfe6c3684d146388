//! The same rules once more in the database, whatever the program does: raw SQL, as somebody with
//! direct access would write it.

use catalogue::Speed;
use engine::approval::Verdict;
use tests::{World, play::open_gate};
use workflows::Purpose;

#[track_caller]
fn refused(answer: Result<u64, sea_orm::DbErr>, says: &str) {
    let said = answer.expect_err("the database lets it pass").to_string();
    assert!(said.to_lowercase().contains(says), "{said}");
}

fn insert(gate: &engine::approval::Gate, person: &str, digest: &str) -> String {
    format!(
        "INSERT INTO decision(client, gate, person, digest, verdict, via, at)
         VALUES('ACME', '{}', '{person}', '{digest}', 'approve', 'sql', 1)",
        gate.id
    )
}

#[tokio::test]
async fn a_decision_by_a_barred_person_or_about_another_plan_has_no_row() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let gate = open_gate(&ticket, Purpose::Agreement);
    let camille = world.person("camille").id.to_string();
    let paul = world.person("paul").id.to_string();
    refused(
        world.sql(&insert(gate, &camille, &gate.digest)).await,
        "decision refused",
    );
    refused(
        world.sql(&insert(gate, &paul, "sha256:other")).await,
        "decision refused",
    );
    world
        .decide_as("paul", &ticket, Purpose::Agreement, Verdict::Reject)
        .await;
    let ines = world.person("ines").id.to_string();
    refused(
        world.sql(&insert(gate, &ines, &gate.digest)).await,
        "decision refused",
    );
    for change in [
        "UPDATE decision SET verdict = 'approve'",
        "DELETE FROM decision",
    ] {
        refused(world.sql(change).await, "decision rows never change");
    }
}

#[tokio::test]
async fn a_hold_is_settled_once_by_primary_key() {
    let world = World::new().await;
    let ticket = world.order("C01").await;
    world.carry(&ticket).await;
    let again = "INSERT INTO settlement(client, hold, captured, released, at)
                 SELECT client, hold, captured, released, at FROM settlement";
    let said = world
        .sql(again)
        .await
        .expect_err("settled twice")
        .to_string()
        .to_lowercase();
    assert!(said.contains("unique"), "{said}");
}

#[tokio::test]
async fn a_seventh_slot_has_no_row() {
    let world = World::with_tokens(500).await;
    for _ in 0..6 {
        world.order_at("C01", Speed::Accelerated).await;
    }
    for (ordinal, says) in [(7, "check"), (0, "check"), (6, "unique")] {
        let seventh = format!(
            "INSERT INTO slot(client, contract, year_from, ordinal, ticket, consumed)
             VALUES('ACME', 'ACME-K8S', '2026-03-01', {ordinal}, 'another', FALSE)"
        );
        refused(world.sql(&seventh).await, says);
    }
}

#[tokio::test]
async fn postings_records_holds_and_settlements_never_change() {
    let world = World::new().await;
    world.carry(&world.order("C01").await).await;
    for table in ["posting", "record", "hold", "settlement"] {
        let says = format!("{table} rows never change");
        let update = format!("UPDATE {table} SET client = 'MARTIN'");
        refused(world.sql(&update).await, &says);
        refused(world.sql(&format!("DELETE FROM {table}")).await, &says);
    }
}

#[tokio::test]
async fn a_lot_is_never_overdrawn() {
    let world = World::new().await;
    for column in ["held", "spent", "expired"] {
        for value in [101, -1] {
            let update = format!("UPDATE lot SET {column} = {value} WHERE client = 'ACME'");
            refused(world.sql(&update).await, "check");
        }
    }
}

#[tokio::test]
async fn a_target_has_one_holder() {
    let world = World::new().await;
    let lock = "INSERT INTO resource_lock(client, resource, ticket, at)
                VALUES('ACME', 'prod-paris/alertmanager', 'a', 1)";
    world.sql(lock).await.expect("the first");
    refused(world.sql(lock).await, "unique");
    world
        .sql("DELETE FROM resource_lock")
        .await
        .expect("let go");
}
