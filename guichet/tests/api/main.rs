//! The JSON API, asked over loopback as other programs ask it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

#[path = "../counter/mod.rs"]
mod counter;
mod doors;
mod limits;
mod orders;
mod stage;
mod studies;
