//! The list of tickets.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    Ui,
    fields::Choice,
    parts::{Badge, Mark},
};

/// Tickets the reader may see.
#[derive(Template)]
#[template(path = "pages/tickets.html")]
pub struct TicketsPage {
    /// Voice.
    pub ui: Ui,
    /// Words looked for.
    pub q: String,
    /// States to choose from.
    pub states: Vec<Choice>,
    /// Only accelerated ones.
    pub accelerated: bool,
    /// How many there are in all.
    pub count: usize,
    /// This stretch of the list.
    pub rows: Vec<Row>,
    /// Where the next stretch is.
    pub more: Option<String>,
}

/// One ticket of the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Reference.
    pub reference: String,
    /// What it asks.
    pub title: String,
    /// Where it stands.
    pub mark: Mark,
    /// The same in one sentence.
    pub state: String,
    /// Code of the contract.
    pub contract: String,
    /// When it was ordered.
    pub ordered: DateTime<Utc>,
    /// What it costs in all.
    pub tokens: Option<i64>,
    /// Accelerated, frozen, undone.
    pub badges: Vec<Badge>,
}
