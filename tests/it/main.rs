//! One binary of tests: laws over the catalogue, refusals, ledger, stories, races, house rules.

mod dag;
mod every_line;
mod gauges;
mod ledger;
mod matrix;
mod outbox;
mod race;
mod refusals;
mod replicas;
mod stories;
mod tamper;
mod tidy;
mod window;
