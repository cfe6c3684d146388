//! Copies that prove themselves, and databases that nobody goes on with by mistake. On SQLite, or
//! on the PostgreSQL that `GUICHET_TEST_POSTGRES` names.

mod copies;
#[path = "../counter/mod.rs"]
mod counter;
mod drill;
mod place;
mod refusals;
