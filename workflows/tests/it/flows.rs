use catalogue::{Lang, Text};
use serde_json::{Value, json};
use std::fmt::Write;
use workflows::{
    Join, Purpose, Role, Scope, Step, TaskDef, Work, Workflow, Workflows, draw, graph,
    resolve_known,
};

fn all() -> Workflows {
    Workflows::embedded().unwrap_or_else(|wrong| {
        panic!(
            "{}",
            wrong.iter().map(|it| format!("{it}\n")).collect::<String>()
        )
    })
}

/// One form that has every field any flow needs.
fn form() -> Value {
    serde_json::from_str(include_str!("form.json")).unwrap()
}

fn unfold(flow: &Workflow, has_action: &dyn Fn(&str) -> bool) -> Vec<workflows::Node> {
    let ticket = json!({
        "reference": "ACME-2026-0042", "cluster": "prod-paris", "actor": "Camille Roy",
        "client": "ACME",
    });
    let scope = Scope {
        form: &form(),
        given: &json!({}),
        ticket: &ticket,
    };
    flow.unfold(&scope, has_action)
        .unwrap_or_else(|e| panic!("{}: {e:?}", flow.name))
}

fn automated(name: &str) -> bool {
    workflows::load::AUTOMATED.contains(&name)
}

#[test]
fn the_shipped_flows_are_those_that_the_catalogue_and_the_studies_need() {
    let flows = all();
    let names: Vec<&str> = flows.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "alert-receiver",
            "alert-rule",
            "application-check",
            "application-deploy",
            "blackbox-dns",
            "cluster-power",
            "cluster-redeploy",
            "dockerfile",
            "exporter-endpoint",
            "external-alertmanager",
            "external-label",
            "image-check",
            "image-deploy",
            "image-rollback",
            "logs-retention",
            "manifest-file",
            "metrics-retention",
            "nodepool-bounds",
            "nodepool-create",
            "pipeline-routine",
            "quoted-work",
            "repository-restore",
            "study",
            "vault-injector",
            "worker-script",
        ]
    );
}

#[test]
fn every_flow_is_validated_by_a_named_person_s8() {
    all()
        .iter()
        .for_each(|it| assert!(it.is_validated(), "{}", it.name));
}

#[test]
fn every_flow_unfolds_and_is_drawn_in_three_ways() {
    for flow in all().iter() {
        for has_action in [&automated as &dyn Fn(&str) -> bool, &|_| false, &|_| true] {
            let nodes = unfold(flow, has_action);
            assert_eq!(
                graph::topological(&nodes).len(),
                nodes.len(),
                "{}",
                flow.name
            );
            for node in &nodes {
                let (Work::Action { with, .. } | Work::Manual { with, .. }) = &node.work else {
                    continue;
                };
                resolve_known(with, &|_| None).unwrap();
            }
        }
        for lang in [Lang::Fr, Lang::En] {
            let nodes = flow.draw_nodes(lang);
            let boxes = draw::svg(&nodes, lang).matches("<rect").count();
            assert_eq!(boxes, nodes.len(), "{}", flow.name);
            assert_eq!(draw::mermaid(&nodes).matches("]:::").count(), nodes.len());
            assert!(
                draw::text(&nodes)
                    .lines()
                    .all(|it| it.chars().count() <= 100)
            );
        }
    }
}

#[test]
fn five_flows_run_without_a_person_and_the_others_say_what_to_do_by_hand() {
    let flows = all();
    let alone: Vec<&str> = flows
        .iter()
        .filter(|it| it.is_automated(&automated))
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(
        alone,
        [
            "alert-receiver",
            "cluster-power",
            "external-label",
            "manifest-file",
            "vault-injector"
        ]
    );
    for flow in flows.iter().filter(|it| it.name != "study") {
        let by_hand = unfold(flow, &|_| false);
        assert!(
            by_hand
                .iter()
                .any(|it| matches!(it.work, Work::Manual { .. })),
            "{}",
            flow.name
        );
    }
}

