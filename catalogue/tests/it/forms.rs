//! What the forms accept, from JSON, from HTML forms and from `--set`.

use crate::{catalogue, entry, map};
use catalogue::{Answers, Inventory, Kind, duration_hours};
use serde_json::{Value, json};

pub struct Acme;

impl Inventory for Acme {
    fn clusters(&self) -> Vec<String> {
        vec!["prod-paris".into(), "dev-paris".into()]
    }
}

#[track_caller]
pub fn accepted(code: &str, raw: Value) -> Answers {
    match entry(code).form.accept(&map(raw), &Acme) {
        Ok(answers) => answers,
        Err(faults) => panic!("{faults:#?}"),
    }
}

#[test]
fn typed_json_and_the_strings_of_an_html_form_give_the_same_answers() {
    let typed = json!({
        "cluster": "prod-paris", "pool": "workers-a", "min": 2, "max": 6, "enable_autoscaling": true
    });
    let strings = json!({
        "cluster": " prod-paris ", "pool": "workers-a", "min": "2", "max": "6",
        "enable_autoscaling": "on"
    });
    assert_eq!(accepted("K01", typed.clone()), accepted("K01", strings));
    assert_eq!(accepted("K01", typed.clone()).as_value(), typed);
}

#[test]
fn defaults_are_filled_in_and_empty_boxes_are_no_answers() {
    let raw = json!({
        "cluster": "prod-paris", "name": "gpu", "flavor": "m5.xlarge", "min": "0", "max": "3",
        "disk_gib": "", "zones": "", "labels": null, "taints": "  ", "capacity": ""
    });
    let answers = accepted("K03", raw);
    assert_eq!(
        answers.as_value(),
        json!({
            "cluster": "prod-paris", "name": "gpu", "flavor": "m5.xlarge", "min": 0, "max": 3,
            "disk_gib": 100, "capacity": "on_demand"
        })
    );
}

#[test]
fn k06_takes_a_cluster_and_one_direction() {
    for action in ["hibernate", "wake"] {
        let raw = json!({ "cluster": "prod-paris", "action": action });
        assert_eq!(accepted("K06", raw.clone()).as_value(), raw);
    }
}

#[test]
fn k11_labels_come_as_a_map_or_as_lines() {
    let lines = json!({
        "cluster": "prod-paris", "labels": "team=core\r\nsite = \"paris, nord\"\r\n",
        "remove": "old\nolder", "confirm_series_change": "on"
    });
    let typed = json!({
        "cluster": "prod-paris", "labels": { "site": "paris, nord", "team": "core" },
        "remove": ["old", "older"], "confirm_series_change": true
    });
    assert_eq!(accepted("K11", lines).as_value(), typed);
    let json_text = json!({
        "cluster": "prod-paris", "labels": "{\"site\":\"paris, nord\",\"team\":\"core\"}",
        "remove": "old,older", "confirm_series_change": "1"
    });
    assert_eq!(accepted("K11", json_text).as_value(), typed);
}

#[test]
fn k13_matchers_are_kept_in_one_spelling_and_flags_default() {
    let raw = json!({
        "cluster": "prod-paris", "receiver": "acme-oncall", "url": "http://127.0.0.1:9099/hook",
        "matchers": "severity = critical\nteam=~\"core|infra\"\nhost!~\"dev-.*\"",
        "test_labels": "severity=critical\nteam=core"
    });
    let answers = accepted("K13", raw);
    assert_eq!(
        answers.get("matchers").unwrap(),
        &json!([
            "severity=\"critical\"",
            "team=~\"core|infra\"",
            "host!~\"dev-.*\""
        ])
    );
    assert_eq!(answers.get("continue"), Some(&json!(false)));
    assert_eq!(answers.get("send_resolved"), Some(&json!(true)));
    assert_eq!(answers.text("url"), Some("http://127.0.0.1:9099/hook"));
    assert!(answers.get("group_wait").is_none());
}

#[test]
fn c01_content_keeps_its_lines_and_is_not_asked_for_a_deletion() {
    let file = json!({
        "cluster": "prod-paris", "repo": "acme/app", "path": "manifests/api/deployment.yaml",
        "operation": "create", "content": "kind: Service\r\n  # é\n"
    });
    assert_eq!(
        accepted("C01", file).text("content"),
        Some("kind: Service\n  # é\n")
    );
    let delete = json!({
        "cluster": "prod-paris", "repo": "acme/app", "path": "manifests/api/deployment.yaml",
        "operation": "delete", "content": ""
    });
    assert!(accepted("C01", delete).get("content").is_none());
}

#[test]
fn k05_takes_lists_from_lines_commas_or_arrays() {
    let expected = json!({
        "cluster": "prod-paris", "namespaces": ["shop", "pay"], "role": "default",
        "models": ["namespace", "cluster"], "failure_policy": "Ignore", "service_account": "default"
    });
    for (namespaces, models) in [
        (json!("shop\npay"), json!("namespace\ncluster\n")),
        (json!("shop, pay"), json!("namespace,cluster")),
        (json!(["shop", "pay"]), json!("[\"namespace\",\"cluster\"]")),
    ] {
        let raw = json!({ "cluster": "prod-paris", "namespaces": namespaces, "models": models });
        assert_eq!(accepted("K05", raw).as_value(), expected);
    }
}

