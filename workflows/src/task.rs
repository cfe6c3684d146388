//! What a task is: the words a workflow file may use, and the node that a ticket stores.

use catalogue::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who a gate waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// A person whom the client entitled to agree and validate (S35, S36).
    Client,
    /// An operator of the provider.
    Operations,
    /// An operator who is neither requester, nor author, nor first approver.
    SecondOperator,
    /// The support centre.
    Support,
    /// The managed-services manager, GSM (S38).
    Manager,
}

/// What a gate decides; fixes the mail, the page and what an approval does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The plan as computed, bound to its digest.
    Agreement,
    /// The provider's operators agree that the plan is safe.
    Operations,
    /// A price put to the client: quote, reclassified line, child of a study.
    Offer,
    /// The estimate of a study, due even if it ends infeasible (S25–S27).
    Estimate,
    /// A point inside the workflow that a person must let pass.
    Passage,
    /// The client validates and closes (S18).
    Validation,
}

/// Who does a manual task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// An operator of the provider.
    Operator,
    /// The support centre.
    Support,
    /// The managed-services manager, GSM.
    Manager,
}

/// How long a gate waits and how it insists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateSpec {
    /// Who decides.
    pub party: Party,
    /// What is decided.
    pub purpose: Purpose,
    /// How many different persons must approve; one refusal refuses.
    #[serde(default = "one")]
    pub quorum: u32,
    /// Hours before it expires; `None` waits for ever (there is no tacit agreement).
    #[serde(default)]
    pub deadline_hours: Option<u32>,
}

fn one() -> u32 {
    1
}

/// What a task does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Computes the plans of all actions of the ticket.
    Plan,
    /// Calls an action of the registry with these parameters.
    Action {
        /// Durable name.
        name: String,
        /// Parameters; strings beginning with `$` are references.
        with: Map<String, Value>,
    },
    /// A person does it and records outcome and evidence.
    Manual {
        /// Who.
        role: Role,
        /// What to do, in words.
        instructions: Text,
        /// Parameters, shown to the person.
        with: Map<String, Value>,
        /// The action this stands in for, when it is not automated yet.
        instead_of: Option<String>,
    },
    /// Waits for persons.
    Gate(GateSpec),
    /// Waits for time; the instant is set when the task becomes ready.
    Timer {
        /// Seconds after the task becomes ready; `None` means the ticket's own start time.
        after_s: Option<u64>,
    },
}

/// When a task with several predecessors may start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Join {
    /// Every predecessor ended well or was skipped, and at least one was not skipped.
    #[default]
    All,
    /// At least this many predecessors ended well; the others are cancelled if nothing else needs
    /// them. `Of(1)` over a gate and a timer is a deadline race.
    Of(u32),
}

/// A condition on a task; when it does not hold the task is skipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// Reference to look at, e.g. `$form.action` or `$task.orient.outcome`.
    pub value: String,
    /// What must hold of it.
    pub test: Test,
}

/// The tests a guard can make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// Equal to this.
    Is(Value),
    /// Not equal to this.
    Not(Value),
    /// One of these.
    In(Vec<Value>),
    /// A number not below this.
    AtLeast(i64),
}

/// The stretch of a ticket's life that a task belongs to; the ticket's state follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Study: the half-hour call (S20).
    Call,
    /// Study: reclassify or estimate.
    Orient,
    /// The provider owes a price.
    Quote,
    /// A price is with the client.
    Offer,
    /// Study: the work itself.
    Study,
    /// The plan is being computed.
    Plan,
    /// Agreements on the plan.
    Agree,
    /// The start time is awaited.
    Window,
    /// The change acts.
    Act,
    /// Done; the client validates and closes.
    Validate,
}

/// A task of a ticket: one row. Static once unfolded; the engine keeps the status beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in the ticket, e.g. `deposit` or `drain[2]`.
    pub name: String,
    /// What people read.
    pub title: Text,
    /// What it does; `$form`, `$given`, `$each` and `$ticket` references are already resolved,
    /// `$task.…` ones are not.
    pub work: Work,
    /// Names of the tasks it comes after.
    pub after: Vec<String>,
    /// When it may start.
    pub join: Join,
    /// Conditions; all must hold.
    pub when: Vec<Guard>,
    /// The contractual task it counts for, if any (S4, S5).
    pub contractual: Option<String>,
    /// Which stretch of the ticket's life.
    pub phase: Phase,
}
