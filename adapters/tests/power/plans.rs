//! The plan of K06 as both parties read it (S16).

use super::{Asked, asked, house};
use insta::assert_snapshot;

#[path = "../shown/mod.rs"]
mod shown;
use shown::shown;

#[tokio::test]
async fn sim_pools_the_plan_of_a_hibernation_says_that_everything_stops() {
    let house = house().await;
    assert_snapshot!(shown(&house.plan(&asked(Asked::Hibernate)).await));
}
