//! Labels and matchers that Prometheus or Alertmanager would take badly, or too well.

use super::refused;
use serde_json::json;

#[test]
fn labels_of_k11() {
    let one = |name: &str, value: &str| json!({ "labels": { name: value } });
    refused("K11", one("1bad", "x"), &[("/labels/1bad", "form.label")]);
    refused("K11", one("__x", "x"), &[("/labels/__x", "form.label")]);
    refused("K11", one("a-b", "x"), &[("/labels/a-b", "form.label")]);
    refused("K11", one("a/b", "x"), &[("/labels/a~1b", "form.label")]);
    refused(
        "K11",
        one("prometheus", "x"),
        &[("/labels/prometheus", "form.reserved")],
    );
    refused(
        "K11",
        one("prometheus_replica", "x"),
        &[("/labels/prometheus_replica", "form.reserved")],
    );
    refused("K11", one("a", ""), &[("/labels/a", "form.label")]);
    refused(
        "K11",
        one("a", &"é".repeat(257)),
        &[("/labels/a", "form.label")],
    );
    refused("K11", one("a", "x\ny"), &[("/labels/a", "form.control")]);
    refused(
        "K11",
        json!({ "labels": { "a": 1 } }),
        &[("/labels/a", "form.type")],
    );
    refused("K11", json!({ "labels": {} }), &[("/labels", "form.items")]);
    refused("K11", json!({ "labels": "a" }), &[("/labels", "form.type")]);
    refused(
        "K11",
        json!({ "labels": "a=1\na=2" }),
        &[("/labels/a", "form.distinct")],
    );
    // Two labels on one line are never taken for one strange value.
    refused(
        "K11",
        json!({ "labels": "a=1,b=2" }),
        &[("/labels", "form.type")],
    );
    let eleven: Vec<_> = (0..11).map(|i| format!("l{i}=x")).collect();
    refused(
        "K11",
        json!({ "labels": eleven.join("\n") }),
        &[("/labels", "form.items")],
    );
}

#[test]
fn labels_removed_by_k11() {
    refused(
        "K11",
        json!({ "remove": ["a"] }),
        &[("/labels", "form.disjoint")],
    );
    refused(
        "K11",
        json!({ "remove": ["b", "b"] }),
        &[("/remove/1", "form.distinct")],
    );
    refused(
        "K11",
        json!({ "remove": ["__b", "c"] }),
        &[("/remove/0", "form.pattern")],
    );
    refused(
        "K11",
        json!({ "remove": "prometheus" }),
        &[("/remove/0", "form.reserved")],
    );
}

#[test]
fn matchers_and_receivers_of_k13() {
    for wrong in [
        "severity",
        "=x",
        "severity==\"a\"x\"",
        "severity=\"a",
        "a=~\"(\"",
        "1a=\"x\"",
    ] {
        refused(
            "K13",
            json!({ "matchers": [wrong] }),
            &[("/matchers/0", "form.matcher")],
        );
    }
    for all in [
        json!(["alertname=~\".*\""]),
        json!(["alertname=~\".+\""]),
        json!(["severity!=\"none\""]),
        json!(["severity!~\"x\"", "team=\"\""]),
        json!(["team=~\"|x\""]),
    ] {
        refused(
            "K13",
            json!({ "matchers": all }),
            &[("/matchers", "form.catch_all")],
        );
    }
    refused(
        "K13",
        json!({ "matchers": [] }),
        &[("/matchers", "form.items")],
    );
    refused(
        "K13",
        json!({ "matchers": "" }),
        &[("/matchers", "form.missing")],
    );
    refused(
        "K13",
        json!({ "receiver": "Acme" }),
        &[("/receiver", "form.pattern")],
    );
    refused(
        "K13",
        json!({ "receiver": "a".repeat(51) }),
        &[("/receiver", "form.pattern")],
    );
    refused(
        "K13",
        json!({ "group_wait": "0s" }),
        &[("/group_wait", "form.pattern")],
    );
    refused(
        "K13",
        json!({ "test_labels": null }),
        &[("/test_labels", "form.missing")],
    );
}
