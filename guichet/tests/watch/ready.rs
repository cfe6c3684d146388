//! `/healthz` and `/readyz`: alive is not ready, and what is not ready is named.

use crate::{counter::Counter, program::Running};
use reqwest::Method;
use serde_json::{Value, json};

async fn counter() -> Counter {
    tokio::task::spawn_blocking(Counter::open).await.unwrap()
}

fn codes(problem: &Value) -> Vec<&str> {
    let all = problem["errors"].as_array().unwrap();
    all.iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_program_that_keeps_up_is_ready_and_says_how_far_behind_it_is() {
    let counter = counter().await;
    let running = Running::start(&counter, "web,worker,scheduler", "").await;
    assert_eq!(running.until("/healthz", 200).await, json!({"ok": true}));
    let ready = running.until("/readyz", 200).await;
    assert_eq!(ready["ok"], true);
    for figure in [&ready["lag_seconds"]["wake"], &ready["lag_seconds"]["task"]] {
        assert!(figure.as_f64().unwrap() < 5.0, "{ready}");
    }
    assert_eq!(ready["outbox_seconds"], 0.0);
    let head = running
        .client
        .request(Method::HEAD, format!("{}/readyz", running.portal));
    assert_eq!(head.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn work_that_nobody_does_and_letters_that_nobody_sends_are_named() {
    let counter = counter().await;
    // No worker, no mailer: the plan is not computed and the letters stay.
    let config = "[ready]\nlag_s = 1\noutbox_s = 1\n";
    let running = Running::start(&counter, "web", config).await;
    let reference = counter.order();
    let problem = running.until("/readyz", 503).await;
    assert_eq!(problem["code"], "not-ready", "{problem}");
    assert!(problem["request_id"].is_string(), "{problem}");
    let answer = running.get("/readyz").await;
    assert_eq!(answer.headers()["retry-after"], "5");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(codes(&problem), ["ready.lag", "ready.outbox"], "{problem}");
    assert!(
        !problem.to_string().contains(&reference),
        "it names no ticket"
    );
    assert_eq!(running.until("/healthz", 200).await, json!({"ok": true}));
    drop(running);
    // With a worker the same database is ready again, though nobody sends letters.
    let config = "[ready]\nlag_s = 5\noutbox_s = 0\n";
    let running = Running::start(&counter, "web,worker,scheduler", config).await;
    let ready = running.until("/readyz", 200).await;
    assert!(ready["outbox_seconds"].as_f64().unwrap() > 1.0, "{ready}");
}
