//! P3: an answer that was lost and an effect that lands much later, at every moment in between.

use engine::{
    approval::Verdict,
    ticket::{Command, Ending, State},
};
use tests::{How, World};
use workflows::Purpose;

/// The request lands after `calls` further calls. Whenever that is, it is known to be our own: the
/// client is not asked to agree to it once more, and it is taken back with everything else.
async fn lands_after(calls: u8) {
    let world = World::new().await;
    world
        .systems
        .plant("git.change", "apply", 1, How::Late(calls));
    let delivered = world.agree(&world.order("C01").await).await;
    let story = world.transcript(&delivered).await;
    assert_eq!(delivered.state, State::Delivered, "{calls}\n{story}");
    assert_eq!(delivered.round, 1, "{calls}: nobody else moved it\n{story}");
    assert_eq!(world.systems.effects().len(), 1, "{calls}\n{story}");
    let no = World::decision(&delivered, Purpose::Validation, Verdict::Reject);
    let contested = world.act("paul", &delivered, no).await;
    let reason = "Take it back.".to_owned();
    let back = world
        .act("jules", &contested, Command::GiveUp { reason })
        .await;
    let closed = world.settled(&back).await;
    let story = world.transcript(&closed).await;
    assert_eq!(closed.ending, Some(Ending::Failed), "{calls}\n{story}");
    let left = world.systems.targets();
    assert!(left.is_empty(), "{calls}: {left:?} is left\n{story}");
}

#[tokio::test]
async fn an_effect_that_lands_late_is_ours_whenever_it_lands() {
    for calls in 0..8 {
        lands_after(calls).await;
    }
}

/// A stopped ticket whose runner died before it had announced its call writes no record after
/// record while it waits.
#[tokio::test]
async fn a_stopped_ticket_whose_runner_died_early_stays_quiet() {
    let world = World::new().await;
    let ticket = world.settled(&world.order("C01").await).await;
    let yes = World::decision(&ticket, Purpose::Agreement, Verdict::Approve);
    let running = world.act("paul", &ticket, yes).await;
    world
        .systems
        .plant("git.change", "plan", 1, How::HangBefore);
    world.hanging_round().await;
    let reason = "Freeze.".to_owned();
    let still = world
        .act("jules", &running, Command::Suspend { reason })
        .await;
    for _ in 0..10 {
        world.outlast_the_lease();
        world.settle().await;
    }
    let after = world.reload(&still).await;
    let story = world.transcript(&after).await;
    assert!(after.version <= still.version + 2, "{story}");
    let resumed = world.act("jules", &after, Command::Resume).await;
    assert_eq!(world.carry(&resumed).await.ending, Some(Ending::Validated));
}
