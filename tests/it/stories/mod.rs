//! Scripted journeys, with the journal as a person would read it.

mod accelerated;
mod complex;
mod edges;
mod failing;
mod links;
mod moved;
mod operate;
mod simple;
mod study;
