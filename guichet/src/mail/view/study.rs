//! What the letters of an off-catalogue study know.

use super::Link;
use catalogue::Text;
use chrono::{DateTime, Utc};

/// N13: the estimate of a study (S24, S25).
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Tokens, a ceiling.
    pub tokens: u32,
    /// How long the work takes.
    pub duration: Text,
    /// When it would be handed over.
    pub lead_time: Text,
    /// End of validity.
    pub until: DateTime<Utc>,
    /// Where to decide.
    pub link: Link,
}

/// N13: the half-hour call (S20).
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Start.
    pub from: DateTime<Utc>,
    /// End.
    pub to: DateTime<Utc>,
    /// Where: a telephone number or a room, never an address of the web.
    pub place: String,
    /// Who attends, names and addresses; the reader included.
    pub attendees: Vec<(String, String)>,
    /// How many times the call was moved, from 0: calendars only take a higher one.
    pub moved: u32,
    /// Page of the study.
    pub page: String,
}

/// Where a study ended (S28, S29).
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It can be done, with these changes, each with its price in tokens.
    Feasible(Vec<(Text, u32)>),
    /// It cannot, for this reason; the study is due all the same (S27).
    Infeasible(Text),
    /// It was a change of the catalogue after all (S22).
    Reclassified(Vec<(Text, u32)>),
}

/// N13: the conclusion of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Conclusion {
    /// Where it ended.
    pub outcome: Outcome,
    /// Tokens charged for the study itself.
    pub charged: u32,
    /// Tokens left.
    pub balance: i64,
    /// Page of the study.
    pub page: String,
}
