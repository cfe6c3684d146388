//! The words of `contract`, `audit`, `mail`, `person` and `client`.

use super::Language;
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
