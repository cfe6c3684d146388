//! Tickets.

use super::{Names, Who, task::TaskView, word};
use catalogue::{Lang, Speed};
use chrono::{DateTime, Utc};
use engine::{
    approval::Gate,
    query::{Summary, Turn, Waiting},
    ticket::{Ending, Standstill, State, StudyFile, Ticket},
};
use serde::Serialize;
use serde_json::Value;
use workflows::Impact;

/// A ticket as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// How people write it.
    pub reference: String,
    /// Code of the client.
    pub client: String,
    /// Code of the contract.
    pub contract: String,
    /// Where it stands.
    pub state: &'static str,
    /// How it ended.
    pub ending: Option<&'static str>,
    /// Catalogue line; none for a study.
    pub code: Option<String>,
    /// Title.
    pub title: String,
    /// Cluster.
    pub cluster: Option<String>,
    /// Whether it is accelerated.
    pub accelerated: bool,
    /// Price, once known.
    pub tokens: Option<u32>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Row {
    /// The ticket in short.
    #[must_use]
    pub fn of(it: &Summary, lang: Lang) -> Row {
        Row {
            reference: it.reference.clone(),
            client: it.client.clone(),
            contract: it.contract.clone(),
            state: it.state.word(),
            ending: it.ending.map(|it| it.word()),
            code: it.code.clone(),
            title: it.title.get(lang).to_owned(),
            cluster: it.cluster.clone(),
            accelerated: it.speed == Speed::Accelerated,
            tokens: it.tokens,
            created_at: it.created_at,
            updated_at: it.updated_at,
        }
    }
}

/// What a ticket costs.
#[derive(Clone, Debug, Serialize)]
pub struct PriceView {
    /// What is held at the order and captured at validation.
    pub tokens: u32,
    /// Price at normal speed.
    pub base: u32,
    /// What acceleration adds.
    pub surcharge: u32,
    /// Whether it is accelerated.
    pub accelerated: bool,
    /// The price is a ceiling: time spent is counted.
    pub capped: bool,
    /// The calculation in words.
    pub formula: String,
}

/// One question put to persons.
#[derive(Clone, Debug, Serialize)]
pub struct GateView {
    /// Name: that of its ticket, a dot, its own.
    pub id: String,
    /// On which ticket.
    pub reference: String,
    /// Task it stands for.
    pub task: String,
    /// Who decides.
    pub party: String,
    /// What is decided.
    pub purpose: String,
    /// How it stands.
    pub state: &'static str,
    /// How many persons must approve.
    pub quorum: u32,
    /// Digest of what is decided: send it back with the decision.
    pub digest: String,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// When it closes by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// What was said so far.
    pub decisions: Vec<DecisionView>,
}

/// What one person said.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionView {
    /// Who.
    pub person: Who,
    /// `approve` or `reject`.
    pub verdict: String,
    /// By which door.
    pub via: String,
    /// Why.
    pub comment: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl GateView {
    /// The gate as it stands.
    #[must_use]
    pub fn of(gate: &Gate, reference: &str, names: &Names) -> GateView {
        GateView {
            id: format!("{reference}.{}", gate.id),
            reference: reference.to_owned(),
            task: gate.task.clone(),
            party: word(&gate.party),
            purpose: word(&gate.purpose),
            state: gate.state.word(),
            quorum: gate.quorum,
            digest: gate.digest.clone(),
            opened_at: gate.opened_at,
            expires_at: gate.expires_at,
            decisions: gate
                .decisions
                .iter()
                .map(|it| DecisionView {
                    person: names.get(it.person),
                    verdict: word(&it.verdict),
                    via: it.via.clone(),
                    comment: it.comment.clone(),
                    at: it.at,
                })
                .collect(),
        }
    }
}

/// A ticket in full.
#[derive(Clone, Debug, Serialize)]
pub struct TicketView {
    /// As in lists, without the price.
    #[serde(flatten)]
    pub row: Row,
    /// Name.
    pub id: String,
    /// Grows by one with each transition.
    pub version: i64,
    /// `simple` or `complex`, for a catalogue line.
    pub class: Option<String>,
    /// Name of the study it came from.
    pub parent: Option<String>,
    /// The client's person who asks.
    pub requester: Who,
    /// The support agent who filed it for them.
    pub filer: Option<Who>,
    /// Price, once known.
    pub price: Option<PriceView>,
    /// Tokens set aside and not settled yet.
    pub held: u32,
    /// Tokens captured.
    pub captured: u32,
    /// Which accelerated change of its year it is.
    pub slot: Option<u8>,
    /// When it may start, once agreed.
    pub starts_at: Option<DateTime<Utc>>,
    /// Digest of the current plan with price and answers.
    pub digest: Option<String>,
    /// Worst effect of the current plan.
    pub impact: Option<Impact>,
    /// An operator stopped it, and why.
    pub suspended: Option<String>,
    /// It needs a person, and why.
    pub standstill: Option<Standstill>,
    /// The client did not validate, and why.
    pub contested: Option<String>,
    /// Why it failed or ended.
    pub cause: Option<String>,
    /// Why the client asked.
    pub why: Option<String>,
    /// The filled form.
    pub answers: Value,
    /// Workflow, its version and who validated it (S8).
    pub workflow: WorkflowView,
    /// Off-catalogue file.
    pub study: Option<StudyFile>,
    /// Questions, oldest first.
    pub gates: Vec<GateView>,
    /// Tasks, in order.
    pub tasks: Vec<TaskView>,
}

