//! Who may act: persons, what they are entitled to, and who caused a record.

use crate::id::PersonId;
use catalogue::Lang;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One thing a person is entitled to do. A single sign-on group never grants one (S36).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Client: order changes and open studies (S35).
    Request,
    /// Client: commit tokens, that is agree to plans, offers and estimates.
    Commit,
    /// Client: validate and close (S18).
    Validate,
    /// Provider: file for clients, qualify, answer (S40).
    Support,
    /// Provider: run tasks by hand, retry, take over.
    Operate,
    /// Provider: managed-services manager, GSM: quotes, grants, escalations (S38).
    Steer,
    /// Read everything of one's scope, write nothing.
    Audit,
    /// Accounts and configuration; decides nothing.
    Administer,
}

/// A human being known to Guichet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Above accounts and mailboxes.
    pub id: PersonId,
    /// The client's code, or `None` for the provider's staff.
    pub client: Option<String>,
    /// Full name.
    pub name: String,
    /// The one registered address; links go nowhere else (S34).
    pub mail: String,
    /// Login of the local account.
    pub login: String,
    /// Language of mails and pages.
    pub lang: Lang,
    /// What the person is entitled to.
    pub rights: BTreeSet<Right>,
    /// Random name used in the journal instead of the person (erasable mapping).
    pub pseudonym: String,
    /// Whether the person may still act.
    pub active: bool,
}

impl Person {
    /// Whether the person holds `right` and may still act.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.active && self.rights.contains(&right)
    }
    /// Whether the person works for the provider.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.client.is_none()
    }
    /// Whether the person may see what belongs to `client`.
    #[must_use]
    pub fn sees(&self, client: &str) -> bool {
        self.active && self.client.as_deref().is_none_or(|it| it == client)
    }
}

/// By which door a command came in; recorded honestly, since the strength differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A page, signed in.
    Portal,
    /// The JSON API, signed in.
    Api,
    /// The command line on the machine itself.
    Cli,
    /// The personal link of an e-mail.
    Link,
    /// The engine itself.
    Engine,
}

impl Via {
    /// The word stored in records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Via::Portal => "portal",
            Via::Api => "api",
            Via::Cli => "cli",
            Via::Link => "link",
            Via::Engine => "engine",
        }
    }
}

/// Who caused a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person, through a door.
    Person(Box<Person>, Via),
    /// A part of the engine: `runner`, `scheduler`.
    Engine(&'static str),
}

impl Actor {
    /// The person, when it is one.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        match self {
            Actor::Person(person, _) => Some(person),
            Actor::Engine(_) => None,
        }
    }
    /// By which door.
    #[must_use]
    pub fn via(&self) -> Via {
        match self {
            Actor::Person(_, via) => *via,
            Actor::Engine(_) => Via::Engine,
        }
    }
}
