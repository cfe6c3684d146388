//! Laws that hold for every line of the catalogue: a new line needs no new test.

use catalogue::Tokens;
use engine::ticket::{Ending, State};
use tests::{World, play::order_of, world::Setup};
use workflows::lint_price;

/// S3: 26 lines; each can be ordered and carried through to validation, tasks without an adapter
/// being done by hand.
#[tokio::test]
async fn every_line_can_be_ordered_and_carried_through_to_validation() {
    let world = World::with(Setup { tokens: 200, ..Setup::default() }).await;
    let mut lines = 0;
    for entry in world.desk.catalogue.clone().iter() {
        let ticket = world.order(&entry.code).await;
        let closed = world.carry(&ticket).await;
        assert_eq!(closed.state, State::Closed, "{}", entry.code);
        assert_eq!(closed.ending, Some(Ending::Validated), "{}", entry.code);
        lines += 1;
    }
    assert_eq!(lines, 26);
}
