//! What a change would do, as lines that a person can read.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use workflows::plan::{Change, Impact, Level, Plan, Verb};

use crate::{format, i18n::I18n};

/// Lines up to which a plan is shown at once.
const SHORT: usize = 12;
/// Lines beyond which each path unfolds on its own.
const LONG: usize = 60;
/// Paths that a small page names.
const NAMED: usize = 20;

/// The plan of a whole ticket.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// Digest that an agreement is bound to.
    pub digest: String,
    /// How many things appear.
    pub creates: usize,
    /// How many change.
    pub updates: usize,
    /// How many disappear.
    pub deletes: usize,
    /// How many are run.
    pub runs: usize,
    /// Differences, task by task.
    pub groups: Vec<Group>,
    /// Message id of the worst effect.
    pub impact: &'static str,
    /// What restarts.
    pub restarts: Vec<String>,
    /// What is lost for good.
    pub irreversible: Option<String>,
    /// What to read before agreeing.
    pub warnings: Vec<String>,
    /// Lines left out because the page is small.
    pub hidden: usize,
    /// Paths left out for the same reason.
    pub unnamed: usize,
}

/// Differences of one task on one path.
#[derive(Clone, Debug)]
pub struct Group {
    /// Address of what changes.
    pub path: String,
    /// Message id of what happens to it.
    pub verb: &'static str,
    /// Lines taken away, added and kept.
    pub lines: Vec<Line>,
}

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `-`, `+` or a space.
    pub sign: char,
    /// The line.
    pub text: String,
}

impl PlanView {
    /// The plans of a ticket's tasks together, under the digest that is agreed to.
    #[must_use]
    pub fn of(words: &'static I18n, digest: &str, plans: &[Plan<Value>]) -> PlanView {
        let changes: Vec<&Change> = plans.iter().flat_map(|it| &it.changes).collect();
        let count = |verb| changes.iter().filter(|it| it.verb == verb).count();
        let impact = plans
            .iter()
            .fold(Impact::default(), |sum, it| sum.and(&it.impact));
        PlanView {
            digest: digest.to_owned(),
            creates: count(Verb::Create),
            updates: count(Verb::Update),
            deletes: count(Verb::Delete),
            runs: count(Verb::Run),
            groups: changes.iter().map(|it| group(words, it)).collect(),
            impact: impact_key(impact.level),
            restarts: impact.restarts,
            irreversible: impact.irreversible,
            warnings: plans
                .iter()
                .flat_map(|it| it.warnings.iter().cloned())
                .collect(),
            hidden: 0,
            unnamed: 0,
        }
    }

    /// Whether everything is already as asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn lines(&self) -> usize {
        let shown: usize = self.groups.iter().map(|it| it.lines.len()).sum();
        shown + self.hidden
    }

    /// Whether it is short enough, or grave enough, to be read without being asked for.
    #[must_use]
    pub fn unfolded(&self) -> bool {
        self.lines() <= SHORT || self.irreversible.is_some()
    }

    /// Whether only its paths are shown at first.
    #[must_use]
    pub fn long(&self) -> bool {
        self.lines() > LONG
    }

    /// The same plan with at most `most` lines, for pages that must stay small. What changes is
    /// still named when how it changes is left out.
    #[must_use]
    pub fn capped(mut self, most: usize) -> PlanView {
        let mut room = most;
        for group in &mut self.groups {
            let kept = group.lines.len().min(room);
            self.hidden += group.lines.len() - kept;
            group.lines.truncate(kept);
            room -= kept;
        }
        let unnamed = self.groups.iter().skip(NAMED);
        self.unnamed += unnamed.count();
        self.groups.truncate(NAMED);
        self
    }
}

pub(crate) fn impact_key(level: Level) -> &'static str {
    match level {
        Level::None => "impact-none",
        Level::Reload => "impact-reload",
        Level::RollingRestart => "impact-rolling-restart",
        Level::Eviction => "impact-eviction",
        Level::Outage => "impact-outage",
        Level::DataLoss => "impact-data-loss",
    }
}

