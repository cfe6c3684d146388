use crate::parse;
use serde_json::{Value, json};
use workflows::{
    Join, Node, Role, Scope, Test, UnfoldError, Work, graph, unfold::MAX_EACH, unfold::MAX_NODES,
};

fn task(name: &str, more: &str) -> String {
    format!(
        "[task.{name}]\ntitle = {{ fr = \"Tâche\", en = \"Task\" }}\naction = \"kube.drain\"\n\
         instructions = {{ fr = \"Faire.\", en = \"Do.\" }}\n{more}\n"
    )
}

fn unfold(tasks: &str, form: Value) -> Result<Vec<Node>, UnfoldError> {
    let scope = Scope {
        form: &form,
        given: &json!({}),
        ticket: &json!({ "cluster": "c1" }),
    };
    parse(tasks).unfold(&scope, &|it| it == "kube.drain")
}

fn orders(nodes: &[Node]) -> Vec<(String, Vec<String>)> {
    nodes
        .iter()
        .map(|it| (it.name.clone(), it.after.clone()))
        .collect()
}

fn pairs(expected: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |it: &&str| it.to_string();
    expected
        .iter()
        .map(|(a, b)| (a.to_string(), b.iter().map(owned).collect()))
        .collect()
}

const AROUND: [&str; 2] = ["", "after = [\"drain\"]"];

fn around(drain: &str) -> String {
    let drain = format!("after = [\"silence\"]\n{drain}");
    task("silence", AROUND[0]) + &task("drain", &drain) + &task("check", AROUND[1])
}

#[test]
fn a_successor_comes_after_every_copy() {
    let nodes = unfold(
        &around("each = \"$form.nodes\"\nwith = { node = \"$each\" }\ncontractual = \"drain\""),
        json!({ "nodes": ["n1", "n2"] }),
    )
    .unwrap();
    assert_eq!(
        orders(&nodes),
        pairs(&[
            ("silence", &[]),
            ("drain[0]", &["silence"]),
            ("drain[1]", &["silence"]),
            ("check", &["drain[0]", "drain[1]"]),
        ])
    );
    let Work::Action { name, with } = &nodes[2].work else {
        panic!("{:?}", nodes[2].work)
    };
    assert_eq!(
        (name.as_str(), with["node"].as_str()),
        ("kube.drain", Some("n2"))
    );
    assert_eq!(nodes[2].title.fr, "Tâche\u{a0}: n2");
    assert_eq!(nodes[2].contractual.as_deref(), Some("drain"));
    assert_eq!(graph::successors(&nodes, "drain[0]"), ["check"]);
    assert!(graph::ancestors(&nodes, "check").contains("silence"));
    assert_eq!(graph::topological(&nodes), [0, 1, 2, 3]);
    assert!(graph::cycles(&nodes).is_empty());
}

#[test]
fn one_node_at_a_time_when_copies_are_sequential() {
    let drain = "each = \"$form.nodes\"\neach_sequential = true\nwith = { node = \"$each.name\" }";
    let nodes = unfold(
        &around(drain),
        json!({ "nodes": [{ "name": "n1" }, { "name": "n2" }, { "name": "n3" }] }),
    )
    .unwrap();
    assert_eq!(
        orders(&nodes)[1..],
        pairs(&[
            ("drain[0]", &["silence"]),
            ("drain[1]", &["drain[0]"]),
            ("drain[2]", &["drain[1]"]),
            ("check", &["drain[0]", "drain[1]", "drain[2]"]),
        ])
    );
    assert_eq!(nodes[3].title.en, "Task: n3");
}

#[test]
fn an_empty_list_leaves_its_neighbours_joined() {
    for form in [json!({ "nodes": [] }), json!({})] {
        let nodes = unfold(&around("each = \"$form.nodes?\""), form).unwrap();
        assert_eq!(
            orders(&nodes),
            pairs(&[("silence", &[]), ("check", &["silence"])])
        );
    }
}

