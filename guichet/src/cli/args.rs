//! The words of the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Order, price, agree to, watch and audit changes.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, propagate_version = true, disable_help_subcommand = true)]
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
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Language>,
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE", env = "GUICHET_CONFIG")]
    pub config: Option<PathBuf>,
    /// Directory of the data, in place of a database address
    #[arg(long, global = true, value_name = "DIR", env = "GUICHET_DATA", conflicts_with = "database")]
    pub data: Option<PathBuf>,
    /// Database: sqlite://FILE or postgres://…
    #[arg(long, global = true, value_name = "URL", env = "GUICHET_DATABASE_URL",
          hide_env_values = true)]
    pub database: Option<String>,
    /// Who acts on this machine
    #[arg(long = "as", global = true, value_name = "LOGIN", env = "GUICHET_AS")]
    pub login: Option<String>,
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
    /// Do not open a browser
    #[arg(long)]
    pub no_open: bool,
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

/// The database.
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Bring the schema up to date
    Migrate,
    /// Show which steps are applied
    Status,
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
        #[arg(long, conflicts_with = "infeasible", required_unless_present = "infeasible")]
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

/// Contracts.
#[derive(Debug, Subcommand)]
pub enum Contract {
    /// List contracts
    List,
    /// Show what is left
    Show {
        /// Code
        code: String,
    },
    /// Show all token movements of a stretch of time
    Statement {
        /// Code
        code: String,
        /// First day; by default the first of this year
        #[arg(long)]
        from: Option<String>,
        /// Day after the last; by default tomorrow
        #[arg(long)]
        until: Option<String>,
    },
    /// Grant tokens
    Grant {
        /// Code
        code: String,
        /// How many
        #[arg(long)]
        tokens: u32,
        /// When what is left expires, e.g. 2027-12-31
        #[arg(long)]
        expires: Option<String>,
    },
    /// Make a contract known
    Add {
        /// TOML file
        file: PathBuf,
    },
}

/// Who did what.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Search the journal, newest first
    Search {
        /// Of one client
        #[arg(long)]
        client: Option<String>,
        /// About one ticket
        #[arg(long)]
        ticket: Option<String>,
        /// By one person
        #[arg(long)]
        person: Option<String>,
        /// On one cluster
        #[arg(long)]
        cluster: Option<String>,
        /// Of one kind, or with a dot at the end of one family: `gate.`
        #[arg(long)]
        kind: Option<String>,
        /// From that day
        #[arg(long)]
        from: Option<String>,
        /// Before that day
        #[arg(long)]
        until: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
}

/// Letters.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// List letters, newest first
    List {
        /// About one ticket
        #[arg(long)]
        ticket: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Show a letter's fate, and its text where letters are kept
    Show {
        /// Name
        id: String,
    },
}

/// Persons.
#[derive(Debug, Subcommand)]
pub enum Person {
    /// List persons
    List,
    /// Make a person known; the password comes from standard input or a file
    Add(AddPerson),
}

/// A person to be made known.
#[derive(Args, Debug)]
pub struct AddPerson {
    /// Login
    pub login: String,
    /// Full name
    #[arg(long)]
    pub name: String,
    /// The one registered address
    #[arg(long)]
    pub mail: String,
    /// The client's code; without it the person is of the provider
    #[arg(long)]
    pub client: Option<String>,
    /// What the person may do: request, commit, validate, support, operate, steer, audit,
    /// administer
    #[arg(long = "right", value_delimiter = ',', required = true)]
    pub rights: Vec<String>,
    /// Language of mails: fr or en
    #[arg(long, value_enum, default_value = "fr")]
    pub speaks: Language,
    /// File of the password; - for standard input; without it no local account is made
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// Clients.
#[derive(Debug, Subcommand)]
pub enum Client {
    /// Make a client known
    Add {
        /// Code; begins every reference
        code: String,
        /// Name
        name: String,
    },
}
