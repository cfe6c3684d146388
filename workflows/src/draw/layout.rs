//! Where boxes and lines go: the layout that the terminal and the page share.

use super::DrawNode;
use crate::graph::Graph;
use ascii_dag::{Direction, Graph as Dag, LayoutConfig, RenderMode};

/// Drawings of more tasks than this are listed instead: nobody reads the picture.
pub(super) const MAX_DRAWN: usize = 120;

/// `(from, to)` by place, forward only: unknown names and edges of a cycle are left out.
pub(super) fn edges(nodes: &[DrawNode]) -> Vec<(usize, usize)> {
    let graph = Graph::of(
        nodes
            .iter()
            .map(|it| (it.name.as_str(), it.after.as_slice())),
    );
    let order = graph.topological();
    let mut edges: Vec<(usize, usize)> = order
        .iter()
        .flat_map(|to| graph.before(*to).map(|from| (from, *to)))
        .collect();
    edges.sort_unstable_by_key(|(from, to)| (*to, *from));
    edges
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
