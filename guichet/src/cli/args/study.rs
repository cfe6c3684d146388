//! The words of `study`.

use super::{Answers, Reference};
use clap::Subcommand;
use std::path::PathBuf;

/// Off-catalogue studies.
#[derive(Debug, Subcommand)]
pub enum Study {
    /// Open a study
    New {
        /// Short title
        title: String,
        /// The need
        #[arg(long)]
        need: String,
        /// Under which contract; needed when there are several
        #[arg(long)]
        contract: Option<String>,
        /// The client's person it is filed for
        #[arg(long = "for", value_name = "LOGIN")]
        on_behalf_of: Option<String>,
    },
    /// Show a study
    Show(Reference),
    /// Propose slots for the half-hour call
    Propose {
        /// Reference
        reference: String,
        /// Slots, e.g. 2026-12-01T10:00
        #[arg(required = true)]
        slots: Vec<String>,
    },
    /// Choose a slot
    Choose {
        /// Reference
        reference: String,
        /// The slot
        slot: String,
    },
    /// Record the call
    Minutes {
        /// Reference
        reference: String,
        /// The need as understood
        #[arg(long)]
        text: String,
        /// Who was there
        #[arg(long = "with", required = true)]
        attendees: Vec<String>,
    },
    /// Turn it into catalogue lines
    Reclassify {
        /// Reference
        reference: String,
        /// JSON file: [{"line": "K06", "values": {…}}, …]; - for standard input
        #[arg(long, value_name = "FILE", conflicts_with_all = ["line", "set", "set_file"],
              required_unless_present = "line")]
        file: Option<PathBuf>,
        /// Code of the one line
        #[arg(long)]
        line: Option<String>,
        /// Answers to its form.
        #[command(flatten)]
        answers: Answers,
    },
    /// Estimate the study
    Estimate {
        /// Reference
        reference: String,
        /// Price of the study
        #[arg(long)]
        tokens: u32,
        /// Working days it takes
        #[arg(long)]
        effort_days: u32,
        /// Working days until it is delivered
        #[arg(long)]
        lead_days: u32,
    },
    /// Conclude the study
    Conclude {
        /// Reference
        reference: String,
        /// It can be done; with --file the changes it leads to
        #[arg(
            long,
            conflicts_with = "infeasible",
            required_unless_present = "infeasible"
        )]
        feasible: bool,
        /// It cannot be done
        #[arg(long)]
        infeasible: bool,
        /// Why
        #[arg(long)]
        why: String,
        /// JSON file: [{"code": "K06", "title": …, "tokens": 3, "values": {…}}, …]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}
