//! What every page needs in order to speak: the language, the moment, and who is reading.

use catalogue::Lang;
use chrono::{DateTime, Utc};
use std::fmt::Display;

use super::{assets, parts::Mark};
use crate::{
    format::{self, When},
    i18n::{self, Count, I18n, Say},
};

/// The colours the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device says.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The word used in the cookie, the query and `data-theme`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
    /// The theme of that word; anything else follows the device.
    #[must_use]
    pub fn named(word: &str) -> Theme {
        match word {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

/// The signed-in person, as the head of the page needs them.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Name as people write it.
    pub name: String,
    /// What they are here for, in words of the reader's language.
    pub role: String,
    /// Whom they belong to: the client, or the provider.
    pub house: String,
    /// Code of the contract they see, when there is exactly one.
    pub contract: Option<String>,
    /// How many things wait for them.
    pub todo: u32,
    /// Whether they may order changes.
    pub orders: bool,
}

/// The voice of a page.
#[derive(Clone)]
pub struct Ui {
    /// Messages of the reader's language.
    pub words: &'static I18n,
    /// The moment the page is made.
    pub now: DateTime<Utc>,
    /// Colours.
    pub theme: Theme,
    /// Path and query of this page, without language and theme; where the switches lead back to.
    pub here: String,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// Name of the provider, in the head of link pages and in the footer.
    pub provider: String,
    /// Whether this is the demonstration, which every page then says.
    pub demo: bool,
}

impl Ui {
    /// The message `key`.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        self.words.t(key)
    }
    /// The message `key`, to be given variables.
    #[must_use]
    pub fn say<'a>(&'a self, key: &'a str) -> Say<'a> {
        self.words.say(key)
    }
    /// The two letters for `<html lang>`.
    #[must_use]
    pub fn lang(&self) -> &'static str {
        i18n::code(self.words.lang())
    }
    /// Where the style sheet is.
    #[must_use]
    pub fn css(&self) -> &'static str {
        assets::css_path()
    }
    /// Version of the program.
    #[must_use]
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
    /// This page with one more query parameter.
    #[must_use]
    pub fn here_with(&self, parameter: &str, value: &str) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}{parameter}={value}", self.here)
    }
    /// `page` when the navigation entry `prefix` is where the reader is.
    #[must_use]
    pub fn current(&self, prefix: &str) -> bool {
        self.here
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('?'))
    }
    /// The name of a theme in the footer.
    #[must_use]
    pub fn theme_name(&self, code: &str) -> String {
        self.t(match Theme::named(code) {
            Theme::Auto => "theme-auto",
            Theme::Light => "theme-light",
            Theme::Dark => "theme-dark",
        })
    }
    /// A day and time, with the word for a near day.
    #[must_use]
    pub fn when(&self, at: impl At) -> When {
        When::new(at.at(), format::moment(self.lang_of(), at.at(), self.now))
    }
    /// The same as plain words, for use inside a sentence.
    #[must_use]
    pub fn moment(&self, at: impl At) -> String {
        format::moment(self.lang_of(), at.at(), self.now)
    }
    /// A day.
    #[must_use]
    pub fn day(&self, at: impl At) -> When {
        When::new(at.at(), format::date(self.lang_of(), at.at()))
    }
    /// A day as plain words, for use inside a sentence.
    #[must_use]
    pub fn day_text(&self, at: impl At) -> String {
        format::date(self.lang_of(), at.at())
    }
    /// A month: `nov. 2026`.
    #[must_use]
    pub fn month_text(&self, at: impl At) -> String {
        format::month(self.lang_of(), at.at())
    }
    /// A slot as plain words.
    #[must_use]
    pub fn slot_text(&self, at: impl At) -> String {
        let (day, time) = (
            format::weekday(self.lang_of(), at.at()),
            format::time(self.lang_of(), at.at()),
        );
        format!("{day}, {time}")
    }
    /// A day and time in full, for records.
    #[must_use]
    pub fn stamp(&self, at: impl At) -> When {
        When::new(at.at(), format::date_time(self.lang_of(), at.at()))
    }
    /// A slot: weekday, day and time.
    #[must_use]
    pub fn slot(&self, at: impl At) -> When {
        When::new(at.at(), self.slot_text(at))
    }
    /// How far a deadline is, or how late it is.
    #[must_use]
    pub fn left(&self, deadline: impl At) -> String {
        format::left(self.lang_of(), deadline.at(), self.now)
    }
    /// Whether that moment is past.
    #[must_use]
    pub fn past(&self, at: impl At) -> bool {
        at.at() < self.now
    }
    /// A count of tokens.
    #[must_use]
    pub fn tokens(&self, n: impl Count) -> String {
        format::tokens(self.lang_of(), n.count())
    }
    /// A movement with its sign.
    #[must_use]
    pub fn signed(&self, n: impl Count) -> String {
        format::signed(self.lang_of(), n.count())
    }
    /// A whole number.
    #[must_use]
    pub fn number(&self, n: impl Count) -> String {
        format::number(self.lang_of(), n.count())
    }
    /// A digest short enough to compare by eye.
    #[must_use]
    pub fn digest(&self, full: &str) -> String {
        format::digest(full)
    }
    /// The words of a mark.
    #[must_use]
    pub fn mark(&self, mark: &Mark) -> String {
        match mark {
            Mark::WaitingPerson(who) => self.say(mark.key()).with("who", who).to_string(),
            Mark::WaitingWindow(at) => {
                let when = format::date(self.lang_of(), *at);
                self.say(mark.key()).with("when", when).to_string()
            }
            Mark::Running(since) => {
                let span = format::span(self.lang_of(), self.now - *since);
                self.say(mark.key()).with("span", span).to_string()
            }
            Mark::Failed(cause) => self.say(mark.key()).with("cause", cause).to_string(),
            _ => self.t(mark.key()),
        }
    }
    fn lang_of(&self) -> Lang {
        self.words.lang()
    }
}

/// A moment, however often a template has borrowed it.
pub trait At {
    /// The moment.
    fn at(&self) -> DateTime<Utc>;
}

impl At for DateTime<Utc> {
    fn at(&self) -> DateTime<Utc> {
        *self
    }
}

impl<T: At + ?Sized> At for &T {
    fn at(&self) -> DateTime<Utc> {
        (**self).at()
    }
}

/// A fact in a summary list.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is about.
    pub label: String,
    /// What is so.
    pub value: String,
}

impl Fact {
    /// A fact from its two halves.
    pub fn new(label: impl Into<String>, value: impl Display) -> Self {
        Fact {
            label: label.into(),
            value: value.to_string(),
        }
    }
}
