//! A ticket's journal as lines that a person can read, for snapshots.

use crate::World;
use engine::{audit::Trace, ticket::Ticket};
use std::fmt::Write;

impl World {
    /// The journal of a ticket, one line per record: when (since the order), what, on which task,
    /// from which state to which, by whom and by which door, tokens moved, and the words.
    pub async fn transcript(&self, ticket: &Ticket) -> String {
        let all = self
            .desk
            .history(ticket)
            .await
            .expect("the journal can be read");
        let begun = all.first().map(|it| it.at);
        let mut text = String::new();
        for it in &all {
            let since = begun.map_or(0, |begun| (it.at - begun).num_seconds());
            let _ = writeln!(text, "{}", line(it, since));
        }
        text
    }
}

fn line(it: &Trace, since: i64) -> String {
    let leaf = &it.leaf;
    let word = |key: &str| leaf[key].as_str().unwrap_or("—").to_owned();
    let (days, rest) = (since / 86_400, since % 86_400);
    let clock = format!(
        "{days}d{:02}:{:02}:{:02}",
        rest / 3600,
        rest % 3600 / 60,
        rest % 60
    );
    let task = it
        .task
        .clone()
        .map(|it| format!(" [{it}]"))
        .unwrap_or_default();
    let who = it
        .words
        .get("actor")
        .cloned()
        .unwrap_or_else(|| word("actor"));
    let mut text = format!(
        "{clock} {}{task} {} → {} by {who} ({}, {})",
        it.kind,
        word("from"),
        word("to"),
        word("role"),
        word("via"),
    );
    if let Some(tokens) = leaf["tok"].as_object() {
        let moved: Vec<String> = tokens.iter().map(|(k, n)| format!("{k} {n}")).collect();
        let _ = write!(text, " tokens: {}", moved.join(", "));
    }
    let hidden = ["actor", "params"];
    let words: Vec<String> = it
        .words
        .iter()
        .filter(|(field, _)| !hidden.contains(&field.as_str()))
        .map(|(field, said)| format!("{field}=«{said}»"))
        .collect();
    if !words.is_empty() {
        let _ = write!(text, " {}", words.join(" "));
    }
    text
}
