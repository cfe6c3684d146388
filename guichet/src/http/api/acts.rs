//! What is asked of a study in more than one field, turned into commands: the API reads these
//! objects from bodies, the command line from files.

use catalogue::{Catalogue, Entry, Text, Tokens};
use engine::ticket::{
    Command, Item, Refusal,
    command::{Line, untranslated},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One catalogue line that a study is turned into.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    /// Code or name of the line.
    pub line: String,
    /// The filled form.
    #[serde(default)]
    pub values: Map<String, Value>,
}

/// One change that a study leads to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemBody {
    /// Catalogue line; none for a bespoke change.
    #[serde(default)]
    pub code: Option<String>,
    /// What it is; needed for a bespoke change.
    #[serde(default)]
    pub title: Option<String>,
    /// Its price; ignored for a line whose price is known.
    #[serde(default)]
    pub tokens: u32,
    /// The filled form, for a catalogue line.
    #[serde(default)]
    pub values: Map<String, Value>,
}

fn entry(catalogue: &Catalogue, code: &str) -> Result<Entry, Refusal> {
    catalogue
        .get(code)
        .cloned()
        .ok_or_else(|| Refusal::UnknownLine(code.to_owned()))
}

/// Turns a study into catalogue lines (S22).
///
/// # Errors
/// A line that the catalogue does not have.
pub fn reclassify(catalogue: &Catalogue, lines: Vec<LineBody>) -> Result<Command, Refusal> {
    let line = |it: LineBody| {
        Ok(Line {
            entry: entry(catalogue, &it.line)?,
            answers: it.values,
        })
    };
    Ok(Command::Reclassify {
        lines: lines
            .into_iter()
            .map(line)
            .collect::<Result<_, Refusal>>()?,
    })
}

/// Concludes a study (S28–S30).
///
/// # Errors
/// A line that the catalogue does not have, or a bespoke change without a title.
pub fn conclude(
    catalogue: &Catalogue,
    feasible: bool,
    justification: String,
    all: Vec<ItemBody>,
) -> Result<Command, Refusal> {
    let (mut items, mut entries) = (Vec::new(), Vec::new());
    for it in all {
        let entry = it
            .code
            .as_deref()
            .map(|code| entry(catalogue, code))
            .transpose()?;
        let title: Text = match (&it.title, &entry) {
            (Some(title), _) => untranslated(title),
            (None, Some(entry)) => entry.title.clone(),
            (None, None) => return Err(Refusal::BadText { field: "title" }),
        };
        items.push(Item {
            code: entry.as_ref().map(|it| it.code.clone()),
            title,
            tokens: Tokens(it.tokens),
            answers: Value::Object(it.values),
        });
        entries.push(entry);
    }
    Ok(Command::Conclude {
        feasible,
        justification,
        items,
        entries,
    })
}
