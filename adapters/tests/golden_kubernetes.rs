//! The Kubernetes stand-in gives the answers that a real API server gave: every recorded transcript
//! is replayed, or stands in [`NOT_REPLAYED`] with its reason.

mod replay;

use adapters::sandbox::kubernetes::{ADMIN_TOKEN, Cluster, Kubernetes};
use replay::{Player, Stepping, folder, load};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, sync::Arc};

/// Transcripts that the stand-in cannot play, and why.
const NOT_REPLAYED: [(&str, &str); 0] = [];

/// What the transcript's `setup` says, in the words of the stand-in.
fn furnish(cluster: &Cluster, file: &str) {
    let namespace = format!("g{}", &file[..2]);
    let labels: &[(&str, &str)] = match file {
        "13-pod-security" => &[
            ("pod-security.kubernetes.io/enforce", "restricted"),
            ("pod-security.kubernetes.io/warn", "restricted"),
        ],
        "18-webhook" => &[("hook", "on")],
        _ => &[],
    };
    cluster.add_namespace(&namespace, labels);
    cluster.add_node("n1", "default");
    cluster.add_node("n2", "default");
    cluster.add_token("bobtok", "bob", &["devs"]);
}

/// What a note tells that happened to the server before a step.
fn interfere(cluster: &Cluster, file: &str, step: usize) {
    match (file, step) {
        ("10-eviction", 32) => cluster.pause_controllers(true),
        ("10-eviction", 33) => cluster.pause_controllers(false),
        ("14-access", 13) => cluster.allow_anonymous(false),
        _ => {}
    }
}

/// Steps put in front of a transcript whose `setup` asks for objects.
fn with_setup(file: &str, mut transcript: Value) -> Value {
    if file == "12-pods-of-node" {
        let pods = [("p1", "n1"), ("p2", "n1"), ("p3", "n2")].map(|(name, node)| {
            json!({"note": "setup", "response": {"status": 201}, "request": {
                "method": "POST", "path": "/api/v1/namespaces/g12/pods",
                "body": {
                    "apiVersion": "v1", "kind": "Pod",
                    "metadata": {"name": name, "labels": {"app": name}},
                    "spec": {"nodeName": node, "containers": [
                        {"name": "app", "image": "registry.example/app:1"}]},
                },
            }})
        });
        let steps = transcript["steps"]
            .as_array_mut()
            .expect("a transcript has steps");
        steps.splice(0..0, pods);
    }
    transcript
}

async fn replays(file: &str) {
    plays(file, &with_setup(file, load("kubernetes", file))).await;
}

async fn plays(file: &str, transcript: &Value) {
    let clock = Stepping::start();
    let time = clock.clone();
    let server = Kubernetes::start_at("golden", 0, Arc::new(move || time.now()))
        .await
        .expect("a loopback port");
    furnish(server.cluster(), file);
    let player = Player {
        base: server.url(),
        token: ADMIN_TOKEN.to_owned(),
        clock,
    };
    player
        .play(transcript, |step| interfere(server.cluster(), file, step))
        .await;
}

macro_rules! transcripts {
    ($($test:ident $file:literal,)*) => {
        const REPLAYED: &[&str] = &[$($file),*];
        $(#[tokio::test]
        async fn $test() {
            replays($file).await;
        })*
    };
}

transcripts! {
    sim_kubernetes_answers_01_apply_as_recorded "01-apply",
    sim_kubernetes_answers_02_dry_run_as_recorded "02-dry-run",
    sim_kubernetes_answers_03_ownership_as_recorded "03-ownership",
    sim_kubernetes_answers_04_strict_as_recorded "04-strict",
    sim_kubernetes_answers_05_stale_version_as_recorded "05-stale-version",
    sim_kubernetes_answers_06_immutable_as_recorded "06-immutable",
    sim_kubernetes_answers_07_list_semantics_as_recorded "07-list-semantics",
    sim_kubernetes_answers_08_remove_owned_field_as_recorded "08-remove-owned-field",
    sim_kubernetes_answers_09_delete_as_recorded "09-delete",
    sim_kubernetes_answers_10_eviction_as_recorded "10-eviction",
    sim_kubernetes_answers_11_cordon_as_recorded "11-cordon",
    sim_kubernetes_answers_12_pods_of_node_as_recorded "12-pods-of-node",
    sim_kubernetes_answers_13_pod_security_as_recorded "13-pod-security",
    sim_kubernetes_answers_14_access_as_recorded "14-access",
    sim_kubernetes_answers_15_errors_as_recorded "15-errors",
    sim_kubernetes_answers_16_job_as_recorded "16-job",
    sim_kubernetes_answers_17_rollout_as_recorded "17-rollout",
    sim_kubernetes_answers_18_webhook_as_recorded "18-webhook",
    sim_kubernetes_answers_19_watch_as_recorded "19-watch",
    sim_kubernetes_answers_20_tokens_as_recorded "20-tokens",
    sim_kubernetes_answers_21_custom_resource_as_recorded "21-custom-resource",
}

/// A replayer that finds everything right would prove nothing.
#[tokio::test]
#[should_panic(expected = "expected \"3\", got \"2\"")]
async fn the_replayer_notices_a_field_that_differs() {
    let mut transcript = load("kubernetes", "01-apply");
    transcript["steps"][0]["response"]["body"]["data"]["b"] = json!("3");
    plays("01-apply", &transcript).await;
}

#[tokio::test]
#[should_panic(expected = "<resourceVersion:2> was")]
async fn the_replayer_notices_a_version_that_moved() {
    let mut transcript = load("kubernetes", "05-stale-version");
    let version = json!("<resourceVersion:2>");
    transcript["steps"][5]["response"]["body"]["metadata"]["resourceVersion"] = version;
    transcript["steps"][5]["compare"]["fields"] = json!(["/metadata/resourceVersion"]);
    plays("05-stale-version", &transcript).await;
}

#[test]
fn every_transcript_is_replayed_or_named_with_its_reason() {
    let files: BTreeSet<String> = fs::read_dir(folder("kubernetes"))
        .expect("the transcripts are in the repository")
        .map(|it| it.expect("a readable entry").path())
        .map(|it| {
            it.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let named: BTreeSet<String> = REPLAYED
        .iter()
        .copied()
        .chain(NOT_REPLAYED.iter().map(|(file, _)| *file))
        .map(str::to_owned)
        .collect();
    assert_eq!(files, named);
    assert_eq!(files.len(), REPLAYED.len() + NOT_REPLAYED.len());
}
