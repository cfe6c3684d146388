//! Commands share a commit, but not each other's failures.

use super::{ends::Blockade, kinds, running_as};
use chrono::{DateTime, Utc};
use engine::{
    ambient::{Clock, Scripted},
    approval::Verdict,
    desk::{Desk, DeskError},
    store::{Known, StoreError},
    ticket::{Ending, State, Ticket},
};
use std::sync::Arc;
use tests::World;
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use workflows::Purpose;

/// A clock that tells when it is read; on the way of a command that is where it is decided.
struct Telling(Scripted, watch::Sender<()>);

impl Clock for Telling {
    fn now(&self) -> DateTime<Utc> {
        self.1.send_replace(());
        self.0.now()
    }
}

/// A desk like the world's, and who hears that a command of it is being decided.
fn telling(world: &World) -> (Desk, watch::Receiver<()>) {
    let (tell, told) = watch::channel(());
    let clock = Arc::new(Telling(world.clock.clone(), tell));
    let desk = Desk {
        clock,
        ..world.desk.clone()
    };
    (desk, told)
}

/// Paul says yes, on a task of its own.
fn agrees(
    world: &World,
    desk: Desk,
    ticket: &Ticket,
    purpose: Purpose,
) -> JoinHandle<Result<Ticket, DeskError>> {
    let caller = desk.caller(world.actor("paul"));
    let yes = World::decision(ticket, purpose, Verdict::Approve);
    let known = Known::from(ticket);
    tokio::spawn(async move { desk.handle(&known, yes, caller).await })
}

async fn asked(world: &World, path: &str) -> Ticket {
    let own = serde_json::json!({ "path": path });
    world.settled(&world.order_with("C01", own).await).await
}

/// A group is decided while the one before is on its way to the disk, which only SQLite does. One
/// of its decisions breaks off halfway, since a lot says less than is held of it: those who are on
/// their way arrive, the others of the group are decided again, and of the broken one nothing is
/// left.
#[tokio::test]
async fn a_decision_that_breaks_off_takes_no_other_with_it() {
    let world = World::new().await;
    if world.url().starts_with("postgres") {
        return;
    }
    let running = running_as(&world, "manifests/b.yaml").await;
    let delivered = world.settled(&running).await;
    assert_eq!(delivered.state, State::Delivered);
    let ahead = asked(&world, "manifests/a.yaml").await;
    let beside = asked(&world, "manifests/c.yaml").await;
    let before = asked(&world, "manifests/d.yaml").await;
    let held = world.number("SELECT sum(held) FROM lot").await;
    let story = kinds(&world, &delivered).await;
    let lots = world.sql("UPDATE lot SET held = 0 WHERE client = 'ACME'");
    assert_eq!(lots.await.expect("one lot"), 1);
    // After one more commit the writer goes by its memory again, and that says zero.
    world.approve("paul", &before, Purpose::Agreement).await;

    let block = Blockade::of(&world).await;
    let (desk, mut decided) = telling(&world);
    let first = agrees(&world, desk, &ahead, Purpose::Agreement);
    let heard = timeout(super::PATIENCE, decided.changed()).await;
    heard.expect("in time").expect("it is decided");
    let (desk, mut decided) = telling(&world);
    let broken = agrees(&world, desk, &delivered, Purpose::Validation);
    let other = agrees(&world, world.desk.clone(), &beside, Purpose::Agreement);
    let heard = timeout(super::PATIENCE, decided.changed()).await;
    heard.expect("in time").expect("it is decided");
    assert!(!first.is_finished(), "it is still on its way");
    block.end().await;

    for (answer, asked) in [(first, &ahead), (other, &beside)] {
        let answer = answer.await.expect("whole").expect("accepted");
        assert_eq!(answer.state, State::Running);
        assert_eq!(answer.id, asked.id);
        assert_eq!(world.reload(asked).await, answer);
    }
    let answer = broken.await.expect("whole");
    let why = answer.expect_err("it cannot be written");
    let corrupt = matches!(why, DeskError::Store(StoreError::Corrupt { .. }));
    assert!(corrupt, "{why:?}");
    assert_eq!(world.reload(&delivered).await, delivered);
    assert_eq!(kinds(&world, &delivered).await, story);

    let lots = format!("UPDATE lot SET held = {held} WHERE client = 'ACME'");
    world.sql(&lots).await.expect("it is put right");
    let closed = world.approve("paul", &delivered, Purpose::Validation).await;
    assert_eq!(closed.ending, Some(Ending::Validated));
    assert_eq!(world.faults().await, Vec::<String>::new());
}
