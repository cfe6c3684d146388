//! Changes of files in a zone's repositories: a deposited file, a label of Prometheus, a receiver
//! of Alertmanager; and the check that reads a manifest back from the repository.

mod action;
mod alertmanager;
mod check;
mod condition;
mod file;
mod manifest;
mod message;
mod params;
mod prometheus;
mod revision;
mod undo;
mod yaml;

pub use action::{Before, GitChange, Receipt};
pub use check::{GitManifest, ManifestParams};
pub use params::{ChangeParams, Edit, Operation};

/// The branch that configuration is read from; tickets do not choose it.
pub const BRANCH: &str = "main";
