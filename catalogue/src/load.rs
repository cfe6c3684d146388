//! From TOML files to lines of the catalogue, or to every reason why not.

mod lint;

use crate::{Entry, Environment, Family, Field, Form, Pricing, Rule, Shared, Text};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt};
use toml::Spanned;

static CHANGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/changes");

/// Largest file read; looked at before the text is parsed.
pub const MAX_FILE: usize = 256 * 1024;

/// One thing wrong in one file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {wrong}; {right}")]
pub struct LoadError {
    /// The file, as it was named to the loader.
    pub path: String,
    /// Line of the fault, from 1.
    pub line: usize,
    /// What is wrong.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

/// Everything wrong in all files, in the order it was found; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct LoadErrors(pub Vec<LoadError>);

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

/// A file as written. Code and titles come first, then the terms, then each `[[note]]`,
/// `[[field]]` and `[[rule]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    code: Spanned<String>,
    title: Spanned<Text>,
    summary: Spanned<Text>,
    #[serde(default)]
    synonyms: Vec<String>,
    pricing: Spanned<Pricing>,
    workflow: Spanned<String>,
    #[serde(default)]
    given: Map<String, Value>,
    #[serde(default)]
    shared: Shared,
    environment: Environment,
    #[serde(default)]
    iaas_note: bool,
    #[serde(default)]
    irreversible: bool,
    #[serde(default, rename = "note")]
    notes: Vec<Spanned<Text>>,
    minutes: Option<u32>,
    #[serde(default, rename = "field")]
    fields: Vec<Spanned<Field>>,
    #[serde(default, rename = "rule")]
    rules: Vec<Spanned<Rule>>,
}

/// Where faults of one file are gathered.
struct Report<'a> {
    path: &'a str,
    text: &'a str,
    errors: Vec<LoadError>,
}

impl Report<'_> {
    /// Notes a fault at a byte offset of the file.
    fn at(&mut self, offset: usize, wrong: impl Into<String>, right: impl Into<String>) {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        self.errors.push(LoadError {
            path: self.path.to_owned(),
            line: 1 + before.iter().filter(|b| **b == b'\n').count(),
            wrong: wrong.into(),
            right: right.into(),
        });
    }
}

pub(crate) fn embedded() -> Result<Vec<Entry>, LoadErrors> {
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    let mut dirs = vec![&CHANGES];
    while let Some(dir) = dirs.pop() {
        dirs.extend(dir.dirs());
        for file in dir.files() {
            let path = format!("changes/{}", file.path().display());
            match file.contents_utf8() {
                Some(text) => files.push((path, text)),
                None => unreadable.push(LoadError {
                    path,
                    line: 1,
                    wrong: "the file is not UTF-8 text".into(),
                    right: "save it as UTF-8".into(),
                }),
            }
        }
    }
    files.sort();
    if unreadable.is_empty() {
        parse(files)
    } else {
        Err(LoadErrors(unreadable))
    }
}

pub(crate) fn parse<P: AsRef<str>, T: AsRef<str>>(
    files: impl IntoIterator<Item = (P, T)>,
) -> Result<Vec<Entry>, LoadErrors> {
    let mut errors = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in files {
        let mut report = Report {
            path: path.as_ref(),
            text: text.as_ref(),
            errors: Vec::new(),
        };
        if let Some((entry, code_at)) = parse_one(&mut report) {
            for name in [entry.code.to_lowercase(), entry.key.to_lowercase()] {
                if let Some(other) = seen.insert(name.clone(), report.path.to_owned()) {
                    report.at(
                        code_at,
                        format!("`{name}` already names the change of {other}"),
                        "give each change its own code and file name",
                    );
                }
            }
            entries.push(entry);
        }
        errors.append(&mut report.errors);
    }
    if !errors.is_empty() {
        return Err(LoadErrors(errors));
    }
    entries.sort_by_key(|it| (it.family != Family::Kubernetes, it.code.clone()));
    Ok(entries)
}

/// Family and key: the last two parts of `…/<family>/<key>.toml`.
fn placed(path: &str) -> Option<(Family, String)> {
    let mut parts = path.rsplit('/');
    let key = parts.next()?.strip_suffix(".toml")?;
    let family = match parts.next()? {
        "kubernetes" => Family::Kubernetes,
        "containers" => Family::Containers,
        _ => return None,
    };
    let slug = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    slug.then(|| (family, key.to_owned()))
}

/// The entry and the offset of its code; faults go to the report.
fn parse_one(report: &mut Report<'_>) -> Option<(Entry, usize)> {
    if report.text.len() > MAX_FILE {
        report.at(
            0,
            format!("the file has {} bytes", report.text.len()),
            format!("keep it within {MAX_FILE} bytes"),
        );
        return None;
    }
    let Some((family, key)) = placed(report.path) else {
        report.at(
            0,
            "the path does not say which change this is",
            "name it kubernetes/<key>.toml or containers/<key>.toml, \
             the key in lower case with dashes",
        );
        return None;
    };
    let source: Source = match toml::from_str(report.text) {
        Ok(source) => source,
        Err(error) => {
            let offset = error.span().map_or(0, |it| it.start);
            report.at(
                offset,
                error.message().replace('\n', ", "),
                hint(error.message()),
            );
            return None;
        }
    };
    lint::check(&source, family, report);
    let code_at = source.code.span().start;
    let entry = Entry {
        code: source.code.into_inner(),
        key,
        title: source.title.into_inner(),
        summary: source.summary.into_inner(),
        synonyms: source.synonyms,
        family,
        pricing: source.pricing.into_inner(),
        form: Form {
            fields: source.fields.into_iter().map(Spanned::into_inner).collect(),
            rules: source.rules.into_iter().map(Spanned::into_inner).collect(),
        },
        shared: source.shared,
        environment: source.environment,
        workflow: source.workflow.into_inner(),
        given: source.given,
        iaas_note: source.iaas_note,
        irreversible: source.irreversible,
        notes: source.notes.into_iter().map(Spanned::into_inner).collect(),
        minutes: source.minutes,
        group: family.label(),
    };
    Some((entry, code_at))
}

/// What would be right, as far as the parser's own words do not say it already.
fn hint(message: &str) -> &'static str {
    if message.contains("missing field") {
        "add it: code, title, summary, pricing, workflow and environment are needed"
    } else if message.contains("unknown field") || message.contains("unknown variant") {
        "use one of the names listed"
    } else if message.contains("invalid type") {
        "give a value of the expected type"
    } else {
        "correct the TOML"
    }
}
