//! A ticket: one order and its whole life.

pub mod command;
pub mod decide;
pub mod refusal;
pub mod state;
pub mod system;
pub mod task;
pub mod transition;
pub mod verb;
mod wording;

pub use command::{Command, Order, Outcome, Study};
pub use decide::decide;
pub(crate) use decide::right_of;
pub use refusal::{Refusal, RefusalKind};
pub use state::{Ending, State};
pub(crate) use system::family;
pub use system::{Shares, System};
pub use task::{Status, Task};
pub use transition::{Facts, Takers, Transition};
pub use verb::Verb;

use crate::{
    approval::Gate,
    id::{GateId, PersonId, TicketId},
    ledger::Hold,
    run::Run,
};
use catalogue::{Class, Entry, Price, Speed, Text, Tokens};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use workflows::{Impact, Role};

/// What was ordered, frozen as it was at that moment (ruling 8): written once per line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ordered {
    /// The catalogue line; `None` while a study has none.
    pub entry: Option<Entry>,
    /// The filled form, or `{}`.
    pub answers: Value,
    /// Name of the workflow.
    pub workflow: String,
    /// Its version.
    pub workflow_version: u32,
    /// Who validated it (S8).
    pub validated_by: String,
    /// Why the client asks, in their words.
    pub why: Option<String>,
    /// Need of an off-catalogue request, in the client's words (S19).
    pub need: Option<String>,
}

/// When the change should start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// As soon as the contract's windows allow.
    #[default]
    Asap,
    /// Not before this instant.
    At(DateTime<Utc>),
}

/// Why a ticket stands still until a person acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standstill {
    /// Task concerned.
    pub task: String,
    /// The cause, in the system's own words.
    pub why: String,
    /// Who has to act.
    pub responsible: Role,
}

/// One line that a study found feasible (S29, S30).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Catalogue line, or `None` for a bespoke change.
    pub code: Option<String>,
    /// What it is.
    pub title: Text,
    /// Its price.
    pub tokens: Tokens,
    /// Answers, for a catalogue line.
    #[serde(default)]
    pub answers: Value,
}

/// What is known of an off-catalogue request so far (S19–S30).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StudyFile {
    /// Slots proposed for the half-hour call.
    pub slots: Vec<DateTime<Utc>>,
    /// The slot the client chose.
    pub call_at: Option<DateTime<Utc>>,
    /// Who was on the call.
    pub attendees: Vec<String>,
    /// Minutes: the need as understood (S21).
    pub minutes: Option<String>,
    /// Estimated price of the study, a ceiling (S25, A16).
    pub estimate: Option<Tokens>,
    /// Working days the study takes (S24).
    pub effort_days: Option<u32>,
    /// Working days until it is delivered (S24).
    pub lead_days: Option<u32>,
    /// Feasible or not (S28).
    pub feasible: Option<bool>,
    /// Why (S28).
    pub justification: Option<String>,
    /// The changes it led to.
    pub items: Vec<Item>,
}

