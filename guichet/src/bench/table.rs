//! Lines of earlier runs as tables for people, beside what others did on the same work.

use super::{Goal, Sense, stats::percentile, stats::round};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};

/// One engine on a chain of five durable tasks and an approval, as measured in November 2026 on a
/// shared machine of two cores: name, where it keeps its state, tickets a second at 1,000 with 64
/// in flight, the same to raw commits, median one by one in ms, tickets a second at 10,000.
type Peer = [&'static str; 6];

const PEERS: [Peer; 8] = [
    [
        "steno 0.5.0 (no approval)",
        "SQLite FULL, own store",
        "351",
        "0.051–0.079",
        "4.4",
        "256",
    ],
    ["underway 0.2.0", "PostgreSQL", "215", "0.054", "6.3", "87"],
    [
        "Restate 1.7.12",
        "RocksDB, synced",
        "180",
        "0.021–0.026",
        "20",
        "206",
    ],
    [
        "apalis-workflow 1.0",
        "SQLite, forced to FULL",
        "64.5",
        "0.010",
        "26",
        "not run",
    ],
    [
        "duroxide 0.1.32",
        "SQLite NORMAL, as shipped",
        "32",
        "0.005",
        "365–570",
        "not run",
    ],
    [
        "DBOS 3.4.0 (Python)",
        "PostgreSQL",
        "15–18",
        "0.004–0.006",
        "67",
        "not run",
    ],
    [
        "DBOS 3.4.0 (Python)",
        "SQLite FULL",
        "17 (300)",
        "0.0027",
        "65",
        "not run",
    ],
    [
        "Prefect 3.8.8",
        "SQLite",
        "0.85 (30)",
        "0.00017",
        "1,090",
        "not run",
    ],
];

/// Tables of the lines in that text; blank lines and others than those of the bench are passed by.
#[must_use]
pub fn table(text: &str) -> String {
    let mut runs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let Some(name) = line["name"].as_str() {
            runs.entry(name.to_owned()).or_default().push(line);
        }
    }
    let mut out = String::new();
    goals(&runs, &mut out);
    peers(&runs, &mut out);
    out
}

fn figures(lines: &[Value], key: &str) -> Vec<f64> {
    lines.iter().filter_map(|it| it[key].as_f64()).collect()
}

/// The median, and the spread where there are several.
fn middle(values: &[f64]) -> String {
    if values.is_empty() {
        return "–".into();
    }
    let at = |part| round(percentile(values, part));
    match values.len() {
        1 => format!("{}", at(0.5)),
        many => format!("{} ({}–{}, {many} runs)", at(0.5), at(0.0), at(1.0)),
    }
}

fn goals(runs: &BTreeMap<String, Vec<Value>>, out: &mut String) {
    out.push_str("| workload | figure | measured | must | aim | kept | n | machine |\n");
    out.push_str("|---|---|---|---|---|---|---|---|\n");
    for goal in Goal::ALL {
        let Some(lines) = runs.get(goal.workload) else {
            continue;
        };
        let values = figures(lines, goal.key);
        let sign = match goal.sense {
            Sense::AtLeast => '≥',
            Sense::AtMost => '≤',
        };
        let kept = match (values.is_empty(), percentile(&values, 0.5)) {
            (true, _) => "not measured",
            (_, it) if goal.aim.is_some_and(|aim| goal.meets(it, aim)) => "aim",
            (_, it) if goal.meets(it, goal.must) => "must",
            _ => "**missed**",
        };
        let aim = goal.aim.map_or("–".into(), |it| format!("{sign} {it}"));
        let disturbed = lines.iter().filter(|it| it["disturbed"] == true).count();
        let machine = match disturbed {
            0 => "quiet".into(),
            some => format!("disturbed in {some} of {}", lines.len()),
        };
        let size = lines.last().map_or(&Value::Null, |it| &it["n"]);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {sign} {} | {aim} | {kept} | {} | {machine} |",
            goal.workload,
            goal.key,
            middle(&values),
            goal.must,
            size.as_u64().map_or("–".into(), |it| it.to_string()),
        );
    }
    for (name, lines) in runs {
        for why in lines.iter().filter_map(|it| it["blocked"].as_str()) {
            let _ = writeln!(out, "\n`{name}`: {why}.");
        }
    }
}

fn peers(runs: &BTreeMap<String, Vec<Value>>, out: &mut String) {
    out.push_str(
        "\n| engine | state kept in | tickets/s, 1,000 | to raw commits | one by one, p50 ms \
         | tickets/s, 10,000 |\n|---|---|---|---|---|---|\n",
    );
    let none = Vec::new();
    let of = |name: &str| runs.get(name).unwrap_or(&none);
    let sized = |name: &str, many: u64| -> Vec<Value> {
        let fits = |it: &&Value| it["n"].as_u64() == Some(many);
        of(name).iter().filter(fits).cloned().collect()
    };
    let idle = figures(of("ticket_idle"), "p50_ms");
    let floor = figures(of("ticket_idle"), "floor_p50_ms");
    let _ = writeln!(
        out,
        "| smallest honest engine | SQLite FULL | {} | – | {} | {} |",
        middle(&figures(
            &sized("ticket_chain", 1000),
            "floor_tickets_per_s"
        )),
        middle(&floor),
        middle(&figures(
            &sized("ticket_chain", 10_000),
            "floor_tickets_per_s"
        )),
    );
    for (name, kept, idle) in [
        ("ticket_chain", "SQLite FULL", &idle),
        ("ticket_chain_pg", "PostgreSQL", &Vec::new()),
    ] {
        let _ = writeln!(
            out,
            "| **Guichet** | {kept} | {} | {} | {} | {} |",
            middle(&figures(&sized(name, 1000), "tickets_per_s")),
            middle(&figures(of(name), "ratio")),
            middle(idle),
            middle(&figures(&sized(name, 10_000), "tickets_per_s")),
        );
    }
    for peer in PEERS {
        let _ = writeln!(out, "| {} |", peer.join(" | "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_runs_are_one_row_with_their_spread_and_the_goal_they_keep() {
        let lines = r#"
            {"name":"ticket_chain","n":1000,"ratio":0.25,"ratio_to_floor":0.3,
             "tickets_per_s":900.0,"floor_tickets_per_s":3000.0,"disturbed":false}
            {"name":"ticket_chain","n":1000,"ratio":0.45,"ratio_to_floor":0.2,
             "tickets_per_s":1000.0,"floor_tickets_per_s":3000.0,"disturbed":true}
            {"name":"claim","blocked":"no server"}"#;
        let lines = lines.replace(",\n", ",");
        let table = table(&lines);
        let row = |key: &str| {
            let start = format!("| `ticket_chain` | {key} |");
            table.lines().find(|it| it.starts_with(&start)).unwrap()
        };
        assert_eq!(
            row("ratio"),
            "| `ticket_chain` | ratio | 0.45 (0.25–0.45, 2 runs) | ≥ 0.2 | ≥ 0.4 | aim | 1000 \
             | disturbed in 1 of 2 |"
        );
        assert!(row("ratio_to_floor").contains("**missed**"));
        assert!(table.contains("| `claim` | ratio | – |") && table.contains("`claim`: no server."));
        assert!(table.contains("| **Guichet** | SQLite FULL | 1000 (900–1000, 2 runs) |"));
    }
}
