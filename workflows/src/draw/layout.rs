//! Where boxes and lines go: the layout that the terminal and the page share.

use super::DrawNode;
use crate::graph::Graph;
use ascii_dag::{Direction, Graph as Dag, LayoutConfig, RenderMode};

/// Drawings of more tasks than this are listed instead: nobody reads the picture.
pub(super) const MAX_DRAWN: usize = 120;

/// `(from, to)` by place. An edge that a longer way already implies is left out, as are unknown
/// names and edges of a cycle: the picture shows the order and no more.
pub(super) fn edges(nodes: &[DrawNode]) -> Vec<(usize, usize)> {
    let graph = Graph::of(
        nodes
            .iter()
            .map(|it| (it.name.as_str(), it.after.as_slice())),
    );
    let mut ancestors = vec![Places::none(nodes.len()); nodes.len()];
    let mut edges = Vec::new();
    for to in graph.topological() {
        let mut implied = Places::none(nodes.len());
        graph
            .before(to)
            .for_each(|from| implied.add_all(&ancestors[from]));
        let direct = graph.before(to).filter(|from| !implied.has(*from));
        edges.extend(direct.map(|from| (from, to)));
        graph.before(to).for_each(|from| implied.add(from));
        ancestors[to] = implied;
    }
    edges.sort_unstable_by_key(|(from, to)| (*to, *from));
    edges
}

/// A set of places, one bit each: 2000 tasks that all wait for each other stay cheap.
#[derive(Clone)]
struct Places(Vec<u64>);

impl Places {
    fn none(among: usize) -> Self {
        Places(vec![0; among.div_ceil(64)])
    }
    fn add(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }
    fn add_all(&mut self, other: &Places) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(mine, more)| *mine |= more);
    }
    fn has(&self, place: usize) -> bool {
        self.0[place / 64] & (1 << (place % 64)) != 0
    }
}

/// `shape label`, free of control characters, cut to `width` characters.
pub(super) fn caption(node: &DrawNode, width: usize) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let full = format!("{} {}", node.mark.shape(), node.label);
    let mut text: String = full.chars().take(width).map(clean).collect();
    if full.chars().count() > width {
        text.pop();
        text.push('…');
    }
    text
}

/// The graph whose node `i + 1` bears caption `i`.
pub(super) fn dag<'a>(captions: &'a [String], edges: &[(usize, usize)]) -> Dag<'a> {
    // A chain would otherwise run to the right, far beyond a terminal.
    let mut dag = Dag::with_mode(RenderMode::Vertical);
    for (i, caption) in captions.iter().enumerate() {
        dag.add_node(i + 1, caption.as_str());
    }
    for (from, to) in edges {
        dag.add_edge(from + 1, to + 1, None);
    }
    dag
}

pub(super) fn config() -> LayoutConfig<'static> {
    let mut config = LayoutConfig::standard();
    config.direction = Direction::TopDown;
    config.include_dummy_nodes = false;
    config.node_spacing = 4;
    config
}
