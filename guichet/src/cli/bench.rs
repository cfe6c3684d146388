//! `bench`: Guichet measured on this machine.

use super::{
    args::Global,
    end::{FAILED, OK, Stop},
    print::{Printer, line},
};
use crate::bench::{
    self, Options, Workload,
    child::{self, Role},
};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "  guichet bench chain --tickets 1000
  guichet bench all > bench.jsonl
  guichet bench --table bench.jsonl
  chrt -r 2 ionice -c1 -n0 guichet bench ticket_chain";

/// What to measure.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Bench {
    /// Workloads, or `all`; one JSON line each
    #[arg(required_unless_present = "table")]
    pub workload: Vec<Named>,
    /// Make tables of the lines in these files instead
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub table: Vec<PathBuf>,
    /// Tickets; by default as many as the workload is defined with
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub tickets: Option<u32>,
    /// Tickets open at once
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub in_flight: u16,
    /// Clients that order
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub clients: u16,
    /// Tasks have an effect, announced before it is made
    #[arg(long)]
    pub effects: bool,
    /// The client is asked once more after the second task
    #[arg(long)]
    pub passage: bool,
    /// Seconds that each raw measurement lasts
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    pub anchor_seconds: f64,
    /// Be a process that a workload starts
    #[arg(long, hide = true, value_enum, hide_possible_values = true)]
    pub child: Option<Role>,
}

/// One workload or all.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    /// Every workload.
    All,
    /// This one.
    One(Workload),
}

impl ValueEnum for Named {
    fn value_variants<'a>() -> &'a [Self] {
        const EVERY: [Named; Workload::ALL.len() + 1] = {
            let mut every = [Named::All; Workload::ALL.len() + 1];
            let mut nth = 0;
            while nth < Workload::ALL.len() {
                every[nth + 1] = Named::One(Workload::ALL[nth]);
                nth += 1;
            }
            every
        };
        &EVERY
    }
    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        // Without their sentences: help is in the language of who reads it.
        Some(match self {
            Named::All => clap::builder::PossibleValue::new("all"),
            Named::One(it) => {
                let value = clap::builder::PossibleValue::new(it.name());
                match it {
                    Workload::TicketChain => value.alias("chain"),
                    _ => value,
                }
            }
        })
    }
}

/// Runs `bench`.
///
/// # Errors
/// Standard output failed.
pub async fn bench(global: &Global, asked: &Bench, out: &Printer) -> Result<u8, Stop> {
    if !asked.table.is_empty() {
        let mut text = String::new();
        for file in &asked.table {
            text.push_str(&std::fs::read_to_string(file)?);
            text.push('\n');
        }
        line(&bench::table(&text))?;
        return Ok(OK);
    }
    let server = global
        .database
        .clone()
        .or_else(|| std::env::var("GUICHET_TEST_POSTGRES").ok());
    let options = Options {
        tickets: asked.tickets.map(|it| it as usize),
        in_flight: usize::from(asked.in_flight),
        clients: usize::from(asked.clients),
        effects: asked.effects,
        passage: asked.passage,
        dir: global.data.clone(),
        postgres: server.filter(|it| it.starts_with("postgres")),
        anchor_seconds: asked.anchor_seconds.clamp(0.001, 60.0),
    };
    if let (Some(role), Some(url)) = (asked.child, &global.database) {
        child::be(role, url, &options).await?;
        return Ok(OK);
    }
    let mut failed = false;
    for named in &asked.workload {
        let all = match named {
            Named::All => Workload::ALL.to_vec(),
            Named::One(it) => vec![*it],
        };
        for workload in all {
            let measured = bench::run(workload, &options).await.value();
            failed |= measured.get("blocked").is_some();
            out.show(&measured, || measured.to_string())?;
        }
    }
    Ok(if failed { FAILED } else { OK })
}
