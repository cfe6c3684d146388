//! The pages people look at: typed views filled from the engine, and the templates that show them.
//!
//! A view holds plain facts; its template asks [`Ui`] for words, dates and counts in the reader's
//! language. Nothing here reads a clock or decides anything.

pub mod assets;
pub mod audit;
pub mod catalogue;
pub mod contract;
pub mod decide;
pub mod fields;
pub mod inbox;
pub mod link;
pub mod order;
pub mod outbox;
pub mod parts;
pub mod people;
pub mod plan;
pub mod study;
pub mod ticket;
pub mod tickets;
pub mod trouble;
pub mod ui;

pub use ui::{Theme, Ui, Viewer};
