//! Dates, durations and numbers as people write them, in the zone of the contract. Pure: the
//! present moment is always an argument.

use catalogue::Lang;
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::{Europe::Paris, Tz};
use std::fmt;

const NB: char = '\u{a0}';
const MINUS: char = '\u{2212}';
const MONTHS_FR: [&str; 12] = [
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
    "déc.",
];
const MONTHS_EN: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS_FR: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
const DAYS_EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn paris(at: DateTime<Utc>) -> DateTime<Tz> {
    at.with_timezone(&Paris)
}

/// A whole number with the separators and the minus sign of the language.
#[must_use]
pub fn number(lang: Lang, n: i64) -> String {
    let separator = match lang {
        Lang::Fr => '\u{202f}',
        Lang::En => ',',
    };
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    if n < 0 {
        out.push(MINUS);
    }
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(c);
    }
    out
}

/// A movement: `+2`, `−4`, `0`.
#[must_use]
pub fn signed(lang: Lang, n: i64) -> String {
    let plus = if n > 0 { "+" } else { "" };
    format!("{plus}{}", number(lang, n))
}

/// A count of tokens; in French 0 and 1 are singular.
#[must_use]
pub fn tokens(lang: Lang, n: i64) -> String {
    let (singular, gap) = match lang {
        Lang::Fr => (n.unsigned_abs() < 2, NB),
        Lang::En => (n.unsigned_abs() == 1, ' '),
    };
    format!(
        "{}{gap}{}",
        number(lang, n),
        if singular { "token" } else { "tokens" }
    )
}

/// A day: `22 nov. 2026`, `1ᵉʳ déc. 2026`; `22 Nov 2026`.
#[must_use]
pub fn date(lang: Lang, at: DateTime<Utc>) -> String {
    let day = paris(at);
    format!("{}{NB}{}", day_month(lang, &day), day.year())
}

/// A day with its weekday and without its year: `mar. 24 nov.`, `Tue 24 Nov`.
#[must_use]
pub fn weekday(lang: Lang, at: DateTime<Utc>) -> String {
    let day = paris(at);
    let index = day.weekday().num_days_from_monday() as usize;
    let name = match lang {
        Lang::Fr => DAYS_FR[index],
        Lang::En => DAYS_EN[index],
    };
    format!("{name}{NB}{}", day_month(lang, &day))
}

fn day_month(lang: Lang, day: &DateTime<Tz>) -> String {
    match (lang, day.day()) {
        (Lang::Fr, 1) => format!("1ᵉʳ{NB}{}", MONTHS_FR[day.month0() as usize]),
        (Lang::Fr, n) => format!("{n}{NB}{}", MONTHS_FR[day.month0() as usize]),
        (Lang::En, n) => format!("{n}{NB}{}", MONTHS_EN[day.month0() as usize]),
    }
}

/// A month: `nov. 2026`.
#[must_use]
pub fn month(lang: Lang, at: DateTime<Utc>) -> String {
    let day = paris(at);
    let name = match lang {
        Lang::Fr => MONTHS_FR[day.month0() as usize],
        Lang::En => MONTHS_EN[day.month0() as usize],
    };
    format!("{name}{NB}{}", day.year())
}

/// A time of day: `22 h 07`, `18 h`; `22:07`.
#[must_use]
pub fn time(lang: Lang, at: DateTime<Utc>) -> String {
    let at = paris(at);
    match (lang, at.minute()) {
        (Lang::Fr, 0) => format!("{}{NB}h", at.hour()),
        (Lang::Fr, minute) => format!("{}{NB}h{NB}{minute:02}", at.hour()),
        (Lang::En, minute) => format!("{:02}:{minute:02}", at.hour()),
    }
}

/// A day and a time: `22 nov. 2026 à 22 h 07`; `22 Nov 2026 at 22:07`.
#[must_use]
pub fn date_time(lang: Lang, at: DateTime<Utc>) -> String {
    format!(
        "{} {} {}",
        date(lang, at),
        preposition(lang),
        time(lang, at)
    )
}