fn group(words: &'static I18n, change: &Change) -> Group {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        _ if change.secret => masked(words, value),
        Value::String(it) => it.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    };
    let (before, after) = (text(&change.before), text(&change.after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let lines = diff
        .grouped_ops(2)
        .iter()
        .flatten()
        .flat_map(|op| diff.iter_changes(op))
        .map(|it| Line {
            sign: match it.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            },
            text: it.value().trim_end_matches('\n').to_owned(),
        })
        .collect();
    Group {
        path: change.path.clone(),
        verb: match change.verb {
            Verb::Create => "plan-create",
            Verb::Update => "plan-update",
            Verb::Delete => "plan-delete",
            Verb::Run => "plan-run",
        },
        lines,
    }
}

fn masked(words: &'static I18n, value: &Value) -> String {
    let digest = value.as_str().filter(|it| it.starts_with("sha256:"));
    match digest {
        Some(digest) => words
            .say("plan-masked")
            .with("digest", format::digest(digest))
            .to_string(),
        // An adapter that forgot to hash a secret must not betray it here.
        None => words.t("plan-masked-whole"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalogue::Lang;
    use serde_json::json;
    use workflows::plan::Fidelity;

    fn change(before: Value, after: Value, secret: bool) -> Change {
        Change {
            path: "x".into(),
            verb: Verb::Update,
            before,
            after,
            secret,
            fidelity: Fidelity::Exact,
        }
    }

    fn view(changes: Vec<Change>) -> PlanView {
        let plan = Plan::new(json!(null), changes, Level::Reload);
        PlanView::of(I18n::get(Lang::Fr), "sha256:00", &[plan])
    }

    fn lines(view: &PlanView) -> Vec<String> {
        view.groups
            .iter()
            .flat_map(|g| &g.lines)
            .map(|l| format!("{}{}", l.sign, l.text))
            .collect()
    }

    #[test]
    fn values_become_lines_taken_away_and_added() {
        assert_eq!(
            lines(&view(vec![change(json!(2), json!(3), false)])),
            ["-2", "+3"]
        );
        let text = view(vec![change(json!("a\nb\nc\n"), json!("a\nB\nc\n"), false)]);
        assert_eq!(lines(&text), [" a", "-b", "+B", " c"]);
        let born = view(vec![change(json!(null), json!({"min": 1}), false)]);
        assert_eq!(lines(&born), ["+{", "+  \"min\": 1", "+}"]);
    }

    #[test]
    fn secrets_never_show_even_when_the_adapter_forgot_to_hash_them() {
        let hashed = change(
            json!("sha256:0011223344556677"),
            json!("sha256:8899aabbccddeeff"),
            true,
        );
        let bare = change(json!("hunter2"), json!("hunter3"), true);
        let text = lines(&view(vec![hashed, bare])).join("\n");
        assert!(text.contains("001122…6677"), "{text}");
        assert!(!text.contains("hunter"), "{text}");
    }

    #[test]
    fn the_worst_impact_of_all_tasks_is_shown() {
        let words = I18n::get(Lang::En);
        let calm = Plan::new(json!(null), vec![], Level::None);
        let mut loud = Plan::new(json!(null), vec![], Level::DataLoss);
        loud.impact = Impact {
            irreversible: Some("Logs are lost.".into()),
            ..loud.impact
        };
        let view = PlanView::of(words, "sha256:00", &[calm, loud]);
        assert_eq!(view.impact, "impact-data-loss");
        assert_eq!(view.irreversible.as_deref(), Some("Logs are lost."));
        assert!(view.is_empty());
    }

    #[test]
    fn a_small_page_says_how_much_it_leaves_out() {
        let long = (0..50).map(|i| format!("line {i}\n")).collect::<String>();
        let view = view(vec![change(json!(null), json!(long), false)]).capped(12);
        assert_eq!((lines(&view).len(), view.hidden), (12, 38));
    }
}
