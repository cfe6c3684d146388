//! The three laws on random graphs of at most thirty tasks, through desk, runner and database.

use super::{assert_unwound, carry_badly, cases};
use catalogue::Speed;
use engine::ticket::{Ending, Status, Ticket};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{collections::BTreeSet, fmt::Write, sync::Arc};
use tests::{How, World, play::order_of, world::Setup};
use workflows::workflow::Workflows;

/// One task of a random flow.
#[derive(Clone, Debug)]
struct Sketch {
    after: Vec<prop::sample::Index>,
    join: u32,
    /// `Some(false)`: its condition never holds.
    guard: Option<bool>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Acts,
    Looks,
    ByHand,
}

fn sketches() -> impl Strategy<Value = Vec<Sketch>> {
    let kind = prop_oneof![6 => Just(Kind::Acts), 1 => Just(Kind::Looks), 1 => Just(Kind::ByHand)];
    let one = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        0..4u32,
        prop_oneof![4 => Just(None), 1 => any::<bool>().prop_map(Some)],
        kind,
    );
    let one = one.prop_map(|(after, join, guard, kind)| Sketch {
        after,
        join,
        guard,
        kind,
    });
    prop::collection::vec(one, 1..30)
}

/// The flow file of these sketches.
fn flow(sketches: &[Sketch]) -> String {
    let mut text = String::from(
        "title = { fr = \"Au hasard\", en = \"At random\" }\nversion = 1\n\
         validated_by = \"A. Roy\"\n",
    );
    for (nth, it) in sketches.iter().enumerate() {
        let indices = it.after.iter().filter(|_| nth > 0);
        let after: BTreeSet<usize> = indices.map(|at| at.index(nth)).collect();
        let names: Vec<String> = after.iter().map(|it| format!("\"t{it}\"")).collect();
        let _ = write!(
            text,
            "\n[task.t{nth}]\ntitle = {{ fr = \"T\", en = \"T\" }}\nafter = [{}]\n\
             instructions = {{ fr = \"Faire.\", en = \"Do.\" }}\n",
            names.join(", ")
        );
        let _ = match it.kind {
            Kind::Acts => writeln!(
                text,
                "action = \"kube.apply\"\nwith = {{ manifest = \"m{nth}\" }}"
            ),
            Kind::Looks => writeln!(text, "action = \"vault.login\"\nwith = {{ n = {nth} }}"),
            Kind::ByHand => writeln!(text, "manual = \"operator\""),
        };
        if it.join > 0 && it.join as usize <= after.len() {
            let _ = writeln!(text, "join = {}", it.join);
        }
        if let (Some(holds), Some(first)) = (it.guard, after.first()) {
            let test = if holds { "not" } else { "is" };
            let _ = writeln!(
                text,
                "when = [{{ value = \"$task.t{first}.commit?\", {test} = \"never\" }}]"
            );
        }
    }
    text
}

/// A world in which that flow can be ordered; `None` when the checker finds it senseless.
async fn world_with(text: &str) -> Option<World> {
    let flows = Workflows::load([("at-random", text)]).ok()?;
    let setup = Setup {
        tokens: 1_000,
        ..Setup::default()
    };
    let mut world = World::with(setup).await;
    world.desk.workflows = Arc::new(flows);
    Some(world)
}

async fn order(world: &World) -> Ticket {
    let mut order = order_of(&world.entry("K06"), Speed::Normal);
    order.entry.workflow = "at-random".into();
    world.send("camille", order).await.expect("it is ordered")
}

/// All three laws on one graph; `chosen` says which of its tasks fails.
async fn obeys(sketches: &[Sketch], chosen: &[prop::sample::Index]) -> bool {
    let text = flow(sketches);
    let Some(world) = world_with(&text).await else {
        return false;
    };
    for method in ["apply", "undo"] {
        world.systems.plant("", method, 1_000, How::Twice);
    }
    let closed = world.carry(&order(&world).await).await;
    assert_eq!(closed.ending, Some(Ending::Validated), "{text}");
    let ran = |it: &&engine::ticket::Task| it.status == Status::Done && it.node.name.len() < 4;
    let done: Vec<String> = closed
        .tasks
        .iter()
        .filter(ran)
        .map(|it| it.node.name.clone())
        .collect();
    for (undo_twice, at) in [false, true].into_iter().zip(chosen) {
        let Some(world) = world_with(&text).await else {
            return false;
        };
        let bad = at.get(&done);
        world.systems.plant_on("", bad, "verify", 1, How::Lie);
        if undo_twice {
            for it in &done {
                world.systems.plant_on("", it, "undo", 1, How::DoThenDrop);
            }
        }
        let closed = carry_badly(&world, &order(&world).await, bad).await;
        assert_eq!(closed.ending, Some(Ending::Failed), "{bad}\n{text}");
        assert_unwound(&world, &closed, &format!("{bad}, {undo_twice}\n{text}")).await;
        assert!(world.systems.targets().is_empty(), "{bad}\n{text}");
    }
    true
}

/// P6: laws (a), (b) and (c) on random graphs.
#[test]
fn random_graphs_obey_the_three_laws() {
    let cases = cases(64).div_ceil(4);
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    });
    let strategy = (
        sketches(),
        prop::collection::vec(any::<prop::sample::Index>(), 2..=2),
    );
    let judged = runner.run(&strategy, |(sketches, chosen)| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        prop_assume!(runtime.block_on(obeys(&sketches, &chosen)));
        Ok(())
    });
    judged.unwrap_or_else(|e| panic!("{e}"));
}