/// The same, with the word for yesterday, today or tomorrow where one fits.
#[must_use]
pub fn moment(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let days = (paris(at).date_naive() - paris(now).date_naive()).num_days();
    let word = match (lang, days) {
        (Lang::Fr, -1) => "hier",
        (Lang::Fr, 0) => "aujourd’hui",
        (Lang::Fr, 1) => "demain",
        (Lang::En, -1) => "yesterday",
        (Lang::En, 0) => "today",
        (Lang::En, 1) => "tomorrow",
        _ => return date_time(lang, at),
    };
    format!("{word} {} {}", preposition(lang), time(lang, at))
}

fn preposition(lang: Lang) -> &'static str {
    match lang {
        Lang::Fr => "à",
        Lang::En => "at",
    }
}

/// How long something lasts: `48 s`, `3 min`, `2 h 10 min`, `4 j 2 h`. Two units at most; negative
/// spans count as nothing.
#[must_use]
pub fn span(lang: Lang, length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    let day = match lang {
        Lang::Fr => "j",
        Lang::En => "d",
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let parts = match seconds {
        0..60 => [(seconds, "s"), (0, "")],
        60..600 => [(minutes, "min"), (seconds % 60, "s")],
        600..3600 => [(minutes, "min"), (0, "")],
        3600..86_400 => [(hours, "h"), (minutes % 60, "min")],
        _ => [(hours / 24, day), (hours % 24, "h")],
    };
    let mut out = format!("{}{NB}{}", number(lang, parts[0].0), parts[0].1);
    if parts[1].0 > 0 {
        out.push_str(&format!("{NB}{}{NB}{}", parts[1].0, parts[1].1));
    }
    out
}

/// How far a deadline is: `dans 2 h`, `en retard de 3 h`; `in 2 h`, `3 h late`.
#[must_use]
pub fn left(lang: Lang, deadline: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let ahead = deadline - now;
    let length = span(lang, ahead.abs());
    match (lang, ahead >= TimeDelta::zero()) {
        (Lang::Fr, true) => format!("dans {length}"),
        (Lang::Fr, false) => format!("en retard de {length}"),
        (Lang::En, true) => format!("in {length}"),
        (Lang::En, false) => format!("{length} late"),
    }
}

/// RFC 3339 with the offset of Paris, for `<time datetime>`.
#[must_use]
pub fn iso(at: DateTime<Utc>) -> String {
    paris(at).to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
}

/// The moment a person in Paris means by `local`, as typed in a form. Of an hour that exists twice
/// the first is meant; an hour that does not exist gives `None`.
#[must_use]
pub fn from_paris(local: NaiveDateTime) -> Option<DateTime<Utc>> {
    Paris
        .from_local_datetime(&local)
        .earliest()
        .map(|it| it.with_timezone(&Utc))
}

/// A digest short enough to read aloud: `sha256:9f2c1e…a441`.
#[must_use]
pub fn digest(full: &str) -> String {
    let hex = full.rsplit(':').next().unwrap_or(full);
    let scheme = &full[..full.len() - hex.len()];
    let tail = hex.len().checked_sub(4).and_then(|it| hex.get(it..));
    match (hex.get(..6), tail) {
        (Some(head), Some(tail)) if hex.len() > 12 => format!("{scheme}{head}…{tail}"),
        _ => full.to_owned(),
    }
}

/// A moment ready for a page: displays as a `<time>` element.
#[derive(Clone, Debug)]
pub struct When {
    iso: String,
    text: String,
}

impl When {
    /// `at`, worded as `text`.
    #[must_use]
    pub fn new(at: DateTime<Utc>, text: String) -> Self {
        When { iso: iso(at), text }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both parts are our own words and digits: nothing in them needs escaping.
        write!(f, r#"<time datetime="{}">{}</time>"#, self.iso, self.text)
    }
}

impl askama::filters::HtmlSafe for When {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_told_in_paris_summer_and_winter() {
        assert_eq!(
            date_time(Lang::Fr, at("2026-11-22T21:07:14Z")),
            "22\u{a0}nov.\u{a0}2026 à 22\u{a0}h\u{a0}07"
        );
        assert_eq!(time(Lang::Fr, at("2026-07-01T16:00:00Z")), "18\u{a0}h");
        assert_eq!(
            date(Lang::Fr, at("2026-11-30T23:30:00Z")),
            "1ᵉʳ\u{a0}déc.\u{a0}2026"
        );
        assert_eq!(
            date_time(Lang::En, at("2026-11-22T21:07:14Z")),
            "22\u{a0}Nov\u{a0}2026 at 22:07"
        );
        assert_eq!(
            weekday(Lang::Fr, at("2026-11-24T09:00:00Z")),
            "mar.\u{a0}24\u{a0}nov."
        );
        assert_eq!(iso(at("2026-11-22T21:07:14Z")), "2026-11-22T22:07:14+01:00");
    }

    #[test]
    fn near_days_have_a_name() {
        let now = at("2026-11-22T14:00:00Z");
        assert_eq!(
            moment(Lang::Fr, at("2026-11-22T17:00:00Z"), now),
            "aujourd’hui à 18\u{a0}h"
        );
        // Half past eleven in London is already tomorrow in Paris.
        assert_eq!(
            moment(Lang::En, at("2026-11-22T23:30:00Z"), now),
            "tomorrow at 00:30"
        );
        assert_eq!(
            moment(Lang::En, at("2026-11-20T11:00:00Z"), now),
            "20\u{a0}Nov\u{a0}2026 at 12:00"
        );
    }

    #[test]
    fn spans_have_two_units_at_most() {
        let span = |s| span(Lang::Fr, TimeDelta::seconds(s)).replace(NB, " ");
        assert_eq!(span(-5), "0 s");
        assert_eq!(span(48), "48 s");
        assert_eq!(span(182), "3 min 2 s");
        assert_eq!(span(7_800), "2 h 10 min");
        assert_eq!(span(7_200), "2 h");
        assert_eq!(span(100_000), "1 j 3 h");
    }

    #[test]
    fn deadlines_count_both_ways() {
        let now = at("2026-11-22T14:00:00Z");
        let replaced = |lang, deadline| left(lang, at(deadline), now).replace(NB, " ");
        assert_eq!(replaced(Lang::Fr, "2026-11-22T16:00:00Z"), "dans 2 h");
        assert_eq!(
            replaced(Lang::Fr, "2026-11-22T11:00:00Z"),
            "en retard de 3 h"
        );
        assert_eq!(replaced(Lang::En, "2026-11-22T11:00:00Z"), "3 h late");
    }

    #[test]
    fn numbers_are_grouped_and_signed_by_the_language() {
        assert_eq!(number(Lang::Fr, 1_284_000), "1\u{202f}284\u{202f}000");
        assert_eq!(number(Lang::En, -1_284), "\u{2212}1,284");
        assert_eq!(signed(Lang::Fr, 2), "+2");
        assert_eq!(signed(Lang::Fr, 0), "0");
        assert_eq!(tokens(Lang::Fr, 1), "1\u{a0}token");
        assert_eq!(tokens(Lang::Fr, -4), "\u{2212}4\u{a0}tokens");
        assert_eq!(tokens(Lang::En, 0), "0 tokens");
    }

    #[test]
    fn an_hour_that_does_not_exist_is_refused() {
        let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
        assert_eq!(from_paris(local("2026-03-29T02:30")), None);
        assert_eq!(
            from_paris(local("2026-10-25T02:30")),
            Some(at("2026-10-25T00:30:00Z"))
        );
    }

    #[test]
    fn digests_are_shortened_and_small_ones_left_alone() {
        assert_eq!(digest("sha256:9f2c1e77aabbccdd41"), "sha256:9f2c1e…dd41");
        assert_eq!(digest("sha256:9f2c"), "sha256:9f2c");
        assert_eq!(digest("9f2c1e77aabbccdd41"), "9f2c1e…dd41");
    }
}
