//! When changes may start: windows written as five-field cron lines, in the time of Europe/Paris.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::Paris;
use cron::Schedule;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A recurring stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// `minute hour day-of-month month day-of-week`, weekdays by name, e.g. `0 22 * * Tue,Thu`.
    pub opens: String,
    /// How long it stays open.
    pub minutes: u32,
}

/// A window line that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("window « {line} »: {why}; write five fields, e.g. `0 22 * * Tue,Thu`")]
pub struct BadWindow {
    line: String,
    why: String,
}

/// The date in France.
#[must_use]
pub fn paris_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Paris).date_naive()
}

/// The first instant of a day in France.
#[must_use]
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    instant(day.and_hms_opt(0, 0, 0).expect("midnight exists on paper"))
}

/// The instant of a wall-clock time in France: the earlier one when it comes twice (autumn), the
/// first one that exists when it is skipped (spring).
fn instant(wall: NaiveDateTime) -> DateTime<Utc> {
    let mut wall = wall;
    loop {
        match Paris.from_local_datetime(&wall).earliest() {
            Some(at) => return at.with_timezone(&Utc),
            None => wall += Duration::minutes(1),
        }
    }
}

impl Window {
    fn schedule(&self) -> Result<Schedule, BadWindow> {
        let bad = |why: String| BadWindow {
            line: self.opens.clone(),
            why,
        };
        let fields: Vec<&str> = self.opens.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(bad(format!("{} fields instead of 5", fields.len())));
        };
        if weekday.chars().any(|it| it.is_ascii_digit()) {
            return Err(bad("weekdays are written by name".into()));
        }
        if day != "*" && weekday != "*" {
            return Err(bad("day of month and day of week exclude each other".into()));
        }
        if self.minutes == 0 {
            return Err(bad("it is open for 0 minutes".into()));
        }
        Schedule::from_str(&format!("0 {minute} {hour} {day} {month} {weekday}"))
            .map_err(|e| bad(e.to_string()))
    }
    /// Whether the line can be understood.
    ///
    /// # Errors
    /// [`BadWindow`] says what is wrong.
    pub fn check(&self) -> Result<(), BadWindow> {
        self.schedule().map(drop)
    }
    /// The instant from which a change asked for at `now` may start: `now` inside an open window,
    /// else the next opening. `None` when the line never opens again.
    ///
    /// # Errors
    /// [`BadWindow`] when the line cannot be understood.
    pub fn next(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, BadWindow> {
        let schedule = self.schedule()?;
        // The cron crate knows no time zone trap if it only ever sees the wall clock as if it
        // were UTC: no skipped day in spring, no second firing in autumn.
        let wall = now.with_timezone(&Paris).naive_local();
        let open = Duration::minutes(i64::from(self.minutes));
        // One hour more: in the spring night the wall clock runs ahead of the time passed.
        let from = Utc.from_utc_datetime(&(wall - open - Duration::hours(1)));
        for fire in schedule.after(&from) {
            let opens = instant(fire.naive_utc());
            if now < opens + open {
                return Ok(Some(opens.max(now)));
            }
        }
        Ok(None)
    }
}
