//! P14: a system that hangs harms only its own tasks, and those for a bounded time.

use engine::{
    approval::Verdict,
    runner::Runner,
    ticket::{State, Ticket},
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

async fn agreed(world: &World, many: usize) -> Vec<Ticket> {
    let mut all = Vec::new();
    for nth in 0..many {
        let own = serde_json::json!({ "path": format!("manifests/{nth}.yaml") });
        all.push(world.order_with("C01", own).await);
    }
    world.settle().await;
    for it in &mut all {
        *it = world.reload(it).await;
        let yes = World::decision(it, Purpose::Agreement, Verdict::Approve);
        *it = world.act("paul", it, yes).await;
    }
    all
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
    let yes = World::decision(&healthy, Purpose::Agreement, Verdict::Approve);
    let healthy = world.act("paul", &healthy, yes).await;
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
