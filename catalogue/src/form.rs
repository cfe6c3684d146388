//! The form of a change: what must be filled in, and what is refused.
//!
//! [`Form::accept`] is the only way from what somebody typed to [`Answers`]. It takes JSON with
//! proper types as well as the plain strings of an HTML form or of `--set name=value`, and answers
//! all faults at once.

mod addr;
pub(crate) mod fault;
mod kind;
mod labels;
mod line;
mod rule;

pub use fault::Fault;
pub use kind::{Choice, Kind, LabelStyle};
pub use line::duration_hours;
pub use rule::{Check, Rule};

use crate::Text;
use fault::{At, quoted};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Most bytes that the answers to one form may hold, names included.
pub const MAX_BYTES: usize = 256 * 1024;
/// Deepest nesting of the values given to a form.
const MAX_DEPTH: usize = 8;

/// What a form needs to know of the client's platform.
pub trait Inventory {
    /// Names of the clusters that the request may be about: those of the client who asks.
    fn clusters(&self) -> Vec<String>;
}

/// One thing to fill in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name in the answers and in `--set`.
    pub name: String,
    /// Label for people.
    pub label: Text,
    /// Help beside the field; may be empty.
    #[serde(default)]
    pub hint: Text,
    /// What is accepted.
    pub kind: Kind,
    /// Whether an answer is needed; a field with a default never lacks one.
    #[serde(default = "yes")]
    pub required: bool,
    /// Answer when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The field only applies when an earlier field has this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_when: Option<(String, Value)>,
}

fn yes() -> bool {
    true
}

/// The fields of a change in the order of its file, and the rules across them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// What to fill in, in order.
    pub fields: Vec<Field>,
    /// What must hold between fields.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// An accepted form. Only [`Form::accept`] and [`Form::accept_partial`] make one; it is also read
/// back from where a ticket stored it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(Map<String, Value>);

impl Answers {
    /// The answer to one field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
    /// The answer to a field that holds text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }
    /// All answers by name.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
    /// All answers as one JSON object.
    #[must_use]
    pub fn as_value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

/// Whether a missing answer is a fault, and what clusters there are.
#[derive(Clone, Copy)]
struct Mode<'a> {
    whole: bool,
    clusters: Option<&'a [String]>,
}

impl Form {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|it| it.name == name)
    }

    /// Turns what was given into answers, defaults filled in.
    ///
    /// # Errors
    /// Every fault, each with the pointer of its field: nothing is accepted in part.
    pub fn accept(
        &self,
        raw: &Map<String, Value>,
        inventory: &dyn Inventory,
    ) -> Result<Answers, Vec<Fault>> {
        let clusters = inventory.clusters();
        let mut faults = size_faults(raw);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mode = Mode {
            whole: true,
            clusters: Some(&clusters),
        };
        let answers = accept_fields(&self.fields, raw, &mode, &mut faults);
        for rule in &self.rules {
            faults.extend(rule.faults(self, &answers, &faults));
        }
        if faults.is_empty() {
            Ok(Answers(answers))
        } else {
            Err(faults)
        }
    }

    /// Checks only the fields that are given: nothing is missing, no default is filled in, no rule
    /// is applied and clusters are not looked up. For showing a price while a form is being filled.
    ///
    /// # Errors
    /// Every fault of what is given, unknown fields included.
    pub fn accept_partial(&self, raw: &Map<String, Value>) -> Result<Answers, Vec<Fault>> {
        let mut faults = size_faults(raw);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mode = Mode {
            whole: false,
            clusters: None,
        };
        let answers = accept_fields(&self.fields, raw, &mode, &mut faults);
        if faults.is_empty() {
            Ok(Answers(answers))
        } else {
            Err(faults)
        }
    }
}

/// Nothing was typed there: an empty box of an HTML form says no more than an absent one.
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text.chars().all(|c| c == ' '),
        _ => false,
    }
}

fn accept_fields(
    fields: &[Field],
    raw: &Map<String, Value>,
    mode: &Mode<'_>,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let mut answers = Map::new();
    for field in fields {
        let at = At::field(field);
        let applies = field
            .shown_when
            .as_ref()
            .is_none_or(|(other, value)| !mode.whole || answers.get(other) == Some(value));
        match raw.get(&field.name).filter(|it| !is_blank(it)) {
            Some(_) if !applies => faults.push(at.not_applicable()),
            Some(value) => {
                if let Some(answer) = field.kind.accept(&at, value, mode.clusters, faults) {
                    answers.insert(field.name.clone(), answer);
                }
            }
            None if !mode.whole || !applies => {}
            None => match &field.default {
                Some(default) => {
                    answers.insert(field.name.clone(), default.clone());
                }
                None if field.required => faults.push(at.missing()),
                None => {}
            },
        }
    }
    faults.extend(unknown_faults(fields, raw));
    answers
}

fn unknown_faults(fields: &[Field], raw: &Map<String, Value>) -> Vec<Fault> {
    let known: Vec<&str> = fields.iter().map(|it| it.name.as_str()).collect();
    raw.keys()
        .filter(|name| !known.contains(&name.as_str()))
        .take(20)
        .map(|name| {
            let (name, known) = (quoted(name), known.join(", "));
            Fault::new(
                format!("/{name}"),
                "form.unknown",
                Text::new(
                    format!(
                        "Le champ «\u{a0}{name}\u{a0}» n’existe pas. Champs possibles\u{a0}: \
                         {known}."
                    ),
                    format!("There is no field “{name}”. Possible fields: {known}."),
                ),
            )
        })
        .collect()
}

fn size_faults(raw: &Map<String, Value>) -> Vec<Fault> {
    let mut bytes = 0_usize;
    let mut deepest = 0;
    for (name, value) in raw {
        bytes = bytes.saturating_add(name.len());
        measure(value, 1, &mut bytes, &mut deepest);
    }
    if bytes <= MAX_BYTES && deepest <= MAX_DEPTH {
        return Vec::new();
    }
    let kib = MAX_BYTES / 1024;
    vec![Fault::new(
        String::new(),
        "form.size",
        Text::new(
            format!("Les réponses dépassent {kib}\u{a0}Kio ou {MAX_DEPTH} niveaux d’imbrication."),
            format!("The answers exceed {kib} KiB or {MAX_DEPTH} levels of nesting."),
        ),
    )]
}

fn measure(value: &Value, depth: usize, bytes: &mut usize, deepest: &mut usize) {
    *deepest = depth.max(*deepest);
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::String(text) => *bytes = bytes.saturating_add(text.len()),
        Value::Array(items) => items
            .iter()
            .for_each(|it| measure(it, depth + 1, bytes, deepest)),
        Value::Object(map) => {
            for (name, it) in map {
                *bytes = bytes.saturating_add(name.len());
                measure(it, depth + 1, bytes, deepest);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => *bytes = bytes.saturating_add(8),
    }
}
