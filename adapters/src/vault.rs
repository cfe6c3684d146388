//! The secret store: four verbs on paths, a login that leaves nothing behind, and the two actions
//! written on them.

mod client;

pub use client::VaultClient;

use crate::wire::Secret;
use async_trait::async_trait;
use serde_json::Value;
use workflows::{Cx, Fault};

/// A Vault or OpenBao. Paths are those of its API without `/v1/`, e.g. `sys/policies/acl/orders`.
#[async_trait]
pub trait Vault: Send + Sync {
    /// What it says of itself.
    ///
    /// # Errors
    /// `Transient` when it is sealed or on standby.
    async fn health(&self, cx: &Cx) -> Result<Value, Fault>;
    /// The `data` at the path; `None` when nothing is there.
    ///
    /// # Errors
    /// Only those of the exchange itself.
    async fn read(&self, cx: &Cx, path: &str) -> Result<Option<Value>, Fault>;
    /// Writes the body at the path; `None` when the answer has no content.
    ///
    /// # Errors
    /// The classified refusal.
    async fn write(&self, cx: &Cx, path: &str, body: &Value) -> Result<Option<Value>, Fault>;
    /// Deletes what is at the path; what is not there is deleted already.
    ///
    /// # Errors
    /// The classified refusal.
    async fn delete(&self, cx: &Cx, path: &str) -> Result<(), Fault>;
    /// Logs in at `auth/<mount>` as `role` with the token of a service account, says which
    /// policies that gave, and revokes what it was given.
    ///
    /// # Errors
    /// `Denied` when the login is refused.
    async fn try_login(
        &self,
        cx: &Cx,
        mount: &str,
        role: &str,
        jwt: &Secret,
    ) -> Result<Vec<String>, Fault>;
}
