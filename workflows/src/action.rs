//! What an action is: the contract between the engine, which only knows JSON and order, and the
//! adapters, which only know one system.
//!
//! An automated task obeys one sequence: `validate` (pure, at submission) → `plan` (reads) → the
//! client's agreement on the plan digest → lock → `plan` again → `apply` → `verify`. After a crash
//! or an answer that never came, `recover` speaks before anything else does.

pub use crate::erased::Erased;

use crate::plan::{Plan, Proof};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use uuid::Uuid;

/// What an action may know about the task it serves. No ticket state, no tokens, no database.
#[derive(Clone, Debug)]
pub struct Cx {
    /// Reference of the ticket as people write it, e.g. `ACME-2026-0042`.
    pub ticket: String,
    /// Title of the change, for commit messages and silences.
    pub title: String,
    /// Name of the task in its workflow.
    pub task: String,
    /// Stable key of the effect: identical across retries, new after a re-plan.
    pub idem: Uuid,
    /// `sha256:…` of the plan that was agreed; empty while planning.
    pub plan_digest: String,
    /// Who asked, e.g. `Camille Roy`; goes into git authorship and annotations.
    pub actor: String,
    /// Cluster (zone) the ticket is about, as named in the inventory.
    pub zone: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The moment of this call, for anything that must be dated.
    pub now: DateTime<Utc>,
    /// Where every exchange with the outside is noted.
    pub evidence: EvidenceLog,
}

/// One exchange with a system: headers reduced to an allow-list, body reduced to its digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// When the answer arrived.
    pub at: DateTime<Utc>,
    /// System asked, e.g. `prometheus`.
    pub system: String,
    /// Method and path, never a secret.
    pub request: String,
    /// HTTP status, 0 when no answer came.
    pub status: u16,
    /// Hex SHA-256 of the redacted answer body.
    pub body_sha256: String,
    /// Identifiers the system returned: request id, ETag, commit.
    pub ids: BTreeMap<String, String>,
}

/// Collects the evidence of one call; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct EvidenceLog(Arc<Mutex<Vec<Evidence>>>);

impl EvidenceLog {
    /// Notes one exchange.
    pub fn push(&self, evidence: Evidence) {
        if let Ok(mut log) = self.0.lock() {
            log.push(evidence);
        }
    }
    /// Takes everything noted so far, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Evidence> {
        self.0
            .lock()
            .map(|mut it| std::mem::take(&mut *it))
            .unwrap_or_default()
    }
}

/// A parameter that an action refuses, found without touching any system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON pointer of the parameter.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// One plain English sentence.
    pub message: String,
}

/// Why a call did not do what was asked, and so what the engine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultClass {
    /// Worth another try by itself: 502–504, 429, connection refused, "update in progress".
    Transient,
    /// Sent, no answer: `recover` before anything else.
    Ambiguous,
    /// The target moved: plan again; a new digest goes back to the gate.
    Conflict,
    /// The system says the request is wrong: permanent.
    Rejected,
    /// 401 or 403: an operator, never another try with the same credential.
    Denied,
    /// The target does not exist.
    Missing,
    /// Our own safety rule refused.
    Guard,
}

/// A classified failure of an action.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq, Serialize, Deserialize)]
#[error("{message}")]
pub struct Fault {
    /// What the engine does about it.
    pub class: FaultClass,
    /// One plain English sentence, with the system's own words; never a secret.
    pub message: String,
    /// Seconds the system asked us to wait, when it said so.
    pub retry_after_s: Option<u64>,
}

impl Fault {
    /// A fault of `class` with its sentence.
    pub fn new(class: FaultClass, message: impl Into<String>) -> Self {
        Fault {
            class,
            message: message.into(),
            retry_after_s: None,
        }
    }
}

/// What `recover` found out about an earlier `apply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovered<R> {
    /// No trace of it: `apply` may run.
    NotApplied,
    /// It happened: here is its receipt.
    Applied(R),
    /// Half of it happened, or nobody can tell: a person decides.
    Partial(String),
}

/// What the system itself says about the result. Never derived from the receipt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every claim holds.
    Ok(Vec<Proof>),
    /// Not yet; ask again after `poll_ms`, until `Policy::verify_for`.
    Pending {
        /// What is being waited for.
        why: String,
        /// Milliseconds before the next look.
        poll_ms: u64,
    },
    /// At least one claim does not hold.
    Bad(Vec<Proof>),
}

