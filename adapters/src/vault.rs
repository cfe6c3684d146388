//! The secret store: four verbs on paths, a login that leaves nothing behind, and the two actions
//! written on them.

mod client;
mod ensure;
mod layout;
mod login;

pub use client::VaultClient;
pub use ensure::{EnsureBefore, EnsureReceipt, VaultEnsure, Was};
pub use layout::{EnsureParams, Model};
pub use login::{LoginParams, VaultLogin};

use crate::wire::Secret;
use async_trait::async_trait;
use serde_json::Value;
use workflows::{Cx, Fault};

/// The audience that tokens for a login must name, and that every role demands.
pub const AUDIENCE: &str = "vault";

/// Namespace of the account whose token Vault shows to the cluster when it asks about a login.
pub const REVIEWER_NAMESPACE: &str = "vault-injector";
/// That account; it may review tokens and nothing else.
pub const REVIEWER_ACCOUNT: &str = "vault-reviewer";
/// The Secret of type `kubernetes.io/service-account-token` that holds its token.
pub const REVIEWER_SECRET: &str = "vault-reviewer-token";

/// Where a zone's service accounts log in.
#[must_use]
pub fn mount_of(zone: &str) -> String {
    format!("kubernetes-{zone}")
}

/// How a Vault reaches the cluster whose service accounts it lets in.
#[derive(Clone)]
pub struct ClusterLink {
    /// Address of the cluster's API, as seen from Vault.
    pub host: String,
    /// PEM of the authority that signed the API's certificate; empty for the public ones.
    pub ca_pem: String,
    /// Token with which Vault asks the cluster about a login, when the operator keeps it; otherwise
    /// it is read from [`REVIEWER_SECRET`] in the cluster.
    pub reviewer: Option<Secret>,
}

/// A Vault or OpenBao. Paths are those of its API without `/v1/`, e.g. `sys/policies/acl/orders`.
#[async_trait]
pub trait Vault: Send + Sync {
    /// What it says of itself.
    ///
    /// # Errors
    /// `Transient` when it is sealed.
    async fn health(&self, cx: &Cx) -> Result<Value, Fault>;
    /// The `data` at the path; `None` when nothing is there.
    ///
    /// # Errors
    /// Only those of the exchange itself.
    async fn read(&self, cx: &Cx, path: &str) -> Result<Option<Value>, Fault>;
    /// Names directly below the path, in order.
    ///
    /// # Errors
    /// Only those of the exchange itself.
    async fn list(&self, cx: &Cx, path: &str) -> Result<Vec<String>, Fault>;
    /// Writes the body at the path. `secret` is added to it under its key, and never quoted back.
    ///
    /// # Errors
    /// The classified refusal; `Conflict` when an auth mount of that path exists.
    async fn write(
        &self,
        cx: &Cx,
        path: &str,
        body: &Value,
        secret: Option<(&str, &Secret)>,
    ) -> Result<(), Fault>;
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
