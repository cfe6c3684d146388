//! What each of those who watch a story has to have seen of it.

use crate::{collector::Collector, program::PATIENCE};
use adapters::sandbox::process::{Process, find, free_port};
use reqwest::Client;
use serde_json::Value;
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

/// `experience.md` §11, by name.
pub fn figures(text: &str, reference: &str) {
    let has = |line: &str| assert!(text.contains(line), "{line} is not in:\n{text}");
    for event in [
        "ordered",
        "preparing",
        "agreeing",
        "running",
        "delivered",
        "validated",
    ] {
        has(&format!(
            "guichet_tickets_total{{event=\"{event}\",class=\"complex\",accelerated=\"false\"}} 1\n"
        ));
    }
    has("guichet_ticket_lead_time_seconds_count 1\n");
    has(
        "guichet_task_duration_seconds_count{adapter=\"git\",kind=\"change\",outcome=\"done\"} 1\n",
    );
    let tasks = "guichet_task_duration_seconds_count";
    has(&format!(
        "{tasks}{{adapter=\"guichet\",kind=\"plan\",outcome=\"done\"}} 1\n"
    ));
    has("guichet_approval_wait_seconds_count{kind=\"agreement\"} 1\n");
    has("guichet_approval_wait_seconds_count{kind=\"validation\"} 1\n");
    has("guichet_tasks_in_state{state=\"running\"} 0\n");
    has("guichet_mail_outbox_pending ");
    has("guichet_mail_sent_total{outcome=\"sent\"} ");
    has("guichet_adapter_requests_total{adapter=\"gitea\",outcome=\"ok\"} ");
    has("guichet_ledger_tokens{contract=\"ACME-K8S\",kind=\"granted\"} 20\n");
    let never = "guichet_audit_last_verified_timestamp_seconds 0\n";
    has("guichet_audit_last_verified_timestamp_seconds ");
    assert!(!text.contains(never), "it was verified at the start");
    has("guichet_build_info{version=\"");
    assert!(!text.contains(reference), "no ticket is named");
}

/// The linter of Prometheus itself.
pub fn promtool(text: &str) {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let done = child.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(done.status.success() && said.is_empty(), "{said}\n{text}");
}

/// The real Prometheus scrapes, and answers questions about it.
pub async fn scraped(client: &Client, figures: &str, token: &str) {
    let dir = tempfile::tempdir().unwrap();
    let at = figures.trim_start_matches("http://");
    let at = at.trim_end_matches("/metrics");
    let config = format!(
        "scrape_configs:\n- job_name: guichet\n  scrape_interval: 1s\n  \
         authorization: {{credentials: {token}}}\n  static_configs: [{{targets: ['{at}']}}]\n"
    );
    fs::write(dir.path().join("prometheus.yml"), config).unwrap();
    let port = free_port().unwrap();
    let program = find(&["prometheus"]).expect("prometheus is installed");
    let listen = format!("--web.listen-address=127.0.0.1:{port}");
    let args = [
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        &listen,
    ];
    let log = dir.path().join("log");
    let mut process = Process::start(&program, args, dir.path(), &log).unwrap();
    let query = format!("http://127.0.0.1:{port}/api/v1/query");
    let ask = async |what: &'static str| {
        let asked = client.get(&query).query(&[("query", what)]);
        let answer: Value = asked.send().await.ok()?.json().await.ok()?;
        answer["data"]["result"][0]["value"][1]
            .as_str()
            .map(str::to_owned)
    };
    let there = || async { ask("guichet_build_info").await.is_some() };
    process.until(PATIENCE, there).await.unwrap();
    assert_eq!(ask("up{job=\"guichet\"}").await.unwrap(), "1");
    assert_eq!(
        ask("guichet_tickets_total{event=\"validated\"}")
            .await
            .unwrap(),
        "1"
    );
    let typed = client.get(format!("http://127.0.0.1:{port}/api/v1/targets/metadata"));
    let typed: Value = typed.send().await.unwrap().json().await.unwrap();
    let all = typed["data"].as_array().unwrap();
    let of = |name: &str| {
        all.iter()
            .find(|it| it["metric"] == name)
            .map(|it| &it["type"])
    };
    assert_eq!(
        of("guichet_tickets").unwrap(),
        "counter",
        "it was read as OpenMetrics"
    );
    assert_eq!(of("guichet_task_duration_seconds").unwrap(), "histogram");
}

