//! A seeded simulation of the whole engine (promises §4.6): a random schedule of work, misfortunes
//! and people, on a scripted clock; after each step everything that must always hold is checked,
//! and at the end every ticket can be brought to its end. A schedule that fails is shrunk.

mod people;
mod stage;
mod step;

use super::laws::cases;
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use stage::Stage;
pub use stage::polled;
use step::{Step, steps};

/// What is checked after each step, beside what always is.
type Law = fn(&Stage) -> Result<(), String>;

fn nothing_more(_: &Stage) -> Result<(), String> {
    Ok(())
}

/// Plays a schedule on a world of its own.
fn play(schedule: &[Step], law: Law) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut stage = Stage::new().await;
        let mut played = stage.run(schedule, law).await;
        if played.is_ok() {
            played = stage.finish().await;
        }
        stage.world.audited = played.is_ok();
        played
    })
}

/// The shortest schedule found that fails from this seed, and how; `None` when it does not fail.
fn judge(seed: u64, longest: usize, law: Law) -> Option<(Vec<Step>, String)> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = ProptestConfig {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let judged = runner.run(&steps(longest), |schedule| {
        play(&schedule, law).map_err(TestCaseError::fail)
    });
    match judged {
        Ok(()) => None,
        Err(TestError::Fail(why, schedule)) => Some((schedule, why.message().to_owned())),
        Err(TestError::Abort(why)) => panic!("seed {seed}: {why}"),
    }
}

fn seeds(few: u32) -> impl Iterator<Item = u64> {
    let first = std::env::var("GUICHET_SEED").ok();
    let first: Option<u64> = first.map(|it| it.parse().expect("GUICHET_SEED is a number"));
    let many = if first.is_some() { 1 } else { cases(few) };
    let first = first.unwrap_or(1);
    first..first + u64::from(many)
}

fn hold(seeds: impl Iterator<Item = u64>, longest: usize) {
    for seed in seeds {
        if let Some((schedule, why)) = judge(seed, longest, nothing_more) {
            let lines: Vec<String> = schedule.iter().map(|it| format!("{it:?}")).collect();
            panic!(
                "GUICHET_SEED={seed}, shrunk to {} steps:\n{}\n{why}",
                lines.len(),
                lines.join("\n")
            );
        }
    }
}

/// P2, P3, P4, P6, P7, P8, P30: whatever comes in whatever order.
#[test]
fn whatever_happens_in_whatever_order_everything_holds() {
    hold(seeds(60), 24);
}

/// Few schedules, but long ones.
#[test]
fn it_holds_through_long_schedules_too() {
    hold(seeds(40).step_by(20), 80);
}

/// A test of the test: a law that does not hold is found, and told in the two steps it takes.
#[test]
fn a_law_that_does_not_hold_is_told_in_as_few_steps_as_it_takes() {
    let nobody_cancels: Law = |stage| {
        let gone = stage
            .tickets
            .iter()
            .find(|it| it.ending == Some(engine::ticket::Ending::Cancelled));
        gone.map_or(Ok(()), |it| Err(format!("{} was cancelled", it.reference)))
    };
    let found = (1..200).find_map(|seed| judge(seed, 24, nobody_cancels));
    let (schedule, why) = found.expect("somebody cancels in one of them");
    assert!(schedule.len() <= 3, "{schedule:?}");
    assert!(why.contains("was cancelled"), "{why}");
}
