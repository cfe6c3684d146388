//! Faults on real processes: the real program is killed, stopped and starved of its database while
//! clients order and decide over HTTP, and an oracle of its own judges what is left (promises P1,
//! P4, P5, P7, P11, P12, P13).
//!
//! Sizes come from the environment (`GUICHET_KILLS` …), see `tests/nightly`; a seed is printed
//! with every run and taken from `GUICHET_SEED`.

mod acknowledged_is_synced;
mod diary;
mod drain;
mod http;
mod kill_loop;
mod killed_mailers;
mod oracle;
mod player;
mod postgres;
mod postgres_restarts;
mod replica;
mod report;
mod sessions;
mod signals_while_restarting;
mod stage;
mod stopped_workers;
mod stories;
mod the_oracle_notices;
mod town;
