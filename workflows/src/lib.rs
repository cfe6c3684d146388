//! How a change is carried out: the graph of tasks, and what an action is.
//!
//! Pure but for one async trait. Knows neither tickets nor databases nor any system.

pub mod action;
pub mod plan;
pub mod registry;
pub mod task;

pub use action::{Action, Cx, Erased, Evidence, EvidenceLog, Fault, FaultClass, Policy, Recovered,
    UndoKind, Undone, Verdict, Violation};
pub use plan::{Change, Fidelity, Impact, Level, Plan, Proof, Verb};
pub use registry::Registry;
pub use task::{GateSpec, Guard, Join, Node, Party, Phase, Purpose, Role, Test, Work};
