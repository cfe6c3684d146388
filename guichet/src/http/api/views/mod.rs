//! What the API answers, and what the command line prints with `--json`: the same objects. Keys
//! are English and stable; texts for people come in the language asked for.

pub mod catalogue;
pub mod contract;
pub mod plan;
pub mod quote;
pub mod task;
pub mod ticket;
pub mod trace;

use engine::{id::PersonId, people::Person};
use serde::Serialize;
use std::collections::HashMap;

/// A person as others may see them: no address, no rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Who {
    /// Login.
    pub login: String,
    /// Full name.
    pub name: String,
}

impl From<&Person> for Who {
    fn from(it: &Person) -> Who {
        Who {
            login: it.login.clone(),
            name: it.name.clone(),
        }
    }
}

/// Names of the persons around a client.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<PersonId, Who>);

impl Names {
    /// The names of these persons.
    #[must_use]
    pub fn of(people: &[Person]) -> Names {
        Names(people.iter().map(|it| (it.id, Who::from(it))).collect())
    }

    /// The person's name; somebody who is no longer known is shown without one.
    #[must_use]
    pub fn get(&self, id: PersonId) -> Who {
        let gone = || Who {
            login: String::new(),
            name: "—".into(),
        };
        self.0.get(&id).cloned().unwrap_or_else(gone)
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The objects.
    pub data: Vec<T>,
    /// Whether older ones exist.
    pub has_more: bool,
    /// What to send as `after` to get them.
    pub next_cursor: Option<String>,
}

/// The word that serde stores for a small enum.
#[must_use]
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(it)) => it.replace('-', "_"),
        _ => String::new(),
    }
}
