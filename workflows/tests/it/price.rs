use crate::parse;
use workflows::{Workflows, lint_price};

/// Line, workflow and printed price of the 23 priced lines (S3): 61 tokens in all.
const PRICES: [(&str, &str, u32); 23] = [
    ("K01", "nodepool-bounds", 2),
    ("K02", "cluster-redeploy", 4),
    ("K03", "nodepool-create", 2),
    ("K04", "repository-restore", 4),
    ("K05", "vault-injector", 2),
    ("K06", "cluster-power", 1),
    ("K07", "worker-script", 2),
    ("K08", "logs-retention", 3),
    ("K09", "metrics-retention", 3),
    ("K10", "blackbox-dns", 3),
    ("K11", "external-label", 3),
    ("K12", "external-alertmanager", 3),
    ("K13", "alert-receiver", 3),
    ("C01", "manifest-file", 2),
    ("C02", "dockerfile", 2),
    ("C03", "pipeline-routine", 2),
    ("C04", "image-deploy", 2),
    ("C05", "image-rollback", 2),
    ("C06", "application-deploy", 4),
    ("C07", "image-check", 2),
    ("C08", "application-check", 4),
    ("C09", "exporter-endpoint", 2),
    ("C10", "alert-rule", 4),
];

#[test]
fn every_priced_line_agrees_with_its_workflow_s4_s5() {
    let all = Workflows::embedded().unwrap();
    for (line, flow, tokens) in PRICES {
        let flow = all
            .get(flow)
            .unwrap_or_else(|| panic!("{line}: no workflow {flow}"));
        assert_eq!(lint_price(flow, Some(tokens)), Ok(()), "{line}");
    }
    assert_eq!(PRICES.iter().map(|it| it.2).sum::<u32>(), 61);
    lint_price(all.get("quoted-work").unwrap(), None).unwrap();
    lint_price(all.get("study").unwrap(), None).unwrap();
}

fn flow_with(contractual: usize) -> workflows::Workflow {
    let task = |i: usize| {
        let counts = if i < contractual {
            format!("contractual = \"c{i}\"\n")
        } else {
            String::new()
        };
        format!(
            "[task.t{i}]\ntitle = {{ fr = \"T\", en = \"T\" }}\nmanual = \"operator\"\n\
             instructions = {{ fr = \"F\", en = \"D\" }}\n{counts}"
        )
    };
    parse(&(0..4).map(task).collect::<String>())
}

#[test]
fn one_token_means_exactly_one_contractual_task_s4() {
    lint_price(&flow_with(1), Some(1)).unwrap();
    for wrong in [0, 2] {
        let said = lint_price(&flow_with(wrong), Some(1)).unwrap_err();
        assert!(
            said.en.starts_with("S4: ") && said.fr.starts_with("S4\u{a0}: "),
            "{said:?}"
        );
        assert!(
            said.en.contains(&format!("has {wrong} contractual")),
            "{said:?}"
        );
    }
    assert!(lint_price(&flow_with(1), Some(0)).is_err());
}

#[test]
fn more_tokens_mean_at_least_two_contractual_tasks_s5() {
    lint_price(&flow_with(2), Some(2)).unwrap();
    lint_price(&flow_with(3), Some(2)).unwrap();
    let said = lint_price(&flow_with(1), Some(2)).unwrap_err();
    assert!(
        said.en.contains("at least two contractual tasks"),
        "{said:?}"
    );
    assert!(
        said.fr.contains("au moins deux tâches contractuelles"),
        "{said:?}"
    );
}

#[test]
fn a_quoted_line_has_something_to_quote_s5() {
    lint_price(&flow_with(1), None).unwrap();
    assert!(
        lint_price(&flow_with(0), None)
            .unwrap_err()
            .en
            .contains("on quote")
    );
}