/// One order and its whole life.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    /// Name.
    pub id: TicketId,
    /// Code of the client.
    pub client: String,
    /// Code of the contract.
    pub contract: String,
    /// How people write it, e.g. `ACME-2026-0042`.
    pub reference: String,
    /// Grows by one with each transition.
    pub version: i64,
    /// State; always [`state::derive`] of the rest.
    pub state: State,
    /// Code of the catalogue line.
    pub code: Option<String>,
    /// Short title.
    pub title: Text,
    /// Cluster concerned.
    pub cluster: Option<String>,
    /// The study this came from.
    pub parent: Option<TicketId>,
    /// The client's person who asks.
    pub requester: PersonId,
    /// The support agent who filed it for them.
    pub filer: Option<PersonId>,
    /// Speed.
    pub speed: Speed,
    /// Price, once known.
    pub price: Option<Price>,
    /// The price is a ceiling: time spent is counted (S32, A38).
    pub capped: bool,
    /// Tokens of time recorded so far on a capped ticket.
    pub spent: Tokens,
    /// Accelerated slot: first day of its year and ordinal.
    pub slot: Option<(NaiveDate, u8)>,
    /// When it should start.
    pub start: Start,
    /// When it may start, once agreed.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the scheduler must look at it again.
    pub wake_at: Option<DateTime<Utc>>,
    /// Digest of the current plan with price and answers: what agreements agree to.
    pub digest: Option<String>,
    /// Worst effect of the current plan.
    pub impact: Option<Impact>,
    /// How many plans were put to the client.
    pub round: u32,
    /// An operator stopped it, and why.
    pub suspended: Option<String>,
    /// It needs a person, and why.
    pub standstill: Option<Standstill>,
    /// Everything that began is being taken back, and why.
    pub unwinding: Option<Ending>,
    /// The client did not validate, and why.
    pub contested: Option<String>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// Why it failed or ended, in words.
    pub cause: Option<String>,
    /// Ticket whose locks it waits for.
    pub waits_for: Option<TicketId>,
    /// Off-catalogue file.
    pub study: Option<StudyFile>,
    /// What was ordered.
    pub ordered: Arc<Ordered>,
    /// Tasks, in order of definition.
    pub tasks: Run,
    /// Gates, oldest first.
    pub gates: Vec<Gate>,
    /// Tokens set aside for it.
    pub holds: Vec<Hold>,
}

impl Ticket {
    /// Simple or complex, for a catalogue line (S4, S5).
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.ordered.entry.as_ref().map(Entry::class)
    }
    /// The task of that name.
    #[must_use]
    pub fn task(&self, name: &str) -> Option<&Task> {
        self.tasks.find(name).map(|at| &self.tasks[at])
    }
    /// Tasks that machines may do now, as far as the tasks themselves can tell, with their
    /// positions.
    pub fn due(&self, now: DateTime<Utc>) -> impl Iterator<Item = (usize, &Task)> {
        let ready = self.tasks.having(&[Status::Ready, Status::UndoDue]);
        ready.filter(move |(_, it)| it.is_due(now))
    }
    /// The system that a task of it goes to.
    #[must_use]
    pub fn system(&self, task: &Task) -> System {
        System::of(self.cluster.as_deref(), &task.node.work)
    }
    /// The gate of that name.
    #[must_use]
    pub fn gate(&self, id: GateId) -> Option<&Gate> {
        self.gates.iter().find(|it| it.id == id)
    }
    /// Gates that wait for an answer.
    pub fn open_gates(&self) -> impl Iterator<Item = &Gate> {
        self.gates
            .iter()
            .filter(|it| it.state == crate::approval::GateState::Open)
    }
    /// Persons who may decide nothing on this ticket: they asked for it or filed it.
    #[must_use]
    pub fn barred(&self) -> BTreeSet<PersonId> {
        self.filer.into_iter().chain([self.requester]).collect()
    }
    /// Operators who approved an operations gate.
    #[must_use]
    pub fn approving_operators(&self) -> BTreeSet<PersonId> {
        self.gates
            .iter()
            .filter(|it| it.party == workflows::Party::Operations)
            .flat_map(|it| &it.decisions)
            .map(|it| it.person)
            .collect()
    }
    /// What finished tasks left for later ones, by task name.
    #[must_use]
    pub fn outputs(&self) -> BTreeMap<&str, &Value> {
        self.tasks
            .iter()
            .filter_map(|it| Some((it.node.name.as_str(), it.receipt.as_ref()?)))
            .collect()
    }
    /// Tokens set aside and not settled yet.
    #[must_use]
    pub fn held(&self) -> Tokens {
        let open = self.holds.iter().filter(|it| it.captured.is_none());
        Tokens(open.map(|it| it.tokens.0).sum())
    }
}
