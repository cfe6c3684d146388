//! Guichet measured on the machine it stands on, each figure beside what the same disk and the
//! same database do by themselves.
//!
//! Absolutes belong to a machine and a moment; ratios to the anchors of the same run and counters
//! do not. A run that the machine disturbed says so of itself.

mod anchor;
mod chain;
mod drive;
mod flow;
mod goal;
mod line;
mod machine;
mod place;
mod raw;
mod stats;
mod town;

pub use goal::{Goal, Sense};
pub use line::Line;

use anyhow::Context as _;
use std::path::PathBuf;

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Workload {
    /// Tickets through their whole life, many at once, on SQLite.
    #[value(alias = "chain")]
    TicketChain,
}

impl Workload {
    /// All of them, in the order in which `all` runs them.
    pub const ALL: [Workload; 1] = [Workload::TicketChain];

    /// Its name on the command line and in its line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Workload::TicketChain => "ticket_chain",
        }
    }
}

/// How much, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many tickets; the workload's own number when not said.
    pub tickets: Option<usize>,
    /// How many tickets are open at once.
    pub in_flight: usize,
    /// How many clients they are spread over.
    pub clients: usize,
    /// Tasks have an effect: an intent is committed before each.
    pub effects: bool,
    /// A question to the client stands after the second task.
    pub passage: bool,
    /// Seconds that each raw anchor lasts.
    pub anchor_seconds: f64,
    /// Directory in which databases are made; the temporary one when not said.
    pub dir: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            tickets: None,
            in_flight: 64,
            clients: 8,
            effects: false,
            passage: false,
            anchor_seconds: 1.0,
            dir: None,
        }
    }
}

/// Runs one workload. What cannot be measured here is a line too, which says why.
pub async fn run(workload: Workload, options: &Options) -> Line {
    tracing::info!(workload = workload.name(), "bench");
    let measured = match workload {
        Workload::TicketChain => chain::run(options).await,
    };
    measured.unwrap_or_else(|why| Line::blocked(workload.name(), &format!("{why:#}")))
}

/// Says on standard error how far a run has come.
fn tell(what: &str) {
    eprintln!("{what}");
}

/// Runs what blocks where it may.
async fn blocking<T, F>(work: F) -> anyhow::Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> anyhow::Result<T> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .context("a measurement broke off")?
}

#[cfg(test)]
mod tests;
