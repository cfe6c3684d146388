//! Whoever counts what is said to the systems.

use std::{fmt, sync::Arc};

/// How a system answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// With this HTTP status.
    Status(u16),
    /// Not at all, or not to the end.
    Nothing,
}

/// Hears of every exchange once it is over. It answers at once and learns no more than this:
/// neither addresses nor contents.
pub trait Ear: Send + Sync {
    /// `system`, e.g. `gitea`, answered so.
    fn heard(&self, system: &'static str, answered: Answered);
}

/// An ear, or none.
#[derive(Clone, Default)]
pub(crate) struct Heard(pub(crate) Option<Arc<dyn Ear>>);

impl Heard {
    pub(super) fn tell(&self, system: &'static str, answered: Answered) {
        if let Some(ear) = &self.0 {
            ear.heard(system, answered);
        }
    }
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Heard" } else { "Unheard" })
    }
}
