//! The catalogue as the contract obliges it to be, and what its forms refuse.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod contract;
mod forms;
mod loading;
mod pricing;
mod properties;
mod refusals;

use catalogue::{Catalogue, Entry};
use serde_json::{Map, Value};
use std::sync::LazyLock;

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::embedded().unwrap_or_else(|errors| panic!("{errors}")));
    &CATALOGUE
}

fn entry(code: &str) -> Entry {
    catalogue().get(code).unwrap().clone()
}

fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else {
        panic!("an object is expected: {value}")
    };
    map
}
