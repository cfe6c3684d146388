//! One line of the catalogue: what may be ordered, on which terms. Not an order.

use crate::{Form, Text, Tokens};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whether a change is simple or complex in the contract's sense (S4, S5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// One contractual task, one token.
    Simple,
    /// Two contractual tasks or more, or a quote.
    Complex,
}

/// The subscribed service whose catalogue a line belongs to (S57).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Managed Kubernetes: lines K01 and following.
    Kubernetes,
    /// Managed containers: lines C01 and following; needs managed Kubernetes too.
    Containers,
}

impl Family {
    /// First letter of the codes of this family.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Family::Kubernetes => 'K',
            Family::Containers => 'C',
        }
    }
    /// Name of the contract's section.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Family::Kubernetes => Text::new(
                "Kubernetes managé avec Caascad",
                "Managed Kubernetes with Caascad",
            ),
            Family::Containers => Text::new(
                "Conteneur managé avec Caascad",
                "Managed containers with Caascad",
            ),
        }
    }
}

/// The flavour of Caascad that a contract subscribes to (S55).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// The client's own tools: every line may be ordered.
    Dedicated,
    /// Shared tools: seven functions do not apply, and their lines are closed.
    Shared,
}

/// Whether a line may be ordered on Caascad Shared (S55).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shared {
    /// Certainly orderable.
    Yes,
    /// Closed: it needs one of the functions that Shared does not have.
    #[default]
    No,
    /// The text does not settle it; open only when the contract says so.
    ByContract,
}

impl Shared {
    /// True when no contract parameter is needed to order the line on Shared.
    #[must_use]
    pub fn orderable_by_default(self) -> bool {
        self == Shared::Yes
    }
}

/// The environment that a change touches (S65, S66).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Shared between provider and client, who may change it at any time.
    Client,
    /// Reserved to the provider: no step run by the client.
    Admin,
}

/// How a line is priced (S3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pricing {
    /// A fixed number of tokens.
    Fixed {
        /// Price of one request.
        tokens: Tokens,
    },
    /// A number of tokens for each started tranche of a quantity (A10).
    Tranche {
        /// Price of one started tranche.
        tokens: Tokens,
        /// Size of a tranche, at least 1.
        per: u32,
        /// Name of the count field that holds the quantity.
        field: String,
    },
    /// Priced case by case, before any work.
    Quoted,
    /// Time spent, within an agreed quote that is a cap (S32).
    TimeAndMaterials,
}

/// A line of the catalogue. Stored whole with each ticket, so that neither its price nor its form
/// can change after the order (S2, S7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Code of the line, e.g. `K06`.
    pub code: String,
    /// Stable name for people and commands, e.g. `cluster-hibernate-wake`.
    pub key: String,
    /// Title; the French one is the contract's, word for word.
    pub title: Text,
    /// What the client gets, in a sentence or two.
    pub summary: Text,
    /// Other words people search for.
    pub synonyms: Vec<String>,
    /// Service whose catalogue the line belongs to.
    pub family: Family,
    /// How it is priced.
    pub pricing: Pricing,
    /// What must be filled in to order it.
    pub form: Form,
    /// Whether it may be ordered on Caascad Shared.
    pub shared: Shared,
    /// Environment it touches.
    pub environment: Environment,
    /// Name of the workflow that carries it out.
    pub workflow: String,
    /// Constants handed to the workflow, for lines that share one.
    pub given: Map<String, Value>,
    /// The consumption of infrastructure it causes is the client's, and must be acknowledged (S64).
    pub iaas_note: bool,
    /// Some of its effect cannot be taken back.
    pub irreversible: bool,
    /// What the client must know before ordering, each with its clause where there is one.
    pub notes: Vec<Text>,
    /// Typical duration in minutes, not a promise: the contract sets no lead time (A37).
    pub minutes: Option<u32>,
    /// Section of the contract under which the line is shown.
    pub group: Text,
}

impl Entry {
    /// Simple or complex: derived from the price, never declared (S4, S5, S6).
    #[must_use]
    pub fn class(&self) -> Class {
        match self.pricing {
            Pricing::Fixed { tokens: Tokens(1) } => Class::Simple,
            _ => Class::Complex,
        }
    }
    /// True when a quote comes before the price is known, time and materials included (S31, S32).
    #[must_use]
    pub fn is_quoted(&self) -> bool {
        matches!(self.pricing, Pricing::Quoted | Pricing::TimeAndMaterials)
    }
    /// Tokens of one request, or of one started tranche; nothing for a quoted line.
    #[must_use]
    pub fn unit_tokens(&self) -> Option<Tokens> {
        match self.pricing {
            Pricing::Fixed { tokens } | Pricing::Tranche { tokens, .. } => Some(tokens),
            Pricing::Quoted | Pricing::TimeAndMaterials => None,
        }
    }
    /// Whether the line may be ordered under `offer`; `contract_allows_by_contract` is what the
    /// contract says of the lines that its text leaves open (S55, A27).
    #[must_use]
    pub fn orderable_on(&self, offer: Offer, contract_allows_by_contract: bool) -> bool {
        match (offer, self.shared) {
            (Offer::Dedicated, _) | (Offer::Shared, Shared::Yes) => true,
            (Offer::Shared, Shared::ByContract) => contract_allows_by_contract,
            (Offer::Shared, Shared::No) => false,
        }
    }
}
