//! One binary of tests: laws over the catalogue, refusals, ledger, stories, races, house rules.

mod every_line;
