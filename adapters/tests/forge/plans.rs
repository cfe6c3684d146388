//! Plans of `git.change` as both parties read them (S16).

use super::{
    MANIFEST,
    stage::{Stage, file},
};
use insta::assert_snapshot;
use serde_json::{Value, json};

#[path = "../shown/mod.rs"]
mod shown;
use shown::shown;

#[tokio::test]
async fn sim_gitea_the_plan_of_a_deposit_is_the_file_itself() {
    let stage = Stage::set().await;
    let params = file("manifests/settings.yaml", "create", Some(MANIFEST));
    assert_snapshot!(shown(&stage.plan(1, &params).await));
}

fn edit(edit: Value) -> adapters::git_change::ChangeParams {
    serde_json::from_value(json!({ "repo": super::repo().to_string(), "edit": edit }))
        .expect("parameters of git.change")
}

#[tokio::test]
async fn sim_gitea_the_plan_of_a_receiver_shows_the_configuration_before_and_after() {
    let stage = Stage::set().await;
    let params = edit(json!({
        "kind": "alertmanager-receiver", "path": "alertmanager/alertmanager.yml",
        "receiver": "astreinte", "url": "https://astreinte.example/alertes",
        "matchers": ["team=\"boutique\""], "continue": false, "send_resolved": true,
    }));
    assert_snapshot!(shown(&stage.plan(1, &params).await));
}
