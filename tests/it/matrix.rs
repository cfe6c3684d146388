//! The transition matrix: what can be asked of a ticket, state by state.

use catalogue::Tokens;
use chrono::Duration;
use engine::{
    approval::Verdict,
    people::Actor,
    ticket::{Command, Outcome, Start, State, Ticket, Verb, verb::admits},
};
use std::fmt::Write;
use tests::{How, World, play::order_of};
use workflows::{Fault, FaultClass, Purpose};

fn table() -> String {
    let mut text = format!("{:<11}", "");
    for verb in Verb::ALL {
        let _ = write!(text, "{:>10}", verb.word());
    }
    text.push('\n');
    for state in State::ALL {
        let _ = write!(text, "{:<11}", state.word());
        for verb in Verb::ALL {
            let _ = write!(
                text,
                "{:>10}",
                if admits(state, verb) { "yes" } else { "." }
            );
        }
        let _ = writeln!(text, "   step {}", state.public_step());
    }
    text
}

#[test]
fn the_transition_matrix() {
    insta::assert_snapshot!(table());
}

#[test]
fn every_verb_is_possible_somewhere_and_every_open_state_can_be_left() {
    for verb in Verb::ALL {
        assert!(
            State::ALL.iter().any(|it| admits(*it, verb)),
            "{}",
            verb.word()
        );
    }
    for state in State::ALL {
        let some = Verb::ALL.iter().any(|it| admits(state, *it));
        assert_eq!(some, state != State::Closed, "{}", state.word());
    }
}

/// Zammad's lesson (experience §2): no state in which a ticket vanishes from the client's list.
#[test]
fn every_state_has_one_of_the_six_public_steps_and_every_step_a_state() {
    let steps: std::collections::BTreeSet<u8> =
        State::ALL.iter().map(|it| it.public_step()).collect();
    assert_eq!(steps, (1..=6).collect());
}

#[test]
fn words_that_are_stored_are_read_back() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.word()), Some(state));
    }
    for status in engine::ticket::Status::ALL {
        assert_eq!(
            engine::ticket::Status::from_word(status.word()),
            Some(status)
        );
    }
}

/// A ticket in that state, reached as it is reached in life.
async fn ticket_in(state: State) -> (World, Ticket) {
    let world = World::new().await;
    let ticket = match state {
        State::Calling => world.open_study().await,
        State::Orienting => called(&world).await,
        State::Studying => {
            let ticket = estimated(&world).await;
            world.approve("paul", &ticket, Purpose::Estimate).await
        }
        State::Quoting => world.settled(&world.order("C12").await).await,
        State::Offered => estimated(&world).await,
        State::Preparing => world.order("C01").await,
        State::Agreeing => world.settled(&world.order("C01").await).await,
        State::Scheduled => {
            let mut order = order_of(&world.entry("C01"), catalogue::Speed::Normal);
            order.start = Start::At(world.now() + Duration::days(1));
            world
                .agree(&world.send("camille", order).await.expect("ordered"))
                .await
        }
        State::Running => running(&world).await,
        State::Suspended => {
            let ticket = running(&world).await;
            world
                .act(
                    "jules",
                    &ticket,
                    Command::Suspend {
                        reason: "Freeze.".into(),
                    },
                )
                .await
        }
        State::Blocked => {
            world
                .systems
                .plant("git.change", "plan", 1, How::Fail(FaultClass::Denied));
            world.settled(&world.order("C01").await).await
        }
        State::Undoing => {
            world
                .systems
                .plant("git.change", "apply", 1, How::HangAfter);
            let ticket = running(&world).await;
            world.hanging_round().await;
            world
                .act(
                    "camille",
                    &ticket,
                    Command::Cancel {
                        reason: "No.".into(),
                    },
                )
                .await
        }
        State::Delivered => world.agree(&world.order("C01").await).await,
        State::Contested => {
            let ticket = world.agree(&world.order("C01").await).await;
            world
                .decide_as("paul", &ticket, Purpose::Validation, Verdict::Reject)
                .await
        }
        State::Closed => world.carry(&world.order("C01").await).await,
    };
    assert_eq!(ticket.state, state);
    (world, ticket)
}

