use crate::parse;
use catalogue::Lang;
use proptest::prelude::*;
use workflows::{
    DrawNode, Mark,
    draw::{mermaid, svg, text},
};

fn node(name: &str, label: &str, mark: Mark, after: &[&str]) -> DrawNode {
    let after = after.iter().map(ToString::to_string).collect();
    DrawNode {
        name: name.into(),
        label: label.into(),
        mark,
        after,
    }
}

#[test]
fn every_mark_has_its_own_shape_word_and_class() {
    let shapes: std::collections::BTreeSet<char> = Mark::ALL.iter().map(|it| it.shape()).collect();
    assert_eq!(shapes.len(), 9);
    for mark in Mark::ALL {
        assert_eq!(mark.class(), format!("s-{}", mark.code()));
        assert_eq!(serde_json::to_value(mark).unwrap(), mark.code());
        assert_ne!(mark.word(Lang::Fr), mark.word(Lang::En));
    }
}

#[test]
fn the_picture_is_decorative_and_free_of_inline_style() {
    let nodes = [
        node("a", "Lire l’état", Mark::Done, &[]),
        node("b", "Accord", Mark::WaitingPerson, &["a"]),
    ];
    let out = svg(&nodes, Lang::Fr);
    assert!(out.starts_with("<svg class=\"dag\"") && out.ends_with("</svg>"));
    assert!(out.contains("aria-hidden=\"true\"") && !out.contains("style="));
    assert!(out.contains("<a href=\"#t-b\" tabindex=\"-1\"><g class=\"s-waiting_person\">"));
    assert!(out.contains("<title>Accord – Attend une personne</title>"));
    assert!(out.contains("◔ Accord</text>"));
    assert_eq!(out.matches("class=\"edge\"").count(), 1);
}

#[test]
fn labels_cannot_leave_their_place() {
    let nodes = [node(
        "a\"><b>",
        "<script>\"&'\n</script>",
        Mark::Queued,
        &["a\"><b>", "zz"],
    )];
    let out = svg(&nodes, Lang::En);
    assert!(!out.contains("<script") && !out.contains("<b>") && out.contains("&lt;script&gt;"));
    let chart = mermaid(&nodes);
    assert_eq!(chart.lines().count(), 2);
    assert_eq!(chart.matches('"').count(), 2);
    assert_eq!(text(&nodes).lines().count(), 1);
}

#[test]
fn a_wide_graph_is_listed_within_100_columns() {
    let long = "Une étape dont le titre est vraiment très long et ne tient pas en largeur";
    let mut nodes: Vec<DrawNode> = (0..12)
        .map(|i| node(&format!("t{i}"), long, Mark::Queued, &[]))
        .collect();
    let all: Vec<String> = nodes.iter().map(|it| it.name.clone()).collect();
    nodes.push(DrawNode {
        after: all,
        ..node("end", "Fin", Mark::Queued, &[])
    });
    let out = text(&nodes);
    assert!(out.lines().all(|it| it.chars().count() <= 100), "{out}");
    assert!(out.contains("○ Fin  ← t0, t1, t2 +9"), "{out}");
}

#[test]
fn a_huge_graph_is_listed_and_not_painted() {
    let nodes: Vec<DrawNode> = (0..2000)
        .map(|i| node(&format!("t{i}"), "Pas", Mark::Queued, &[]))
        .collect();
    assert_eq!(text(&nodes).lines().count(), 2000);
    assert!(svg(&nodes, Lang::Fr).is_empty());
    assert!(svg(&[], Lang::Fr).is_empty());
}

#[test]
fn a_definition_draws_itself_in_either_language() {
    let flow = parse(
        "[task.a]\ntitle = { fr = \"Accord\", en = \"Agreement\" }\n\
         gate = { party = \"client\", purpose = \"passage\" }\n",
    );
    assert_eq!(flow.draw_nodes(Lang::En)[0].label, "Agreement");
    assert_eq!(
        flow.draw_nodes(Lang::Fr)[0],
        node("a", "Accord", Mark::Queued, &[])
    );
}

/// Any DAG of at most 30 tasks: each may come after any earlier one.
fn dags() -> impl Strategy<Value = Vec<DrawNode>> {
    let task = (".{0,60}", 0..9usize, any::<u32>());
    prop::collection::vec(task, 0..=30).prop_map(|tasks| {
        let draw = |(i, (label, mark, bits)): (usize, (String, usize, u32))| DrawNode {
            name: format!("t{i}"),
            label,
            mark: Mark::ALL[mark],
            after: (0..i)
                .filter(|it| bits >> it & 3 == 3)
                .map(|it| format!("t{it}"))
                .collect(),
        };
        tasks.into_iter().enumerate().map(draw).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_dag_can_be_drawn(nodes in dags()) {
        let drawn = arrows(&mermaid(&nodes));
        let reach = |from: usize, to: usize| {
            let (mut open, mut seen) = (vec![from], vec![false; nodes.len()]);
            while let Some(at) = open.pop() {
                let next = drawn.iter().filter(|it| it.0 == at).map(|it| it.1);
                open.extend(next.filter(|it| !std::mem::replace(&mut seen[*it], true)));
            }
            seen[to]
        };
        for (to, node) in nodes.iter().enumerate() {
            for from in &node.after {
                prop_assert!(reach(from[1..].parse().unwrap(), to), "{} before {}", from, to);
            }
        }
        for (from, to) in &drawn {
            let from = format!("t{from}");
            prop_assert!(nodes[*to].after.contains(&from), "no {} before {}", from, to);
        }
        prop_assert!(text(&nodes).lines().all(|it| it.chars().count() <= 100));
        let out = svg(&nodes, Lang::Fr);
        prop_assert_eq!(out.matches("<rect").count(), nodes.len());
        prop_assert_eq!(out.matches("class=\"edge\"").count(), drawn.len());
    }
}

/// The arrows of a Mermaid chart, by place.
fn arrows(chart: &str) -> Vec<(usize, usize)> {
    let place = |it: &str| it.trim().strip_prefix('t').and_then(|it| it.parse().ok());
    let arrow = |line: &str| {
        line.split_once(" --> ")
            .and_then(|(a, b)| Some((place(a)?, place(b)?)))
    };
    chart.lines().filter_map(arrow).collect()
}

#[test]
fn an_arrow_that_others_imply_is_left_out() {
    let nodes = [
        node("a", "A", Mark::Queued, &[]),
        node("b", "B", Mark::Queued, &["a"]),
        node("c", "C", Mark::Queued, &["a", "b"]),
    ];
    assert_eq!(arrows(&mermaid(&nodes)), [(0, 1), (1, 2)]);
}
