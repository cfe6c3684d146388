//! Tokens: double entry over dated lots. Rows are immutable; a balance is a sum.
//!
//! Hold at order, capture at validation, release otherwise (ruling 3). A hold is settled once: its
//! settlement has the hold's own name as primary key.

use crate::id::{HoldId, LotId, TicketId};
use catalogue::Tokens;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A dated lot of tokens. The counters are caches of postings, written with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Name.
    pub id: LotId,
    /// Tokens granted.
    pub granted: Tokens,
    /// Tokens set aside for open tickets.
    pub held: Tokens,
    /// Tokens captured.
    pub spent: Tokens,
    /// Tokens that expired unused.
    pub expired: Tokens,
    /// When it was granted.
    pub granted_at: DateTime<Utc>,
    /// When what is left expires; `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Lot {
    /// Tokens that can be held at `now`.
    #[must_use]
    pub fn available(&self, now: DateTime<Utc>) -> Tokens {
        if self.expires_at.is_some_and(|it| it <= now) {
            return Tokens(0);
        }
        self.left()
    }
    /// Tokens neither held, spent nor expired.
    #[must_use]
    pub fn left(&self) -> Tokens {
        let gone = self.held.0 + self.spent.0 + self.expired.0;
        Tokens(self.granted.0.saturating_sub(gone))
    }
}

/// Tokens set aside for one ticket on one lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Name; also the primary key of its one settlement.
    pub id: HoldId,
    /// For which ticket.
    pub ticket: TicketId,
    /// On which lot.
    pub lot: LotId,
    /// How many.
    pub tokens: Tokens,
    /// Settled already, and how many were captured.
    pub captured: Option<Tokens>,
}

/// One side of a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// The provider, from whom tokens come.
    Issuer,
    /// What a client can still use.
    Stock,
    /// What is set aside.
    Held,
    /// What was used.
    Spent,
    /// What ran out of time.
    Expired,
}

impl Account {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Account::Issuer => "issuer",
            Account::Stock => "stock",
            Account::Held => "held",
            Account::Spent => "spent",
            Account::Expired => "expired",
        }
    }
    /// The account of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Account> {
        [
            Account::Issuer,
            Account::Stock,
            Account::Held,
            Account::Spent,
            Account::Expired,
        ]
        .into_iter()
        .find(|it| it.word() == word)
    }
}

/// What a command does to the ledger; the store turns each into postings and counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// A new lot.
    Grant(Lot),
    /// Stock to held.
    Hold(Hold),
    /// Held to spent and, for the rest, back to stock. Once per hold.
    Settle {
        /// Which hold.
        hold: Hold,
        /// How many of it are captured, at most all.
        captured: Tokens,
    },
    /// Stock to expired.
    Expire {
        /// Which lot.
        lot: LotId,
        /// How many.
        tokens: Tokens,
    },
}

/// Not enough tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// How many can be held.
    pub available: Tokens,
}

/// Sum that can be held at `now`.
#[must_use]
pub fn available(lots: &[Lot], now: DateTime<Utc>) -> Tokens {
    Tokens(lots.iter().map(|it| it.available(now).0).sum())
}

/// Sets `tokens` aside, first expiring lot first, then oldest.
///
/// # Errors
/// [`Short`] when the lots do not hold enough; nothing is set aside then.
pub fn hold(
    lots: &[Lot],
    ticket: TicketId,
    tokens: Tokens,
    now: DateTime<Utc>,
    mut name: impl FnMut() -> HoldId,
) -> Result<Vec<Hold>, Short> {
    let available = available(lots, now);
    if available < tokens {
        return Err(Short { available });
    }
    let mut order: Vec<&Lot> = lots.iter().collect();
    order.sort_by_key(|it| (it.expires_at.is_none(), it.expires_at, it.granted_at, it.id));
    let mut left = tokens.0;
    let mut holds = Vec::new();
    for lot in order {
        let take = lot.available(now).0.min(left);
        if take > 0 {
            let hold = Hold {
                id: name(),
                ticket,
                lot: lot.id,
                tokens: Tokens(take),
                captured: None,
            };
            holds.push(hold);
            left -= take;
        }
    }
    Ok(holds)
}

/// Settles every open hold: `captured` tokens in all are captured, the rest is released.
/// Capturing more than was held captures what was held: a hold is a ceiling (A16, A38).
#[must_use]
pub fn settle(holds: &[Hold], captured: Tokens) -> Vec<Move> {
    let mut left = captured.0;
    holds
        .iter()
        .filter(|it| it.captured.is_none())
        .map(|hold| {
            let take = hold.tokens.0.min(left);
            left -= take;
            Move::Settle {
                hold: hold.clone(),
                captured: Tokens(take),
            }
        })
        .collect()
}

/// What expired lots still have left at `now`.
#[must_use]
pub fn expiries(lots: &[Lot], now: DateTime<Utc>) -> Vec<Move> {
    lots.iter()
        .filter(|it| it.expires_at.is_some_and(|at| at <= now) && it.left() > Tokens(0))
        .map(|it| Move::Expire {
            lot: it.id,
            tokens: it.left(),
        })
        .collect()
}

/// Debit and credit of one move: tokens leave the first account and arrive in the second.
#[must_use]
pub fn postings(step: &Move) -> Vec<(Account, Account, Tokens)> {
    match step {
        Move::Grant(lot) => vec![(Account::Issuer, Account::Stock, lot.granted)],
        Move::Hold(hold) => vec![(Account::Stock, Account::Held, hold.tokens)],
        Move::Settle { hold, captured } => {
            let released = Tokens(hold.tokens.0 - captured.0);
            [(Account::Spent, *captured), (Account::Stock, released)]
                .into_iter()
                .filter(|(_, tokens)| *tokens > Tokens(0))
                .map(|(to, tokens)| (Account::Held, to, tokens))
                .collect()
        }
        Move::Expire { tokens, .. } => vec![(Account::Stock, Account::Expired, *tokens)],
    }
}
