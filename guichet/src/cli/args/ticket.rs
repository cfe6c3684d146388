//! The words of `ticket`.

use super::Answers;
use clap::{Args, Subcommand};

/// Changes.
#[derive(Debug, Subcommand)]
pub enum Ticket {
    /// Order a change
    New(New),
    /// List tickets, newest first
    List(List),
    /// Show a ticket
    Show(Reference),
    /// Follow a ticket until it ends
    Watch(Watch),
    /// Draw its tasks
    Graph {
        /// Reference
        reference: String,
        /// As SVG
        #[arg(long, conflicts_with = "mermaid")]
        svg: bool,
        /// As Mermaid
        #[arg(long)]
        mermaid: bool,
    },
    /// Show what it would change
    Plan(Reference),
    /// Show its exchanges with the systems
    Log {
        /// Reference
        reference: String,
        /// One task only
        task: Option<String>,
    },
    /// Agree to a plan, a price or an estimate
    Approve(Decide),
    /// Refuse; says why
    Reject(Decide),
    /// Validate what was delivered, which closes it
    Validate(Decide),
    /// The same as validate
    Close(Decide),
    /// Take it back before it acts
    Cancel(Because),
    /// Try a blocked task again
    Retry(OnTask),
    /// Skip a blocked task, with proof
    Skip(OnTask),
    /// Do a blocked task by hand from now on
    TakeOver(OnTask),
    /// Record a task done by hand
    Complete(Complete),
    /// Give up: take back everything begun
    GiveUp(Because),
    /// Stop it for now
    Suspend(Because),
    /// Let it go on
    Resume(Reference),
    /// Put a price to the client
    Quote {
        /// Reference
        reference: String,
        /// Price, or ceiling
        #[arg(long)]
        tokens: u32,
        /// What it covers
        #[arg(long)]
        note: String,
    },
    /// Say that the rework of a contested ticket is done
    Redeliver(Because),
}

/// Order a change.
#[derive(Args, Debug)]
pub struct New {
    /// Code or name of the line
    pub line: String,
    /// Answers to its form.
    #[command(flatten)]
    pub answers: Answers,
    /// Under which contract; needed when there are several
    #[arg(long)]
    pub contract: Option<String>,
    /// Twice the price, six a year
    #[arg(long)]
    pub accelerated: bool,
    /// Not before, e.g. 2026-12-01T22:00
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Why
    #[arg(long)]
    pub why: Option<String>,
    /// The client's person it is filed for
    #[arg(long = "for", value_name = "LOGIN")]
    pub on_behalf_of: Option<String>,
    /// Only show what would happen
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// Which tickets.
#[derive(Args, Debug)]
pub struct List {
    /// Closed ones too
    #[arg(long)]
    pub all: bool,
    /// In one state only
    #[arg(long)]
    pub state: Option<String>,
    /// Of one client only
    #[arg(long)]
    pub client: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 50)]
    pub limit: u64,
}

/// One ticket.
#[derive(Args, Debug)]
pub struct Reference {
    /// Reference
    pub reference: String,
}

/// Follow one ticket.
#[derive(Args, Debug)]
pub struct Watch {
    /// Reference
    pub reference: String,
    /// Give up after that many seconds
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Stop as soon as a person has to act
    #[arg(long)]
    pub until_asked: bool,
}

/// A decision.
#[derive(Args, Debug)]
pub struct Decide {
    /// Reference
    pub reference: String,
    /// Why; needed to refuse
    #[arg(long, short)]
    pub comment: Option<String>,
    /// Digest of what was read; by default what is stored now
    #[arg(long)]
    pub digest: Option<String>,
}

/// A ticket and words.
#[derive(Args, Debug)]
pub struct Because {
    /// Reference
    pub reference: String,
    /// Why, or what was done
    #[arg(long)]
    pub why: String,
}

/// A task and words.
#[derive(Args, Debug)]
pub struct OnTask {
    /// Reference
    pub reference: String,
    /// Name of the task
    pub task: String,
    /// Proof or reason
    #[arg(long, default_value = "")]
    pub why: String,
}

/// A task done by hand.
#[derive(Args, Debug)]
pub struct Complete {
    /// Reference
    pub reference: String,
    /// Name of the task
    pub task: String,
    /// What was done, and what shows it
    #[arg(long)]
    pub evidence: String,
    /// It went badly
    #[arg(long)]
    pub failed: bool,
    /// Tokens of time spent, on a capped ticket
    #[arg(long, default_value_t = 0)]
    pub spent: u32,
}