async fn called(world: &World) -> Ticket {
    let ticket = world.open_study().await;
    let held = Command::RecordCall {
        minutes: "As written.".into(),
        attendees: vec!["x".into()],
    };
    world.act("lea", &ticket, held).await
}

async fn estimated(world: &World) -> Ticket {
    let estimate = Command::Estimate {
        tokens: Tokens(4),
        effort_days: 1,
        lead_days: 1,
    };
    world.act("lea", &called(world).await, estimate).await
}

async fn running(world: &World) -> Ticket {
    let ticket = world.settled(&world.order("C01").await).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    world.act("paul", &ticket, yes).await
}

/// A command of that verb, and who sends it.
fn command(verb: Verb, ticket: &Ticket) -> (&'static str, Command) {
    let some = || "Because.".to_owned();
    let gate = ticket.open_gates().chain(&ticket.gates).next();
    let id = gate.map_or(engine::id::GateId(uuid::Uuid::nil()), |it| it.id);
    match verb {
        Verb::Call => ("lea", Command::ProposeCall { slots: Vec::new() }),
        Verb::Orient => {
            let (tokens, effort_days, lead_days) = (Tokens(0), 1, 1);
            (
                "lea",
                Command::Estimate {
                    tokens,
                    effort_days,
                    lead_days,
                },
            )
        }
        Verb::Quote => (
            "hugo",
            Command::Quote {
                tokens: Tokens(0),
                note: some(),
            },
        ),
        Verb::Conclude => {
            let (items, entries) = (Vec::new(), Vec::new());
            (
                "hugo",
                Command::Conclude {
                    feasible: true,
                    justification: some(),
                    items,
                    entries,
                },
            )
        }
        Verb::Decide => {
            let (verdict, digest) = (Verdict::Approve, String::new());
            (
                "paul",
                Command::Decide {
                    gate: id,
                    verdict,
                    digest,
                    comment: None,
                },
            )
        }
        Verb::Cancel => (
            "camille",
            Command::Cancel {
                reason: String::new(),
            },
        ),
        Verb::Suspend => (
            "jules",
            Command::Suspend {
                reason: String::new(),
            },
        ),
        Verb::Resume => ("camille", Command::Resume),
        Verb::Complete => {
            let (task, evidence) = ("nothing".into(), some());
            (
                "jules",
                Command::Complete {
                    task,
                    well: true,
                    evidence,
                    spent: Tokens(0),
                },
            )
        }
        Verb::Repair => (
            "jules",
            Command::Retry {
                task: "nothing".into(),
            },
        ),
        Verb::Redeliver => (
            "lea",
            Command::Redeliver {
                note: String::new(),
            },
        ),
        Verb::Report => {
            let fault = Fault::new(FaultClass::Guard, "late");
            let outcome = Outcome::Failed {
                fault,
                proofs: Vec::new(),
            };
            let (task, evidence) = ("deposit".into(), Vec::new());
            (
                "engine",
                Command::Report {
                    task,
                    fence: -1,
                    outcome,
                    evidence,
                },
            )
        }
        Verb::Remind => {
            let gate = engine::id::GateId(uuid::Uuid::nil());
            ("lea", Command::Remind { gate })
        }
    }
}

/// The desk says "out of order" exactly where the table says so. Every command here is wrong in
/// some other way too, so that it is refused either way and the ticket stays where it is.
#[tokio::test]
async fn the_desk_keeps_to_the_matrix_in_every_state() {
    for state in State::ALL {
        let (world, ticket) = ticket_in(state).await;
        for verb in Verb::ALL {
            let (login, command) = command(verb, &ticket);
            let actor = match login {
                "engine" => Actor::Engine("runner"),
                login => world.actor(login),
            };
            let known = engine::store::Known::from(&ticket);
            let answer = world
                .desk
                .handle(&known, command, world.desk.caller(actor))
                .await;
            let code = tests::play::refusal(answer).code();
            let possible = code != "ticket.out-of-order";
            let pair = format!("{} in {}: {code}", verb.word(), state.word());
            assert_eq!(possible, admits(state, verb), "{pair}");
        }
        assert_eq!(world.reload(&ticket).await, ticket);
    }
}
