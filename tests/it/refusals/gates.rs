//! Who may decide what, when, and on what (P4, P23, P24).

use super::refused_whole;
use catalogue::{Lang, Speed};
use chrono::Duration;
use engine::{
    approval::Verdict,
    people::Right,
    store::NewPerson,
    ticket::{Command, State, Ticket},
};
use tests::{
    World,
    play::{open_gate, order_of},
};
use workflows::Purpose;

async fn agreeing() -> (World, Ticket) {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    assert_eq!(ticket.state, State::Agreeing);
    (world, ticket)
}

fn yes(ticket: &Ticket) -> Command {
    World::decision(ticket, Purpose::Agreement, Verdict::Approve)
}

#[tokio::test]
async fn the_requester_may_not_agree_to_their_own_request() {
    let (world, ticket) = agreeing().await;
    let attempt = world.ask("camille", &ticket, yes(&ticket));
    let refused = refused_whole(&world, "gate.own-request", attempt).await;
    assert_eq!(refused.clause(), Some("§4 (S9)"));
}

/// Filing for somebody is asking too: neither of the two decides.
#[tokio::test]
async fn whoever_filed_it_may_not_decide_either() {
    let mut world = World::new().await;
    let rights = [Right::Support, Right::Operate];
    world.add_person("max", "Max Support", None, &rights).await;
    let mut order = order_of(&world.entry("K06"), Speed::Normal);
    order.on_behalf_of = Some(world.person("camille").id);
    let ticket = world.send("max", order).await.expect("filed");
    let ticket = world.settled(&ticket).await;
    let safe = World::decision(&ticket, Purpose::Operations, Verdict::Approve);
    refused_whole(&world, "gate.own-request", world.ask("max", &ticket, safe)).await;
    let ticket = world.approve("jules", &ticket, Purpose::Operations).await;
    refused_whole(
        &world,
        "gate.own-request",
        world.ask("camille", &ticket, yes(&ticket)),
    )
    .await;
}

/// Four eyes are counted in persons: one registered address is one person, so the same person has
/// no second account.
#[tokio::test]
async fn one_registered_address_is_one_person() {
    let world = World::new().await;
    let twin = |mail: &str, login: &str| NewPerson {
        client: Some("ACME".into()),
        name: "Camille Roy".into(),
        mail: mail.into(),
        login: login.into(),
        lang: Lang::Fr,
        rights: [Right::Commit].into(),
        password: None,
    };
    for twin in [
        twin("camille@example.org", "camille2"),
        twin("CAMILLE@example.org", "camille3"),
        twin("camille4@example.org", "camille"),
    ] {
        let login = twin.login.clone();
        let answer = world.desk.add_person(&twin).await;
        assert!(answer.is_err(), "{login}: {answer:?}");
    }
    assert_eq!(world.desk.everybody().await.expect("people").len(), 9);
}

#[tokio::test]
async fn the_rights_of_the_wrong_side_do_not_decide() {
    let (world, ticket) = agreeing().await;
    for login in ["lea", "hugo", "jules"] {
        let attempt = world.ask(login, &ticket, yes(&ticket));
        refused_whole(&world, "person.not-entitled", attempt).await;
    }
}

#[tokio::test]
async fn a_second_decision_is_refused() {
    let (world, ticket) = agreeing().await;
    let delivered = world.agree(&ticket).await;
    assert_eq!(delivered.state, State::Delivered);
    for login in ["paul", "ines"] {
        let attempt = world.ask(login, &delivered, yes(&ticket));
        refused_whole(&world, "gate.decided", attempt).await;
    }
    world.carry(&delivered).await;
}

/// P24: whoever decides, decides on exactly what they read.
#[tokio::test]
async fn a_decision_on_another_plan_than_the_one_read_is_refused() {
    let (world, ticket) = agreeing().await;
    for digest in [
        "",
        "sha256:00",
        "sha256:0000000000000000000000000000000000000000",
    ] {
        let command = Command::Decide {
            gate: open_gate(&ticket, Purpose::Agreement).id,
            verdict: Verdict::Approve,
            digest: digest.into(),
            comment: None,
        };
        let attempt = world.ask("paul", &ticket, command);
        let refused = refused_whole(&world, "gate.plan-changed", attempt).await;
        assert_eq!(refused.kind(), engine::ticket::RefusalKind::Stale);
    }
}

