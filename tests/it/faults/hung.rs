//! P14: a system that hangs harms only its own tasks, and those for a bounded time.

use engine::{
    approval::Verdict,
    runner::Runner,
    ticket::{State, Status, Ticket},
};
use std::time::Duration;
use tests::{How, World, world::Setup};
use tokio::{sync::watch, task::JoinHandle, time};
use workflows::Purpose;

/// The runner as a process runs it, until it is stopped.
struct Alive {
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Alive {
    fn of(world: &World) -> Alive {
        let (stop, stopped) = watch::channel(false);
        let runner = Runner::new(world.desk.clone(), "alive");
        let work = tokio::spawn(runner.run(stopped));
        Alive { stop, work }
    }
    async fn end(self) {
        self.stop.send_replace(true);
        self.work.await.expect("it ends");
    }
    /// Ends it with whatever it is at.
    async fn die(self, world: &World) {
        self.work.abort();
        world.let_commits_end().await;
    }
}

/// Waits until the ticket is in that state, however busy the machine is.
async fn comes_to(world: &World, ticket: &Ticket, state: State, within: Duration) -> Ticket {
    let begun = time::Instant::now();
    loop {
        let now = world.reload(ticket).await;
        if now.state == state {
            return now;
        }
        let story = world.transcript(&now).await;
        assert!(begun.elapsed() < within, "still {:?}:\n{story}", now.state);
        time::sleep(Duration::from_millis(20)).await;
    }
}

/// Paul agrees, and nobody but the runner under test goes on from there.
async fn yes(world: &World, ticket: &Ticket) -> Ticket {
    let yes = World::decision(ticket, Purpose::Agreement, Verdict::Approve);
    world.act("paul", ticket, yes).await
}

async fn agreed(world: &World, many: usize) -> Vec<Ticket> {
    let mut all = Vec::new();
    for nth in 0..many {
        let own = serde_json::json!({ "path": format!("manifests/{nth}.yaml") });
        all.push(world.order_with("C01", own).await);
    }
    world.settle().await;
    for it in &mut all {
        *it = world.reload(it).await;
        *it = yes(world, it).await;
    }
    all
}

/// More tasks of one system than the runner has hands, all of which hang: they come to hold half of
/// the hands, and those of another system find one, whether a command makes them due or the
/// database knows them, behind all the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_hangs_holds_half_of_the_hands_at_most() {
    let setup = Setup {
        tokens: 500,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    let mut healthy = Vec::new();
    for cluster in ["prod-paris", "dev-paris"] {
        let own = serde_json::json!({ "cluster": cluster });
        let it = world.settled(&world.order_with("K06", own).await).await;
        healthy.push(world.approve("jules", &it, Purpose::Operations).await);
    }
    let late = world.settled(&world.order("C01").await).await;
    let stuck = agreed(&world, 140).await;
    world.advance(chrono::Duration::seconds(1));
    yes(&world, &healthy[0]).await;
    let patience = Duration::from_secs(60);
    world.systems.set_patience(patience);
    world
        .systems
        .plant("git.change", "apply", 1_000, How::HangBefore);
    let mut hung = world.systems.hung();
    let alive = Alive::of(&world);
    let heard = time::timeout(patience, hung.wait_for(|it| *it >= 60)).await;
    drop(heard.expect("sixty hang at once").expect("they do"));
    comes_to(&world, &healthy[0], State::Delivered, patience / 2).await;
    yes(&world, &healthy[1]).await;
    comes_to(&world, &healthy[1], State::Delivered, patience / 2).await;
    let late = yes(&world, &late).await;
    let deposit = late.task("deposit").expect("C01 has one task");
    assert_eq!(deposit.status, Status::Ready, "no hand is left for it");
    assert_eq!(*hung.borrow(), 64, "half of the hands");
    let waiting = world.reload(&stuck[0]).await;
    assert_eq!(waiting.state, State::Running);
    alive.die(&world).await;
}

/// Twenty tickets call one system that does not answer; another system's ticket passes meanwhile,
/// and every call that hangs is ended by its deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_hangs_keeps_no_other_systems_task_waiting() {
    let setup = Setup {
        tokens: 500,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    let healthy = world.settled(&world.order("K06").await).await;
    let healthy = world.approve("jules", &healthy, Purpose::Operations).await;
    let stuck = agreed(&world, 20).await;
    let patience = Duration::from_secs(25);
    world.systems.set_patience(patience);
    world
        .systems
        .plant("git.change", "apply", 20, How::HangBefore);
    let mut hung = world.systems.hung();
    let alive = Alive::of(&world);
    let heard = time::timeout(patience, hung.wait_for(|it| *it >= 16)).await;
    drop(heard.expect("sixteen hang at once").expect("they do"));
    let healthy = yes(&world, &healthy).await;
    comes_to(&world, &healthy, State::Delivered, Duration::from_secs(15)).await;
    let waiting = world.reload(&stuck[0]).await;
    assert_eq!(waiting.state, State::Running, "the others still hang");
    world.systems.mend();
    let mut let_go = world.systems.let_go();
    let heard = time::timeout(patience + Duration::from_secs(10), let_go.changed());
    heard.await.expect("the deadline ends it").expect("it does");
    // Tries are due by the clock, which is moved by hand here.
    for it in &stuck {
        let begun = time::Instant::now();
        while world.reload(it).await.state != State::Delivered {
            assert!(
                begun.elapsed() < Duration::from_secs(90),
                "{}",
                it.reference
            );
            world.advance(chrono::Duration::seconds(1));
            time::sleep(Duration::from_millis(50)).await;
        }
    }
    alive.end().await;
    assert_eq!(world.systems.effects().len(), 21);
}
