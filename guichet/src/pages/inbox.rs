//! What waits for the reader, by whose turn it is.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{Ui, parts::Badge};

/// The inbox.
#[derive(Template)]
#[template(path = "pages/inbox.html")]
pub struct InboxPage {
    /// Voice.
    pub ui: Ui,
    /// Groups, the reader's own first.
    pub groups: Vec<Group>,
}

/// Things that wait for the same reason.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they wait for.
    pub title: String,
    /// Whether the reader must act.
    pub mine: bool,
    /// What is said when there is nothing.
    pub empty: String,
    /// The things, latest deadline last.
    pub items: Vec<Item>,
}

/// One thing that waits.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is awaited: a verb for the reader's own, a state for the others.
    pub act: String,
    /// What it is about.
    pub title: String,
    /// Reference of the ticket.
    pub reference: String,
    /// Where the act is done.
    pub href: String,
    /// When it is due.
    pub due: Option<DateTime<Utc>>,
    /// Tokens at stake.
    pub tokens: Option<i64>,
    /// Accelerated, done, failed.
    pub badges: Vec<Badge>,
}

impl InboxPage {
    fn mine(&self) -> usize {
        self.groups
            .iter()
            .filter(|it| it.mine)
            .map(|it| it.items.len())
            .sum()
    }
}