/// One ticket, from request to command to task.
pub fn spans(collector: &Collector, reference: &str, number: &str) {
    let spans = collector.spans();
    let all: Vec<&str> = spans.iter().map(|it| it.name.as_str()).collect();
    let order = spans.iter().find(|it| it.name == "POST /api/v1/tickets");
    let order = order.unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!(order.says("http.request.method"), Some("POST"));
    assert_eq!(order.says("http.route"), Some("/api/v1/tickets"));
    assert_eq!(order.says("http.response.status_code"), Some("201"));
    assert_eq!(order.says("http.request.header.x-request-id"), Some(number));
    let of_ticket = |name: &str| {
        let all = spans.iter().filter(|it| it.name == name);
        all.filter(|it| it.says("cicd.pipeline.run.id") == Some(reference))
            .collect::<Vec<_>>()
    };
    let commands = of_ticket("command");
    let kind = |kind| {
        commands
            .iter()
            .find(|it| it.says("guichet.command") == Some(kind))
    };
    let ordered = kind("ticket.ordered").expect("the order is a span");
    assert_eq!(
        ordered.trace, order.trace,
        "the command is part of its request"
    );
    assert_eq!(ordered.parent, order.id);
    let tasks = of_ticket("task");
    assert!(tasks.len() >= 2, "the plan and the commit: {all:?}");
    let acted = tasks
        .iter()
        .find(|it| it.says("guichet.task.action") == Some("git.change"));
    let acted = acted.expect("the commit is a span");
    assert!(acted.says("cicd.pipeline.task.name").is_some());
    let proved = kind("effect.proved").expect("the proof is a span");
    assert_eq!(
        proved.trace, acted.trace,
        "a command of a run is part of its task"
    );
    let decided = kind("gate.decided").expect("the decision is a span");
    let page = spans.iter().find(|it| it.id == decided.parent).unwrap();
    assert_eq!(page.says("url.path"), Some("/v/…"), "a link is never named");
}

/// Lines with the ids of tickets, tasks and requests.
pub fn log(said: &str, reference: &str, number: &str) {
    let lines: Vec<Value> = said
        .lines()
        .filter(|it| it.starts_with('{'))
        .map(|it| serde_json::from_str(it).unwrap_or_else(|why| panic!("{why}: {it}")))
        .collect();
    assert!(
        lines
            .iter()
            .all(|it| it["level"].is_string() && it["timestamp"].is_string())
    );
    let committed = |command: &str| {
        let of = lines.iter().filter(|it| it["message"] == "committed");
        of.filter(|it| it["ticket"] == reference)
            .any(|it| it["command"] == command)
    };
    assert!(
        committed("ticket.ordered") && committed("gate.decided"),
        "{said}"
    );
    let acted = lines
        .iter()
        .find(|it| it["command"] == "effect.proved")
        .unwrap();
    assert!(acted["task"].is_string(), "{acted}");
    let answered = lines.iter().filter(|it| it["message"] == "answered");
    let of = |it: &Value, key: &str| it["spans"][0][key].as_str().unwrap_or_default().to_owned();
    let all: Vec<(String, String)> = answered
        .map(|it| (of(it, "request"), of(it, "path")))
        .collect();
    assert!(
        all.contains(&(number.to_owned(), "/api/v1/tickets".into())),
        "{all:?}"
    );
    assert!(all.iter().any(|it| it.1 == "/v/…"), "{all:?}");
}
