//! The one JSON line that a workload prints.

use super::{Goal, anchor::Pair, machine, stats::round};
use serde_json::{Map, Value, json};
use std::path::Path;

/// What a workload measured.
#[derive(Clone, Debug)]
pub struct Line(Map<String, Value>);

impl Line {
    /// A line of that workload, with what is known before anything is measured.
    pub(super) fn new(name: &str) -> Line {
        let profile = if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        };
        let mut line = Line(Map::new());
        line.set("name", name);
        line.set("profile", profile);
        line.set("guichet", env!("CARGO_PKG_VERSION"));
        line.set("sqlite", rusqlite::version());
        line.set("cores", machine::cores());
        line.figure("load", machine::load().unwrap_or(f64::NAN));
        line
    }

    /// A line that says why nothing was measured.
    pub(super) fn blocked(name: &str, why: &str) -> Line {
        let mut line = Line::new(name);
        line.set("blocked", why);
        line
    }

    /// Sets a value.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets a figure, rounded; one that is no number is left out.
    pub(super) fn figure(&mut self, key: &str, value: f64) {
        if value.is_finite() {
            self.set(key, round(value));
        }
    }

    /// Notes the anchors, whether they show that the machine was disturbed, and on what disk.
    pub(super) fn anchors(&mut self, pair: &Pair, dir: &Path) {
        let both = json!({ "before": pair.before.value(), "after": pair.after.value() });
        self.set("anchors", both);
        self.set("disturbed", pair.disturbed());
        if let Some(kind) = machine::file_system(dir) {
            self.set("file_system", kind);
        }
    }

    /// Notes memory, and how the figures stand to what is promised.
    pub(super) fn finish(mut self) -> Line {
        self.figure("rss_mb", machine::resident().unwrap_or(f64::NAN));
        self.figure("peak_rss_mb", machine::peak().unwrap_or(f64::NAN));
        let mut goals = Map::new();
        for goal in Goal::of(self.name()) {
            let met = self.number(goal.key).map(|it| goal.meets(it, goal.must));
            let aimed = goal.aim.zip(self.number(goal.key));
            let aimed = aimed.map(|(aim, it)| goal.meets(it, aim));
            let value = json!({
                "must": goal.must, "aim": goal.aim, "must_met": met, "aim_met": aimed,
            });
            goals.insert(goal.key.to_owned(), value);
        }
        self.set("goals", goals);
        self
    }

    /// Name of the workload.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.get("name").and_then(Value::as_str).unwrap_or("")
    }

    /// A figure of the line, by its key.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key).and_then(Value::as_f64)
    }

    /// The line as JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}
