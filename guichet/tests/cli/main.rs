//! The command line, run as people run it.

#[path = "../counter/mod.rs"]
mod counter;
mod house;
mod offer;
mod orders;
mod parting;
