//! What is wrong with an answer, said where it stands and in both languages.

use super::Field;
use crate::Text;
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// One refused answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// JSON pointer of the answer, e.g. `/min`; empty for the form as a whole.
    pub pointer: String,
    /// Stable code, e.g. `form.range`.
    pub code: String,
    /// What is wrong and what would be right.
    pub message: Text,
    /// Clause of the contract that the refusal rests on, when there is one.
    pub clause: Option<String>,
}

impl Fault {
    pub(crate) fn new(pointer: String, code: &str, message: Text) -> Fault {
        Fault {
            pointer,
            code: code.to_owned(),
            message,
            clause: None,
        }
    }
}

/// Where an answer stands: its pointer and the label people know it by.
#[derive(Clone, Debug)]
pub(crate) struct At<'a> {
    pub pointer: String,
    pub label: &'a Text,
}

impl<'a> At<'a> {
    pub fn field(field: &'a Field) -> At<'a> {
        At {
            pointer: format!("/{}", field.name),
            label: &field.label,
        }
    }
    pub fn inside(&self, step: impl Display) -> At<'a> {
        let step = step.to_string().replace('~', "~0").replace('/', "~1");
        At {
            pointer: format!("{}/{step}", self.pointer),
            label: self.label,
        }
    }
    pub fn fault(&self, code: &str, fr: impl Display, en: impl Display) -> Fault {
        let (label_fr, label_en) = (&self.label.fr, &self.label.en);
        Fault::new(
            self.pointer.clone(),
            code,
            Text::new(
                format!("«\u{a0}{label_fr}\u{a0}»\u{a0}: {fr}."),
                format!("“{label_en}”: {en}."),
            ),
        )
    }
    pub fn missing(&self) -> Fault {
        self.fault(
            "form.missing",
            "ce champ est obligatoire",
            "this field is required",
        )
    }
    pub fn not_applicable(&self) -> Fault {
        self.fault(
            "form.not_applicable",
            "ce champ ne s’applique pas avec vos autres réponses, laissez-le vide",
            "this field does not apply with your other answers, leave it empty",
        )
    }
    pub fn wrong_type(&self, fr: &str, en: &str) -> Fault {
        self.fault(
            "form.type",
            format!("{fr} est attendu"),
            format!("{en} is expected"),
        )
    }
    /// The number of items of a list or map is out of bounds.
    pub fn wrong_count(&self, min: usize, max: usize) -> Fault {
        self.fault(
            "form.items",
            format!("le nombre d’éléments doit être compris entre {min} et {max}"),
            format!("the number of items must be between {min} and {max}"),
        )
    }
}

/// What somebody typed, safe to show: short, and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
