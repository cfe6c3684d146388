//! What a well-shaped flow file may still get wrong: names, order, joins, contractual tasks.

use super::{MAX_DEPTH, Report, order, raw::Spots, refs};
use crate::{
    graph::Graph,
    task::Join,
    workflow::{Step, TaskDef, Workflow},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(flow: &Workflow, spots: &[Spots], report: &mut Report) {
    let tasks = &flow.tasks;
    let names: BTreeSet<&str> = tasks.iter().map(|it| it.name.as_str()).collect();
    for (task, spot) in tasks.iter().zip(spots) {
        predecessors(task, spot, &names, report);
        joins(task, spot, tasks, report);
    }
    let graph = Workflow::graph_of(tasks);
    if cyclic(&graph, spots, report) {
        return;
    }
    depth(&graph, spots, report);
    for (i, spot) in spots.iter().enumerate() {
        refs::check(tasks, i, &graph, spot, report);
    }
    contractual(tasks, &graph, spots, report);
    order::dead(tasks, &graph, spots, report);
}

fn predecessors(task: &TaskDef, spot: &Spots, names: &BTreeSet<&str>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for (before, at) in task.after.iter().zip(&spot.after) {
        if !names.contains(before.as_str()) {
            let known: Vec<_> = names
                .iter()
                .copied()
                .filter(|it| *it != task.name)
                .collect();
            let right = format!("name one of {}", known.join(", "));
            report.say(
                *at,
                format!("task {}: after {before}, which is no task", task.name),
                right,
            );
        }
        if !seen.insert(before) {
            let wrong = format!("task {}: after {before} twice", task.name);
            report.say(*at, wrong, "name each predecessor once");
        }
    }
}

fn joins(task: &TaskDef, spot: &Spots, tasks: &[TaskDef], report: &mut Report) {
    let Join::Of(k) = task.join else { return };
    if k as usize > task.after.len() {
        let wrong = format!("task {}: join = {k} of {}", task.name, task.after.len());
        report.say(
            spot.join,
            wrong,
            "join at most as many as there are predecessors",
        );
    }
    let expanded = |it: &&TaskDef| it.each.is_some() && task.after.contains(&it.name);
    if let Some(expanded) = tasks.iter().find(expanded) {
        let wrong = format!("task {}: join = {k} over {}", task.name, expanded.name);
        report.say(spot.join, wrong, "use \"all\" after a task that has each");
    }
}

fn cyclic(graph: &Graph, spots: &[Spots], report: &mut Report) -> bool {
    let cycles = graph.cycles();
    for members in &cycles {
        let at = graph.place(members[0]).map_or(0, |it| spots[it].task);
        let wrong = format!("tasks wait for each other: {}", members.join(", "));
        report.say(at, wrong, "remove one of their after");
    }
    !cycles.is_empty()
}

fn depth(graph: &Graph, spots: &[Spots], report: &mut Report) {
    let mut depth = vec![1; spots.len()];
    for i in graph.topological() {
        depth[i] = 1 + graph.before(i).map(|it| depth[it]).max().unwrap_or(0);
        if depth[i] == MAX_DEPTH + 1 {
            let wrong = format!("a chain of more than {MAX_DEPTH} tasks");
            report.say(spots[i].task, wrong, "shorten it");
        }
    }
}

/// A contractual task is one task or a chain of tasks; gates and timers are nobody's work, and two
/// unrelated tasks under one name would hide a treatment from the price (S4, S5).
fn contractual(tasks: &[TaskDef], graph: &Graph, spots: &[Spots], report: &mut Report) {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, task) in tasks.iter().enumerate() {
        let Some(name) = &task.contractual else {
            continue;
        };
        if matches!(task.step, Step::Gate(_) | Step::Timer { .. }) {
            let wrong = format!("task {} waits, so it is no contractual task", task.name);
            report.say(
                spots[i].contractual,
                wrong,
                "give contractual to tasks that act",
            );
        }
        if name.trim().is_empty() {
            let wrong = format!("task {}: blank contractual name", task.name);
            report.say(spots[i].contractual, wrong, "name it or leave it out");
        }
        groups.entry(name).or_default().push(i);
    }
    for (name, group) in groups {
        for pair in group.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let chained = graph.ancestors(a).contains(&b) || graph.ancestors(b).contains(&a);
            if !chained && !order::exclude(&tasks[a].when, &tasks[b].when) {
                let wrong = format!(
                    "tasks {} and {} share contractual task {name}, but neither follows the other",
                    tasks[a].name, tasks[b].name
                );
                let right = "give each its own contractual name, or chain them (S5)";
                report.say(spots[b].contractual, wrong, right);
            }
        }
    }
}
