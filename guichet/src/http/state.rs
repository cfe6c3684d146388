//! What every handler may use.

use super::{address::Net, api::Readiness, guess::Guesses};
use crate::{config::LimitsConfig, mail::Outbox};
use engine::desk::Desk;
use std::sync::Arc;

/// Rules of the house for whoever comes in, and what is remembered of them.
#[derive(Debug)]
pub struct House {
    /// When the program calls itself ready.
    pub readiness: Readiness,
    /// Wrong guesses by address.
    pub guesses: Guesses,
    /// Proxies in front that are believed.
    pub proxies: Vec<Net>,
}

impl Default for House {
    fn default() -> Self {
        House::new(Readiness::default(), &LimitsConfig::default())
    }
}

impl House {
    /// Rules as the operator wants them.
    #[must_use]
    pub fn new(readiness: Readiness, limits: &LimitsConfig) -> Self {
        House {
            readiness,
            guesses: Guesses::new(limits.guesses_per_minute),
            proxies: limits.proxies.clone(),
        }
    }
}

/// The provider as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Name, e.g. `Nuage Sûr`.
    pub name: String,
    /// Support mailbox.
    pub mail: String,
    /// Support telephone.
    pub phone: String,
    /// Where people reach the portal, without a slash at the end.
    pub base_url: String,
}

/// What every handler may use; cheap to clone.
#[derive(Clone)]
pub struct Web {
    /// The one door to tickets, and everything that can be read.
    pub desk: Desk,
    /// The provider.
    pub provider: Arc<Provider>,
    /// Letters kept instead of sent, in the demo.
    pub outbox: Option<Arc<Outbox>>,
    /// Demo: personas instead of passwords.
    pub demo: bool,
    /// Key of the nonces in forms; new at each start, since a form lives for minutes.
    pub nonce_key: Arc<[u8; 32]>,
    /// Rules of the house.
    pub house: Arc<House>,
}
