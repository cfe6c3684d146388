//! How a change is carried out: the graph of tasks, and what an action is.
//!
//! Pure but for one async trait. Knows neither tickets nor databases nor any system.

pub mod action;
pub mod check;
pub mod draw;
mod erased;
pub mod graph;
pub mod load;
pub mod plan;
pub mod price;
pub mod reference;
pub mod registry;
pub mod task;
pub mod unfold;
pub mod workflow;

pub use action::{
    Action, Cx, Erased, Evidence, EvidenceLog, Fault, FaultClass, Policy, Recovered, UndoKind,
    Undone, Verdict, Violation,
};
pub use check::Check;
pub use draw::{DrawNode, Mark};
pub use load::LoadError;
pub use plan::{Change, Fidelity, Impact, Level, Plan, Proof, Verb};
pub use price::lint_price;
pub use reference::{ResolveError, Scope, holds, resolve, resolve_known, resolve_outputs};
pub use registry::Registry;
pub use task::{GateSpec, Guard, Join, Node, Party, Phase, Purpose, Role, Test, Work};
pub use unfold::UnfoldError;
pub use workflow::{Step, TaskDef, Workflow, Workflows};
