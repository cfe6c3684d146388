//! What every handler may use.

use crate::mail::Outbox;
use engine::desk::Desk;
use std::sync::Arc;

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
}
