//! Tasks of a ticket.

use super::{Names, Who, word};
use catalogue::Lang;
use chrono::{DateTime, Utc};
use engine::ticket::{Status, Task};
use serde::Serialize;
use serde_json::Value;
use workflows::{Evidence, Fault, Proof, Work};

/// One task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskView {
    /// Position, from 1.
    pub n: i32,
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// How it stands.
    pub status: &'static str,
    /// `plan`, `action`, `manual`, `gate` or `timer`.
    pub kind: &'static str,
    /// Action called, or stood in for by a person.
    pub action: Option<String>,
    /// Who does it by hand.
    pub role: Option<String>,
    /// What that person has to do.
    pub instructions: Option<String>,
    /// Stretch of the ticket's life.
    pub phase: String,
    /// Tasks it comes after.
    pub after: Vec<String>,
    /// Counts as a contractual task (S4, S5).
    pub contractual: bool,
    /// Tries so far.
    pub attempt: i32,
    /// Who can take it back: `auto`, `manual` or `none`.
    pub undo: String,
    /// What it left for later tasks.
    pub receipt: Option<Value>,
    /// What proves it.
    pub proofs: Vec<Proof>,
    /// The last thing that went wrong.
    pub fault: Option<Fault>,
    /// What a person wrote about it.
    pub note: Option<String>,
    /// Who did it by hand, skipped it or took it over.
    pub by: Option<Who>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl TaskView {
    /// The task as it stands.
    #[must_use]
    pub fn of(task: &Task, names: &Names, lang: Lang) -> TaskView {
        let (kind, action, role, instructions) = match &task.node.work {
            Work::Plan => ("plan", None, None, None),
            Work::Action { name, .. } => ("action", Some(name.clone()), None, None),
            Work::Manual {
                role,
                instructions,
                instead_of,
                ..
            } => {
                let words = instructions.get(lang).to_owned();
                ("manual", instead_of.clone(), Some(word(role)), Some(words))
            }
            Work::Gate(_) => ("gate", None, None, None),
            Work::Timer { .. } => ("timer", None, None, None),
        };
        TaskView {
            n: task.seq + 1,
            name: task.node.name.clone(),
            title: task.node.title.get(lang).to_owned(),
            status: task.status.word(),
            kind,
            action,
            role,
            instructions,
            phase: word(&task.node.phase),
            after: task.node.after.clone(),
            contractual: task.node.contractual.is_some(),
            attempt: task.attempt,
            undo: word(&task.undo),
            receipt: task.receipt.clone(),
            proofs: task.proofs.clone(),
            fault: task.fault.clone(),
            note: task.note.clone(),
            by: task.by.map(|it| names.get(it)),
            started_at: task.started_at,
            ended_at: task.ended_at,
        }
    }
}

/// What a task exchanged with the systems, and what proves it.
#[derive(Clone, Debug, Serialize)]
pub struct LogView {
    /// Task.
    pub task: String,
    /// How it stands.
    pub status: &'static str,
    /// Tries so far.
    pub attempt: i32,
    /// Exchanges, oldest first; never a secret.
    pub evidence: Vec<Evidence>,
    /// What proves it.
    pub proofs: Vec<Proof>,
    /// The last thing that went wrong.
    pub fault: Option<Fault>,
}

impl LogView {
    /// The log of a task.
    #[must_use]
    pub fn of(task: &Task) -> LogView {
        LogView {
            task: task.node.name.clone(),
            status: task.status.word(),
            attempt: task.attempt,
            evidence: task.evidence.clone(),
            proofs: task.proofs.clone(),
            fault: task.fault.clone(),
        }
    }
}

/// A status in words for people.
#[must_use]
pub fn said(status: Status, lang: Lang) -> &'static str {
    let (fr, en) = match status {
        Status::Waiting => ("pas commencée", "not started"),
        Status::Ready => ("prête", "ready"),
        Status::Running => ("en cours", "running"),
        Status::Asked => ("attend une réponse", "waiting for an answer"),
        Status::Timed => ("attend son heure", "waiting for its time"),
        Status::Done => ("terminée", "done"),
        Status::Failed => ("en échec", "failed"),
        Status::Skipped => ("sans objet", "not needed"),
        Status::Cancelled => ("annulée", "cancelled"),
        Status::InDoubt => ("résultat à vérifier", "outcome to be checked"),
        Status::UndoDue => ("à reprendre", "to be taken back"),
        Status::Undoing => ("retour arrière", "being taken back"),
        Status::Undone => ("retour arrière fait", "taken back"),
        Status::UndoFailed => ("retour arrière en échec", "could not be taken back"),
    };
    match lang {
        Lang::Fr => fr,
        Lang::En => en,
    }
}

/// The mark a drawing gives to a status.
#[must_use]
pub fn mark(status: Status) -> workflows::draw::Mark {
    use workflows::draw::Mark;
    match status {
        Status::Waiting | Status::Ready => Mark::Queued,
        Status::Running | Status::UndoDue | Status::Undoing => Mark::Running,
        Status::Asked => Mark::WaitingPerson,
        Status::Timed => Mark::WaitingWindow,
        Status::Done => Mark::Done,
        Status::Failed | Status::UndoFailed => Mark::Failed,
        Status::Skipped | Status::Cancelled => Mark::Skipped,
        Status::InDoubt => Mark::Unknown,
        Status::Undone => Mark::RolledBack,
    }
}
