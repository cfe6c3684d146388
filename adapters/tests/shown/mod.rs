//! A plan as a person and a snapshot read it: what an agreement is about, ports of this run masked.

use serde_json::{Value, json};
use workflows::Plan;

/// The digest's own material, printed.
pub fn shown<B>(plan: &Plan<B>) -> String {
    let about = json!({
        "changes": plan.changes, "impact": plan.impact, "warnings": plan.warnings,
    });
    let text = serde_json::to_string_pretty::<Value>(&about).expect("a plan is JSON");
    masked(&text)
}

/// `127.0.0.1:40123` becomes `127.0.0.1:<port>`.
fn masked(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("127.0.0.1:<port>");
        out.push_str(part.trim_start_matches(|it: char| it.is_ascii_digit()));
    }
    out
}
