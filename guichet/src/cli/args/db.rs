//! The words of `db …` and `journal …`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The database.
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Bring the schema up to date
    Migrate,
    /// Show which steps are applied
    Status,
    /// Copy the database while it is at work, and verify the copy
    Backup {
        /// File of the copy; it must not exist yet
        file: PathBuf,
    },
    /// Check everything that is stored, against itself and against the journal
    Verify {
        /// A copy or a database address; by default the configured database
        what: Option<String>,
    },
    /// Put a copy into an empty place, and verify it there
    Restore {
        /// File of the copy
        file: PathBuf,
        /// Database to restore into: sqlite://FILE or postgres://…
        #[arg(long, value_name = "URL")]
        to: String,
        /// Replace tables that nobody is in yet
        #[arg(long)]
        force_empty: bool,
    },
    /// Go on with a database that does not hold what was published; the journal keeps why
    AcceptRollback {
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// The journal.
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// Show where every log ends, and what was published
    Heads,
    /// Publish where every log ends now
    Publish,
    /// Prove that a record is in the journal
    #[command(after_help = PROOF)]
    Proof {
        /// Number of the record
        seq: u64,
        /// Which tree
        #[command(flatten)]
        of: Tree,
    },
    /// Prove that the journal only grew since it had so many records
    #[command(after_help = CONSISTENCY)]
    Consistency {
        /// How many records it had
        from: u64,
        /// Which tree
        #[command(flatten)]
        of: Tree,
    },
}

const PROOF: &str = "  guichet journal proof 4711 --client ACME
  guichet --as paul --json journal proof 4711 --size 5000";
const CONSISTENCY: &str = "  guichet journal consistency 4000 --client ACME
  guichet --as paul --json journal consistency 4000 --size 5000";

/// Which tree a proof is about.
#[derive(Args, Clone, Debug)]
pub struct Tree {
    /// Client whose journal it is; by default one's own
    #[arg(long)]
    pub client: Option<String>,
    /// Only the first N records, as they were published
    #[arg(long, value_name = "N")]
    pub size: Option<u64>,
}
