//! A drawing for a page: decorative, since the page also lists the tasks in order.
//!
//! No `style` attribute anywhere, because the pages forbid them; the style sheet paints `.dag`.

use super::{DrawNode, layout};
use ascii_dag::{EdgePath, LayoutEdge};
use catalogue::Lang;
use std::fmt::Write;

/// Pixels of a character cell.
const CELL: (f64, f64) = (8.2, 21.0);
/// Half the height of a box.
const HALF: f64 = 15.0;
const MARGIN: (f64, f64) = (8.0, 18.0);
const LABEL: usize = 40;

/// The tasks as inline SVG, class `dag`, hidden from screen readers; each box links to
/// `#t-<name>` and has the class of its mark. Empty when there is nothing to draw or too much.
#[must_use]
pub fn svg(nodes: &[DrawNode], lang: Lang) -> String {
    if nodes.is_empty() || nodes.len() > layout::MAX_DRAWN {
        return String::new();
    }
    let captions: Vec<String> = nodes.iter().map(|it| layout::caption(it, LABEL)).collect();
    let dag = layout::dag(&captions, &layout::edges(nodes));
    let laid = dag.compute_layout_with_config(&layout::config());
    let width = laid.width() as f64 * CELL.0 + 2.0 * MARGIN.0;
    let height = laid.height() as f64 * CELL.1 + 2.0 * MARGIN.1;
    let code = if lang == Lang::Fr { "fr" } else { "en" };
    let mut out = format!(
        "<svg class=\"dag\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" lang=\"{code}\" aria-hidden=\"true\" focusable=\"false\"><defs>\
         <marker id=\"dag-arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path class=\"arrow\" d=\"M0 0L8 4L0 8z\"/></marker>\
         </defs>"
    );
    for edge in laid.edges() {
        let points: Vec<String> = route(edge)
            .into_iter()
            .map(|(x, y)| format!("{x:.0} {y:.0}"))
            .collect();
        _ = write!(
            out,
            "<path class=\"edge\" marker-end=\"url(#dag-arrow)\" d=\"M{}\"/>",
            points.join("L")
        );
    }
    for laid in laid.nodes() {
        let Some(node) = laid.id.checked_sub(1).and_then(|it| nodes.get(it)) else {
            continue;
        };
        let (x, y, wide) = (px(laid.x), py(laid.y) - HALF, laid.width as f64 * CELL.0);
        _ = write!(
            out,
            "<a href=\"#t-{}\" tabindex=\"-1\"><g class=\"{}\"><title>{} – {}</title><rect \
             x=\"{x:.0}\" y=\"{y:.0}\" width=\"{wide:.0}\" height=\"{:.0}\" rx=\"6\"/><text \
             x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text></g></a>",
            escape(&node.name),
            node.mark.class(),
            escape(&node.label),
            node.mark.word(lang),
            2.0 * HALF,
            x + wide / 2.0,
            y + HALF + 5.0,
            escape(&captions[laid.id - 1]),
        );
    }
    out.push_str("</svg>");
    out
}

fn px(column: usize) -> f64 {
    column as f64 * CELL.0 + MARGIN.0
}

fn py(row: usize) -> f64 {
    row as f64 * CELL.1 + MARGIN.1
}

/// The corners of a line, from the lower edge of one box to the upper edge of the other.
fn route(edge: &LayoutEdge) -> Vec<(f64, f64)> {
    let start = (px(edge.from_x), py(edge.from_y) + HALF);
    let end = (px(edge.to_x), py(edge.to_y) - HALF - 1.0);
    let mut points = vec![start];
    let turn = |points: &mut Vec<(f64, f64)>, from: f64, to: f64, at: f64| {
        if (from - to).abs() > 0.5 {
            points.extend([(from, at), (to, at)]);
        }
    };
    match &edge.path {
        EdgePath::Corner { bend_at } => turn(&mut points, start.0, end.0, py(*bend_at)),
        EdgePath::MultiSegment {
            waypoints,
            start_offset,
        } => {
            let mut x = start.0;
            // A little above the corners of shorter lines, so that both can be told apart.
            let mut bend = py(edge.from_y + 1 + start_offset) - 2.0;
            for (column, row) in waypoints {
                turn(&mut points, x, px(*column), bend);
                x = px(*column);
                // The turn belongs one line below the waypoint: at its own height the line would
                // cross the boxes of that row.
                bend = py(*row) + CELL.1 * 0.9;
            }
            turn(&mut points, x, end.0, bend);
        }
        _ => turn(&mut points, start.0, end.0, (start.1 + end.1) / 2.0),
    }
    points.push(end);
    points
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
