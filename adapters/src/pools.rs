//! The port to the provider of node pools: sizes and power of one managed cluster.

mod aks;

pub use aks::{AksConfig, AksPools, ClusterId};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflows::{Cx, Fault};

/// How many nodes a pool may have and has been asked to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Fewest nodes; only the autoscaler reads it.
    pub min: u32,
    /// Most nodes; only the autoscaler reads it.
    pub max: u32,
    /// Nodes asked for.
    pub desired: u32,
}

/// What a pool is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolState {
    /// Settled.
    Ready,
    /// An operation is running.
    Busy,
    /// The last operation failed.
    Failed,
}

/// One node pool as the provider describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Name within the cluster.
    pub name: String,
    /// Size now asked for.
    pub size: Size,
    /// Whether the autoscaler moves it between min and max.
    pub autoscaled: bool,
    /// What it is busy with.
    pub state: PoolState,
    /// Version to compare and swap against.
    pub etag: Option<String>,
    /// The provider's whole description; sent back when the pool is changed, so that nothing of it
    /// falls back to a default.
    pub raw: Value,
}

/// Whether the cluster runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Running.
    On,
    /// Stopped, control plane and nodes.
    Off,
    /// On the way from one to the other, or otherwise busy.
    Changing,
}

/// An operation of the provider that goes on after its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle(pub String);

/// How an operation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Still going on.
    Running,
    /// Over, and well.
    Done,
    /// Over, with the provider's reason.
    Failed(String),
}

/// The provider of one cluster's node pools.
///
/// # Errors
/// `Conflict` when the version moved, `Transient` when another operation is running or the provider
/// is throttling, `Rejected`, `Denied` and `Missing` as the provider says, `Ambiguous` when a sent
/// change got no answer.
#[async_trait]
pub trait Pools: Send + Sync {
    /// All pools, by name.
    async fn list(&self, cx: &Cx) -> Result<Vec<Pool>, Fault>;
    /// Asks for another size of the pool, if it still is as read.
    async fn resize(&self, cx: &Cx, pool: &Pool, size: Size) -> Result<Option<Handle>, Fault>;
    /// Whether the cluster runs.
    async fn power(&self, cx: &Cx) -> Result<Power, Fault>;
    /// Starts or stops the cluster.
    async fn set_power(&self, cx: &Cx, on: bool) -> Result<Option<Handle>, Fault>;
    /// How an operation stands.
    async fn poll(&self, cx: &Cx, operation: &Handle) -> Result<Progress, Fault>;
}
