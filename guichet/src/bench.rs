//! Guichet measured on the machine it stands on, each figure beside what the same disk and the
//! same database do by themselves.
//!
//! Absolutes belong to a machine and a moment; ratios to the anchors of the same run and counters
//! do not. A run that the machine disturbed says so of itself.

mod anchor;
mod chain;
pub mod child;
mod costs;
mod dag;
mod drive;
mod flow;
mod frame;
mod goal;
mod line;
mod machine;
mod mail;
mod memory;
mod orm;
mod place;
mod postgres;
mod proof;
mod raw;
mod reads;
mod recovery;
mod rights;
mod shape;
mod stats;
mod table;
mod town;
mod trace;

pub use goal::{Goal, Sense};
pub use line::Line;
pub use table::table;

use anyhow::Context as _;
use std::path::PathBuf;

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Tickets through their whole life, many at once, on SQLite.
    TicketChain,
    /// The same one after the other.
    TicketIdle,
    /// The same on PostgreSQL, by one replica and by three.
    TicketChainPg,
    /// Syncs, commits and bytes of a ticket.
    TicketCosts,
    /// Whether late tickets go as fast as early ones.
    Growth,
    /// One ticket whose tasks are a hundred layers of ten.
    DagLayers,
    /// One ticket whose tasks are a mosaic of a thousand.
    DagMontage1k,
    /// The same with ten thousand.
    DagMontage10k,
    /// Killed in the middle of its work and started again.
    Recovery,
    /// What is resident, idle and with many open tickets.
    Memory,
    /// Records of the journal, many at once.
    AuditAppend,
    /// A proof that a record is in the journal, as the journal grows.
    AuditProof,
    /// Questions to a journal of ten million records.
    AuditQuery10m,
    /// The first and a deep page of a million tickets.
    ListPages,
    /// Tasks taken by one, eight and thirty-two claimants on PostgreSQL.
    Claim,
    /// Tokens of one client only against the same spread over many.
    LedgerHot,
    /// Accelerated requests at once, six of which are allowed.
    QuotaRace,
    /// Letters that are owed, to a server that takes them at once.
    MailOutbox,
    /// The raw unit of work through the database library.
    OrmTax,
}

impl Workload {
    /// All of them, in the order in which `all` runs them.
    pub const ALL: [Workload; 19] = [
        Workload::TicketChain,
        Workload::TicketIdle,
        Workload::TicketChainPg,
        Workload::TicketCosts,
        Workload::Growth,
        Workload::DagLayers,
        Workload::DagMontage1k,
        Workload::DagMontage10k,
        Workload::Recovery,
        Workload::Memory,
        Workload::AuditAppend,
        Workload::AuditProof,
        Workload::AuditQuery10m,
        Workload::ListPages,
        Workload::Claim,
        Workload::LedgerHot,
        Workload::QuotaRace,
        Workload::MailOutbox,
        Workload::OrmTax,
    ];

    /// Its name on the command line and in its line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Workload::TicketChain => "ticket_chain",
            Workload::TicketIdle => "ticket_idle",
            Workload::TicketChainPg => "ticket_chain_pg",
            Workload::TicketCosts => "ticket_costs",
            Workload::Growth => "growth",
            Workload::DagLayers => "dag_layers",
            Workload::DagMontage1k => "dag_montage_1k",
            Workload::DagMontage10k => "dag_montage_10k",
            Workload::Recovery => "recovery",
            Workload::Memory => "memory",
            Workload::AuditAppend => "audit_append",
            Workload::AuditProof => "audit_proof",
            Workload::AuditQuery10m => "audit_query_10m",
            Workload::ListPages => "list_pages",
            Workload::Claim => "claim",
            Workload::LedgerHot => "ledger_hot",
            Workload::QuotaRace => "quota_race",
            Workload::MailOutbox => "mail_outbox",
            Workload::OrmTax => "orm_tax",
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
    /// A PostgreSQL server, as the address of one of its databases.
    pub postgres: Option<String>,
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
            postgres: None,
        }
    }
}

/// Runs one workload. What cannot be measured here is a line too, which says why.
pub async fn run(workload: Workload, options: &Options) -> Line {
    let name = workload.name();
    let measured = match workload {
        Workload::TicketChain => chain::many(options).await,
        Workload::TicketIdle => chain::idle(options).await,
        Workload::TicketChainPg => chain::replicas(options).await,
        Workload::TicketCosts => costs::run(options).await,
        Workload::Growth => chain::growth(options).await,
        Workload::DagLayers | Workload::DagMontage1k | Workload::DagMontage10k => {
            dag::run(name, options).await
        }
        Workload::Recovery => recovery::run(options).await,
        Workload::Memory => memory::run(options).await,
        Workload::AuditAppend => rights::append(options).await,
        Workload::AuditProof => proof::run(options).await,
        Workload::AuditQuery10m => reads::journal(options).await,
        Workload::ListPages => reads::pages(options).await,
        Workload::Claim => rights::claim_many(options).await,
        Workload::LedgerHot => rights::ledger_hot(options).await,
        Workload::QuotaRace => rights::quota_race(options).await,
        Workload::MailOutbox => mail::run(options).await,
        Workload::OrmTax => orm::run(options).await,
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
