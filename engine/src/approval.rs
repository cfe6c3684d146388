//! Gates and the one function that says who may decide. Page, API, CLI and link all pass here.

use crate::{
    id::{GateId, PersonId},
    people::{Person, Right},
    ticket::refusal::Refusal,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use workflows::{Party, Purpose};

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Agreed, validated, accepted.
    Approve,
    /// Refused; needs a reason.
    Reject,
}

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Waits.
    Open,
    /// Enough persons approved.
    Approved,
    /// Somebody refused.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// Another gate took its place, or the ticket ended.
    Superseded,
}

impl GateState {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            GateState::Open => "open",
            GateState::Approved => "approved",
            GateState::Rejected => "rejected",
            GateState::Expired => "expired",
            GateState::Superseded => "superseded",
        }
    }
}

/// What one person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who.
    pub person: PersonId,
    /// What.
    pub verdict: Verdict,
    /// By which door, since the strength differs.
    pub via: String,
    /// Why; mandatory with a refusal.
    pub comment: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// One question put to persons, bound to the digest of what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Name.
    pub id: GateId,
    /// Task of the ticket it stands for.
    pub task: String,
    /// Who decides.
    pub party: Party,
    /// What is decided.
    pub purpose: Purpose,
    /// How many persons must approve.
    pub quorum: u32,
    /// Digest of what is decided; a decision on anything else is refused.
    pub digest: String,
    /// Persons who may not decide: requester, filer, author of the artefact.
    pub barred: BTreeSet<PersonId>,
    /// How it stands.
    pub state: GateState,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// When it closes by itself; `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it is asked again; `None`: no more.
    pub remind_at: Option<DateTime<Utc>>,
    /// How often it was asked again.
    pub reminders: u32,
    /// What was said so far.
    pub decisions: Vec<Decision>,
}

/// The right that deciding takes.
#[must_use]
pub fn right(party: Party, purpose: Purpose) -> Right {
    match (party, purpose) {
        (Party::Client, Purpose::Validation) => Right::Validate,
        (Party::Client, _) => Right::Commit,
        (Party::Operations | Party::SecondOperator, _) => Right::Operate,
        (Party::Support, _) => Right::Support,
        (Party::Manager, _) => Right::Steer,
    }
}

/// Whether `person` may decide a gate of that kind, four eyes included. `operators` are those who
/// approved an operations gate of the same ticket.
fn stands_in_the_way(
    person: &Person,
    client: &str,
    party: Party,
    purpose: Purpose,
    barred: &BTreeSet<PersonId>,
    operators: &BTreeSet<PersonId>,
) -> Option<Refusal> {
    let side = match party {
        Party::Client => person.client.as_deref() == Some(client),
        _ => person.is_staff(),
    };
    if !side || !person.may(right(party, purpose)) {
        return Some(Refusal::NotEntitled);
    }
    if barred.contains(&person.id) {
        return Some(Refusal::SelfApproval);
    }
    if party == Party::SecondOperator && operators.contains(&person.id) {
        return Some(Refusal::SelfApproval);
    }
    None
}

/// Everybody who may decide a gate of that kind.
#[must_use]
pub fn eligible<'a>(
    people: &'a [Person],
    client: &str,
    party: Party,
    purpose: Purpose,
    barred: &BTreeSet<PersonId>,
    operators: &BTreeSet<PersonId>,
) -> Vec<&'a Person> {
    people
        .iter()
        .filter(|it| stands_in_the_way(it, client, party, purpose, barred, operators).is_none())
        .collect()
}

/// Whether `person` may decide `gate` now, on what `digest` names.
///
/// # Errors
/// The refusal a person reads: not entitled, own request, too late, decided already, or the plan
/// has changed since it was read.
pub fn may_decide(
    gate: &Gate,
    client: &str,
    person: &Person,
    digest: &str,
    operators: &BTreeSet<PersonId>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if let Some(refusal) = stands_in_the_way(
        person,
        client,
        gate.party,
        gate.purpose,
        &gate.barred,
        operators,
    ) {
        return Err(refusal);
    }
    if gate.state == GateState::Expired || gate.expires_at.is_some_and(|it| it <= now) {
        return Err(Refusal::GateExpired {
            at: gate.expires_at,
        });
    }
    if gate.state != GateState::Open || gate.decisions.iter().any(|it| it.person == person.id) {
        return Err(Refusal::AlreadyDecided);
    }
    if gate.digest != digest {
        return Err(Refusal::PlanChanged);
    }
    Ok(())
}
