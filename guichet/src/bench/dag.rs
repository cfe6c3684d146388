//! `dag_layers`, `dag_montage_1k`, `dag_montage_10k`: one ticket whose tasks are a graph.
//!
//! No line of the catalogue is that large, so the ticket is ordered as the usual five tasks, and
//! its rows are exchanged for those of the graph before any runner has seen it.

use super::{
    Line, Options, blocking,
    drive::Drive,
    flow::Tally,
    frame::Frame,
    raw,
    shape::Shape,
    stats::{mean, rate},
    tell,
    town::{self, Rules, Town},
};
use anyhow::Context as _;
use engine::store::Known;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// How long a graph may take; what is done by then is what is reported.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures one shape.
pub(super) async fn run(name: &'static str, options: &Options) -> anyhow::Result<Line> {
    let shape = match (name, options.tickets) {
        ("dag_layers", many) => Shape::layers(many.unwrap_or(1000).div_ceil(10), 10),
        ("dag_montage_10k", many) => Shape::montage(many.unwrap_or(10_000)),
        (_, many) => Shape::montage(many.unwrap_or(1000)),
    };
    let mut frame = Frame::on_file(name, options).await?;
    let below = floor(frame.dir(), &shape).await?;
    let url = frame.place.url.clone();
    let rules = Rules::default();
    let tally = Tally::default();
    let desk = town::desk(&url, rules, &tally).await?;
    let town = Town::found(&desk, 1).await?;
    let ticket = town.ask(&desk, 0).await?;
    desk.store.connection().clone().close().await?;
    let (path, graph) = (frame.place.path(), shape.clone());
    blocking(move || exchange(&path, &graph)).await?;
    let desk = town::desk(&url, rules, &tally).await?;
    let drive = Drive::start(vec![desk], town, &url).await?;
    tell(&format!("{name}: {} tasks", shape.0.len()));
    let finished = drive.finish(&Known::from(&ticket), PATIENCE).await?;
    let proved = "SELECT count(*) FROM record WHERE kind = 'effect.proved'";
    let proved = drive.count(proved).await?;
    let micros = "SELECT max(CASE WHEN kind = 'effect.proved' THEN at END)
        - min(CASE WHEN kind = 'gate.decided' THEN at END) FROM record";
    let seconds = drive.count(micros).await? / 1e6;
    drive.stop().await?;
    let above = floor(frame.dir(), &shape).await?;
    frame.anchors(options).await?;
    let line = &mut frame.line;
    line.set("n", shape.0.len());
    line.set("edges", shape.edges());
    line.set("depth", shape.depth());
    line.set("finished", finished);
    line.figure("tasks_done", proved);
    line.figure("seconds", seconds);
    line.figure("tasks_per_s", proved / seconds);
    let floor = mean(below, above);
    line.figure("floor_tasks_per_s", floor);
    line.figure("ratio", proved / seconds / floor);
    if super::anchor::apart(below, above) {
        line.set("disturbed", true);
    }
    if finished {
        let many = rate(shape.0.len(), 1.0);
        anyhow::ensure!(proved >= many, "only {proved} of {many} tasks were proved");
    }
    frame.end().await
}

async fn floor(dir: &Path, shape: &Shape) -> anyhow::Result<f64> {
    let (dir, shape) = (dir.to_owned(), shape.clone());
    blocking(move || raw::scheduler(&dir, &shape)).await
}

/// Tasks of the workflow of these measurements.
const FIVE: [&str; 5] = ["t1", "t2", "t3", "t4", "t5"];

/// Puts the graph where the five tasks of the only ticket stand.
fn exchange(path: &Path, shape: &Shape) -> anyhow::Result<()> {
    let mut db = Connection::open(path)?;
    db.pragma_update(None, "foreign_keys", false)?;
    let tx = db.transaction()?;
    let graph: String = tx.query_row("SELECT graph FROM ticket_order", [], |row| row.get(0))?;
    let mut graph: Vec<Value> = serde_json::from_str(&graph)?;
    let named = |graph: &[Value], name: &str| graph.iter().position(|it| it["name"] == name);
    let first = named(&graph, "t1").context("the ticket has no first task")?;
    let first = graph[first].clone();
    let start = first["after"].clone();
    graph.retain(|it| !FIVE.contains(&it["name"].as_str().unwrap_or_default()));
    let last = named(&graph, "validation").context("the ticket has no validation")?;
    let mut last = graph.remove(last);
    tx.execute_batch(
        "CREATE TEMP TABLE pattern AS SELECT * FROM task WHERE name = 't1';
         DELETE FROM task WHERE name IN ('t1', 't2', 't3', 't4', 't5');",
    )?;
    let many = shape.0.len();
    let mut leaf = vec![true; many];
    for (nth, after) in shape.0.iter().enumerate() {
        let mut node = first.clone();
        node["name"] = json!(format!("n{nth}"));
        let names: Vec<String> = after.iter().map(|it| format!("n{it}")).collect();
        node["after"] = if names.is_empty() {
            start.clone()
        } else {
            json!(names)
        };
        for it in after {
            leaf[*it] = false;
        }
        graph.push(node);
        tx.prepare_cached("UPDATE pattern SET seq = ?, name = ?")?
            .execute(params![100 + nth, format!("n{nth}")])?;
        tx.prepare_cached("INSERT INTO task SELECT * FROM pattern")?
            .execute([])?;
    }
    let leaves = leaf.iter().enumerate().filter(|it| *it.1);
    last["after"] = leaves.map(|it| format!("n{}", it.0)).collect();
    graph.push(last);
    let moved = tx.execute(
        "UPDATE task SET seq = ? WHERE name = 'validation'",
        params![100 + many],
    )?;
    anyhow::ensure!(moved == 1, "the ticket has no validation");
    let graph = serde_json::to_string(&graph)?;
    tx.execute("UPDATE ticket_order SET graph = ?", params![graph])?;
    tx.commit()?;
    db.close().map_err(|it| it.1).context("the file")?;
    Ok(())
}
