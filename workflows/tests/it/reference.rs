use serde_json::{Map, Value, json};
use workflows::{Guard, ResolveError, Scope, Test, holds, resolve, resolve_known, resolve_outputs};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn scoped(form: Value, with: Value) -> Result<Value, ResolveError> {
    let given = json!({ "limit": 20 });
    let ticket = json!({ "reference": "ACME-2026-0042", "cluster": "prod-paris" });
    resolve(
        &map(with),
        &Scope {
            form: &form,
            given: &given,
            ticket: &ticket,
        },
    )
}

fn no_outputs(_: &str) -> Option<Value> {
    None
}

#[test]
fn a_reference_keeps_the_type_of_what_it_names() {
    let form = json!({ "min": 2, "labels": { "team": "web" }, "pools": ["a", "b"] });
    let with = json!({
        "min": "$form.min", "team": "$form.labels.team", "pools": "$form.pools",
        "edit": { "limit": ["$given.limit"] }, "by": "$ticket.reference", "plain": "form.min",
    });
    assert_eq!(
        scoped(form, with).unwrap(),
        json!({
            "min": 2, "team": "web", "pools": ["a", "b"], "edit": { "limit": [20] },
            "by": "ACME-2026-0042", "plain": "form.min",
        })
    );
}

#[test]
fn an_optional_reference_that_names_nothing_leaves_its_key_out() {
    let form = json!({ "blank": null });
    let with = json!({ "a": "$form.a?", "b": ["$form.b?", 1], "c": "$form.blank?" });
    assert_eq!(scoped(form.clone(), with).unwrap(), json!({ "b": [1] }));
    let missing = scoped(form, json!({ "a": "$form.a" })).unwrap_err();
    assert_eq!(
        missing,
        ResolveError::Absent {
            reference: "$form.a".into()
        }
    );
}

#[test]
fn what_a_person_typed_is_never_read_as_a_reference() {
    let typed = json!({ "content": "$task.secret.value", "list": ["$ticket.x", "$$"] });
    let with = scoped(
        typed.clone(),
        json!({ "all": "$form.content", "list": "$form.list" }),
    );
    let called = resolve_outputs(&map(with.unwrap()), &no_outputs).unwrap();
    assert_eq!(
        called,
        json!({ "all": typed["content"], "list": typed["list"] })
    );
}

#[test]
fn outputs_are_filled_in_when_the_task_starts() {
    let with = map(json!({ "commit": "$task.commit.commit", "paths": ["$task.commit.files.a"] }));
    let outputs = |task: &str| {
        (task == "commit").then(|| json!({ "commit": "4f9a", "files": { "a": "$form.x" } }))
    };
    assert_eq!(
        resolve_outputs(&with, &outputs).unwrap(),
        json!({ "commit": "4f9a", "paths": ["$form.x"] })
    );
    let early = resolve_outputs(&with, &no_outputs).unwrap_err();
    assert!(matches!(early, ResolveError::NoOutput { task, .. } if task == "commit"));
    assert_eq!(
        resolve_known(&with, &no_outputs).unwrap(),
        json!({ "paths": [] })
    );
    let optional = map(json!({ "commit": "$task.commit.commit?", "x": 1 }));
    assert_eq!(
        resolve_outputs(&optional, &no_outputs).unwrap(),
        json!({ "x": 1 })
    );
}

#[test]
fn only_task_references_may_be_left_at_the_start_of_a_task() {
    let left = resolve_outputs(&map(json!({ "a": "$form.a" })), &no_outputs).unwrap_err();
    assert!(matches!(left, ResolveError::Malformed { .. }), "{left}");
}

#[test]
fn a_guard_holds_by_its_test() {
    let guard = |value: &str, test| Guard {
        value: value.into(),
        test,
    };
    let outputs = |_: &str| Some(json!({ "outcome": "study", "count": 3 }));
    for (value, test, expected) in [
        ("$task.orient.outcome", Test::Is(json!("study")), true),
        ("$task.orient.outcome", Test::Not(json!("study")), false),
        ("$task.orient.count", Test::AtLeast(3), true),
        ("$task.orient.count", Test::AtLeast(4), false),
        ("$task.orient.outcome", Test::AtLeast(0), false),
        ("$task.orient.other?", Test::Is(Value::Null), true),
        (
            "=\"wake\"",
            Test::In(vec![json!("hibernate"), json!("wake")]),
            true,
        ),
        ("=null", Test::Is(json!(true)), false),
        ("=2.5", Test::AtLeast(2), true),
    ] {
        assert_eq!(
            holds(&guard(value, test.clone()), &outputs),
            Ok(expected),
            "{value} {test:?}"
        );
    }
    assert!(holds(&guard("$task.orient.other", Test::Is(json!(1))), &outputs).is_err());
    assert!(holds(&guard("wake", Test::Is(json!("wake"))), &outputs).is_err());
}
