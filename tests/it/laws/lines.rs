//! The three laws on every line of the catalogue: a new line needs no new test.

use super::{acting, assert_unwound, carry_badly};
use engine::ticket::{Ending, State, Ticket};
use std::collections::BTreeMap;
use tests::{How, World, world::Setup};
use workflows::{FaultClass, Work};

async fn world() -> World {
    let setup = Setup {
        tokens: 5_000,
        ..Setup::default()
    };
    World::with(setup).await
}

fn codes(world: &World, family: char) -> Vec<String> {
    let all = world.desk.catalogue.iter().map(|it| it.code.clone());
    all.filter(|it| it.starts_with(family)).collect()
}

async fn available(world: &World) -> u32 {
    let standing = world.desk.standing(&world.acme).await.expect("a standing");
    standing.available(world.now())
}

/// Everything outside but the synthetic alerts, which end by themselves.
fn targets(world: &World) -> BTreeMap<String, serde_json::Value> {
    let mut all = world.systems.targets();
    all.retain(|target, _| !target.contains("monitor.synthetic"));
    all
}

/// Law (a): the network delivers every request twice; everything happens once.
async fn twice(family: char) {
    for code in codes(&world().await, family) {
        let world = world().await;
        for method in ["apply", "undo"] {
            world.systems.plant("", method, 1_000, How::Twice);
        }
        let ordered = world.order(&code).await;
        let closed = world.carry(&ordered).await;
        assert_eq!(closed.ending, Some(Ending::Validated), "{code}");
        let arrived = world.systems.redelivered();
        let effects = world.systems.effects();
        assert_eq!(arrived.len(), effects.len(), "{code}: each arrived twice");
        assert!(arrived.values().all(|it| *it == 2), "{code}: {arrived:?}");
        assert_eq!(world.faults().await, Vec::<String>::new(), "{code}");
        // The same while everything is taken back.
        let Some(last) = acting(&closed).pop() else {
            continue;
        };
        world.systems.meddle("somewhere else", code.clone().into());
        world.systems.plant_on("", &last, "verify", 1, How::Lie);
        let again = world.order(&code).await;
        let failed = carry_badly(&world, &again, "").await;
        assert_eq!(failed.ending, Some(Ending::Failed), "{code}");
        assert_unwound(&world, &failed, &code).await;
    }
}

#[tokio::test]
async fn law_a_every_kubernetes_line_bears_that_every_request_arrives_twice() {
    twice('K').await;
}

#[tokio::test]
async fn law_a_every_container_line_bears_that_every_request_arrives_twice() {
    twice('C').await;
}

/// Makes one task fail, in the way that its kind can.
fn sabotage(world: &World, ticket: &Ticket, task: &str) {
    let node = ticket.task(task).map(|it| &it.node.work);
    match node {
        Some(Work::Plan) => world
            .systems
            .plant("", "plan", 1, How::Fail(FaultClass::Denied)),
        Some(Work::Action { .. }) => world.systems.plant_on("", task, "verify", 1, How::Lie),
        _ => {}
    }
}

/// Laws (b) and (c): each task of the line fails in its turn, gates by a refusal; what began is
/// taken back in reverse order, once each, though every undo may have to run twice.
async fn each_fails(family: char, undo_twice: bool) {
    for code in codes(&world().await, family) {
        let world = world().await;
        world
            .systems
            .meddle("prod-paris/cluster.power", "as found".into());
        // A timer cannot fail, and a price is named or not.
        let fails = |it: &&engine::ticket::Task| {
            !matches!(it.node.work, Work::Timer { .. }) && it.node.name != "quote"
        };
        // Settled, so that no planned failure meets its plan instead.
        let first = world.settled(&world.order(&code).await).await;
        let names = first.tasks.iter().filter(fails);
        let names: Vec<String> = names.map(|it| it.node.name.clone()).collect();
        for task in &names {
            let (before, tokens) = (targets(&world), available(&world).await);
            let ordered = world.order(&code).await;
            let mechanical = acting(&ordered);
            if task == "plan" && mechanical.is_empty() {
                continue;
            }
            sabotage(&world, &ordered, task);
            if undo_twice {
                for it in &mechanical {
                    world.systems.plant_on("", it, "undo", 1, How::DoThenDrop);
                }
            }
            let closed = carry_badly(&world, &ordered, task).await;
            let about = format!("{code}, {task} fails, undo twice: {undo_twice}");
            assert_eq!(closed.state, State::Closed, "{about}");
            // The operators are not asked about what touches nothing.
            let never = closed.ending == Some(Ending::Validated) && task == "operations";
            if never {
                world.systems.mend();
                continue;
            }
            let ends = [Some(Ending::Failed), Some(Ending::Declined)];
            assert!(
                ends.contains(&closed.ending),
                "{about}: {:?}",
                closed.ending
            );
            assert_unwound(&world, &closed, &about).await;
            assert_eq!(targets(&world), before, "{about}");
            assert_eq!(available(&world).await, tokens, "{about}");
            world.systems.mend();
        }
    }
}

#[tokio::test]
async fn law_b_whichever_task_of_a_kubernetes_line_fails_it_unwinds_cleanly() {
    each_fails('K', false).await;
}

#[tokio::test]
async fn law_b_whichever_task_of_a_container_line_fails_it_unwinds_cleanly() {
    each_fails('C', false).await;
}

#[tokio::test]
async fn law_c_the_undos_of_every_kubernetes_line_may_run_twice() {
    each_fails('K', true).await;
}

#[tokio::test]
async fn law_c_the_undos_of_every_container_line_may_run_twice() {
    each_fails('C', true).await;
}
