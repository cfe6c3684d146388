//! Promises §5: the ledger against a naive model, and the edges of years.

use catalogue::Tokens;
use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use engine::{
    contract::{Contract, Period, Terms},
    id::{HoldId, LotId, TicketId},
    ledger::{self, Account, Hold, Lot, Move},
    quota::{self, Slot},
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tests::world::contracts;
use uuid::Uuid;

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0)
        .single()
        .expect("that instant exists")
}

fn lot(nth: usize, granted: u32, lasts: Option<i64>) -> Lot {
    Lot {
        id: LotId(Uuid::from_u128(nth as u128)),
        granted: Tokens(granted),
        held: Tokens(0),
        spent: Tokens(0),
        expired: Tokens(0),
        // The younger the lot, the earlier its name: nothing but the end decides.
        granted_at: start() - Duration::hours(i64::try_from(nth).expect("few")),
        expires_at: lasts.map(|days| start() + Duration::days(days)),
    }
}

/// What a test does to the ledger.
#[derive(Clone, Debug)]
enum Act {
    Hold(u32),
    Settle(usize, u32),
    Expire,
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (1..12u32).prop_map(Act::Hold),
        4 => (0..8usize, 0..15u32).prop_map(|(which, tokens)| Act::Settle(which, tokens)),
        1 => Just(Act::Expire),
        2 => (1..120i64).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..60)
}

fn lots() -> impl Strategy<Value = Vec<Lot>> {
    let one = (1..40u32, prop::option::of(1..700i64));
    prop::collection::vec(one, 1..5).prop_map(|all| {
        let each = all.into_iter().enumerate();
        each.map(|(nth, (granted, lasts))| lot(nth, granted, lasts))
            .collect()
    })
}

/// The ledger as the store keeps it, and beside it the naive model: one entry per single token.
struct Books {
    now: DateTime<Utc>,
    lots: Vec<Lot>,
    holds: Vec<Hold>,
    sums: BTreeMap<(LotId, &'static str), i64>,
    names: u128,
}

impl Books {
    fn open(lots: Vec<Lot>) -> Books {
        let mut books = Books {
            now: start(),
            lots: lots.clone(),
            holds: Vec::new(),
            sums: BTreeMap::new(),
            names: 1_000,
        };
        for lot in lots {
            books.post(&Move::Grant(lot));
        }
        books
    }

    /// Writes the move's postings and, from the move alone, its counters.
    fn post(&mut self, step: &Move) {
        let id = match step {
            Move::Grant(lot) => lot.id,
            Move::Hold(hold) | Move::Settle { hold, .. } => hold.lot,
            Move::Expire { lot, .. } => *lot,
        };
        for (debit, credit, tokens) in ledger::postings(step) {
            assert_ne!(debit, credit);
            assert!(tokens > Tokens(0), "an empty posting says nothing");
            *self.sums.entry((id, debit.word())).or_insert(0) -= i64::from(tokens.0);
            *self.sums.entry((id, credit.word())).or_insert(0) += i64::from(tokens.0);
        }
        let lot = self
            .lots
            .iter_mut()
            .find(|it| it.id == id)
            .expect("a known lot");
        match step {
            Move::Grant(_) => {}
            Move::Hold(hold) => lot.held.0 += hold.tokens.0,
            Move::Settle { hold, captured } => {
                lot.held.0 -= hold.tokens.0;
                lot.spent.0 += captured.0;
            }
            Move::Expire { tokens, .. } => lot.expired.0 += tokens.0,
        }
    }

    fn sum(&self, lot: LotId, account: Account) -> i64 {
        self.sums.get(&(lot, account.word())).copied().unwrap_or(0)
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Wait(days) => self.now += Duration::days(*days),
            Act::Expire => {
                for step in ledger::expiries(&self.lots, self.now) {
                    self.post(&step);
                }
                assert!(
                    ledger::expiries(&self.lots, self.now).is_empty(),
                    "once is enough"
                );
            }
            Act::Hold(tokens) => self.hold(Tokens(*tokens)),
            Act::Settle(which, tokens) => self.settle(*which, Tokens(*tokens)),
        }
    }

