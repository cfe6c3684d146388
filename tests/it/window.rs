//! Windows are in the time of Europe/Paris, on the nights when the clock changes too.

use chrono::{DateTime, Utc};
use engine::window::{Window, midnight, paris_date};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn next(opens: &str, minutes: u32, now: &str) -> Option<DateTime<Utc>> {
    let window = Window {
        opens: opens.into(),
        minutes,
    };
    window.next(at(now)).expect("the line can be understood")
}

#[test]
fn a_window_opens_at_the_wall_clock_of_paris_in_winter_and_in_summer() {
    let winter = next("0 22 * * *", 60, "2026-01-10T12:00:00Z");
    assert_eq!(winter, Some(at("2026-01-10T21:00:00Z")));
    let summer = next("0 22 * * *", 60, "2026-07-10T12:00:00Z");
    assert_eq!(summer, Some(at("2026-07-10T20:00:00Z")));
}

#[test]
fn inside_an_open_window_a_change_starts_at_once() {
    let now = "2026-01-10T21:30:00Z";
    assert_eq!(next("0 22 * * *", 60, now), Some(at(now)));
    assert_eq!(
        next("0 22 * * *", 60, "2026-01-10T22:00:00Z"),
        Some(at("2026-01-11T21:00:00Z"))
    );
}

#[test]
fn a_window_across_midnight_is_still_open_on_the_next_day() {
    let now = "2026-01-10T23:30:00Z";
    assert_eq!(next("0 23 * * Sat", 120, now), Some(at(now)));
}

/// 29 March 2026: two o'clock becomes three; half past two does not exist.
#[test]
fn in_the_spring_night_a_skipped_opening_comes_at_the_first_instant_that_exists() {
    let opens = next("30 2 * * *", 60, "2026-03-28T23:00:00Z");
    assert_eq!(opens, Some(at("2026-03-29T01:00:00Z")));
    let following = next("30 2 * * *", 60, "2026-03-29T03:00:00Z");
    assert_eq!(following, Some(at("2026-03-30T00:30:00Z")));
}

/// 25 October 2026: three o'clock becomes two; half past two comes twice.
#[test]
fn in_the_autumn_night_an_opening_comes_once_the_first_time() {
    let opens = next("30 2 * * *", 20, "2026-10-24T22:00:00Z");
    assert_eq!(opens, Some(at("2026-10-25T00:30:00Z")));
    let following = next("30 2 * * *", 20, "2026-10-25T01:00:00Z");
    assert_eq!(
        following,
        Some(at("2026-10-26T01:30:00Z")),
        "not a second time that night"
    );
}

#[test]
fn a_window_open_through_the_autumn_night_lasts_as_long_as_it_says() {
    let start = "2026-10-24T23:00:00Z";
    assert_eq!(next("0 1 * * Sun", 180, start), Some(at(start)));
    let inside = "2026-10-25T01:59:00Z";
    assert_eq!(next("0 1 * * Sun", 180, inside), Some(at(inside)));
    let after = next("0 1 * * Sun", 180, "2026-10-25T02:00:00Z");
    assert_eq!(after, Some(at("2026-11-01T00:00:00Z")));
}

#[test]
fn a_window_open_through_the_spring_night_lasts_as_long_as_it_says() {
    let inside = "2026-03-29T02:30:00Z";
    assert_eq!(next("0 1 * * Sun", 180, inside), Some(at(inside)));
    let after = next("0 1 * * Sun", 180, "2026-03-29T03:00:00Z");
    assert_eq!(after, Some(at("2026-04-04T23:00:00Z")));
}

#[test]
fn lines_that_cannot_be_understood_are_refused_with_what_would_be_right() {
    for (opens, minutes) in [
        ("", 60),
        ("0 22 * *", 60),
        ("0 0 22 * * Tue", 60),
        ("0 22 * * 2", 60),
        ("0 22 1 * Tue", 60),
        ("0 25 * * *", 60),
        ("0 22 * * *", 0),
        ("tous les soirs", 60),
    ] {
        let window = Window {
            opens: opens.into(),
            minutes,
        };
        let wrong = window.check().expect_err(opens).to_string();
        assert!(wrong.contains("0 22 * * Tue,Thu"), "{wrong}");
    }
}

#[test]
fn a_day_begins_at_midnight_in_paris() {
    assert_eq!(
        paris_date(at("2026-12-31T22:59:59.999Z")).to_string(),
        "2026-12-31"
    );
    assert_eq!(
        paris_date(at("2026-12-31T23:00:00Z")).to_string(),
        "2027-01-01"
    );
    let day = "2026-07-01".parse().expect("a day");
    assert_eq!(midnight(day), at("2026-06-30T22:00:00Z"));
}
