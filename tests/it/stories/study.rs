//! 1.16: the off-catalogue request, from the call to what comes of it.

use catalogue::{Text, Tokens};
use chrono::Duration;
use engine::{
    approval::Verdict,
    query::Filter,
    ticket::{Command, Ending, Item, State, Ticket, command::Line},
};
use serde_json::Value;
use tests::{World, answers::answers};
use workflows::Purpose;

async fn available(world: &World) -> u32 {
    world
        .desk
        .standing(&world.acme)
        .await
        .expect("a standing")
        .available(world.now())
}

/// S20, S21: slots are proposed, one is chosen, the call is held and its minutes restate the need.
async fn called(world: &World) -> Ticket {
    let ticket = world.open_study().await;
    assert_eq!(ticket.state, State::Calling);
    let slots = vec![
        world.now() + Duration::days(1),
        world.now() + Duration::days(2),
    ];
    let ticket = world
        .act(
            "lea",
            &ticket,
            Command::ProposeCall {
                slots: slots.clone(),
            },
        )
        .await;
    let other = Command::ChooseCall {
        slot: world.now() + Duration::days(9),
    };
    let refused = tests::play::refusal(world.ask("camille", &ticket, other).await);
    assert_eq!(refused.code(), "number.out-of-range");
    let ticket = world
        .act("camille", &ticket, Command::ChooseCall { slot: slots[1] })
        .await;
    world.advance(Duration::days(2));
    let held = Command::RecordCall {
        minutes: "The shop moves to Lyon; half an hour of downtime is fine.".into(),
        attendees: vec!["Camille Roy".into(), "Léa Morel".into()],
    };
    let ticket = world.act("lea", &ticket, held).await;
    assert_eq!(ticket.state, State::Orienting);
    ticket
}

async fn estimated(world: &World) -> Ticket {
    let ticket = called(world).await;
    let estimate = Command::Estimate {
        tokens: Tokens(7),
        effort_days: 3,
        lead_days: 10,
    };
    let ticket = world.act("lea", &ticket, estimate).await;
    assert_eq!(
        available(world).await,
        100,
        "held only after the client's agreement"
    );
    ticket
}

/// S22: the ticket keeps its name and history; the price appears and acceptance is asked again.
#[tokio::test]
async fn a_study_that_is_a_catalogue_line_after_all_is_reclassified_in_place() {
    let world = World::new().await;
    let ticket = called(&world).await;
    let line = |code: &str| Line {
        entry: world.entry(code),
        answers: answers(code),
    };
    let lines = vec![line("K11"), line("C12")];
    let offered = world
        .act("lea", &ticket, Command::Reclassify { lines })
        .await;
    assert_eq!((offered.state, offered.id), (State::Offered, ticket.id));
    assert_eq!(offered.reference, ticket.reference);
    assert_eq!(offered.code.as_deref(), Some("K11"));
    assert_eq!(available(&world).await, 100);
    let accepted = world.approve("paul", &offered, Purpose::Offer).await;
    assert_eq!(available(&world).await, 97);
    let closed = world.carry(&accepted).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    insta::assert_snapshot!(world.transcript(&closed).await);

    let filter = Filter {
        parent: Some(ticket.id),
        limit: 10,
        ..Filter::default()
    };
    let children = world.desk.tickets(&filter).await.expect("children");
    assert_eq!(children.len(), 1, "the other line is a ticket of its own");
    assert_eq!(children[0].state, State::Quoting);
    let child = world
        .desk
        .ticket(&children[0].reference, None)
        .await
        .expect("it")
        .expect("it");
    assert_eq!(world.carry(&child).await.ending, Some(Ending::Validated));
    assert_eq!(available(&world).await, 92);
}

/// S26: no study before the client agrees; a refusal costs nothing.
#[tokio::test]
async fn a_study_whose_estimate_is_refused_costs_nothing() {
    let world = World::new().await;
    let ticket = estimated(&world).await;
    assert_eq!(ticket.state, State::Offered);
    let closed = world
        .decide_as("paul", &ticket, Purpose::Estimate, Verdict::Reject)
        .await;
    assert_eq!(closed.ending, Some(Ending::Declined));
    assert_eq!(available(&world).await, 100);
    let late = Command::Conclude {
        feasible: false,
        justification: "It was fun.".into(),
        items: Vec::new(),
        entries: Vec::new(),
    };
    let late = tests::play::refusal(world.ask("hugo", &closed, late).await);
    assert_eq!(late.code(), "ticket.out-of-order");
}

/// S25, A18: an estimate expires by the clock.
#[tokio::test]
async fn an_estimate_that_nobody_answers_expires_by_the_clock() {
    let world = World::new().await;
    let ticket = estimated(&world).await;
    world.advance(Duration::days(30));
    let closed = world.settled(&ticket).await;
    assert_eq!(closed.ending, Some(Ending::Expired));
    assert_eq!(available(&world).await, 100);
}

