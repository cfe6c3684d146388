//! A drawing in Mermaid's language, for documents.

use super::{DrawNode, layout};
use std::fmt::Write;

/// The tasks as a Mermaid flow chart, top down.
#[must_use]
pub fn mermaid(nodes: &[DrawNode]) -> String {
    let mut out = String::from("flowchart TD\n");
    for (i, node) in nodes.iter().enumerate() {
        let label = escape(&format!("{} {}", node.mark.shape(), node.label));
        _ = writeln!(out, "  t{i}[\"{label}\"]:::{}", node.mark.code());
    }
    for (from, to) in layout::edges(nodes) {
        _ = writeln!(out, "  t{from} --> t{to}");
    }
    out
}

fn escape(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    for c in label.chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | ';' | '`' | '\\' => _ = write!(out, "#{};", c as u32),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