/// The workflow as it was at the order.
#[derive(Clone, Debug, Serialize)]
pub struct WorkflowView {
    /// Name.
    pub name: String,
    /// Version.
    pub version: u32,
    /// Who validated it (S8).
    pub validated_by: String,
}

impl TicketView {
    /// The ticket as it stands.
    #[must_use]
    pub fn of(it: &Ticket, names: &Names, lang: Lang) -> TicketView {
        let price = it.price.as_ref().map(|price| PriceView {
            tokens: price.total().0,
            base: price.base.0,
            surcharge: price.surcharge.0,
            accelerated: it.speed == Speed::Accelerated,
            capped: it.capped,
            formula: price.formula.get(lang).to_owned(),
        });
        TicketView {
            row: Row::of(&Summary::from(it), lang),
            id: it.id.to_string(),
            version: it.version,
            class: it.class().map(|it| word(&it)),
            parent: it.parent.map(|it| it.to_string()),
            requester: names.get(it.requester),
            filer: it.filer.map(|it| names.get(it)),
            price,
            held: it.held().0,
            captured: it
                .holds
                .iter()
                .filter_map(|it| it.captured)
                .map(|it| it.0)
                .sum(),
            slot: it.slot.map(|it| it.1),
            starts_at: it.starts_at,
            digest: it.digest.clone(),
            impact: it.impact.clone(),
            suspended: it.suspended.clone(),
            standstill: it.standstill.clone(),
            contested: it.contested.clone(),
            cause: it.cause.clone(),
            why: it.ordered.why.clone(),
            answers: it.ordered.answers.clone(),
            workflow: WorkflowView {
                name: it.ordered.workflow.clone(),
                version: it.ordered.workflow_version,
                validated_by: it.ordered.validated_by.clone(),
            },
            study: it.study.clone(),
            gates: it
                .gates
                .iter()
                .map(|gate| GateView::of(gate, &it.reference, names))
                .collect(),
            tasks: it
                .tasks
                .iter()
                .map(|task| TaskView::of(task, names, lang))
                .collect(),
        }
    }
}

/// Something that waits for a person.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingView {
    /// On which ticket.
    pub ticket: Row,
    /// `gate`, `task`, `standstill` or `contested`.
    pub kind: &'static str,
    /// Name of the gate.
    pub gate: Option<String>,
    /// What the gate decides.
    pub purpose: Option<String>,
    /// Task concerned.
    pub task: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
}

impl WaitingView {
    /// What waits.
    #[must_use]
    pub fn of(it: &Waiting, lang: Lang) -> WaitingView {
        let (kind, gate, purpose, task) = match &it.what {
            Turn::Gate(id, purpose) => {
                let gate = format!("{}.{id}", it.ticket.reference);
                ("gate", Some(gate), Some(word(purpose)), None)
            }
            Turn::Hand(task) => ("task", None, None, Some(task.clone())),
            Turn::Standstill(task) => ("standstill", None, None, Some(task.clone())),
            Turn::Contested => ("contested", None, None, None),
        };
        let ticket = Row::of(&it.ticket, lang);
        WaitingView {
            ticket,
            kind,
            gate,
            purpose,
            task,
            since: it.since,
            until: it.until,
        }
    }
}

/// A state in words for people.
#[must_use]
pub fn said(state: State, lang: Lang) -> &'static str {
    let (fr, en) = match state {
        State::Calling => ("appel à tenir", "call to be held"),
        State::Orienting => ("à orienter", "to be oriented"),
        State::Quoting => ("prix à proposer", "price to be offered"),
        State::Offered => ("prix proposé", "price offered"),
        State::Studying => ("étude en cours", "under study"),
        State::Preparing => ("plan en préparation", "plan being made"),
        State::Agreeing => ("attend un accord", "awaits agreement"),
        State::Scheduled => ("planifiée", "scheduled"),
        State::Running => ("en cours", "running"),
        State::Suspended => ("suspendue", "suspended"),
        State::Blocked => ("bloquée", "blocked"),
        State::Undoing => ("retour arrière", "being taken back"),
        State::Delivered => ("à valider", "to be validated"),
        State::Contested => ("contestée", "contested"),
        State::Closed => ("close", "closed"),
    };
    match lang {
        Lang::Fr => fr,
        Lang::En => en,
    }
}

/// An ending in words for people.
#[must_use]
pub fn ended(ending: Ending, lang: Lang) -> &'static str {
    let (fr, en) = match ending {
        Ending::Validated => ("validée", "validated"),
        Ending::Tacit => ("validée sans réponse", "validated without an answer"),
        Ending::Failed => ("en échec", "failed"),
        Ending::Cancelled => ("retirée", "cancelled"),
        Ending::Declined => ("refusée", "declined"),
        Ending::Expired => ("sans réponse", "not answered"),
        Ending::Infeasible => ("non faisable", "infeasible"),
        Ending::Feasible => ("faisable", "feasible"),
        Ending::Reclassified => ("requalifiée", "reclassified"),
    };
    match lang {
        Lang::Fr => fr,
        Lang::En => en,
    }
}

/// Where a ticket stands, with how it ended once it has.
#[must_use]
pub fn stands(state: State, ending: Option<Ending>, lang: Lang) -> String {
    let state = said(state, lang);
    ending.map_or_else(
        || state.to_owned(),
        |it| format!("{state}, {}", ended(it, lang)),
    )
}
