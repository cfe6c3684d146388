//! R20–R22: what is decided on, what is proved, and the one door.

use super::running;
use engine::{
    approval::Verdict,
    people::{Actor, Right, Via},
    store::Known,
    ticket::{Command, State},
};
use tests::{World, audit, play::open_gate, play::refusal};
use workflows::Purpose;

/// R20: « decisions read the primary only »: whatever one process committed, another one decides
/// on at its very next step, a hundred times over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r20_a_decision_never_rests_on_something_older_than_the_last_commit() {
    let world = World::new().await;
    let desks = [world.desk.clone(), world.replica().await];
    let ticket = running(&world).await;
    for nth in 0..100 {
        let (desk, known) = (&desks[nth % 2], Known::from(&ticket));
        let command = if nth % 2 == 0 {
            let reason = "Freeze.".to_owned();
            Command::Suspend { reason }
        } else {
            Command::Resume
        };
        let caller = desk.caller(world.actor("jules"));
        let done = desk.handle(&known, command, caller).await;
        done.unwrap_or_else(|e| panic!("step {nth} saw an older ticket: {e}"));
    }
    world.carry(&ticket).await;
}

/// R21: « RFC 6962 proofs only; verify recomputes leaves **and** compares the business tables with
/// a replay »: whatever is altered, in the leaves or beside them, is found.
#[tokio::test]
async fn r21_an_altered_leaf_and_an_altered_table_are_both_found() {
    let mut world = World::new().await;
    world.carry(&world.order("C01").await).await;
    let left = running(&world).await;
    assert_eq!(world.faults().await, Vec::<String>::new());
    let unfreeze: &[&str] = if world.url().starts_with("postgres") {
        &[
            "ALTER TABLE record DISABLE TRIGGER USER",
            "ALTER TABLE posting DISABLE TRIGGER USER",
            "ALTER TABLE settlement DISABLE TRIGGER USER",
        ]
    } else {
        &[]
    };
    for sql in unfreeze {
        world.sql(sql).await.expect("as the owner of the database");
    }
    if unfreeze.is_empty() {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'
                   AND tbl_name IN ('record', 'posting', 'settlement')";
        for row in audit::rows(world.desk.store.connection(), sql).await {
            let name: String = row.try_get_by_index(0).expect("a name");
            let sql = format!("DROP TRIGGER {name}");
            world.sql(&sql).await.expect("as the owner of the file");
        }
    }
    let id = left.id;
    let altered = [
        "UPDATE record SET leaf = replace(leaf, '\"v\":1', '\"v\":2') WHERE seq = 4",
        "UPDATE record SET leaf_hash = 'ff' || substr(leaf_hash, 3) WHERE seq = 2",
        "UPDATE record SET seq = seq + 1000 WHERE seq = 5",
        "UPDATE log_head SET size = size - 1 WHERE client = 'ACME'",
        "UPDATE lot SET spent = spent + 1 WHERE client = 'ACME'",
        "UPDATE posting SET tokens = tokens + 1",
        "UPDATE settlement SET captured = captured + 1",
        &format!("UPDATE ticket SET state = 'delivered' WHERE id = '{id}'"),
        &format!("UPDATE ticket SET version = version + 1 WHERE id = '{id}'"),
        "UPDATE opening SET value = 'x' || value",
    ];
    for sql in altered {
        let found = world.altered(sql).await;
        assert!(!found.is_empty(), "{sql} is not seen");
    }
    assert_eq!(
        world.faults().await,
        Vec::<String>::new(),
        "nothing was kept"
    );
    world.carry(&left).await;
    // The guards that were put to sleep for this are missed too, and nothing else is.
    let missed = audit::faults(world.url()).await;
    assert!(!missed.is_empty(), "a missing guard is seen");
    assert!(missed.iter().all(|it| it.contains("trigger")), "{missed:?}");
    world.audited = false;
}

/// R22: « one choke point + DB constraint; no admin exemption »: by no door and with no right does
/// anybody decide on their own request, and past all doors the database refuses.
#[tokio::test]
async fn r22_nobody_decides_on_their_own_request_by_any_door() {
    let mut world = World::new().await;
    let rights = [
        Right::Request,
        Right::Commit,
        Right::Validate,
        Right::Audit,
        Right::Administer,
    ];
    world
        .add_person("root", "Root", Some("ACME"), &rights)
        .await;
    let order = tests::play::order_of(&world.entry("C01"), catalogue::Speed::Normal);
    let ticket = world.send("root", order).await.expect("ordered");
    let ticket = world.settled(&ticket).await;
    let gate = open_gate(&ticket, Purpose::Agreement).clone();
    for verdict in [Verdict::Approve, Verdict::Reject] {
        for via in [Via::Portal, Via::Api, Via::Cli, Via::Link] {
            let person = Box::new(world.person("root").clone());
            let caller = world.desk.caller(Actor::Person(person, via));
            let command = World::decision(&ticket, Purpose::Agreement, verdict);
            let known = Known::from(&ticket);
            let answer = world.desk.handle(&known, command, caller).await;
            assert_eq!(refusal(answer).code(), "gate.own-request", "{via:?}");
        }
    }
    let engine = world.desk.caller(Actor::Engine("runner"));
    let command = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let answer = world
        .desk
        .handle(&Known::from(&ticket), command, engine)
        .await;
    assert_eq!(refusal(answer).code(), "person.not-entitled");
    let root = world.person("root").id;
    let past = format!(
        "INSERT INTO decision(client, gate, person, digest, verdict, via, at)
         VALUES('ACME', '{}', '{root}', '{}', 'approve', 'sql', 1)",
        gate.id, gate.digest
    );
    let said = world.sql(&past).await.expect_err("the database refuses");
    assert!(said.to_string().contains("decision refused"), "{said}");
    assert_eq!(world.reload(&ticket).await.state, State::Agreeing);
    assert_eq!(world.carry(&ticket).await.state, State::Closed);
}
