//! From the text of a flow file to a checked [`Workflow`], or to everything that is wrong with it.
//!
//! ```toml
//! title = { fr = "Mise en veille ou réveil", en = "Hibernate or wake" }
//! version = 1
//! validated_by = "Jules Martin"
//!
//! [task.power]
//! title = { fr = "Arrêter ou relancer", en = "Stop or start" }
//! action = "cluster.power"            # or manual = "operator", gate = {…}, timer = "7d"
//! with = { action = "$form.action" }
//! contractual = "power"
//! ```
//! A task may also have `instructions`, `after`, `join`, `when`, `each`, `each_sequential` and
//! `phase`.

mod check;
mod order;
mod raw;
mod refs;

use crate::workflow::Workflow;
use std::fmt;

/// Largest flow file, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Most tasks in one file.
pub const MAX_TASKS: usize = 200;
/// Longest chain of tasks in one file.
pub const MAX_DEPTH: usize = 64;

/// Actions that the program performs by itself; every other one needs instructions for the person
/// who stands in.
pub const AUTOMATED: [&str; 10] = [
    "cluster.power",
    "git.change",
    "git.manifest",
    "kube.apply",
    "monitor.labels",
    "monitor.load",
    "monitor.route",
    "monitor.synthetic",
    "vault.ensure",
    "vault.login",
];

/// One thing wrong in one file.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub struct LoadError {
    /// File name, e.g. `cluster-power.toml`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, one English sentence without its full stop.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LoadError {
            file,
            line,
            wrong,
            right,
        } = self;
        write!(f, "{file}:{line}: {wrong}; {right}")
    }
}

/// Collects what is wrong, by byte offset.
struct Report<'a> {
    file: String,
    text: &'a str,
    found: Vec<LoadError>,
}

impl Report<'_> {
    fn say(&mut self, at: usize, wrong: impl Into<String>, right: impl Into<String>) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = 1 + before.iter().filter(|it| **it == b'\n').count();
        let (file, wrong, right) = (self.file.clone(), wrong.into(), right.into());
        self.found.push(LoadError {
            file,
            line,
            wrong,
            right,
        });
    }
}

pub(crate) fn read(name: &str, text: &str) -> Result<Workflow, Vec<LoadError>> {
    let mut report = Report {
        file: format!("{name}.toml"),
        text,
        found: Vec::new(),
    };
    let done = raw::read(name, text, &mut report).map(|(mut flow, spots)| {
        check::check(&flow, &spots, &mut report);
        if report.found.is_empty() {
            let order = Workflow::graph_of(&flow.tasks).topological();
            flow.tasks = order.into_iter().map(|it| flow.tasks[it].clone()).collect();
        }
        flow
    });
    match done {
        Some(flow) if report.found.is_empty() => Ok(flow),
        _ => {
            report.found.sort_by_key(|it| it.line);
            Err(report.found)
        }
    }
}
