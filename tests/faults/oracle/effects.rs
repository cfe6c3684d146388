//! What really happened outside, as the systems themselves kept it, against what the tickets say.

use super::{Findings, get, rows};
use crate::town::{CLUSTERS, PLATFORM, REPOS, Town};
use adapters::sandbox::pools::Doing;
use sea_orm::ConnectionTrait;
use serde_json::Value;
use std::collections::BTreeMap;

/// One task of one ticket, as the database has it.
struct Task {
    reference: String,
    code: String,
    cluster: String,
    answers: Value,
    name: String,
    status: String,
    effect: String,
    ended_at: String,
}

async fn tasks<C: ConnectionTrait>(db: &C) -> Vec<Task> {
    let sql = "SELECT t.reference, t.code, t.cluster, o.body AS ordered, k.name, k.status, k.body
               FROM task k JOIN ticket t ON t.client = k.client AND t.id = k.ticket
               JOIN ticket_order o ON o.client = t.client AND o.ticket = t.id";
    let task = |row: &sea_orm::QueryResult| {
        let json = |column: &str| -> Value {
            serde_json::from_str(&get::<String>(row, column)).unwrap_or_default()
        };
        let (ordered, body) = (json("ordered"), json("body"));
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        Task {
            reference: get(row, "reference"),
            code: get(row, "code"),
            cluster: get(row, "cluster"),
            answers: ordered["answers"].clone(),
            name: get(row, "name"),
            status: get(row, "status"),
            effect: text(&body["effect"]),
            ended_at: text(&body["ended_at"]),
        }
    };
    rows(db, sql).await.iter().map(task).collect()
}

pub(super) async fn judge<C: ConnectionTrait>(db: &C, town: &Town, found: &mut Findings) {
    let tasks = tasks(db).await;
    commits(town, &tasks, found);
    manifests(town, &tasks, found);
    receivers(town, &tasks, found);
    power(town, &tasks, found);
    alerts(town, &tasks, found);
}

/// Every key applied at most once and taken back at most once; every task that says so has its
/// commit, and no commit belongs to a task that never acted.
fn commits(town: &Town, tasks: &[Task], found: &mut Findings) {
    let mut made: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = 0;
    for repo in REPOS {
        for it in town.commits(repo) {
            all += 1;
            let count = made.entry(it.ticket.clone()).or_default();
            let key = match (&it.task, &it.undo) {
                (Some(key), None) => {
                    count.0 += 1;
                    format!("apply {key}")
                }
                (None, Some(key)) => {
                    count.1 += 1;
                    format!("undo {key}")
                }
                other => {
                    found.blame(format!("a commit for {} names {other:?}", it.ticket));
                    continue;
                }
            };
            *keys.entry(key).or_default() += 1;
        }
    }
    for (key, times) in keys.iter().filter(|it| *it.1 > 1) {
        found.blame(format!("effect {key} took place {times} times"));
    }
    for it in tasks
        .iter()
        .filter(|it| matches!(&*it.name, "commit" | "deposit"))
    {
        if it.code == "K08" {
            continue;
        }
        let (applied, undone) = made.remove(&it.reference).unwrap_or_default();
        let fits = match (it.status.as_str(), it.effect.as_str()) {
            ("done", "proved") => applied - undone == 1,
            ("done", _) => applied == undone,
            // Begun and perhaps never carried out: then there is nothing to take back either.
            ("undone" | "failed" | "cancelled" | "skipped", _) => applied == undone,
            _ => true,
        };
        if !fits {
            found.blame(format!(
                "{} says {} is {} ({}), git has {applied} commits and {undone} taken back",
                it.reference, it.name, it.status, it.effect
            ));
        }
    }
    for ticket in made.keys() {
        found.blame(format!(
            "git has commits for {ticket}, which has no such task"
        ));
    }
    found.look("commits", all);
}

