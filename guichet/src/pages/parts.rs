//! Small things that several pages show.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Ui;

/// How something stands: one shape, one colour, one word, everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Not begun.
    Queued,
    /// A named person is awaited.
    WaitingPerson(String),
    /// A start time is awaited.
    WaitingWindow(DateTime<Utc>),
    /// At work since then.
    Running(DateTime<Utc>),
    /// Ended well.
    Done,
    /// Ended badly, for this plain reason.
    Failed(String),
    /// Undone.
    RolledBack,
    /// Not needed.
    Skipped,
    /// Nobody knows yet whether it took effect.
    Unknown,
}

impl Mark {
    /// Stable code, the same on pages, in mails, on the command line and in the API.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Mark::Queued => "queued",
            Mark::WaitingPerson(_) => "waiting_person",
            Mark::WaitingWindow(_) => "waiting_window",
            Mark::Running(_) => "running",
            Mark::Done => "done",
            Mark::Failed(_) => "failed",
            Mark::RolledBack => "rolled_back",
            Mark::Skipped => "skipped",
            Mark::Unknown => "unknown",
        }
    }
    /// Message id of its words.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Mark::Queued => "mark-queued",
            Mark::WaitingPerson(_) => "mark-waiting-person",
            Mark::WaitingWindow(_) => "mark-waiting-window",
            Mark::Running(_) => "mark-running",
            Mark::Done => "mark-done",
            Mark::Failed(_) => "mark-failed",
            Mark::RolledBack => "mark-rolled-back",
            Mark::Skipped => "mark-skipped",
            Mark::Unknown => "mark-unknown",
        }
    }
    /// Its colour.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match self {
            Mark::Queued | Mark::Skipped => Tone::Idle,
            Mark::WaitingPerson(_) | Mark::WaitingWindow(_) => Tone::Wait,
            Mark::Running(_) => Tone::Run,
            Mark::Done => Tone::Ok,
            Mark::Failed(_) | Mark::RolledBack | Mark::Unknown => Tone::Bad,
        }
    }
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Well.
    Ok,
    /// At work.
    Run,
    /// Somebody or something is awaited.
    Wait,
    /// Wrong.
    Bad,
    /// Nothing to say.
    Idle,
}

impl Tone {
    /// Its class in the style sheet.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Run => "run",
            Tone::Wait => "wait",
            Tone::Bad => "bad",
            Tone::Idle => "idle",
        }
    }
}

/// A coloured word beside a title.
#[derive(Clone, Debug)]
pub struct Badge {
    /// Its colour.
    pub tone: Tone,
    /// Its word.
    pub text: String,
}

/// The shape of a mark, alone; a word always stands beside it.
#[derive(Template)]
#[template(path = "pages/parts/shape.html")]
pub struct Shape {
    code: &'static str,
}

impl askama::filters::HtmlSafe for Shape {}

/// A mark in full: shape, word and colour.
#[derive(Template)]
#[template(path = "pages/parts/mark.html")]
pub struct Tag {
    tone: Tone,
    shape: Shape,
    text: String,
}

impl askama::filters::HtmlSafe for Tag {}

impl Ui {
    /// A mark in full.
    #[must_use]
    pub fn tag(&self, mark: &Mark) -> Tag {
        Tag {
            tone: mark.tone(),
            shape: self.shape(mark.code()),
            text: self.mark(mark),
        }
    }
    /// Whose turn it is, in words.
    #[must_use]
    pub fn turn(&self, turn: &Turn) -> String {
        match turn {
            Turn::You => self.t("turn-you"),
            Turn::Other(who) => self.say("turn-other").with("who", who).to_string(),
            Turn::Guichet => self.t("turn-guichet"),
            Turn::Nobody => self.t("turn-nobody"),
        }
    }
    /// The shape of a mark's code.
    #[must_use]
    pub fn shape(&self, code: &'static str) -> Shape {
        Shape { code }
    }
}

/// What kind of change a catalogue line or a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// One contractual task, one token (S4).
    Simple,
    /// Two contractual tasks or more (S5).
    Complex,
    /// Priced by a quote (S5, S32).
    Quote,
    /// Off catalogue (S19).
    Study,
}

impl Class {
    /// Message id of its word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Class::Simple => "class-simple",
            Class::Complex => "class-complex",
            Class::Quote => "class-quote",
            Class::Study => "class-study",
        }
    }
}

/// How far a public step of a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Behind us.
    Done,
    /// Where the ticket is.
    Current,
    /// Where it stopped.
    Stopped,
    /// To come.
    Ahead,
    /// This ticket does not need it.
    NotNeeded,
}

impl Progress {
    /// Its class in the style sheet.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Progress::Done => "done",
            Progress::Current => "current",
            Progress::Stopped => "stopped",
            Progress::Ahead => "ahead",
            Progress::NotNeeded => "none",
        }
    }
    /// The mark whose shape it borrows.
    #[must_use]
    pub fn shape(self) -> &'static str {
        match self {
            Progress::Done => "done",
            Progress::Current => "waiting_person",
            Progress::Stopped => "failed",
            Progress::Ahead => "queued",
            Progress::NotNeeded => "skipped",
        }
    }
    /// Message id of the word read aloud.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Progress::Done => "progress-done",
            Progress::Current => "progress-current",
            Progress::Stopped => "progress-stopped",
            Progress::Ahead => "progress-ahead",
            Progress::NotNeeded => "progress-none",
        }
    }
}

/// One public step of a ticket or a study; eight at most.
#[derive(Clone, Debug)]
pub struct Step {
    /// Message id of its name.
    pub key: &'static str,
    /// How far it is.
    pub progress: Progress,
}

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The reader's.
    You,
    /// Somebody else's, by name or by role.
    Other(String),
    /// The machine's.
    Guichet,
    /// Nobody's: it is over.
    Nobody,
}

impl Turn {
    /// Whether the reader must act.
    #[must_use]
    pub fn yours(&self) -> bool {
        *self == Turn::You
    }
}

/// One more thing a ticket waits for, or no longer waits for.
#[derive(Clone, Debug)]
pub struct Check {
    /// Whether it is there.
    pub done: bool,
    /// What it is.
    pub text: String,
}