/// What `undo` achieved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undone {
    /// The state before is back, and proved.
    Restored(Vec<Proof>),
    /// Nothing had happened.
    NothingToDo,
    /// It cannot be undone; a person decides.
    Impossible(String),
}

/// Whether and by whom an effect can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoKind {
    /// The engine undoes by itself.
    Automatic,
    /// A person undoes by hand.
    Manual,
    /// There is nothing to undo (read-only) or nothing can be undone.
    None,
}

/// Bounds on tries and times of one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Tries in all, the first included.
    pub attempts: u32,
    /// First pause of the exponential backoff.
    pub base_delay: Duration,
    /// Longest pause.
    pub max_delay: Duration,
    /// Bound on `apply`, `recover` and `undo`.
    pub apply_for: Duration,
    /// Bound on all the polling of `verify`.
    pub verify_for: Duration,
    /// Who undoes.
    pub undo: UndoKind,
}

impl Policy {
    /// Five tries from half a second, one minute to act, one minute to prove, undone by itself.
    pub const STANDARD: Policy = Policy {
        attempts: 5,
        base_delay: Duration::from_millis(500),
        max_delay: Duration::from_secs(30),
        apply_for: Duration::from_secs(60),
        verify_for: Duration::from_secs(60),
        undo: UndoKind::Automatic,
    };
    /// A read-only assertion: nothing to undo.
    pub const CHECK: Policy = Policy {
        undo: UndoKind::None,
        ..Policy::STANDARD
    };
}

/// One thing the outside world can be asked to do.
///
/// # Guarantees the engine gives
/// `apply` is only called after `plan` answered the agreed digest under the target's lock and the
/// intent was committed; never twice in a row without `recover` in between.
///
/// # Guarantees an action gives
/// `plan`, `recover` and `verify` only read. Two plans of an unchanged system are equal. `apply` is
/// idempotent under `cx.idem`. `undo` tolerates that `apply` never ran, or ran halfway.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    /// Durable name, e.g. `"git.change"`: stored in tickets, so never renamed.
    const NAME: &'static str;
    /// What the workflow passes in.
    type Params: Serialize + DeserializeOwned + Send + Sync;
    /// What undo needs to know of the state before; stored with the plan.
    type Before: Serialize + DeserializeOwned + Send + Sync;
    /// Identifiers returned by the system; also the task's outputs for later tasks.
    type Receipt: Serialize + DeserializeOwned + Send + Sync;

    /// Bounds on tries and times.
    fn policy(&self) -> Policy {
        Policy::STANDARD
    }
    /// Pure and offline; a non-empty answer refuses the ticket before anything is reserved.
    fn validate(&self, params: &Self::Params) -> Vec<Violation>;
    /// Addresses of what is written, e.g. `zone-a/alertmanager`; tickets that share one never
    /// interleave. Empty for read-only actions. Pure.
    fn targets(&self, zone: &str, params: &Self::Params) -> Vec<String>;
    /// Reads only; deterministic for an unchanged system. An empty plan means "already in place".
    async fn plan(&self, cx: &Cx, params: &Self::Params) -> Result<Plan<Self::Before>, Fault>;
    /// Makes the effect. Once it returns `Ok` the system accepted it; `verify` decides success.
    async fn apply(
        &self,
        cx: &Cx,
        params: &Self::Params,
        plan: &Plan<Self::Before>,
    ) -> Result<Self::Receipt, Fault>;
    /// After a crash or an ambiguous failure: did `apply` happen?
    async fn recover(
        &self,
        cx: &Cx,
        params: &Self::Params,
        plan: &Plan<Self::Before>,
    ) -> Result<Recovered<Self::Receipt>, Fault>;
    /// Asks the system, never the receipt. `receipt` is `None` when the plan was empty.
    async fn verify(
        &self,
        cx: &Cx,
        params: &Self::Params,
        plan: &Plan<Self::Before>,
        receipt: Option<&Self::Receipt>,
    ) -> Result<Verdict, Fault>;
    /// Brings `plan.before` back, and proves it.
    async fn undo(
        &self,
        cx: &Cx,
        params: &Self::Params,
        plan: &Plan<Self::Before>,
        receipt: Option<&Self::Receipt>,
    ) -> Result<Undone, Fault>;
}
