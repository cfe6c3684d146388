//! A drawing for a terminal.

use super::{DrawNode, layout};
use std::fmt::Write;

/// Columns a terminal drawing keeps to.
const COLUMNS: usize = 100;

/// The tasks as a drawing of at most 100 columns: labels are cut when it would be wider, and a
/// graph that no cutting makes fit is listed instead, each task with those it comes after.
#[must_use]
pub fn text(nodes: &[DrawNode]) -> String {
    if nodes.len() <= layout::MAX_DRAWN {
        for width in [44, 28, 18] {
            let drawn = draw(nodes, width);
            if drawn.lines().all(|it| it.chars().count() <= COLUMNS) {
                return drawn;
            }
        }
    }
    list(nodes)
}

fn draw(nodes: &[DrawNode], width: usize) -> String {
    let captions: Vec<String> = nodes.iter().map(|it| layout::caption(it, width)).collect();
    let drawn = layout::dag(&captions, &layout::edges(nodes)).render();
    let mut out = String::with_capacity(drawn.len());
    for line in drawn.lines().map(str::trim_end).filter(|it| !it.is_empty()) {
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn list(nodes: &[DrawNode]) -> String {
    let mut out = String::new();
    let edges = layout::edges(nodes);
    for (i, node) in nodes.iter().enumerate() {
        let before: Vec<&str> = edges
            .iter()
            .filter(|it| it.1 == i)
            .map(|it| nodes[it.0].name.as_str())
            .collect();
        let shown = before
            .iter()
            .take(3)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let more = if before.len() > 3 {
            format!(" +{}", before.len() - 3)
        } else {
            String::new()
        };
        let from = if before.is_empty() {
            String::new()
        } else {
            format!("  ← {shown}{more}")
        };
        _ = writeln!(out, "{}{from}", layout::caption(node, 48));
    }
    out
}
