//! Laws that hold for every line of the catalogue: a new line needs no new test.

use engine::ticket::{Ending, State, Status, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use tests::{How, World, world::Setup};
use workflows::{FaultClass, Work, lint_price};

/// Lines whose every task is an action that exists.
fn automated(world: &World) -> Vec<String> {
    let exists = |name: &str| world.desk.registry.get(name).is_some();
    let flow = |name: &str| world.desk.workflows.get(name).expect("a workflow").clone();
    let all = world.desk.catalogue.iter();
    all.filter(|it| flow(&it.workflow).is_automated(&exists))
        .map(|it| it.code.clone())
        .collect()
}

/// Names of the tasks that call an action, with the action.
fn actions(ticket: &Ticket) -> Vec<(String, String)> {
    let action = |work: &Work| match work {
        Work::Action { name, .. } => Some(name.clone()),
        _ => None,
    };
    let all = ticket.tasks.iter();
    all.filter_map(|it| Some((it.node.name.clone(), action(&it.node.work)?)))
        .collect()
}

async fn available(world: &World) -> u32 {
    let standing = world.desk.standing(&world.acme).await.expect("a standing");
    standing.available(world.now())
}

/// S3: 26 lines; each can be ordered and carried through to validation, tasks without an adapter
/// being done by hand.
#[tokio::test]
async fn every_line_can_be_ordered_and_carried_through_to_validation() {
    let world = World::with(Setup {
        tokens: 200,
        ..Setup::default()
    })
    .await;
    let mut lines = 0;
    for entry in world.desk.catalogue.clone().iter() {
        let ticket = world.order(&entry.code).await;
        let closed = world.carry(&ticket).await;
        assert_eq!(closed.state, State::Closed, "{}", entry.code);
        assert_eq!(closed.ending, Some(Ending::Validated), "{}", entry.code);
        lines += 1;
    }
    assert_eq!(lines, 26);
    assert!(world.systems.doubled().is_empty());
}

/// The same where no adapter exists at all: everything is done by hand, from the first day.
#[tokio::test]
async fn every_line_can_be_carried_through_by_hand_alone() {
    let setup = Setup {
        tokens: 200,
        automated: false,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    for entry in world.desk.catalogue.clone().iter() {
        let closed = world.carry(&world.order(&entry.code).await).await;
        assert_eq!(closed.ending, Some(Ending::Validated), "{}", entry.code);
    }
    assert_eq!(world.systems.calls(), Vec::new());
}

/// S4, S5: one token is one contractual task, more tokens are at least two, a quoted line has
/// something to quote.
#[tokio::test]
async fn the_price_of_every_line_agrees_with_its_workflow() {
    let world = World::new().await;
    for entry in world.desk.catalogue.iter() {
        let flow = world
            .desk
            .workflows
            .get(&entry.workflow)
            .expect("a workflow");
        let tokens = entry.unit_tokens().map(|it| it.0);
        assert_eq!(lint_price(flow, tokens), Ok(()), "{}", entry.code);
    }
}

#[tokio::test]
async fn every_form_has_the_fields_that_its_workflow_reads() {
    let world = World::new().await;
    for entry in world.desk.catalogue.iter() {
        let flow = world
            .desk
            .workflows
            .get(&entry.workflow)
            .expect("a workflow");
        let mandatory = flow.fields().into_iter().filter(|(_, must)| *must);
        for (field, _) in mandatory {
            let there = entry.form.field(&field).is_some();
            assert!(
                there,
                "{} reads {field}, {} does not ask",
                flow.name, entry.code
            );
        }
    }
}

/// Issue 2 §4: these lines are carried out by the program itself, end to end.
#[tokio::test]
async fn five_lines_are_automated() {
    let world = World::new().await;
    let all: BTreeSet<String> = automated(&world).into_iter().collect();
    assert_eq!(
        all,
        ["C01", "K05", "K06", "K11", "K13"].map(String::from).into()
    );
}

/// A target that is already as asked is left alone, and still proved.
#[tokio::test]
async fn ordering_a_line_a_second_time_changes_nothing_outside() {
    let world = World::new().await;
    for code in automated(&world) {
        let ticket = world.order(&code).await;
        world.carry(&ticket).await;
        let (targets, effects) = (world.systems.targets(), world.systems.effects().len());
        let again = world.carry(&world.order(&code).await).await;
        assert_eq!(again.ending, Some(Ending::Validated));
        assert_eq!(world.systems.targets(), targets, "{code}");
        let probes = actions(&again)
            .iter()
            .filter(|(_, it)| it == "monitor.synthetic")
            .count();
        assert_eq!(world.systems.effects().len() - effects, probes, "{code}");
    }
}

/// P2, P3: a runner that dies inside a call, before or after the effect, leaves a task that is
/// taken over; the effect happens once.
#[tokio::test]
async fn every_action_survives_a_runner_that_dies_inside_its_call() {
    for code in automated(&World::new().await) {
        let tasks = actions(&World::new().await.order(&code).await);
        for (task, _) in tasks {
            for how in [How::HangBefore, How::HangAfter] {
                dies_inside(&code, &task, how).await;
            }
        }
    }
}

async fn dies_inside(code: &str, task: &str, how: How) {
    let world = World::new().await;
    let planned = world.settled(&world.order(code).await).await;
    let node = planned
        .task(task)
        .and_then(|it| it.planned.clone())
        .expect("it was planned");
    let method = if node.plan.is_empty() {
        "verify"
    } else {
        "apply"
    };
    world.systems.plant_on("", task, method, 1, how);
    let mut agreed = planned;
    while agreed.state == State::Agreeing {
        let gate = agreed.open_gates().next().expect("an open gate");
        let login = if gate.party == workflows::Party::Client {
            "paul"
        } else {
            "jules"
        };
        let yes = World::decision(&agreed, gate.purpose, engine::approval::Verdict::Approve);
        agreed = world.act(login, &agreed, yes).await;
    }
    world.hanging_round().await;
    let calls = world.systems.count(task, method);
    world.runner.round().await.expect("a round");
    assert_eq!(
        world.systems.count(task, method),
        calls,
        "the lease protects {task}"
    );
    world.outlast_the_lease();
    let closed = world.carry(&agreed).await;
    assert_eq!(
        closed.ending,
        Some(Ending::Validated),
        "{code} {task} {how:?}"
    );
    assert_eq!(world.systems.unmet(), 0, "{code} {task} {how:?}");
    let times = world
        .systems
        .effects()
        .iter()
        .filter(|it| it.task == task)
        .count();
    assert_eq!(
        times,
        usize::from(method == "apply"),
        "{code} {task} {how:?}"
    );
}

/// P6, A15: whatever fails, everything begun is taken back, nothing is charged.
#[tokio::test]
async fn every_node_may_fail_and_everything_is_as_before() {
    for code in automated(&World::new().await) {
        let tasks = actions(&World::new().await.order(&code).await);
        for (task, _) in &tasks {
            fails(&code, task, "verify", How::Lie, |_| ()).await;
            fails(
                &code,
                task,
                "apply",
                How::Fail(FaultClass::Rejected),
                |_| (),
            )
            .await;
            fails(&code, task, "apply", How::Lie, |_| ()).await;
        }
    }
}

/// The answer of an undo is lost: it is called again, and finds nothing to do.
#[tokio::test]
async fn every_undo_may_be_called_twice() {
    for code in automated(&World::new().await) {
        let tasks = actions(&World::new().await.order(&code).await);
        let (last, _) = tasks.last().expect("a task");
        fails(&code, last, "verify", How::Lie, |world| {
            world.systems.plant("", "undo", 1, How::DoThenDrop);
        })
        .await;
    }
}

async fn fails(code: &str, task: &str, method: &'static str, how: How, also: impl Fn(&World)) {
    let world = World::new().await;
    world
        .systems
        .meddle("prod-paris/cluster.power", "as found".into());
    world
        .systems
        .meddle("prod-paris/vault.ensure", "as found".into());
    let (targets, tokens) = (world.systems.targets(), available(&world).await);
    let ticket = world.settled(&world.order(code).await).await;
    let looks = ticket
        .task(task)
        .and_then(|it| it.planned.clone())
        .expect("planned");
    if method == "apply" && looks.plan.is_empty() {
        return;
    }
    world.systems.plant_on("", task, method, 1, how);
    also(&world);
    let closed = world.agree(&ticket).await;
    let story = world.transcript(&closed).await;
    assert_eq!(
        closed.state,
        State::Closed,
        "{code} {task} {method} {how:?}\n{story}"
    );
    assert_eq!(
        closed.ending,
        Some(Ending::Failed),
        "{code} {task} {method} {how:?}"
    );
    assert_eq!(
        world.systems.targets(),
        targets_but_probes(&world, targets),
        "{code} {task}"
    );
    assert_eq!(available(&world).await, tokens, "{code} {task}");
    let undone: Vec<_> = closed.tasks.iter().filter(|it| it.touched()).collect();
    assert!(
        undone.iter().all(|it| it.status == Status::Undone),
        "{code} {task}\n{story}"
    );
    assert!(world.systems.doubled().is_empty(), "{code} {task}");
}

/// A synthetic alert ends by itself: it is the one effect that is not taken back.
fn targets_but_probes(
    world: &World,
    mut before: BTreeMap<String, serde_json::Value>,
) -> BTreeMap<String, serde_json::Value> {
    let now = world.systems.targets();
    let probes = now
        .into_iter()
        .filter(|(target, _)| target.contains("monitor.synthetic"));
    before.extend(probes);
    before
}

/// P2: a crash after any commit whatever loses nothing and doubles nothing.
#[tokio::test]
async fn every_automated_line_survives_a_crash_after_every_commit() {
    for code in automated(&World::new().await) {
        crash_everywhere(&code, Ending::Validated).await;
    }
}

/// The same while everything is being taken back.
#[tokio::test]
async fn every_unwinding_survives_a_crash_after_every_commit() {
    for code in automated(&World::new().await) {
        crash_everywhere(&code, Ending::Failed).await;
    }
}

async fn crash_everywhere(code: &str, ending: Ending) {
    let mut crashes = 0;
    for nth in 1.. {
        let world = World::new().await;
        let ticket = world.order(code).await;
        let last = actions(&ticket).pop().expect("a task").0;
        if ending == Ending::Failed {
            // Whoever looks again after the crash sees the same.
            world.systems.plant_on("", &last, "verify", 9, How::Lie);
        }
        let (closed, died) = carry_and_crash(&world, &ticket, nth).await;
        let story = world.transcript(&closed).await;
        assert_eq!(closed.ending, Some(ending), "{code}, commit {nth}\n{story}");
        assert!(
            world.systems.doubled().is_empty(),
            "{code}, commit {nth}\n{story}"
        );
        if !died {
            break;
        }
        crashes += 1;
    }
    assert!(
        crashes >= 5,
        "{code}: {crashes} commits are too few to be all"
    );
}

/// Carries the ticket with one crash, after the `nth` commit that a runner makes.
async fn carry_and_crash(world: &World, ticket: &Ticket, nth: u64) -> (Ticket, bool) {
    let mut left = nth;
    loop {
        let before = *world.desk.bell.listen().borrow();
        if world.dying_round(left).await {
            world.outlast_the_lease();
            return (world.carry(ticket).await, true);
        }
        left -= *world.desk.bell.listen().borrow() - before;
        let now = world.reload(ticket).await;
        if now.state == State::Closed {
            return (now, false);
        }
        if let Some(gate) = now.open_gates().next() {
            let login = if gate.party == workflows::Party::Client {
                "paul"
            } else {
                "jules"
            };
            let yes = World::decision(&now, gate.purpose, engine::approval::Verdict::Approve);
            world.act(login, &now, yes).await;
        }
    }
}