#[tokio::test]
async fn a_gate_that_expired_is_gone_even_before_the_clock_came_by() {
    let (world, ticket) = agreeing().await;
    world.advance(Duration::days(7));
    let attempt = world.ask("paul", &ticket, yes(&ticket));
    let refused = refused_whole(&world, "gate.expired", attempt).await;
    assert_eq!(refused.kind(), engine::ticket::RefusalKind::Gone);
}

#[tokio::test]
async fn a_refusal_needs_a_reason() {
    let (world, ticket) = agreeing().await;
    for comment in [None, Some(String::new()), Some("  \n ".into())] {
        let gate = open_gate(&ticket, Purpose::Agreement);
        let command = Command::Decide {
            gate: gate.id,
            verdict: Verdict::Reject,
            digest: gate.digest.clone(),
            comment,
        };
        let attempt = world.ask("paul", &ticket, command);
        refused_whole(&world, "gate.reason-missing", attempt).await;
    }
}

/// What somebody may not see does not exist for them.
#[tokio::test]
async fn a_foreign_clients_ticket_does_not_exist() {
    let (world, ticket) = agreeing().await;
    let luc = world.person("luc").clone();
    let attempt = world.ask("luc", &ticket, yes(&ticket));
    let refused = refused_whole(&world, "not-found", attempt).await;
    assert_eq!(refused.kind(), engine::ticket::RefusalKind::Missing);
    let stop = Command::Cancel {
        reason: "mine now".into(),
    };
    refused_whole(&world, "not-found", world.ask("luc", &ticket, stop)).await;
    for text in [ticket.reference.clone(), ticket.id.to_string()] {
        assert_eq!(
            world.desk.ticket(&text, Some(&luc)).await.expect("it"),
            None
        );
        let paul = world.person("paul");
        assert!(
            world
                .desk
                .ticket(&text, Some(paul))
                .await
                .expect("it")
                .is_some()
        );
    }
    assert!(world.desk.inbox(&luc).await.expect("an inbox").is_empty());
    assert_eq!(
        world
            .desk
            .contract("ACME-K8S", Some(&luc))
            .await
            .expect("it"),
        None
    );
}

/// A stranger learns nothing from the order in which rules are checked: a closed foreign ticket
/// does not exist either.
#[tokio::test]
async fn a_foreign_ticket_does_not_exist_whatever_its_state() {
    let (world, ticket) = agreeing().await;
    let closed = world.carry(&ticket).await;
    for command in [
        Command::Resume,
        Command::Cancel { reason: "x".into() },
        Command::Retry {
            task: "deposit".into(),
        },
    ] {
        refused_whole(&world, "not-found", world.ask("luc", &closed, command)).await;
    }
}

/// P4, R2, R5: while a lease runs nobody else gets the task; an attempt that lost its claim changes
/// nothing, whether the task is held by another attempt or over.
#[tokio::test]
async fn a_report_under_an_old_fence_is_refused() {
    let (world, ticket) = agreeing().await;
    let running = world.act("paul", &ticket, yes(&ticket)).await;
    let known = engine::store::Known::from(&running);
    let send = |command| {
        let caller = world.desk.caller(engine::people::Actor::Engine("runner"));
        world.desk.handle(&known, command, caller)
    };
    let claim = |owner: &str| Command::Claim {
        task: "deposit".into(),
        owner: owner.into(),
        lease: Duration::seconds(15),
        heir_of: None,
    };
    let report = |fence| Command::Report {
        task: "deposit".into(),
        fence,
        outcome: engine::ticket::Outcome::Done {
            receipt: serde_json::json!({}),
            proofs: Vec::new(),
            empty: true,
        },
        evidence: Vec::new(),
    };
    let fence = |ticket: &Ticket| ticket.task("deposit").expect("the task").fence;
    let first = fence(&send(claim("one")).await.expect("a claim"));
    refused_whole(&world, "task.out-of-order", send(claim("two"))).await;
    world.advance(Duration::seconds(15));
    refused_whole(&world, "task.out-of-order", send(claim("two"))).await;
    world.advance(Duration::seconds(1));
    let second = fence(&send(claim("two")).await.expect("the lease has run out"));
    assert!(second > first);
    refused_whole(&world, "task.stale-attempt", send(report(first))).await;
    let undo = workflows::UndoKind::Automatic;
    let (task, digest) = ("deposit".into(), String::new());
    let intend = Command::Intend {
        task,
        fence: first,
        digest,
        undo,
    };
    refused_whole(&world, "task.stale-attempt", send(intend)).await;
    let after = send(report(second)).await.expect("the holder reports");
    refused_whole(&world, "task.stale-attempt", send(report(second))).await;
    world.carry(&after).await;
}
