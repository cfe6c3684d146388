//! Forms: fields of every kind, what is wrong with them, and the buttons that send them.

use askama::Template;

use crate::i18n::I18n;

/// One question of a form.
#[derive(Template)]
#[template(path = "pages/parts/field.html")]
pub struct Field {
    /// Words of the reader's language.
    pub words: &'static I18n,
    /// Name in the posted form; also the root of its element ids.
    pub name: String,
    /// The question.
    pub label: String,
    /// What helps to answer it.
    pub hint: Option<String>,
    /// What is wrong with the answer given.
    pub error: Option<String>,
    /// Whether it may be left empty.
    pub optional: bool,
    /// How it is answered.
    pub input: Input,
}

impl askama::filters::HtmlSafe for Field {}

/// How a question is answered.
#[derive(Clone, Debug)]
pub enum Input {
    /// One line of text.
    Line(Line),
    /// Several lines.
    Area {
        /// Text so far.
        value: String,
        /// Height in lines.
        rows: u8,
        /// Whether it is code or configuration.
        code: bool,
    },
    /// One of few, all visible.
    Radios(Vec<Choice>),
    /// One of many.
    Select(Vec<Choice>),
    /// Any of these.
    Checks(Vec<Choice>),
    /// Yes or no, by one box.
    Flag(bool),
}

/// A line of text and what a keyboard should offer for it.
#[derive(Clone, Debug)]
pub struct Line {
    /// Text so far.
    pub value: String,
    /// HTML input type: `text`, `password`, `date`, `datetime-local`.
    pub kind: &'static str,
    /// HTML input mode: `text`, `numeric`.
    pub mode: &'static str,
    /// HTML autocomplete token; `off` where nothing fits.
    pub complete: &'static str,
    /// Width in characters.
    pub size: u8,
    /// Unit written after it.
    pub unit: Option<String>,
}

impl Line {
    /// Plain text.
    pub fn text(value: impl Into<String>) -> Self {
        Line {
            value: value.into(),
            kind: "text",
            mode: "text",
            complete: "off",
            size: 40,
            unit: None,
        }
    }
    /// A whole number. Not `type=number`, which loses what was typed when it is not one.
    pub fn number(value: impl Into<String>, unit: Option<String>) -> Self {
        Line {
            mode: "numeric",
            size: 8,
            unit,
            ..Line::text(value)
        }
    }
}

/// One possible answer.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What is read.
    pub label: String,
    /// What choosing it means.
    pub hint: Option<String>,
    /// Whether it is the answer so far.
    pub chosen: bool,
}

impl Choice {
    /// A possible answer, not chosen.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Choice {
            value: value.into(),
            label: label.into(),
            hint: None,
            chosen: false,
        }
    }
}

impl Field {
    /// A question that must be answered.
    pub fn new(
        words: &'static I18n,
        name: impl Into<String>,
        label: impl Into<String>,
        input: Input,
    ) -> Self {
        Field {
            words,
            name: name.into(),
            label: label.into(),
            hint: None,
            error: None,
            optional: false,
            input,
        }
    }
    /// The same with help beside it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// The same, but it may be left empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
    /// The same with what is wrong about the answer.
    #[must_use]
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }
    /// Element id of its first control, where an error summary leads.
    #[must_use]
    pub fn id(&self) -> String {
        let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("f-{}", self.name.chars().map(safe).collect::<String>())
    }
    /// Element id of choice number `index`.
    fn choice_id(&self, index: &usize) -> String {
        if *index == 0 {
            self.id()
        } else {
            format!("{}-{index}", self.id())
        }
    }
    /// Ids of what describes the control.
    fn described(&self) -> Option<String> {
        let ids: Vec<String> = [(&self.hint, "h"), (&self.error, "e")]
            .into_iter()
            .filter(|it| it.0.is_some())
            .map(|it| format!("{}-{}", self.id(), it.1))
            .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
    fn grouped(&self) -> bool {
        matches!(self.input, Input::Radios(_) | Input::Checks(_))
    }
}

/// What is wrong with a form, on top of it.
#[derive(Template)]
#[template(path = "pages/parts/faults.html")]
pub struct Faults {
    /// Words of the reader's language.
    pub words: &'static I18n,
    /// Every fault, in the order of the form.
    pub items: Vec<Fault>,
}

impl askama::filters::HtmlSafe for Faults {}

/// One fault of a form.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Element that has it; `None` when the form as a whole has it.
    pub id: Option<String>,
    /// What is wrong and what would be right.
    pub text: String,
    /// Clause of the contract it rests on.
    pub clause: Option<String>,
}

impl Faults {
    /// Nothing wrong.
    #[must_use]
    pub fn none(words: &'static I18n) -> Self {
        Faults {
            words,
            items: Vec::new(),
        }
    }
    /// The faults that the fields themselves carry.
    #[must_use]
    pub fn of(words: &'static I18n, fields: &[Field]) -> Self {
        let items = fields
            .iter()
            .filter_map(|it| {
                let text = it.error.clone()?;
                Some(Fault {
                    id: Some(it.id()),
                    text,
                    clause: None,
                })
            })
            .collect();
        Faults { words, items }
    }
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// A small form that does one thing.
#[derive(Template)]
#[template(path = "pages/parts/form.html")]
pub struct Form {
    /// Words of the reader's language.
    pub words: &'static I18n,
    /// Where it is posted.
    pub action: String,
    /// One-time key: sent twice, it counts once.
    pub key: String,
    /// Its questions.
    pub fields: Vec<Field>,
    /// Hidden names and values.
    pub hidden: Vec<(String, String)>,
    /// Label of its button: a verb.
    pub button: String,
    /// How much room it takes.
    pub shape: Shown,
}

impl askama::filters::HtmlSafe for Form {}

/// How much room a form takes on its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The one filled button of the page.
    Primary,
    /// An outlined button.
    Plain,
    /// Folded behind its own label until opened.
    Folded,
}
