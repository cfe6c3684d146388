//! The words of the command line.

mod db;
mod office;
mod study;
mod ticket;
mod writes;

pub use db::{Db, Journal, Tree};
pub use office::{AddPerson, Audit, Client, Contract, Mail, Person};
pub use study::Study;
pub use ticket::{Because, Complete, Decide, List, New, OnTask, Reference, Ticket, Watch};

use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum, parser::ValueSource};
use std::path::PathBuf;

/// Order, price, agree to, watch and audit changes.
#[derive(Debug, Parser)]
#[command(
    name = "guichet",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Print JSON; with `=a,b` only those keys
    #[arg(long, global = true, value_name = "KEYS", num_args = 0..=1, require_equals = true,
          default_missing_value = "")]
    pub json: Option<String>,
    /// Language: fr or en; by default that of LANG, else French
    #[arg(long, global = true, value_enum, hide_possible_values = true)]
    pub lang: Option<Language>,
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE", env = "GUICHET_CONFIG")]
    pub config: Option<PathBuf>,
    /// Directory of the data, in place of a database address
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "GUICHET_DATA",
        conflicts_with = "database"
    )]
    pub data: Option<PathBuf>,
    /// Database: sqlite://FILE or postgres://…
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "GUICHET_DATABASE_URL",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// File of the published heads of the journal
    #[arg(long, global = true, value_name = "FILE", env = "GUICHET_HEADS")]
    pub heads: Option<PathBuf>,
    /// Who acts on this machine
    #[arg(long = "as", global = true, value_name = "LOGIN", env = "GUICHET_AS")]
    pub login: Option<String>,
    /// Whether the command line itself says where the data are; the environment may say so for
    /// other commands.
    #[arg(skip)]
    pub names_data: bool,
}

impl Cli {
    /// What these arguments ask for.
    ///
    /// # Errors
    /// They are none of ours.
    pub fn read(said: &ArgMatches) -> Result<Cli, clap::Error> {
        let mut cli = Cli::from_arg_matches(said)?;
        let here = |name| said.value_source(name) == Some(ValueSource::CommandLine);
        cli.global.names_data = here("data") || here("database");
        Ok(cli)
    }
}

/// A language people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// French.
    Fr,
    /// English.
    En,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Try Guichet: a provider, two clients and their systems on this machine
    Demo(Demo),
    /// Answer HTTP and do the work
    Serve(Serve),
    /// The database
    #[command(subcommand)]
    Db(Db),
    /// What can be ordered
    #[command(subcommand)]
    Catalogue(Catalogue),
    /// What a change would cost
    Price(PriceOf),
    /// What waits for me
    Inbox {
        /// Exit with 8 when something waits
        #[arg(long)]
        check: bool,
    },
    /// Changes: order, follow, decide, repair
    #[command(subcommand)]
    Ticket(Ticket),
    /// Off-catalogue studies
    #[command(subcommand)]
    Study(Study),
    /// Contracts, tokens and accelerated changes
    #[command(subcommand)]
    Contract(Contract),
    /// Who did what
    #[command(subcommand)]
    Audit(Audit),
    /// Where the journal ends, what was published of it, and proofs from it
    #[command(subcommand)]
    Journal(Journal),
    /// Letters owed and sent
    #[command(subcommand)]
    Mail(Mail),
    /// Persons and local accounts
    #[command(subcommand)]
    Person(Person),
    /// Clients
    #[command(subcommand)]
    Client(Client),
    /// Look for what would keep Guichet from working
    Doctor,
    /// Measure it on this machine, beside what disk and database do by themselves
    Bench(super::bench::Bench),
    /// Print the completions of a shell
    Completion {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Help on a command or a topic: exit-codes
    Help {
        /// Command or topic
        topic: Vec<String>,
    },
}

/// Try it.
#[derive(Args, Debug)]
pub struct Demo {
    /// Play the stories without a browser
    #[arg(long)]
    pub auto: bool,
    /// Port; the next free one when it is taken
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Keep the data there; a second start continues
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Run it.
#[derive(Args, Debug)]
pub struct Serve {
    /// What this process does
    #[arg(long, value_delimiter = ',', value_enum,
          default_values_t = [Role::Web, Role::Worker, Role::Scheduler, Role::Mailer])]
    pub role: Vec<Role>,
    /// Address that HTTP answers on
    #[arg(long, value_name = "ADDRESS", env = "GUICHET_LISTEN")]
    pub listen: Option<String>,
    /// Where people reach the portal
    #[arg(long, value_name = "URL", env = "GUICHET_BASE_URL")]
    pub base_url: Option<String>,
    /// File of the zones and their systems
    #[arg(long, value_name = "FILE", env = "GUICHET_SYSTEMS")]
    pub systems: Option<PathBuf>,
}

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Answers HTTP.
    Web,
    /// Performs tasks.
    Worker,
    /// Wakes what is due.
    Scheduler,
    /// Sends letters.
    Mailer,
}

/// What can be ordered.
#[derive(Debug, Subcommand)]
pub enum Catalogue {
    /// List the lines, those that hold all words first
    List {
        /// Words to look for
        words: Vec<String>,
    },
    /// Show a line, its form and its notes
    Show {
        /// Code or name
        line: String,
    },
    /// Check lines and workflows
    Lint,
    /// Draw the workflow of a line
    Graph {
        /// Code or name of a line, or name of a workflow
        line: String,
        /// As SVG
        #[arg(long, conflicts_with = "mermaid")]
        svg: bool,
        /// As Mermaid
        #[arg(long)]
        mermaid: bool,
    },
}

/// Answers to a form.
#[derive(Args, Clone, Debug, Default)]
pub struct Answers {
    /// Answer to one field
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Answer to one field, read from a file
    #[arg(long = "set-file", value_name = "NAME=@FILE")]
    pub set_file: Vec<String>,
}

/// What a change would cost.
#[derive(Args, Debug)]
pub struct PriceOf {
    /// Code or name of the line
    pub line: String,
    /// Answers known so far.
    #[command(flatten)]
    pub answers: Answers,
    /// Accelerated: twice the price, six a year
    #[arg(long)]
    pub accelerated: bool,
}
