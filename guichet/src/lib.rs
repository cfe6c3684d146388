//! Guichet, the counter: everything of the change engine that faces people. Pages, mails, HTTP,
//! command line, and the wiring of the other crates into one program.

pub mod app;
pub mod backup;
pub mod bench;
pub mod cli;
pub mod config;
pub mod demo;
pub mod format;
pub mod http;
pub mod i18n;
pub mod mail;
pub mod metrics;
pub mod pages;
pub mod post;
pub mod published;
pub mod telemetry;
