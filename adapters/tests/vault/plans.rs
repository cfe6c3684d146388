//! The plan of K05 in Vault as both parties read it: paths, never values (S16).

use super::stage::{Stage, params};
use insta::assert_snapshot;

#[path = "../shown/mod.rs"]
mod shown;
use shown::shown;

#[tokio::test]
async fn sim_vault_the_plan_lists_paths_and_no_secret() {
    let stage = Stage::set().await;
    let plan = stage.plan(1, &params(&["boutique"], &["namespace"])).await;
    assert_snapshot!(shown(&plan));
}
