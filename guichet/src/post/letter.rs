//! From a message owed, and the ticket as it stands, to the facts of a letter.

mod asks;
mod news;

use super::quoted;
use crate::mail::view::{Letter, Link, Price};
use catalogue::Text;
use chrono::{DateTime, Duration, Utc};
use engine::{
    contract::Terms,
    id::PersonId,
    outbox::Due,
    people::Person,
    quota::PER_YEAR,
    ticket::{Status, Task, Ticket},
};
use serde_json::Value;
use workflows::Registry;

/// Length of the call of a study (S20).
const CALL: Duration = Duration::minutes(30);

/// Everything a letter may draw on.
pub(super) struct Room<'a> {
    pub(super) due: &'a Due,
    pub(super) people: &'a [Person],
    pub(super) terms: Option<&'a Terms>,
    pub(super) base_url: &'a str,
    pub(super) provider: &'a str,
    pub(super) registry: &'a Registry,
}

/// Name of a person, or a dash.
pub(super) fn name_of(people: &[Person], id: PersonId) -> String {
    people
        .iter()
        .find(|it| it.id == id)
        .map_or_else(|| "—".into(), |it| it.name.clone())
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}

fn count(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|it| u32::try_from(it).ok())
        .unwrap_or(0)
}

impl Room<'_> {
    fn ticket(&self) -> &Ticket {
        &self.due.ticket
    }
    fn facts(&self) -> &Value {
        &self.due.facts
    }
    fn page(&self) -> String {
        format!("{}/tickets/{}", self.base_url, self.ticket().reference)
    }
    fn link(&self) -> Link {
        match &self.due.link {
            Some(minted) => Link::Decision {
                url: format!("{}/v/{}", self.base_url, minted.token),
                code: minted.code.clone(),
            },
            None => Link::Portal(self.page()),
        }
    }
    fn price(&self) -> Price {
        let ticket = self.ticket();
        let slot = ticket
            .slot
            .map(|(_, ordinal)| (u32::from(ordinal), u32::from(PER_YEAR)));
        match &ticket.price {
            Some(it) => Price {
                base: it.base.0,
                surcharge: it.surcharge.0,
                slot,
            },
            None => Price {
                base: 0,
                surcharge: 0,
                slot,
            },
        }
    }
    fn terms(&self) -> Terms {
        self.terms.cloned().unwrap_or_default()
    }

    /// The letter.
    pub(super) fn letter(&self) -> Letter {
        match self.due.occasion.as_str() {
            "submitted" => self.submitted(),
            "offer" | "agreement" | "plan_changed" | "validation" | "estimate" => {
                Letter::Ask(self.ask())
            }
            "reminder" => self.reminder(),
            "receipt" => self.receipt(),
            "scheduled" => self.scheduled(),
            "failed" => self.failed(),
            "closed" => self.closed(),
            "ended" => self.stopped(),
            "call" => self.call(),
            "conclusion" => self.conclusion(),
            _ if self.due.gate.is_some() => Letter::Ask(self.ask()),
            _ => self.question(),
        }
    }
}

/// What a task brought, one line per proof.
fn result_of(task: &Task) -> Vec<Text> {
    if task.status != Status::Done {
        return Vec::new();
    }
    if task.proofs.is_empty() {
        return task.note.as_deref().map(quoted).into_iter().collect();
    }
    task.proofs
        .iter()
        .filter(|it| it.ok)
        .map(|it| quoted(&it.claim))
        .collect()
}
