//! What one client and the provider agreed: parameters of the rules, never code.

use crate::window::Window;
use catalogue::{Family, Offer};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// From when to when the six accelerated changes are counted (A1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From one anniversary of the contract to the next.
    #[default]
    ContractYear,
    /// From 1 January to 31 December.
    CalendarYear,
}

/// The parameters that the contract leaves open, with the reading of `contract.md` as default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// Counting period of accelerated changes (A1).
    pub period: Period,
    /// Days of silence after which a delivered change counts as validated; `None`: never (A13).
    pub tacit_validation_days: Option<u32>,
    /// Days a quote, an estimate or an offer stays open (A18).
    pub offer_days: u32,
    /// Days an agreement on a plan stays open.
    pub agreement_days: u32,
    /// How many different persons of the client must agree to a plan; at least one.
    pub agreement_quorum: u32,
    /// Days an e-mail link works.
    pub link_days: u32,
    /// Days after which an open question is asked again, counted from the first asking.
    pub reminder_days: Vec<u32>,
    /// When changes may start; `None`: at any time.
    pub window: Option<Window>,
    /// Lines sold "by contract" on Caascad Shared (C07, C08) are orderable (A27).
    pub shared_checks: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Terms {
            period: Period::ContractYear,
            tacit_validation_days: None,
            offer_days: 30,
            agreement_days: 7,
            agreement_quorum: 1,
            link_days: 14,
            reminder_days: vec![2, 5],
            window: None,
            shared_checks: false,
        }
    }
}

/// One client's contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The client's code, e.g. `ACME`; begins every reference.
    pub client: String,
    /// The client's name.
    pub client_name: String,
    /// The contract's own code, e.g. `ACME-K8S`.
    pub code: String,
    /// Dedicated or Shared (S55).
    pub offer: Offer,
    /// Subscribed services (S57).
    pub services: Vec<Family>,
    /// First day; its anniversary begins each contract year.
    pub starts: NaiveDate,
    /// Last day.
    pub ends: NaiveDate,
    /// Clusters the contract covers.
    pub clusters: Vec<String>,
    /// Parameters.
    pub terms: Terms,
}

impl catalogue::Inventory for Contract {
    fn clusters(&self) -> Vec<String> {
        self.clusters.clone()
    }
}
