//! Pictures of a workflow: Mermaid for documents, text for terminals, SVG for pages.
//!
//! The picture is never the only way to know: each status has a shape and a word besides colour.

mod layout;
mod mermaid;
mod svg;
mod text;

pub use mermaid::mermaid;
pub use svg::svg;
pub use text::text;

use catalogue::Lang;
use serde::{Deserialize, Serialize};

/// One task to draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawNode {
    /// Unique in the drawing; the SVG links to `#t-<name>`.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How it stands.
    pub mark: Mark,
    /// Names of the tasks it comes after; unknown ones are not drawn.
    pub after: Vec<String>,
}

/// How a task stands, in the nine words that people see.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Not started.
    #[default]
    Queued,
    /// Waits for somebody.
    WaitingPerson,
    /// Waits for its hour.
    WaitingWindow,
    /// At work.
    Running,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
    /// Taken back.
    RolledBack,
    /// Not needed.
    Skipped,
    /// Nobody can tell yet.
    Unknown,
}

impl Mark {
    /// Every mark, in the order of the vocabulary.
    pub const ALL: [Mark; 9] = [
        Mark::Queued,
        Mark::WaitingPerson,
        Mark::WaitingWindow,
        Mark::Running,
        Mark::Done,
        Mark::Failed,
        Mark::RolledBack,
        Mark::Skipped,
        Mark::Unknown,
    ];

    /// Its one-character shape.
    #[must_use]
    pub fn shape(self) -> char {
        match self {
            Mark::Queued => '○',
            Mark::WaitingPerson => '◔',
            Mark::WaitingWindow => '◷',
            Mark::Running => '▶',
            Mark::Done => '✓',
            Mark::Failed => '✕',
            Mark::RolledBack => '↶',
            Mark::Skipped => '–',
            Mark::Unknown => '?',
        }
    }

    /// Its stable code, also the CSS class after `s-`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Mark::Queued => "queued",
            Mark::WaitingPerson => "waiting_person",
            Mark::WaitingWindow => "waiting_window",
            Mark::Running => "running",
            Mark::Done => "done",
            Mark::Failed => "failed",
            Mark::RolledBack => "rolled_back",
            Mark::Skipped => "skipped",
            Mark::Unknown => "unknown",
        }
    }

    /// Its CSS class.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Mark::Queued => "s-queued",
            Mark::WaitingPerson => "s-waiting_person",
            Mark::WaitingWindow => "s-waiting_window",
            Mark::Running => "s-running",
            Mark::Done => "s-done",
            Mark::Failed => "s-failed",
            Mark::RolledBack => "s-rolled_back",
            Mark::Skipped => "s-skipped",
            Mark::Unknown => "s-unknown",
        }
    }

    /// Its word, without the person, date or duration that a page may add.
    #[must_use]
    pub fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Mark::Queued, Lang::Fr) => "Pas commencée",
            (Mark::Queued, Lang::En) => "Not started",
            (Mark::WaitingPerson, Lang::Fr) => "Attend une personne",
            (Mark::WaitingPerson, Lang::En) => "Waiting for a person",
            (Mark::WaitingWindow, Lang::Fr) => "Attend son heure",
            (Mark::WaitingWindow, Lang::En) => "Waiting for its time",
            (Mark::Running, Lang::Fr) => "En cours",
            (Mark::Running, Lang::En) => "Running",
            (Mark::Done, Lang::Fr) => "Terminée",
            (Mark::Done, Lang::En) => "Done",
            (Mark::Failed, Lang::Fr) => "En échec",
            (Mark::Failed, Lang::En) => "Failed",
            (Mark::RolledBack, Lang::Fr) => "Retour arrière fait",
            (Mark::RolledBack, Lang::En) => "Rolled back",
            (Mark::Skipped, Lang::Fr) => "Sans objet",
            (Mark::Skipped, Lang::En) => "Not needed",
            (Mark::Unknown, Lang::Fr) => "Résultat à vérifier",
            (Mark::Unknown, Lang::En) => "Outcome to be checked",
        }
    }
}
