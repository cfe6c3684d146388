//! Every class of bad input: refused whole, with its pointer and its code.

mod labels;
mod places;

use crate::{entry, forms::Acme, map};
use catalogue::Fault;
use serde_json::{Value, json};

fn faults(code: &str, raw: Value) -> Vec<Fault> {
    entry(code)
        .form
        .accept(&map(raw), &Acme)
        .expect_err("it should be refused")
}

/// A good form of `code` with `change` merged in is refused with exactly these faults.
#[track_caller]
fn refused(code: &str, change: Value, expected: &[(&str, &str)]) {
    let mut raw = map(good(code));
    raw.extend(map(change));
    let found = faults(code, Value::Object(raw));
    let told: Vec<_> = found
        .iter()
        .map(|it| (it.pointer.as_str(), it.code.as_str()))
        .collect();
    assert_eq!(told, expected, "{found:#?}");
    assert!(
        found
            .iter()
            .all(|it| !it.message.fr.is_empty() && !it.message.en.is_empty())
    );
}

fn good(code: &str) -> Value {
    match code {
        "K01" => json!({ "cluster": "prod-paris", "pool": "a", "min": 1, "max": 3 }),
        "K05" => json!({ "cluster": "prod-paris", "namespaces": ["a"], "models": ["global"] }),
        "K06" => json!({ "cluster": "prod-paris", "action": "wake" }),
        "K07" => json!({
            "cluster": "prod-paris", "node": "worker-1", "script": "sysctl",
            "script_ref": "0123456789abcdef0123456789abcdef01234567",
            "acknowledge_not_durable": true
        }),
        "K08" => json!({ "cluster": "prod-paris", "period": "30d", "acknowledge_loss": true }),
        "K09" => json!({ "cluster": "prod-paris", "raw": "30d", "acknowledge_loss": true }),
        "K10" => json!({
            "cluster": "prod-paris", "mode": "host_alias", "ip": "10.0.0.9", "hostnames": ["a.fr"]
        }),
        "K11" => json!({
            "cluster": "prod-paris", "labels": { "a": "1" }, "confirm_series_change": true
        }),
        "K12" => json!({ "cluster": "prod-paris", "url": "https://am.acme.fr" }),
        "K13" => json!({
            "cluster": "prod-paris", "receiver": "acme", "url": "https://acme.fr/h",
            "matchers": ["severity=\"critical\""], "test_labels": { "severity": "critical" }
        }),
        "C01" => json!({
            "cluster": "prod-paris", "repo": "acme/app", "path": "manifests/a.yaml",
            "operation": "create", "content": "kind: A\n"
        }),
        _ => unreachable!("no good form for {code}"),
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_form() {
    let raw = json!({ "cluster": "nowhere", "pool": "a b", "min": "x", "mx": 3 });
    let found = faults("K01", raw);
    let told: Vec<_> = found
        .iter()
        .map(|it| (it.pointer.as_str(), it.code.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("/cluster", "form.cluster"),
            ("/pool", "form.pattern"),
            ("/min", "form.type"),
            ("/max", "form.missing"),
            ("/mx", "form.unknown"),
        ]
    );
}

#[test]
fn a_message_names_the_field_and_what_would_be_right() {
    let found = faults(
        "K01",
        json!({ "cluster": "prod-paris", "pool": "a", "min": 5, "max": 3 }),
    );
    assert_eq!(
        found[0].message.fr,
        "«\u{a0}Minimum\u{a0}»\u{a0}: ne peut pas dépasser «\u{a0}Maximum\u{a0}»."
    );
    assert_eq!(found[0].message.en, "“Minimum”: cannot exceed “Maximum”.");
}

#[test]
fn numbers_out_of_range_or_of_order() {
    refused("K01", json!({ "min": 5 }), &[("/min", "form.order")]);
    refused("K01", json!({ "min": -1 }), &[("/min", "form.range")]);
    refused("K01", json!({ "min": "-1" }), &[("/min", "form.range")]);
    refused("K01", json!({ "max": 0 }), &[("/max", "form.range")]);
    refused("K01", json!({ "max": 1001 }), &[("/max", "form.range")]);
    refused(
        "K01",
        json!({ "max": "99999999999999999999999" }),
        &[("/max", "form.range")],
    );
    for wrong in [
        json!(1.5),
        json!("1.5"),
        json!("1e3"),
        json!(true),
        json!([1]),
        json!("٣"),
    ] {
        refused("K01", json!({ "max": wrong }), &[("/max", "form.type")]);
    }
}

#[test]
fn clusters_that_are_not_the_clients() {
    refused(
        "K06",
        json!({ "cluster": "prod-lyon" }),
        &[("/cluster", "form.cluster")],
    );
    refused(
        "K06",
        json!({ "cluster": "../admin" }),
        &[("/cluster", "form.pattern")],
    );
    refused("K06", json!({ "cluster": 3 }), &[("/cluster", "form.type")]);
}

#[test]
fn line_breaks_and_invisible_characters() {
    for wrong in [
        "a\nb",
        "a\r",
        "a\u{0}",
        "a\u{85}",
        "a\u{202e}b",
        "a\u{2028}b",
    ] {
        refused(
            "K01",
            json!({ "pool": wrong }),
            &[("/pool", "form.control")],
        );
    }
    refused(
        "K13",
        json!({ "url": "https://a.fr\r\nX: y" }),
        &[("/url", "form.control")],
    );
    refused(
        "C01",
        json!({ "content": "a\u{1b}[2J" }),
        &[("/content", "form.control")],
    );
    refused(
        "C01",
        json!({ "content": "a\rb" }),
        &[("/content", "form.control")],
    );
}

#[test]
fn a_name_that_could_forge_a_message_is_shown_escaped() {
    let mut raw = map(good("K06"));
    raw.insert("x\r\nBcc: y".into(), json!(1));
    let found = faults("K06", Value::Object(raw));
    assert!(!found[0].message.en.contains(['\r', '\n']) && !found[0].pointer.contains('\n'));
}

#[test]
fn choices_flags_and_missing_fields() {
    refused(
        "K06",
        json!({ "action": "reboot" }),
        &[("/action", "form.choice")],
    );
    refused(
        "K06",
        json!({ "action": "" }),
        &[("/action", "form.missing")],
    );
    refused(
        "K13",
        json!({ "continue": "maybe" }),
        &[("/continue", "form.type")],
    );
    refused(
        "K05",
        json!({ "failure_policy": "ignore" }),
        &[("/failure_policy", "form.choice")],
    );
}

#[test]
fn what_must_be_acknowledged_and_its_clause() {
    for wrong in [json!(false), json!("off")] {
        let expected = [("/confirm_series_change", "form.acknowledge")];
        refused("K11", json!({ "confirm_series_change": wrong }), &expected);
    }
    let expected = [("/confirm_series_change", "form.missing")];
    refused("K11", json!({ "confirm_series_change": null }), &expected);
    let raw = json!({ "cluster": "prod-paris", "period": "2d", "acknowledge_loss": false });
    assert_eq!(faults("K08", raw)[0].clause.as_deref(), Some("S54"));
    let expected = [("/acknowledge_not_durable", "form.acknowledge")];
    refused("K07", json!({ "acknowledge_not_durable": "no" }), &expected);
}

#[test]
fn fields_of_another_mode() {
    let expected = [("/servers", "form.not_applicable")];
    refused("K10", json!({ "servers": ["10.0.0.1"] }), &expected);
    let expected = [("/content", "form.not_applicable")];
    refused("C01", json!({ "operation": "delete" }), &expected);
    refused(
        "C01",
        json!({ "content": "" }),
        &[("/content", "form.missing")],
    );
    refused(
        "K12",
        json!({ "auth": "bearer" }),
        &[("/vault_path", "form.missing")],
    );
    refused(
        "K12",
        json!({ "vault_path": "kv/am" }),
        &[("/vault_path", "form.not_applicable")],
    );
}

#[test]
fn lists_too_short_too_long_or_repeated() {
    refused(
        "K05",
        json!({ "namespaces": [] }),
        &[("/namespaces", "form.items")],
    );
    refused(
        "K05",
        json!({ "namespaces": 3 }),
        &[("/namespaces", "form.type")],
    );
    refused(
        "K05",
        json!({ "namespaces": ["a", "a"] }),
        &[("/namespaces/1", "form.distinct")],
    );
    refused(
        "K05",
        json!({ "namespaces": ["a", "B"] }),
        &[("/namespaces/1", "form.pattern")],
    );
    let system = json!({ "namespaces": ["kube-system"] });
    refused("K05", system, &[("/namespaces/0", "form.reserved")]);
    refused(
        "K05",
        json!({ "models": ["all"] }),
        &[("/models/0", "form.choice")],
    );
    let many: Vec<_> = (0..51).map(|i| format!("n{i}")).collect();
    refused(
        "K05",
        json!({ "namespaces": many }),
        &[("/namespaces", "form.items")],
    );
}

#[test]
fn answers_too_large_or_too_deep() {
    let content = json!({ "content": "x".repeat(64 * 1024 + 1) });
    refused("C01", content, &[("/content", "form.length")]);
    refused(
        "C01",
        json!({ "content": "x".repeat(257 * 1024) }),
        &[("", "form.size")],
    );
    let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
    refused("K05", json!({ "namespaces": deep }), &[("", "form.size")]);
    let deep_text = json!({ "namespaces": "[".repeat(100_000) });
    refused("K05", deep_text, &[("/namespaces", "form.type")]);
}
