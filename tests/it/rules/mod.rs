//! The rules of promises §1.3, each learnt from a bug of somebody else's engine, each by its
//! number and with its words.

mod claims;
mod commands;
mod ends;
mod hands;
mod proofs;
mod runs;

use engine::{
    approval::Verdict,
    desk::DeskError,
    people::Actor,
    store::Known,
    ticket::{Command, State, Task, Ticket, command::Outcome},
};
use tests::World;
use workflows::{Fault, FaultClass, Purpose};

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
