//! What may be asked, and its price. Pure: no time, no I/O, no tickets.

pub mod text;

pub use text::{Lang, Text};