    fn hold(&mut self, tokens: Tokens) {
        let ticket = TicketId(Uuid::from_u128(self.names));
        let mut names = self.names;
        let answer = ledger::hold(&self.lots, ticket, tokens, self.now, || {
            names += 1;
            HoldId(Uuid::from_u128(names))
        });
        self.names = names + 1;
        let usable = ledger::available(&self.lots, self.now);
        let Ok(holds) = answer else {
            assert!(usable < tokens, "refused although {usable:?} are there");
            return;
        };
        assert_eq!(holds.iter().map(|it| it.tokens.0).sum::<u32>(), tokens.0);
        self.first_expiring_first(&holds);
        for hold in holds {
            self.post(&Move::Hold(hold.clone()));
            self.holds.push(hold);
        }
    }

    /// A lot is only touched once every lot that expires earlier is empty.
    fn first_expiring_first(&self, holds: &[Hold]) {
        let far = start() + Duration::days(100_000);
        let ends = |lot: &Lot| lot.expires_at.unwrap_or(far);
        let taken = |lot: &Lot| {
            let mine = holds.iter().filter(|it| it.lot == lot.id);
            mine.map(|it| it.tokens.0).sum::<u32>()
        };
        for later in self.lots.iter().filter(|it| taken(it) > 0) {
            assert!(ends(later) > self.now, "an expired lot is never held from");
            for earlier in self.lots.iter().filter(|it| ends(it) < ends(later)) {
                let left = earlier.available(self.now).0;
                assert_eq!(left, taken(earlier), "an earlier lot still had tokens");
            }
        }
    }

    fn settle(&mut self, which: usize, tokens: Tokens) {
        let tickets: Vec<TicketId> = self.holds.iter().map(|it| it.ticket).collect();
        let Some(ticket) = tickets.get(which).copied() else {
            return;
        };
        let mine: Vec<Hold> = self
            .holds
            .iter()
            .filter(|it| it.ticket == ticket)
            .cloned()
            .collect();
        let open: u32 = mine
            .iter()
            .filter(|it| it.captured.is_none())
            .map(|it| it.tokens.0)
            .sum();
        let mut captured_in_all = 0;
        for step in ledger::settle(&mine, tokens) {
            let Move::Settle { hold, captured } = &step else {
                panic!("settling only settles");
            };
            captured_in_all += captured.0;
            let kept = self
                .holds
                .iter_mut()
                .find(|it| it.id == hold.id)
                .expect("a known hold");
            assert_eq!(kept.captured, None, "settled once (4)");
            kept.captured = Some(*captured);
            self.post(&step);
        }
        assert_eq!(captured_in_all, tokens.0.min(open), "a hold is a ceiling");
    }

