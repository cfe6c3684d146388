//! The program as whoever runs it sees it: probes, figures, traces, logs, and what it says when
//! its database is away.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod away;
mod collector;
#[path = "../counter/mod.rs"]
mod counter;
mod postgres;
mod program;
mod ready;
mod seen;
#[path = "../letters/sink.rs"]
mod sink;
mod story;