/// S27, S28: without guarantee of result; the tokens are due even when it is infeasible.
#[tokio::test]
async fn an_infeasible_study_is_due() {
    let world = World::new().await;
    let agreed = world
        .approve("paul", &estimated(&world).await, Purpose::Estimate)
        .await;
    assert_eq!(agreed.state, State::Studying);
    assert_eq!(available(&world).await, 93);
    let conclude = Command::Conclude {
        feasible: false,
        justification: "The region has no such machines.".into(),
        items: Vec::new(),
        entries: Vec::new(),
    };
    let closed = world.act("hugo", &agreed, conclude).await;
    assert_eq!(closed.ending, Some(Ending::Infeasible));
    assert_eq!(available(&world).await, 93);
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// S29, S30: a feasible study comes with priced changes, each ordered separately.
#[tokio::test]
async fn a_feasible_study_leads_to_children_offered_one_by_one() {
    let world = World::new().await;
    let agreed = world
        .approve("paul", &estimated(&world).await, Purpose::Estimate)
        .await;
    let bespoke = Item {
        code: None,
        title: Text::new("Déménager la base", "Move the database"),
        tokens: Tokens(12),
        answers: Value::Null,
    };
    let line = Item {
        code: Some("K06".into()),
        title: world.entry("K06").title,
        tokens: Tokens(1),
        answers: Value::Object(answers("K06")),
    };
    let conclude = Command::Conclude {
        feasible: true,
        justification: "One evening is enough.".into(),
        items: vec![line, bespoke],
        entries: vec![Some(world.entry("K06")), None],
    };
    let closed = world.act("hugo", &agreed, conclude).await;
    assert_eq!(closed.ending, Some(Ending::Feasible));
    assert_eq!(available(&world).await, 93);
    insta::assert_snapshot!("parent", world.transcript(&closed).await);

    let filter = Filter {
        parent: Some(closed.id),
        limit: 10,
        ..Filter::default()
    };
    let mut children = world.desk.tickets(&filter).await.expect("children");
    children.sort_by(|a, b| a.reference.cmp(&b.reference));
    let references: Vec<_> = children.iter().map(|it| it.reference.as_str()).collect();
    assert_eq!(references, ["ACME-2026-0002", "ACME-2026-0003"]);
    let tokens: Vec<_> = children.iter().map(|it| it.tokens).collect();
    assert_eq!(tokens, [Some(1), Some(12)]);
    for (reference, left) in [("ACME-2026-0002", 92), ("ACME-2026-0003", 80)] {
        let child = world
            .desk
            .ticket(reference, None)
            .await
            .expect("it")
            .expect("it");
        assert_eq!(child.state, State::Offered);
        let closed = world.carry(&child).await;
        assert_eq!(closed.ending, Some(Ending::Validated));
        assert_eq!(available(&world).await, left);
        insta::assert_snapshot!(reference, world.transcript(&closed).await);
    }
}

/// S32, A38: time and materials are counted under the quote, which is a ceiling.
#[tokio::test]
async fn time_spent_is_counted_under_a_ceiling() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C11").await).await;
    assert_eq!(ticket.state, State::Quoting);
    let quote = Command::Quote {
        tokens: Tokens(8),
        note: "At most eight.".into(),
    };
    let offered = world.act("hugo", &ticket, quote).await;
    assert_eq!(available(&world).await, 100);
    let accepted = world.approve("paul", &offered, Purpose::Offer).await;
    assert_eq!(available(&world).await, 92);
    let running = world.agree(&accepted).await;
    let (task, _) = running
        .tasks
        .iter()
        .find_map(tests::play::by_hand)
        .expect("work");
    let work = |spent| Command::Complete {
        task: task.node.name.clone(),
        well: true,
        evidence: "Done.".into(),
        spent: Tokens(spent),
    };
    let over = tests::play::refusal(world.ask("jules", &running, work(9)).await);
    assert_eq!(over.code(), "number.out-of-range");
    let running = world.act("jules", &running, work(3)).await;
    let closed = world.carry(&running).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert_eq!(available(&world).await, 97);
    insta::assert_snapshot!(world.transcript(&closed).await);
}

/// A quote expires by the clock, at no cost.
#[tokio::test]
async fn a_quote_that_nobody_answers_expires_by_the_clock() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C13").await).await;
    let quote = Command::Quote {
        tokens: Tokens(20),
        note: "Twenty.".into(),
    };
    let offered = world.act("hugo", &ticket, quote).await;
    world.advance(Duration::days(30) - Duration::seconds(1));
    assert_eq!(world.settled(&offered).await.state, State::Offered);
    world.advance(Duration::seconds(1));
    let yes = World::decision(&offered, Purpose::Offer, Verdict::Approve);
    let late = tests::play::refusal(world.ask("paul", &offered, yes).await);
    assert_eq!(
        late.code(),
        "gate.expired",
        "even before the clock has come by"
    );
    let closed = world.settled(&offered).await;
    assert_eq!(closed.ending, Some(Ending::Expired));
    assert_eq!(available(&world).await, 100);
}