#[test]
fn expansion_is_bounded() {
    let list = |n: usize| json!({ "nodes": vec!["n"; n] });
    let over = unfold(&around("each = \"$form.nodes\""), list(MAX_EACH + 1));
    assert_eq!(
        over,
        Err(UnfoldError::TooManyElements {
            task: "drain".into(),
            count: MAX_EACH + 1
        })
    );
    let wide: String = (0..11)
        .map(|i| task(&format!("t{i}"), "each = \"$form.nodes\""))
        .collect();
    assert_eq!(
        unfold(&wide, list(MAX_EACH)),
        Err(UnfoldError::TooManyNodes)
    );
    assert!(unfold(&wide, list(MAX_NODES / 11)).unwrap().len() <= MAX_NODES);
}

#[test]
fn a_count_makes_as_many_copies() {
    let drain = "each = \"$form.nodes\"\nwith = { place = \"$each\" }";
    let nodes = unfold(&around(drain), json!({ "nodes": 7 })).unwrap();
    assert_eq!(nodes.len(), 2 + 7);
    let Work::Action { with, .. } = &nodes[7].work else {
        panic!("{:?}", nodes[7].work)
    };
    assert_eq!(
        (nodes[7].name.as_str(), &with["place"]),
        ("drain[6]", &json!(7))
    );
    let huge = unfold(&around(drain), json!({ "nodes": 4_000_000_000_u64 }));
    assert!(matches!(huge, Err(UnfoldError::TooManyElements { .. })));
}

#[test]
fn each_needs_a_list_or_a_count() {
    let nodes = unfold(&around("each = \"$form.nodes\""), json!({ "nodes": "n1" }));
    let not = UnfoldError::NotAList {
        task: "drain".into(),
        reference: "$form.nodes".into(),
    };
    assert_eq!(nodes, Err(not));
    let absent = unfold(&around("each = \"$form.nodes\""), json!({}));
    assert!(matches!(absent, Err(UnfoldError::Resolve { task, .. }) if task == "drain"));
}

#[test]
fn a_missing_action_becomes_a_manual_task() {
    let other =
        task("a", "with = { cluster = \"$ticket.cluster\" }").replace("kube.drain", "pool.scale");
    let nodes = unfold(&other, json!({})).unwrap();
    let Work::Manual {
        role,
        instructions,
        with,
        instead_of,
    } = &nodes[0].work
    else {
        panic!("{:?}", nodes[0].work)
    };
    assert_eq!(*role, Role::Operator);
    assert_eq!(instructions.en, "Do.");
    assert_eq!(with["cluster"], "c1");
    assert_eq!(instead_of.as_deref(), Some("pool.scale"));
    let bare = "[task.a]\ntitle = { fr = \"T\", en = \"T\" }\naction = \"git.change\"\n";
    let nobody = UnfoldError::NoInstructions {
        task: "a".into(),
        action: "git.change".into(),
    };
    assert_eq!(unfold(bare, json!({})), Err(nobody));
}

#[test]
fn a_known_condition_is_stored_with_its_value() {
    let both = task("a", "when = [{ value = \"$form.action?\", is = \"wake\" }]")
        + &task(
            "b",
            "after = [\"a\"]\nwhen = [{ value = \"$task.a.ok\", is = true }]",
        );
    let nodes = unfold(&both, json!({ "action": "hibernate" })).unwrap();
    assert_eq!(nodes[0].when[0].value, "=\"hibernate\"");
    assert_eq!(nodes[0].when[0].test, Test::Is(json!("wake")));
    assert_eq!(nodes[1].when[0].value, "$task.a.ok");
    assert_eq!(unfold(&both, json!({})).unwrap()[0].when[0].value, "=null");
}

#[test]
fn a_race_keeps_its_join() {
    let timer = "[task.late]\ntitle = { fr = \"T\", en = \"T\" }\ntimer = \"15m\"\n";
    let race = task("a", "") + timer + &task("b", "after = [\"a\", \"late\"]\njoin = 1");
    let nodes = unfold(&race, json!({})).unwrap();
    assert_eq!(nodes[1].work, Work::Timer { after_s: Some(900) });
    assert_eq!(nodes[2].join, Join::Of(1));
}

#[test]
fn cycles_of_node_lists_are_found() {
    let mut nodes = unfold(&around(""), json!({})).unwrap();
    nodes[0].after = vec!["check".into(), "unknown".into()];
    assert_eq!(graph::cycles(&nodes), [["silence", "drain", "check"]]);
    assert!(graph::topological(&nodes).is_empty());
    assert!(graph::ancestors(&nodes, "nobody").is_empty());
}
