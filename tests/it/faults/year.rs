//! P20: a year of the scripted clock, day by day: nothing grows that should not.

use super::super::laws::size;
use chrono::Duration;
use engine::ticket::{Ending, State, Ticket};
use std::collections::BTreeMap;
use tests::{How, World, world::Setup};
use workflows::FaultClass;

/// Rows that stand for something that is still going on.
const OPEN: [(&str, &str); 6] = [
    (
        "tickets",
        "SELECT count(*) FROM ticket WHERE state <> 'closed'",
    ),
    ("locks", "SELECT count(*) FROM resource_lock"),
    ("gates", "SELECT count(*) FROM gate WHERE state = 'open'"),
    (
        "leases",
        "SELECT count(*) FROM task WHERE lease_until IS NOT NULL",
    ),
    (
        "wakings",
        "SELECT count(*) FROM ticket WHERE wake_at IS NOT NULL",
    ),
    (
        "holds",
        "SELECT count(*) FROM hold h WHERE NOT EXISTS(
           SELECT 1 FROM settlement s WHERE s.client = h.client AND s.hold = h.id)",
    ),
];

async fn open(world: &World) -> BTreeMap<&'static str, i64> {
    let mut all = BTreeMap::new();
    for (what, sql) in OPEN {
        all.insert(what, world.number(sql).await);
    }
    all
}

/// What becomes of the ticket of that day.
async fn a_day(world: &World, nth: u32) -> Option<Ticket> {
    let ticket = world.order(["C01", "K06", "K11"][nth as usize % 3]).await;
    match nth % 5 {
        0 => {
            let lost = How::Fail(FaultClass::Ambiguous);
            world.systems.plant("", "apply", 1, lost);
            Some(world.carry(&ticket).await)
        }
        1 => {
            world.systems.plant("", "verify", 1, How::Lie);
            Some(world.agree(&ticket).await)
        }
        // Nobody answers, and the question expires.
        2 => None,
        _ => Some(world.carry(&ticket).await),
    }
}

#[tokio::test]
async fn a_year_leaves_nothing_open_behind() {
    let setup = Setup {
        tokens: 2_000,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    let days = size("GUICHET_DAYS", 365);
    let mut standing = Vec::new();
    for nth in 0..days {
        if nth % 365 == 364 {
            // What was bought before expires.
            world.grant(&world.acme, 2_000, None).await;
        }
        if nth % 5 == 0 {
            if let Some(ended) = a_day(&world, nth / 5).await {
                assert_eq!(ended.state, State::Closed);
                let known = [Some(Ending::Validated), Some(Ending::Failed)];
                assert!(known.contains(&ended.ending));
            }
            world.systems.mend();
        }
        world.advance(Duration::days(1));
        world.settle().await;
        if nth % 30 == 29 {
            assert_eq!(world.faults().await, Vec::<String>::new(), "day {nth}");
            standing.push(open(&world).await);
        }
    }
    // At most the two tickets that still wait for an answer, in whatever month one looks.
    for month in &standing {
        assert!(month["tickets"] <= 2, "{standing:?}");
        assert!(month["gates"] <= 2 && month["holds"] <= 2, "{standing:?}");
        assert_eq!((month["locks"], month["leases"]), (0, 0), "{standing:?}");
    }
    world.advance(Duration::days(8));
    world.settle().await;
    assert!(open(&world).await.values().all(|it| *it == 0));
    assert!(world.systems.doubled().is_empty());
}
