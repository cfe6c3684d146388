//! What a workflow file may say, what becomes of it, and that every shipped one is right.

#![allow(clippy::unwrap_used)]

mod draw;
mod flows;
mod load;
mod price;
mod reference;
mod unfold;

use workflows::Workflow;

/// A file of `tasks` under a valid head, as `case.toml`; the first task is on line 5.
pub fn file(tasks: &str) -> String {
    let head =
        "title = { fr = \"Essai\", en = \"Trial\" }\nversion = 1\nvalidated_by = \"A. Roy\"\n";
    format!("{head}\n{tasks}")
}

/// The workflow of that file.
pub fn parse(tasks: &str) -> Workflow {
    Workflow::parse("case", &file(tasks)).unwrap()
}
