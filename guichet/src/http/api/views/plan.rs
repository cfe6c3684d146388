//! What a change would do, before it does it.

use super::task::mark;
use catalogue::Lang;
use engine::ticket::Ticket;
use serde::Serialize;
use workflows::{Change, Impact, draw::DrawNode};

/// The plan of a ticket.
#[derive(Clone, Debug, Serialize)]
pub struct PlanView {
    /// Of which ticket.
    pub reference: String,
    /// What agreements agree to; none until the plan is made.
    pub digest: Option<String>,
    /// Worst effect.
    pub impact: Option<Impact>,
    /// How many plans were put to the client.
    pub round: u32,
    /// Tasks that act.
    pub tasks: Vec<PlannedView>,
}

/// What one task would change.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedView {
    /// Task.
    pub task: String,
    /// Title.
    pub title: String,
    /// Digest of this part.
    pub digest: String,
    /// Resources written.
    pub targets: Vec<String>,
    /// It depends on tasks that have not run: not visible beforehand.
    pub opaque: bool,
    /// Already in place: nothing to change.
    pub empty: bool,
    /// Differences; secrets show as digests only.
    pub changes: Vec<Change>,
    /// What to read before agreeing.
    pub warnings: Vec<String>,
}

impl PlanView {
    /// The ticket's current plan.
    #[must_use]
    pub fn of(ticket: &Ticket, lang: Lang) -> PlanView {
        let planned = |it: &engine::ticket::Task| {
            let planned = it.planned.as_ref()?;
            Some(PlannedView {
                task: it.node.name.clone(),
                title: it.node.title.get(lang).to_owned(),
                digest: planned.digest.clone(),
                targets: planned.targets.clone(),
                opaque: planned.opaque,
                empty: planned.plan.is_empty(),
                changes: planned.plan.changes.iter().map(shown).collect(),
                warnings: planned.plan.warnings.clone(),
            })
        };
        PlanView {
            reference: ticket.reference.clone(),
            digest: ticket.digest.clone(),
            impact: ticket.impact.clone(),
            round: ticket.round,
            tasks: ticket.tasks.iter().filter_map(planned).collect(),
        }
    }
}

/// The ticket's tasks ready to be drawn.
#[must_use]
pub fn drawing(ticket: &Ticket, lang: Lang) -> Vec<DrawNode> {
    ticket
        .tasks
        .iter()
        .map(|it| DrawNode {
            name: it.node.name.clone(),
            label: it.node.title.get(lang).to_owned(),
            mark: mark(it.status),
            after: it.node.after.clone(),
        })
        .collect()
}

/// A change as it may be shown: of a secret nothing but a digest, even where the adapter left its
/// value.
fn shown(change: &Change) -> Change {
    let mut change = change.clone();
    for value in [&mut change.before, &mut change.after] {
        let safe = value.is_null() || value.as_str().is_some_and(|it| it.starts_with("sha256:"));
        if change.secret && !safe {
            *value = workflows::plan::digest(value).into();
        }
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use workflows::{Fidelity, Verb};

    #[test]
    fn of_a_secret_nothing_is_shown_but_a_digest() {
        let change = |before, secret| Change {
            path: "x".into(),
            verb: Verb::Update,
            before,
            after: json!(null),
            secret,
            fidelity: Fidelity::Exact,
        };
        assert_eq!(shown(&change(json!("open"), false)).before, "open");
        let hidden = shown(&change(json!({"password": "hunter2"}), true))
            .before
            .to_string();
        assert!(
            hidden.contains("sha256:") && !hidden.contains("hunter2"),
            "{hidden}"
        );
        assert_eq!(shown(&change(json!("sha256:ab"), true)).before, "sha256:ab");
    }
}
