//! How each change really happens: typed clients of the outside systems, the actions written on
//! them, and the stand-ins that play those systems on a loopback port.
//!
//! A *port* ([`forge::Forge`], [`vault::Vault`], …) is a thin client of one real API and knows no
//! business rule. An *action* ([`git_change::GitChange`], …) obeys the contract of
//! [`workflows::Action`] and reaches its ports only through [`systems::Systems`], whose addresses
//! come from the operator's configuration and never from a ticket.

pub mod forge;
pub mod git_change;
pub mod kube;
pub mod kube_apply;
pub mod monitor;
pub mod pools;
pub mod power;
pub mod sandbox;
pub mod systems;
pub mod vault;
pub mod wire;
