//! A provider of node pools in small, after the AKS interface of Azure's resource manager: pools
//! with versions, start and stop as operations that go on after the answer, and the nodes of the
//! cluster coming and going with them.
//!
//! The shapes are those of the public interface description, and the vendor's own client
//! (azure-mgmt-containerservice 41.8.0) read, resized, stopped and started a cluster on it when it
//! was written; that is not repeated by the tests. Error codes other than the status are ours,
//! since nobody recorded the real ones.

mod arm;
mod state;

use super::{fault::Mischief, kubernetes::Cluster, serving::Serving};
use crate::pools::{ClusterId, Size};
pub use state::Doing;
use state::State;
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
};

/// Token that the provider accepts.
pub const PROVIDER_TOKEN: &str = "sandbox-resource-manager";

/// A pool to begin with.
#[derive(Clone, Debug)]
pub struct PoolSpec {
    /// Name within the cluster.
    pub name: &'static str,
    /// Size, at once reached.
    pub size: Size,
    /// Whether the autoscaler may move it.
    pub autoscaled: bool,
    /// Whether it carries the system and so keeps a node.
    pub system: bool,
}

/// A listening provider; it stops when dropped.
pub struct NodePools {
    provider: Provider,
    serving: Serving,
}

#[derive(Clone)]
struct Provider {
    state: Arc<Mutex<State>>,
    nodes: Cluster,
    id: ClusterId,
    mischief: Mischief,
}

impl NodePools {
    /// Starts the provider of a running cluster called `name`; its nodes appear in `nodes`.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn start(nodes: Cluster, name: &str, pools: &[PoolSpec]) -> io::Result<NodePools> {
        NodePools::start_at(nodes, name, pools, 0).await
    }

    /// The same on a given port (0 lets the system choose).
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start_at(
        nodes: Cluster,
        name: &str,
        pools: &[PoolSpec],
        port: u16,
    ) -> io::Result<NodePools> {
        let id = ClusterId {
            subscription: "00000000-0000-4000-8000-0000000000aa".to_owned(),
            group: "sandbox".to_owned(),
            cluster: name.to_owned(),
        };
        let state = Arc::new(Mutex::new(State::new(pools)));
        let provider = Provider {
            state,
            nodes,
            id,
            mischief: Mischief::default(),
        };
        provider.lock().settle(&provider.nodes);
        let serving = Serving::start(arm::router(provider.clone()), port).await?;
        Ok(NodePools { provider, serving })
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> String {
        self.serving.url()
    }
    /// Where the resource manager keeps the cluster.
    #[must_use]
    pub fn id(&self) -> &ClusterId {
        &self.provider.id
    }
    /// Troubles, lies and the count of mutating calls.
    #[must_use]
    pub fn mischief(&self) -> &Mischief {
        &self.provider.mischief
    }
    /// From now on an operation is over after that many looks at it.
    pub fn take_looks(&self, looks: u32) {
        self.provider.lock().looks = looks;
    }
    /// The next operation ends as failed, with this reason.
    pub fn fail_next_operation(&self, reason: &str) {
        self.provider.lock().failure = Some(reason.to_owned());
    }
    /// Whether the cluster runs, as the provider itself knows it.
    #[must_use]
    pub fn running(&self) -> bool {
        self.provider.lock().running
    }
    /// Size of a pool, as the provider itself knows it.
    #[must_use]
    pub fn size(&self, pool: &str) -> Option<Size> {
        self.provider.lock().pools.get(pool).map(|it| it.size)
    }
    /// Every operation that was accepted since the start, in order: the name that its caller gave
    /// it (`x-ms-client-request-id`), and what it does. Nothing is ever taken out.
    #[must_use]
    pub fn operations(&self) -> Vec<(String, Doing)> {
        let state = self.provider.lock();
        let all = state.operations.iter();
        all.map(|it| (it.key.clone(), it.doing.clone())).collect()
    }
    /// Changes a pool as somebody else would.
    pub fn resize(&self, pool: &str, size: Size) {
        let mut state = self.provider.lock();
        if let Some(it) = state.pools.get_mut(pool) {
            it.size = size;
            it.version += 1;
        }
        state.settle(&self.provider.nodes);
    }
}

impl Provider {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}
