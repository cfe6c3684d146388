//! One binary of tests: laws over the catalogue, refusals, ledger, stories, races, house rules.

mod blocks;
mod dag;
mod every_line;
mod faults;
mod gauges;
mod laws;
mod ledger;
mod matrix;
mod outbox;
mod pages;
mod proofs;
mod race;
mod refusals;
mod replicas;
mod rules;
mod sim;
mod stories;
mod tamper;
mod tidy;
mod upgrades;
mod window;
