//! An off-catalogue study: need, call, orientation, agreement, study, conclusion (S19 to S30).

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    Ui,
    parts::Step,
    ticket::{Event, Head, Kin, Move, Next},
    ui::Fact,
};

/// The page of one study.
#[derive(Template)]
#[template(path = "pages/study.html")]
pub struct StudyPage {
    /// Voice.
    pub ui: Ui,
    /// Reference, title and the rest of the head.
    pub head: Head,
    /// Whether the reader has just asked for it.
    pub fresh: bool,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What comes next, with the form that does it.
    pub next: Next,
    /// The need as the requester told it.
    pub need: Vec<Fact>,
    /// The call, once slots are proposed.
    pub call: Option<Call>,
    /// The estimate or the conclusion, once there is one.
    pub outcome: Vec<Fact>,
    /// Child tickets, or the catalogue line it became.
    pub kin: Vec<Kin>,
    /// Movements of tokens.
    pub moves: Vec<Move>,
    /// What happened, oldest first.
    pub feed: Vec<Event>,
}

/// The half-hour call (S20).
#[derive(Clone, Debug)]
pub struct Call {
    /// Slots proposed.
    pub proposed: Vec<DateTime<Utc>>,
    /// Slot chosen.
    pub chosen: Option<DateTime<Utc>>,
    /// Who takes part.
    pub attendees: Vec<String>,
    /// What was said (S21).
    pub minutes: Option<String>,
}
