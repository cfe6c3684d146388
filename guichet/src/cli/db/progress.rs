//! How far a long command has come, on a terminal that a person looks at.

use super::verify::label;
use crate::cli::print::Printer;
use catalogue::Lang;
use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// Shortest time between two drawings.
const PACE: Duration = Duration::from_millis(100);

pub(super) struct Progress {
    lang: Lang,
    shown: bool,
    last: Option<Instant>,
}

impl Progress {
    pub(super) fn new(out: &Printer) -> Progress {
        Progress {
            lang: out.lang,
            shown: out.json.is_none() && io::stderr().is_terminal(),
            last: None,
        }
    }

    pub(super) fn tell(&mut self, what: &str, done: u64, of: u64) {
        if !self.shown || self.last.is_some_and(|it| it.elapsed() < PACE) {
            return;
        }
        self.last = Some(Instant::now());
        let share = done * 100 / of.max(1);
        let name = label(what).get(self.lang).to_owned();
        // A terminal that cannot be drawn on is no reason to stop.
        let _ = write!(io::stderr(), "\r\u{1b}[K{name} {done}/{of} ({share} %)");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.last.is_some() {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}
