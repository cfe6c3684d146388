//! The rules of promises §1.3, each learnt from a bug of somebody else's engine, each by its
//! number and with its words.

mod claims;
mod commands;
mod ends;
mod groups;
mod hands;
mod proofs;
mod runs;

use engine::{
    approval::Verdict,
    desk::DeskError,
    people::Actor,
    runner::Runner,
    store::{Known, StoreError},
    ticket::{Command, State, Task, Ticket, command::Outcome},
};
use std::time::Duration;
use tests::{How, World};
use tokio::task::JoinHandle;
use workflows::{Fault, FaultClass, Purpose};

/// Long enough for three heartbeats of a runner.
const PATIENCE: Duration = Duration::from_secs(30);

/// C01, agreed and started; its one task is ready.
async fn running(world: &World) -> Ticket {
    running_as(world, "manifests/shop.yaml").await
}

/// C01 on that file, agreed and started.
async fn running_as(world: &World, path: &str) -> Ticket {
    let own = serde_json::json!({ "path": path });
    let ticket = world.settled(&world.order_with("C01", own).await).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let ticket = world.act("paul", &ticket, yes).await;
    assert_eq!(ticket.state, State::Running);
    ticket
}

/// The same after its one call hung, with or without its effect, and its runner died of it.
async fn cut_off(world: &World, how: How) -> Ticket {
    world.systems.plant("git.change", "apply", 1, how);
    let ticket = running(world).await;
    world.hanging_round().await;
    ticket
}

/// The same while a runner of that name hangs in its one call, before any effect; and the runner's
/// round.
async fn hung(world: &World, name: &str) -> (Ticket, JoinHandle<Result<usize, StoreError>>) {
    world
        .systems
        .plant("git.change", "apply", 1, How::HangBefore);
    let ticket = running(world).await;
    let mut hung = world.systems.hung();
    let runner = Runner::new(world.desk.clone(), name);
    let round = tokio::spawn(async move { runner.round().await });
    let heard = tokio::time::timeout(PATIENCE, hung.changed()).await;
    heard.expect("in time").expect("it hangs");
    (ticket, round)
}

/// Two of them at once, neither of which was touched yet.
async fn two_running(world: &World) -> [Ticket; 2] {
    let mut agreeing = Vec::new();
    for path in ["manifests/one.yaml", "manifests/other.yaml"] {
        let own = serde_json::json!({ "path": path });
        agreeing.push(world.order_with("C01", own).await);
    }
    world.settle().await;
    let mut both = Vec::new();
    for it in &agreeing {
        let it = world.reload(it).await;
        let yes = World::decision(&it, Purpose::Agreement, Verdict::Approve);
        both.push(world.act("paul", &it, yes).await);
    }
    both.try_into().expect("two")
}

fn deposit(ticket: &Ticket) -> &Task {
    ticket.task("deposit").expect("C01 has one task")
}

/// What a runner would send.
async fn engine(world: &World, at: &Ticket, command: Command) -> Result<Ticket, DeskError> {
    let caller = world.desk.caller(Actor::Engine("runner"));
    world.desk.handle(&Known::from(at), command, caller).await
}

async fn claim(world: &World, at: &Ticket, owner: &str) -> Result<Ticket, DeskError> {
    let claim = Command::Claim {
        task: "deposit".into(),
        owner: owner.into(),
        lease: chrono::Duration::seconds(15),
        heir_of: None,
    };
    engine(world, at, claim).await
}

fn failed(fence: i64) -> Command {
    let fault = Fault::new(FaultClass::Rejected, "it was refused");
    Command::Report {
        task: "deposit".into(),
        fence,
        outcome: Outcome::Failed {
            fault,
            proofs: Vec::new(),
        },
        evidence: Vec::new(),
    }
}

fn done(fence: i64) -> Command {
    Command::Report {
        task: "deposit".into(),
        fence,
        outcome: Outcome::Done {
            receipt: serde_json::json!({}),
            proofs: Vec::new(),
            empty: false,
        },
        evidence: Vec::new(),
    }
}

/// Kinds of the records of a ticket, oldest first.
async fn kinds(world: &World, ticket: &Ticket) -> Vec<String> {
    let all = world.desk.history(ticket).await.expect("the journal");
    all.into_iter().map(|it| it.kind).collect()
}
