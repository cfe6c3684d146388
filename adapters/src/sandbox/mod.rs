//! Stand-ins: the outside systems played on a loopback port, with real API shapes and real faults,
//! for the demonstration and for tests.

pub mod fault;
pub mod gitea;
pub mod kubernetes;
pub mod monitoring;
pub mod pools;
pub mod process;
pub mod serving;
pub mod sink;
pub mod vault;
