//! The port to a Kubernetes API server: what our changes need of it, and nothing about any change.

mod classify;
mod client;
mod kinds;

pub use classify::classify;
pub use client::KubeClient;
pub use kinds::{Kind, ObjRef};

use crate::wire::Secret;
use async_trait::async_trait;
use serde_json::Value;
use workflows::{Cx, Fault};

/// Name under which this program owns fields; the cluster stores it with every field.
pub const FIELD_MANAGER: &str = "guichet";

/// How an object is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyOpts {
    /// The server answers what would be stored, and stores nothing.
    pub dry_run: bool,
    /// Fields of other managers are taken over instead of refused.
    pub force: bool,
}

/// What the server answered to an apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The object, defaults included.
    pub object: Value,
    /// Texts of the `Warning` headers, e.g. that pods would break the Pod Security level.
    pub warnings: Vec<String>,
}

/// A Kubernetes API server.
///
/// # Errors
/// Every method answers with the class of [`classify`](fn@classify): `Conflict` for a field of
/// another manager or a moved version, `Rejected` for what the server calls wrong, `Denied` for a
/// missing right, `Missing` for an absent target, `Ambiguous` when a sent change got no answer.
#[async_trait]
pub trait Kube: Send + Sync {
    /// The object, `None` when there is none.
    async fn get(&self, cx: &Cx, object: &ObjRef) -> Result<Option<Value>, Fault>;
    /// All objects of a kind that carry the labels (`""`: all), in a namespace or everywhere.
    async fn list(
        &self,
        cx: &Cx,
        kind: Kind,
        namespace: Option<&str>,
        labels: &str,
    ) -> Result<Vec<Value>, Fault>;
    /// Server-side apply of the complete set of fields that are ours.
    async fn apply(&self, cx: &Cx, object: &Value, how: ApplyOpts) -> Result<Applied, Fault>;
    /// Creates the object; `Conflict` when there is one of that name. `dry_run` stores nothing.
    async fn create(&self, cx: &Cx, object: &Value, dry_run: bool) -> Result<Value, Fault>;
    /// Deletes the object if it still is the one with that uid; `false` when there was none.
    async fn delete(&self, cx: &Cx, object: &ObjRef, uid: &str) -> Result<bool, Fault>;
    /// Whether we may use this verb on this kind; asked of the server itself.
    async fn can_i(
        &self,
        cx: &Cx,
        verb: &str,
        kind: Kind,
        namespace: Option<&str>,
    ) -> Result<bool, Fault>;
    /// A token of ten minutes for a service account and one audience.
    async fn token(
        &self,
        cx: &Cx,
        namespace: &str,
        account: &str,
        audience: &str,
    ) -> Result<Secret, Fault>;
}
