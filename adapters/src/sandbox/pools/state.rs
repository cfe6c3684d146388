//! What the provider knows: power, pools, and the operations that are still going on.

use super::PoolSpec;
use crate::{pools::Size, sandbox::kubernetes::Cluster};
use std::collections::BTreeMap;

/// One pool.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub size: Size,
    pub autoscaled: bool,
    pub system: bool,
    pub version: u64,
}

/// What an operation does when it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// The cluster is stopped.
    Stop,
    /// The cluster is started.
    Start,
    /// That pool gets that size.
    Resize(String, Size),
    /// Nothing: the provider lied when it accepted it.
    Nothing,
}

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub doing: Doing,
    /// Under which name the caller asked for it.
    pub key: String,
    pub looks_left: u32,
    /// Whether it is to end badly, and how.
    pub failure: Option<String>,
    pub over: bool,
}

/// Everything the provider knows; cloned when it lies.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub running: bool,
    pub pools: BTreeMap<String, Pool>,
    pub operations: Vec<Operation>,
    pub looks: u32,
    pub failure: Option<String>,
}

impl State {
    pub fn new(pools: &[PoolSpec]) -> State {
        let pools = pools.iter().map(|it| {
            let (size, autoscaled, system) = (it.size, it.autoscaled, it.system);
            (
                it.name.to_owned(),
                Pool {
                    size,
                    autoscaled,
                    system,
                    version: 1,
                },
            )
        });
        let pools = pools.collect();
        State {
            running: true,
            pools,
            operations: Vec::new(),
            looks: 0,
            failure: None,
        }
    }

    /// The operation that is going on, if one is.
    pub fn busy(&self) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|it| !it.over && it.doing != Doing::Nothing)
    }

    /// Begins an operation; its number is its address.
    pub fn begin(&mut self, doing: Doing, key: &str) -> usize {
        let failure = self.failure.take();
        let looks_left = self.looks;
        self.operations.push(Operation {
            doing,
            key: key.to_owned(),
            looks_left,
            failure,
            over: false,
        });
        self.operations.len() - 1
    }

    /// Somebody looks: operations come nearer to their end, and take effect there.
    pub fn look(&mut self, nodes: &Cluster) {
        let mut effects = Vec::new();
        for it in self.operations.iter_mut().filter(|it| !it.over) {
            if it.looks_left > 0 {
                it.looks_left -= 1;
                continue;
            }
            it.over = true;
            if it.failure.is_none() {
                effects.push(it.doing.clone());
            }
        }
        for effect in effects {
            match effect {
                Doing::Stop => self.running = false,
                Doing::Start => self.running = true,
                Doing::Resize(name, size) => {
                    if let Some(pool) = self.pools.get_mut(&name) {
                        pool.size = size;
                        pool.version += 1;
                    }
                }
                Doing::Nothing => {}
            }
        }
        self.settle(nodes);
    }

    /// Gives the cluster the nodes that it should have now.
    pub fn settle(&self, nodes: &Cluster) {
        for (name, pool) in &self.pools {
            let wanted = if self.running { pool.size.desired } else { 0 };
            let wanted: Vec<String> = (0..wanted)
                .map(|it| format!("aks-{name}-vmss{it:06}"))
                .collect();
            let present = nodes.nodes(name);
            for node in present.iter().filter(|it| !wanted.contains(it)) {
                nodes.remove_node(node);
            }
            for node in wanted.iter().filter(|it| !present.contains(it)) {
                nodes.add_node(node, name);
            }
        }
    }
}