#[test]
fn k10_asks_only_for_the_fields_of_the_chosen_mode() {
    let raw = json!({
        "cluster": "prod-paris", "mode": "host_alias", "ip": "10.1.2.3",
        "hostnames": "api.acme.fr\nwww.acme.fr"
    });
    let answers = accepted("K10", raw);
    // The default of a field of another mode is not filled in either.
    assert!(answers.get("query_type").is_none());
}

#[test]
fn c06_components_are_read_from_lines_of_pairs() {
    let raw = json!({
        "cluster": "prod-paris", "repo": "acme/app", "ref": "v2.3.0", "prefix": "manifests/shop",
        "namespace": "shop",
        "components": "workload=deployment/api container=api image=quay.acme.fr/api:2.3.0\n\
                       workload=deployment/web container=web image=quay.acme.fr/web:2.3.0"
    });
    let answers = accepted("C06", raw);
    assert_eq!(
        answers.get("components").unwrap()[1]["workload"],
        "deployment/web"
    );
}

#[test]
fn accepted_answers_are_accepted_again_unchanged() {
    let raw = json!({
        "cluster": "prod-paris", "receiver": "acme", "url": "https://acme.fr/h",
        "matchers": ["a=\"say \\\"hi\\\"\"", "b=~\"x\\.y\""], "test_labels": { "a": "b" }
    });
    let once = accepted("K13", raw);
    assert_eq!(accepted("K13", once.as_value()), once);
}

#[test]
fn a_partial_form_checks_what_is_there_and_misses_nothing() {
    let form = entry("K02").form;
    let partial = |raw| form.accept_partial(&map(raw));
    assert_eq!(
        partial(json!({ "nodes": "12" })).unwrap().as_value(),
        json!({ "nodes": 12 })
    );
    assert_eq!(partial(json!({})).unwrap().as_value(), json!({}));
    let faults = partial(json!({ "nodes": "99", "noeuds": 1 })).unwrap_err();
    let codes: Vec<_> = faults.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["form.range", "form.unknown"]);
}

#[test]
fn durations_are_hours_days_or_weeks() {
    for (text, hours) in [("36h", 36), ("30d", 720), ("8w", 1344), ("9999h", 9999)] {
        assert_eq!(duration_hours(text), Some(hours), "{text}");
    }
    for text in [
        "", "h", "0d", "012h", "12345h", "3m", "-3h", "3 h", "3H", "é", "1.5d",
    ] {
        assert_eq!(duration_hours(text), None, "{text}");
    }
}

/// Answers that fit a kind, for filling in forms of which a test knows nothing.
fn some_answer(kind: &Kind) -> Value {
    match kind {
        Kind::Cluster => json!("prod-paris"),
        Kind::Count { max, .. } => json!(max),
        Kind::Choice { options } => json!(options[0].value),
        Kind::Flag => json!(true),
        Kind::Duration { .. } => json!("30d"),
        Kind::Url { .. } => json!("https://acme.fr/path"),
        Kind::Host => json!("api.acme.fr"),
        Kind::Ip => json!("10.1.2.3"),
        Kind::Path { prefix, .. } if prefix.is_empty() => json!("docker/api/Dockerfile"),
        Kind::Path { prefix, .. } => json!(format!("{prefix}some/file.yml")),
        Kind::Digest => json!(format!("sha256:{}", "a".repeat(64))),
        Kind::Sha1 => json!("a".repeat(40)),
        Kind::Labels { .. } => json!({ "team": "core" }),
        Kind::Matchers { .. } => json!(["severity=\"critical\""]),
        Kind::List { of, .. } => json!([some_answer(of)]),
        Kind::Group { fields } => fields
            .iter()
            .map(|it| (it.name.clone(), some_answer(&it.kind)))
            .collect(),
        Kind::Name { pattern, .. }
        | Kind::Text {
            pattern: Some(pattern),
            ..
        } => {
            let tries = [
                "abc",
                "acme/app",
                "deployment/api",
                "30m",
                "/metrics",
                "dedicated=gpu:NoSchedule",
                "a reason of more than twenty characters",
                "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
            ];
            let regex = regex_lite::Regex::new(pattern).unwrap();
            let fitting = tries.into_iter().find(|it| regex.is_match(it));
            json!(fitting.unwrap_or_else(|| panic!("no try fits {pattern}")))
        }
        Kind::Text { pattern: None, .. } => json!("words"),
    }
}

#[test]
fn every_line_of_the_catalogue_can_be_filled_in() {
    for entry in catalogue().iter() {
        let raw = entry
            .form
            .fields
            .iter()
            .filter(|it| it.required && it.default.is_none() && it.shown_when.is_none())
            .chain(entry.form.fields.iter().filter(|it| {
                // The operations come in the order create, update, delete: the first is picked.
                entry.code != "K10" && ["content", "expr", "severity"].contains(&it.name.as_str())
            }))
            .map(|it| (it.name.clone(), some_answer(&it.kind)))
            .chain((entry.code == "K10").then(|| ("ip".into(), json!("10.1.2.3"))))
            .chain((entry.code == "K10").then(|| ("hostnames".into(), json!(["a.acme.fr"]))))
            .collect();
        if let Err(faults) = entry.form.accept(&raw, &Acme) {
            panic!("{}: {faults:#?}", entry.code);
        }
    }
}
