//! Order among tasks: pure helpers over anything that has a name and comes after others.

use crate::task::Node;
use petgraph::{
    Direction::{Incoming, Outgoing},
    algo::tarjan_scc,
    graphmap::DiGraphMap,
};
use std::collections::{BTreeMap, BTreeSet};

/// Tasks by their place in the list they came from, and who comes after whom.
///
/// A name that is listed twice counts as its first bearer; an unknown predecessor is ignored.
#[derive(Clone, Debug)]
pub struct Graph<'a> {
    names: Vec<&'a str>,
    index: BTreeMap<&'a str, usize>,
    edges: DiGraphMap<usize, ()>,
}

impl<'a> Graph<'a> {
    /// The graph of `(name, after)` pairs.
    pub fn of(tasks: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Self {
        let tasks: Vec<_> = tasks.into_iter().collect();
        let mut index = BTreeMap::new();
        let mut edges = DiGraphMap::new();
        for (i, (name, _)) in tasks.iter().enumerate() {
            index.entry(*name).or_insert(i);
            edges.add_node(i);
        }
        for (i, (_, after)) in tasks.iter().enumerate() {
            for before in after.iter().filter_map(|it| index.get(it.as_str())) {
                edges.add_edge(*before, i, ());
            }
        }
        Graph {
            names: tasks.into_iter().map(|it| it.0).collect(),
            index,
            edges,
        }
    }

    /// The place of that name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Places so that each comes after its predecessors; ties keep the order of the list. Tasks on
    /// a cycle, and those behind one, are absent.
    #[must_use]
    pub fn topological(&self) -> Vec<usize> {
        let mut missing: Vec<usize> = (0..self.names.len())
            .map(|i| self.before(i).count())
            .collect();
        let mut ready: BTreeSet<usize> = (0..missing.len()).filter(|i| missing[*i] == 0).collect();
        let mut order = Vec::with_capacity(missing.len());
        while let Some(next) = ready.pop_first() {
            order.push(next);
            for after in self.edges.neighbors_directed(next, Outgoing) {
                missing[after] -= 1;
                if missing[after] == 0 {
                    ready.insert(after);
                }
            }
        }
        order
    }

    /// Names of each cycle's members, in the order of the list; empty when the graph is acyclic.
    #[must_use]
    pub fn cycles(&self) -> Vec<Vec<&'a str>> {
        let mut found: Vec<Vec<usize>> = tarjan_scc(&self.edges)
            .into_iter()
            .filter(|set| set.len() > 1 || self.edges.contains_edge(set[0], set[0]))
            .collect();
        found.iter_mut().for_each(|set| set.sort_unstable());
        found.sort_unstable();
        found
            .into_iter()
            .map(|set| set.into_iter().map(|i| self.names[i]).collect())
            .collect()
    }

    /// Places that come before `place`, however far; without itself unless it is on a cycle.
    #[must_use]
    pub fn ancestors(&self, place: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = self.before(place).collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.before(next));
            }
        }
        seen
    }

    /// Places that come directly before `place`.
    pub fn before(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges.neighbors_directed(place, Incoming)
    }

    /// Places that come directly after `place`, in the order of the list.
    #[must_use]
    pub fn after(&self, place: usize) -> Vec<usize> {
        let mut after: Vec<usize> = self.edges.neighbors_directed(place, Outgoing).collect();
        after.sort_unstable();
        after
    }
}

fn of(nodes: &[Node]) -> Graph<'_> {
    Graph::of(
        nodes
            .iter()
            .map(|it| (it.name.as_str(), it.after.as_slice())),
    )
}

/// Places of the tasks so that each comes after its predecessors; ties keep the order of the list.
/// Tasks on a cycle, and those behind one, are absent.
#[must_use]
pub fn topological(nodes: &[Node]) -> Vec<usize> {
    of(nodes).topological()
}

/// Names of all tasks that come before `name`, however far. Empty for an unknown name.
#[must_use]
pub fn ancestors(nodes: &[Node], name: &str) -> BTreeSet<String> {
    let graph = of(nodes);
    let found = graph
        .place(name)
        .map(|it| graph.ancestors(it))
        .unwrap_or_default();
    found.into_iter().map(|it| nodes[it].name.clone()).collect()
}

/// Names of the tasks that come directly after `name`, in the order of the list.
#[must_use]
pub fn successors<'a>(nodes: &'a [Node], name: &str) -> Vec<&'a str> {
    let graph = of(nodes);
    let found = graph
        .place(name)
        .map(|it| graph.after(it))
        .unwrap_or_default();
    found
        .into_iter()
        .map(|it| nodes[it].name.as_str())
        .collect()
}

/// Names of each cycle's members; empty when the list is a DAG.
#[must_use]
pub fn cycles(nodes: &[Node]) -> Vec<Vec<String>> {
    let found = of(nodes).cycles();
    found
        .into_iter()
        .map(|set| set.into_iter().map(String::from).collect())
        .collect()
}