    /// Invariants 1–3, 8 and 10 of promises §5.
    fn in_order(&self) {
        for lot in &self.lots {
            let n = |tokens: Tokens| i64::from(tokens.0);
            let open = self
                .holds
                .iter()
                .filter(|it| it.lot == lot.id && it.captured.is_none());
            let open: i64 = open.map(|it| n(it.tokens)).sum();
            let spent = self.holds.iter().filter(|it| it.lot == lot.id);
            let spent: i64 = spent.filter_map(|it| it.captured).map(n).sum();
            assert_eq!(self.sum(lot.id, Account::Spent), spent, "(1)");
            assert_eq!(self.sum(lot.id, Account::Held), open, "(2)");
            assert_eq!(n(lot.spent), spent, "(8)");
            assert_eq!(n(lot.held), open, "(8)");
            assert!(open + spent + n(lot.expired) <= n(lot.granted), "(3)");
            let stock = self.sum(lot.id, Account::Stock);
            assert_eq!(stock, n(lot.left()));
            assert!(stock >= 0, "never overspent");
            assert_eq!(self.sum(lot.id, Account::Issuer), -n(lot.granted));
        }
        assert_eq!(
            self.sums.values().sum::<i64>(),
            0,
            "double entry sums to zero"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// First expiring first, never overspent, settled once, expired lots never used; every balance
    /// is the sum of its postings at every instant.
    #[test]
    fn the_books_are_in_order_whatever_is_done(lots in lots(), acts in acts()) {
        let mut books = Books::open(lots);
        for act in &acts {
            books.act(act);
            books.in_order();
        }
    }

    /// (7) Letting go restores exactly what was.
    #[test]
    fn a_hold_released_restores_every_lot(lots in lots(), tokens in 1..60u32) {
        let mut books = Books::open(lots);
        let before = books.lots.clone();
        books.hold(Tokens(tokens));
        books.settle(0, Tokens(0));
        prop_assert_eq!(&books.lots, &before);
    }

    /// (5) Settling again changes nothing.
    #[test]
    fn settling_twice_settles_once(lots in lots(), tokens in 1..60u32, captured in 0..70u32) {
        let mut books = Books::open(lots);
        books.hold(Tokens(tokens));
        books.settle(0, Tokens(captured));
        let after = books.lots.clone();
        books.settle(0, Tokens(captured));
        prop_assert_eq!(&books.lots, &after);
    }

    /// S14: every instant falls into exactly one contract year, and years follow without a gap.
    #[test]
    fn contract_years_cover_time_without_gap_or_overlap(
        begins in 0..3_000i64, seconds in 0..400_000_000i64, calendar in any::<bool>(),
    ) {
        let contract = beginning(day(2020, 1, 1) + Duration::days(begins), calendar);
        let now = start() + Duration::seconds(seconds);
        let year = quota::year(&contract, now);
        let today = engine::window::paris_date(now);
        prop_assert!(year.from <= today && today < year.until);
        let length = (year.until - year.from).num_days();
        prop_assert!((365..=366).contains(&length), "{length}");
        let next = quota::year(&contract, engine::window::midnight(year.until));
        prop_assert_eq!(next.from, year.until);
    }

    #[test]
    fn a_free_slot_is_free_and_there_are_six(taken in prop::collection::btree_set(1..=6u8, 0..=6)) {
        let ticket = TicketId(Uuid::nil());
        let slots: Vec<Slot> =
            taken.iter().map(|n| Slot { ordinal: *n, ticket, consumed: false }).collect();
        match quota::free(&slots) {
            Some(ordinal) => prop_assert!((1..=6).contains(&ordinal) && !taken.contains(&ordinal)),
            None => prop_assert_eq!(taken.len(), 6),
        }
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("that day exists")
}

fn beginning(starts: NaiveDate, calendar: bool) -> Contract {
    let period = if calendar {
        Period::CalendarYear
    } else {
        Period::ContractYear
    };
    let terms = Terms {
        period,
        ..Terms::default()
    };
    Contract {
        starts,
        ..contracts(terms).0
    }
}

fn year_of(contract: &Contract, now: &str) -> (String, String) {
    let year = quota::year(contract, now.parse().expect("an instant"));
    (year.from.to_string(), year.until.to_string())
}

fn year(from: &str, until: &str) -> (String, String) {
    (from.to_owned(), until.to_owned())
}

/// Ruling 1: from the anniversary, in the dates of France.
#[test]
fn a_contract_year_turns_at_midnight_in_paris() {
    let contract = beginning(day(2026, 7, 1), false);
    let last = year_of(&contract, "2027-06-30T21:59:59.999Z");
    assert_eq!(last, year("2026-07-01", "2027-07-01"));
    let first = year_of(&contract, "2027-06-30T22:00:00Z");
    assert_eq!(first, year("2027-07-01", "2028-07-01"));
}

#[test]
fn a_calendar_year_ends_with_the_last_millisecond_of_december_in_paris() {
    let contract = beginning(day(2026, 3, 1), true);
    let last = year_of(&contract, "2026-12-31T22:59:59.999Z");
    assert_eq!(last, year("2026-01-01", "2027-01-01"));
    let first = year_of(&contract, "2026-12-31T23:00:00Z");
    assert_eq!(first, year("2027-01-01", "2028-01-01"));
}

#[test]
fn a_contract_of_29_february_has_an_anniversary_every_year() {
    let contract = beginning(day(2024, 2, 29), false);
    assert_eq!(
        year_of(&contract, "2024-06-01T00:00:00Z"),
        year("2024-02-29", "2025-02-28")
    );
    assert_eq!(
        year_of(&contract, "2025-02-27T22:59:59Z"),
        year("2024-02-29", "2025-02-28")
    );
    assert_eq!(
        year_of(&contract, "2025-02-27T23:00:00Z"),
        year("2025-02-28", "2026-02-28")
    );
    assert_eq!(
        year_of(&contract, "2028-02-28T12:00:00Z"),
        year("2027-02-28", "2028-02-29")
    );
    assert_eq!(
        year_of(&contract, "2028-02-29T12:00:00Z"),
        year("2028-02-29", "2029-02-28")
    );
}

#[test]
fn a_lot_is_worth_nothing_from_the_instant_it_expires() {
    let lot = lot(1, 10, Some(30));
    let ends = lot.expires_at.expect("it expires");
    assert_eq!(lot.available(ends - Duration::microseconds(1)), Tokens(10));
    assert_eq!(lot.available(ends), Tokens(0));
}