#[test]
fn flows_leave_the_envelope_to_the_engine() {
    for flow in all().iter() {
        for task in &flow.tasks {
            let Step::Gate(gate) = &task.step else {
                continue;
            };
            let estimate = flow.name == "study" && gate.purpose == Purpose::Estimate;
            assert!(
                gate.purpose == Purpose::Passage || estimate,
                "{} {}",
                flow.name,
                task.name
            );
        }
    }
}

#[test]
fn k02_drains_one_node_at_a_time_and_asks_before_the_old_pool_goes() {
    let flows = all();
    let nodes = unfold(flows.get("cluster-redeploy").unwrap(), &|_| false);
    let at = |name: &str| nodes.iter().find(|it| it.name == name).unwrap();
    assert_eq!(at("drain[1]").after, ["drain[0]"]);
    assert_eq!(at("retire").after, ["agree-provider", "agree-client"]);
    assert_eq!(at("retire").join, Join::All);
}

#[test]
fn k12_waits_for_the_client_or_for_two_hours() {
    let flows = all();
    let flow = flows.get("external-alertmanager").unwrap();
    let at = |name: &str| flow.tasks.iter().find(|it| it.name == name).unwrap();
    assert_eq!(at("remove").join, Join::Of(1));
    assert_eq!(at("remove").after, ["received", "deadline"]);
    assert_eq!(
        at("deadline").step,
        Step::Timer {
            after_s: Some(7200)
        }
    );
}

#[test]
fn a_study_begins_with_a_call_and_nothing_is_studied_before_agreement_s20_s26() {
    let flows = all();
    let nodes = unfold(flows.get("study").unwrap(), &automated);
    assert!(matches!(
        nodes[0].work,
        Work::Manual {
            role: Role::Support,
            ..
        }
    ));
    assert_eq!(nodes[0].name, "call");
    assert!(graph::ancestors(&nodes, "study").contains("estimate"));
    let estimate = nodes.iter().find(|it| it.name == "estimate").unwrap();
    assert!(matches!(&estimate.work, Work::Gate(it) if it.purpose == Purpose::Estimate));
    assert_eq!(estimate.when[0].value, "$task.orient.outcome");
}

fn texts(task: &TaskDef) -> Vec<&Text> {
    let said = match &task.step {
        Step::Action { instructions, .. } => instructions.as_ref(),
        Step::Manual { instructions, .. } => Some(instructions),
        Step::Gate(_) | Step::Timer { .. } => None,
    };
    [&task.title].into_iter().chain(said).collect()
}

#[test]
fn french_words_follow_french_typography() {
    for flow in all().iter() {
        let texts = flow.tasks.iter().flat_map(texts).chain([&flow.title]);
        for text in texts {
            let fr = &text.fr;
            assert!(!fr.contains('\''), "{}: {fr}", flow.name);
            for (i, c) in fr.char_indices() {
                let before = fr[..i].chars().last();
                // A colon inside a word belongs to an identifier.
                if c == ':' && fr[i + 1..].starts_with(|it: char| !it.is_whitespace()) {
                    continue;
                }
                let wanted = match c {
                    ';' | '!' | '?' => Some('\u{202f}'),
                    ':' => Some('\u{a0}'),
                    _ => continue,
                };
                assert_eq!(before, wanted, "{}: {fr}", flow.name);
            }
        }
    }
}

#[test]
fn three_flows_look_like_this() {
    let flows = all();
    for name in ["external-alertmanager", "manifest-file", "study"] {
        let nodes = flows.get(name).unwrap().draw_nodes(Lang::Fr);
        insta::assert_snapshot!(
            name,
            format!("{}\n{}", draw::mermaid(&nodes), draw::text(&nodes))
        );
    }
}

#[test]
fn the_actions_that_flows_name() {
    let mut out = String::new();
    for flow in all().iter() {
        let names: Vec<String> = flow.actions().into_iter().collect();
        _ = writeln!(out, "{}: {}", flow.name, names.join(", "));
    }
    insta::assert_snapshot!("actions", out);
}
