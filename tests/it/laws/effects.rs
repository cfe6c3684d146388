//! P3: each effect is attempted at least once under one stable key and happens at most once, or is
//! shown as in doubt, whatever the systems answer.

use super::cases;
use engine::{
    approval::Verdict,
    ticket::{Command, Ending, State, Status, Ticket},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use tests::{How, World, world::Setup};
use workflows::{FaultClass, Purpose};

/// What may happen to the first tries of an effect, and to the looks that follow.
fn misfortunes() -> impl Strategy<Value = (Vec<How>, Vec<How>)> {
    let apply = prop_oneof![
        3 => Just(How::DoThenDrop),
        3 => Just(How::DropThenDo),
        3 => Just(How::Gateway),
        3 => Just(How::Twice),
        3 => (0..6u8).prop_map(How::Late),
        2 => Just(How::Fail(FaultClass::Transient)),
        2 => Just(How::Fail(FaultClass::Ambiguous)),
        1 => Just(How::Lie),
        1 => Just(How::HangBefore),
        1 => Just(How::HangAfter),
    ];
    let recover = prop_oneof![
        2 => Just(How::Fail(FaultClass::Transient)),
        1 => Just(How::Partial),
        1 => Just(How::HangBefore),
    ];
    (
        prop::collection::vec(apply, 0..3),
        prop::collection::vec(recover, 0..2),
    )
}

async fn one_effect(world: &World, nth: u32, apply: &[How], recover: &[How]) -> Ticket {
    let own = json!({ "path": format!("manifests/{nth}.yaml") });
    let ticket = world.settled(&world.order_with("C01", own).await).await;
    for (method, all) in [("apply", apply), ("recover", recover)] {
        for how in all {
            world.systems.plant("git.change", method, 1, *how);
        }
    }
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let mut ticket = world.act("paul", &ticket, yes).await;
    for _ in 0..60 {
        if hangs(apply) || hangs(recover) {
            world.round_that_may_hang().await;
        }
        ticket = world.settled(&ticket).await;
        match ticket.state {
            State::Closed => return ticket,
            State::Running => world.outlast_the_lease(),
            State::Blocked => {
                let task = ticket.task("deposit").expect("the only task");
                assert_eq!(task.status, Status::InDoubt, "nothing else needs a person");
                world.systems.mend();
                let task = "deposit".into();
                ticket = world.act("jules", &ticket, Command::Retry { task }).await;
            }
            State::Agreeing | State::Delivered => {
                let gate = ticket.open_gates().next().expect("a question").purpose;
                let yes = World::decision(&ticket, gate, Verdict::Approve);
                ticket = world.act("paul", &ticket, yes).await;
            }
            other => panic!("{other:?}\n{}", world.transcript(&ticket).await),
        }
    }
    panic!("no end:\n{}", world.transcript(&ticket).await)
}

fn hangs(all: &[How]) -> bool {
    all.iter()
        .any(|it| matches!(it, How::HangBefore | How::HangAfter))
}

async fn effects(world: &World, misfortunes: &[(Vec<How>, Vec<How>)], from: u32) {
    for (nth, (apply, recover)) in (from..).zip(misfortunes) {
        let closed = one_effect(world, nth, apply, recover).await;
        world.systems.mend();
        let about = format!("{apply:?} {recover:?}\n{}", world.transcript(&closed).await);
        let effects = world.systems.effects();
        let mine = effects.iter().filter(|it| it.ticket == closed.reference);
        let (back, forth): (Vec<_>, Vec<_>) = mine.partition(|it| it.undo);
        match closed.ending {
            Some(Ending::Validated) => assert_eq!((forth.len(), back.len()), (1, 0), "{about}"),
            // What failed left nothing behind.
            Some(Ending::Failed) => {
                assert_eq!(forth.len(), back.len(), "{about}");
            }
            other => panic!("{other:?} {about}"),
        }
        assert_eq!(world.systems.broken(), Vec::<String>::new(), "{about}");
    }
}

/// 300 effects at each change, 10,000 at night (GUICHET_CASES × 2).
#[test]
fn whatever_the_systems_answer_each_effect_happens_at_most_once() {
    let groups = (cases(150) * 2).div_ceil(15);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: groups,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    });
    let strategy = prop::collection::vec(misfortunes(), 1..=30);
    let judged = runner.run(&strategy, |all| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let setup = Setup {
                tokens: 1_000,
                ..Setup::default()
            };
            effects(&World::with(setup).await, &all, 0).await;
        });
        Ok(())
    });
    judged.unwrap_or_else(|e| panic!("{e}"));
}

/// A system that does not know keys is protected by the look before each further try.
#[tokio::test]
async fn on_a_system_without_keys_the_look_before_each_try_keeps_effects_single() {
    let setup = Setup {
        tokens: 1_000,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    world.systems.forget_keys();
    let all = [
        vec![How::DoThenDrop],
        vec![How::Gateway],
        vec![How::HangAfter],
        vec![How::HangBefore, How::Gateway],
        vec![How::Fail(FaultClass::Transient), How::DoThenDrop],
        vec![How::DropThenDo],
    ];
    let all: Vec<_> = all.into_iter().map(|it| (it, Vec::new())).collect();
    effects(&world, &all, 0).await;
    assert_eq!(world.systems.effects().len(), all.len());
    assert!(world.systems.redelivered().is_empty());
}
