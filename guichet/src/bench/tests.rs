//! Every workload runs, at a size that says nothing about speed, and says what it must.

use super::*;
use serde_json::Value;

fn tiny() -> Options {
    Options {
        tickets: Some(6),
        in_flight: 4,
        clients: 2,
        anchor_seconds: 0.02,
        ..Options::default()
    }
}

fn positive(line: &Value, pointer: &str) {
    let figure = line.pointer(pointer).and_then(Value::as_f64);
    assert!(
        figure.is_some_and(|it| it.is_finite() && it > 0.0),
        "{pointer}: {line}"
    );
}

async fn measured(workload: Workload, options: &Options) -> Value {
    let line = run(workload, options).await.value();
    assert_eq!(line["name"], workload.name());
    assert!(line.get("blocked").is_none(), "{line}");
    for end in ["before", "after"] {
        positive(&line, &format!("/anchors/{end}/fsync_p50_ms"));
        positive(&line, &format!("/anchors/{end}/commits_per_s"));
    }
    assert!(line["disturbed"].is_boolean(), "{line}");
    assert!(!line["goals"].as_object().unwrap().is_empty(), "{line}");
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_carried_to_their_end_and_compared_to_the_smallest_engine() {
    let line = measured(Workload::TicketChain, &tiny()).await;
    for figure in [
        "tickets_per_s",
        "ratio",
        "ratio_to_floor",
        "p50_ms",
        "p99_ms",
    ] {
        positive(&line, &format!("/{figure}"));
    }
    // Ordered, plan claimed and ready, agreed, five tasks claimed and proved, validated.
    assert_eq!(line["records_per_ticket"], 15.0);
    assert_eq!(line["double_executions"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_with_an_effect_announce_it_and_make_it_once() {
    let options = Options {
        effects: true,
        passage: true,
        ..tiny()
    };
    let line = measured(Workload::TicketChain, &options).await;
    // One intent a task more, and one question.
    assert_eq!(line["records_per_ticket"], 21.0);
    assert_eq!(line["double_executions"], 0);
}

#[test]
fn names_are_those_of_the_command_line() {
    use clap::ValueEnum as _;
    for workload in Workload::ALL {
        let word = workload.to_possible_value().unwrap();
        assert_eq!(word.get_name(), workload.name());
    }
}