/// C01: the file is there exactly when its ticket says so.
fn manifests(town: &Town, tasks: &[Task], found: &mut Findings) {
    let mut paths = BTreeMap::new();
    for repo in REPOS {
        paths.insert(repo, town.paths(repo));
    }
    for it in tasks.iter().filter(|it| it.name == "deposit") {
        let text = |name: &str| it.answers[name].as_str().unwrap_or_default().to_owned();
        let there = paths.get(text("repo").as_str());
        let there = there.is_some_and(|all| all.contains(&text("path")));
        if there != (it.status == "done") {
            let path = text("path");
            found.blame(format!(
                "{} is {}, {path} there: {there}",
                it.reference, it.status
            ));
        }
    }
}

/// K13: a receiver is in the file, once, exactly when its ticket says so; and what runs is what
/// Git has.
fn receivers(town: &Town, tasks: &[Task], found: &mut Findings) {
    let path = "alertmanager/alertmanager.yml";
    let kept = town.file(PLATFORM, path);
    let running = std::fs::read_to_string(town.monitoring.config_dir.join(path));
    if running.ok().as_deref() != Some(kept.as_str()) {
        found.blame("Alertmanager's file is not the one in Git");
    }
    for it in tasks
        .iter()
        .filter(|it| it.code == "K13" && it.name == "commit")
    {
        let name = it.answers["receiver"].as_str().unwrap_or_default();
        let lines = kept.lines().filter(|line| {
            let named = line.trim().trim_start_matches("- ").strip_prefix("name:");
            named.is_some_and(|it| it.trim().trim_matches('"') == name)
        });
        let (times, wanted) = (lines.count(), usize::from(it.status == "done"));
        if times != wanted {
            let reference = &it.reference;
            found.blame(format!(
                "{reference}: receiver {name} is there {times} times, not {wanted}"
            ));
        }
    }
}

/// K06: each key does each thing at most once, and the cluster is as the last ticket left it.
fn power(town: &Town, tasks: &[Task], found: &mut Findings) {
    let mut all = 0;
    for cluster in CLUSTERS {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for (key, doing) in town.operations(cluster) {
            all += 1;
            if key.is_empty() {
                found.blame(format!("{cluster}: an operation without a key"));
            }
            let what = match doing {
                Doing::Stop => "stop",
                Doing::Start => "start",
                Doing::Resize(..) => "resize",
                Doing::Nothing => "nothing",
            };
            *times.entry(format!("{what} {key}")).or_default() += 1;
        }
        for (key, times) in times.iter().filter(|it| *it.1 > 1) {
            found.blame(format!("{cluster}: {key} took place {times} times"));
        }
        let done = tasks
            .iter()
            .filter(|it| it.name == "power" && it.cluster == cluster && it.status == "done");
        let Some(last) = done.max_by_key(|it| it.ended_at.clone()) else {
            continue;
        };
        if town.runs(cluster) != (last.answers["action"] == "wake") {
            let (reference, asked) = (&last.reference, &last.answers["action"]);
            found.blame(format!(
                "{cluster} was last asked to {asked} by {reference} and is not so"
            ));
        }
    }
    found.look("power operations", all);
}

/// K13: each probe was notified about when its ticket says so, and once.
fn alerts(town: &Town, tasks: &[Task], found: &mut Findings) {
    let mut firing: BTreeMap<String, usize> = BTreeMap::new();
    for it in town.monitoring.sink.received() {
        let none = Vec::new();
        for alert in it.body["alerts"].as_array().unwrap_or(&none) {
            let probe = alert["labels"]["guichet_probe"].as_str();
            let begun = alert["startsAt"].as_str();
            if let (Some(probe), Some(begun), true) = (probe, begun, alert["status"] == "firing") {
                *firing
                    .entry(format!("{} {probe} {begun}", it.path))
                    .or_default() += 1;
            }
        }
    }
    for it in tasks
        .iter()
        .filter(|it| it.name == "deliver" && it.status == "done")
    {
        let name = it.answers["receiver"].as_str().unwrap_or_default();
        let times = firing
            .keys()
            .filter(|it| it.starts_with(&format!("/{name} ")))
            .count();
        if times != 1 {
            found.blame(format!("{}: its alert began {times} times", it.reference));
        }
    }
    found.look("alerts delivered", firing.len());
}
