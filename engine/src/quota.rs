//! Six accelerated changes a year (S14). Six numbered slots exist; a seventh has no row.

use crate::{
    contract::{Contract, Period},
    id::TicketId,
    window::paris_date,
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// « maximum de 6 par an » (§4 Changement Accéléré).
pub const PER_YEAR: u8 = 6;

/// One counting period: first day included, last day excluded, dates of Europe/Paris.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Year {
    /// First day.
    pub from: NaiveDate,
    /// Day on which the next period begins.
    pub until: NaiveDate,
}

/// A slot that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// 1 to 6.
    pub ordinal: u8,
    /// By which ticket.
    pub ticket: TicketId,
    /// Execution began: it is never returned.
    pub consumed: bool,
}

/// What a command does to the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotMove {
    /// Takes slot `ordinal` of the year beginning `from`.
    Reserve {
        /// First day of the year.
        from: NaiveDate,
        /// 1 to 6.
        ordinal: u8,
    },
    /// Execution begins.
    Consume,
    /// Refused, cancelled before the start, or failed by the provider (ruling 2).
    Return,
}

fn on(year: i32, month: u32, day: u32) -> NaiveDate {
    (0..3)
        .find_map(|back| NaiveDate::from_ymd_opt(year, month, day - back))
        .expect("every month has a day that close to its end")
}

/// The period that `now` falls into, by the contract's own counting (A1).
#[must_use]
pub fn year(contract: &Contract, now: DateTime<Utc>) -> Year {
    let today = paris_date(now);
    let (month, day) = match contract.terms.period {
        Period::ContractYear => (contract.starts.month(), contract.starts.day()),
        Period::CalendarYear => (1, 1),
    };
    let this = on(today.year(), month, day);
    if today >= this {
        Year {
            from: this,
            until: on(today.year() + 1, month, day),
        }
    } else {
        Year {
            from: on(today.year() - 1, month, day),
            until: this,
        }
    }
}

/// The first free slot, if one is left.
#[must_use]
pub fn free(slots: &[Slot]) -> Option<u8> {
    (1..=PER_YEAR).find(|ordinal| slots.iter().all(|it| it.ordinal != *ordinal))
}
