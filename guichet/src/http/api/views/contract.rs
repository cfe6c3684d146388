//! Contracts: what is left, what was used.

use super::word;
use chrono::{DateTime, NaiveDate, Utc};
use engine::{contract::Contract, ledger::Lot, query::Standing, quota};
use serde::Serialize;

/// A contract as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct ContractView {
    /// Code.
    pub code: String,
    /// Code of the client.
    pub client: String,
    /// Name of the client.
    pub client_name: String,
    /// `dedicated` or `shared` (S55).
    pub offer: String,
    /// Subscribed services.
    pub services: Vec<String>,
    /// First day.
    pub starts: NaiveDate,
    /// Last day.
    pub ends: NaiveDate,
    /// Clusters it covers.
    pub clusters: Vec<String>,
}

impl From<&Contract> for ContractView {
    fn from(it: &Contract) -> ContractView {
        ContractView {
            code: it.code.clone(),
            client: it.client.clone(),
            client_name: it.client_name.clone(),
            offer: word(&it.offer),
            services: it.services.iter().map(word).collect(),
            starts: it.starts,
            ends: it.ends,
            clusters: it.clusters.clone(),
        }
    }
}

/// Tokens of a contract.
#[derive(Clone, Debug, Serialize)]
pub struct Balance {
    /// Can be held now.
    pub available: u32,
    /// Set aside.
    pub held: u32,
    /// Captured.
    pub spent: u32,
    /// Ran out of time.
    pub expired: u32,
    /// Lots, oldest first.
    pub lots: Vec<LotView>,
}

/// A dated lot.
#[derive(Clone, Debug, Serialize)]
pub struct LotView {
    /// Name.
    pub id: String,
    /// Granted.
    pub granted: u32,
    /// Neither held, spent nor expired.
    pub left: u32,
    /// When it was granted.
    pub granted_at: DateTime<Utc>,
    /// When what is left expires.
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<&Lot> for LotView {
    fn from(it: &Lot) -> LotView {
        LotView {
            id: it.id.to_string(),
            granted: it.granted.0,
            left: it.left().0,
            granted_at: it.granted_at,
            expires_at: it.expires_at,
        }
    }
}

/// Accelerated changes of the current year (S14).
#[derive(Clone, Debug, Serialize)]
pub struct Quota {
    /// Used or reserved.
    pub used: usize,
    /// How many a year.
    pub of: u8,
    /// First day of the counting year.
    pub from: NaiveDate,
    /// Day on which the next one begins.
    pub until: NaiveDate,
}

/// A contract with where it stands.
#[derive(Clone, Debug, Serialize)]
pub struct StandingView {
    /// The contract.
    #[serde(flatten)]
    pub contract: ContractView,
    /// Its tokens.
    pub tokens: Balance,
    /// Its accelerated changes.
    pub accelerated: Quota,
}

impl StandingView {
    /// Where the contract stands at `now`.
    #[must_use]
    pub fn of(it: &Standing, now: DateTime<Utc>) -> StandingView {
        let sum = |f: fn(&Lot) -> u32| it.lots.iter().map(f).sum();
        StandingView {
            contract: ContractView::from(&it.contract),
            tokens: Balance {
                available: it.available(now),
                held: sum(|it| it.held.0),
                spent: sum(|it| it.spent.0),
                expired: sum(|it| it.expired.0),
                lots: it.lots.iter().map(LotView::from).collect(),
            },
            accelerated: Quota {
                used: it.slots.len(),
                of: quota::PER_YEAR,
                from: it.year.from,
                until: it.year.until,
            },
        }
    }
}
