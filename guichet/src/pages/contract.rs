//! A contract's tokens: what is left, where the rest went.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{Ui, fields::Choice, ticket::Move, ui::Fact};

/// The page of one contract.
#[derive(Template)]
#[template(path = "pages/contract.html")]
pub struct ContractPage {
    /// Voice.
    pub ui: Ui,
    /// Code, client, offer, dates, manager.
    pub code: String,
    /// Facts of the contract.
    pub facts: Vec<Fact>,
    /// Tokens granted so far and still valid or spent.
    pub granted: i64,
    /// Held by orders not yet closed.
    pub held: i64,
    /// Spent.
    pub spent: i64,
    /// Lots with their dates.
    pub lots: Vec<Lot>,
    /// Accelerated changes of the contract year.
    pub slots: Slots,
    /// Periods to choose from.
    pub periods: Vec<Choice>,
    /// Available at the beginning of the period.
    pub opening: i64,
    /// Movements of the period.
    pub moves: Vec<Move>,
}

impl ContractPage {
    /// What can still be ordered.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.granted - self.spent - self.held
    }
    /// Whether the movements lead from the opening to the last balance.
    #[must_use]
    pub fn sums(&self) -> bool {
        let moved: i64 = self.moves.iter().map(|it| it.amount).sum();
        self.moves
            .last()
            .is_none_or(|last| self.opening + moved == last.available)
    }
    fn closing(&self) -> i64 {
        self.moves.last().map_or(self.opening, |it| it.available)
    }
}

/// Tokens granted together, which expire together.
#[derive(Clone, Debug)]
pub struct Lot {
    /// Where they come from.
    pub label: String,
    /// How many there were.
    pub granted: i64,
    /// How many are left.
    pub left: i64,
    /// When they expire, if they do.
    pub expires: Option<DateTime<Utc>>,
}

/// Accelerated changes of one contract year (S14).
#[derive(Clone, Debug)]
pub struct Slots {
    /// How many there are a year.
    pub of: u8,
    /// Reference of the ticket in each slot taken, with whether it is used or only reserved.
    pub taken: Vec<(String, bool)>,
    /// First day of the year.
    pub from: DateTime<Utc>,
    /// First day of the next.
    pub until: DateTime<Utc>,
}

impl Slots {
    fn used(&self) -> usize {
        self.taken.iter().filter(|it| it.1).count()
    }
    fn reserved(&self) -> usize {
        self.taken.len() - self.used()
    }
    fn free(&self) -> usize {
        usize::from(self.of).saturating_sub(self.taken.len())
    }
}
