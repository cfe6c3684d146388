//! What a command prints on standard output: one JSON document, or lines no wider than a terminal.

use super::end::Stop;
use catalogue::Lang;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// Widest line that a table may have.
pub const COLUMNS: usize = 100;

/// Where and how to print.
#[derive(Clone, Debug)]
pub struct Printer {
    /// JSON instead of words, with the keys wanted; none means all.
    pub json: Option<Vec<String>>,
    /// Language of words.
    pub lang: Lang,
}

impl Printer {
    /// The words of the language.
    pub fn pick<'a>(&self, fr: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Fr => fr,
            Lang::En => en,
        }
    }

    /// Prints the value as JSON when that was asked for, else what `words` makes.
    pub fn show(&self, value: &impl Serialize, words: impl FnOnce() -> String) -> Result<(), Stop> {
        match &self.json {
            None => line(&words()),
            Some(keys) => {
                let value = serde_json::to_value(value).map_err(anyhow::Error::from)?;
                line(&only(value, keys).to_string())
            }
        }
    }

    /// One change of a stream: a line of words, or one JSON object on its line.
    pub fn stream(&self, value: &impl Serialize, words: &str) -> Result<(), Stop> {
        self.show(value, || words.to_owned())
    }
}

/// Prints lines; a reader that has gone away ends the program quietly.
pub fn line(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    let text = text.trim_end_matches('\n');
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The value with these keys only, objects in lists included.
fn only(value: Value, keys: &[String]) -> Value {
    if keys.is_empty() {
        return value;
    }
    match value {
        Value::Array(all) => all.into_iter().map(|it| only(it, keys)).collect(),
        Value::Object(mut map) => {
            let kept: Map<String, Value> = keys
                .iter()
                .map(|key| (key.clone(), map.remove(key).unwrap_or_default()))
                .collect();
            Value::Object(kept)
        }
        other => other,
    }
}

/// A table: the last column takes what is left of the line, and is cut when that is too little.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let columns = head.len();
    let wide = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|it| it.get(column))
            .map(|it| it.chars().count());
        cells
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(wide).collect();
    // The widest column gives way first, so that short ones, which name things, stay whole.
    loop {
        let sum: usize = widths.iter().sum::<usize>() + 2 * (columns - 1);
        if sum <= COLUMNS {
            break;
        }
        let Some(widest) = widths.iter_mut().max() else {
            break;
        };
        *widest -= (sum - COLUMNS).min((*widest).saturating_sub(8)).max(1);
    }
    let heads: Vec<String> = head.iter().map(|it| (*it).to_owned()).collect();
    let mut out = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{:<width$}", cut(cell, *width)))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// At most `width` characters on one line; a missing end shows as an ellipsis.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    let flat: String = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    if flat.chars().count() <= width {
        return flat;
    }
    let head: String = flat.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
}

/// Words broken into lines of at most `COLUMNS`, each after `indent`; a word that no line can hold
/// is broken where the line ends.
#[must_use]
pub fn wrap(text: &str, indent: &str) -> String {
    let lead = indent.chars().count();
    let room = COLUMNS.saturating_sub(lead).max(1);
    let mut out = String::new();
    for paragraph in text.lines() {
        let (mut line, mut used) = (String::new(), 0);
        let mut end = |line: &mut String, used: &mut usize| {
            out.push_str(format!("{indent}{line}").trim_end());
            out.push('\n');
            line.clear();
            *used = 0;
        };
        for (n, word) in paragraph.split(' ').enumerate() {
            let length = word.chars().count();
            if n > 0 && used > 0 {
                match used + 1 + length <= room || length > room && used + 1 < room {
                    true => {
                        line.push(' ');
                        used += 1;
                    }
                    false => end(&mut line, &mut used),
                }
            }
            for c in word.chars() {
                if used == room {
                    end(&mut line, &mut used);
                }
                line.push(c);
                used += 1;
            }
        }
        end(&mut line, &mut used);
    }
    out
}

/// Names and values, one a line; nothing for empty values.
#[must_use]
pub fn facts(pairs: &[(&str, String)]) -> String {
    let shown: Vec<_> = pairs.iter().filter(|it| !it.1.is_empty()).collect();
    let width = shown
        .iter()
        .map(|it| it.0.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for (name, value) in shown {
        let lead = format!("  {name:<width$}  ");
        let gap = " ".repeat(lead.chars().count());
        let body = wrap(value, &gap);
        out.push_str(&lead);
        out.push_str(body.strip_prefix(gap.as_str()).unwrap_or(&body));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_never_exceeds_a_hundred_columns() {
        let long = "é".repeat(150);
        let rows = vec![
            vec!["ACME-2026-0042".into(), long.clone(), "x".into(), long],
            vec!["A".into(), "b\nc".into(), String::new(), String::new()],
        ];
        let text = table(&["RÉF", "ÉTAT", "N", "OBJET"], &rows);
        assert_eq!(
            text.lines().count(),
            3,
            "a line feed in a cell makes no line"
        );
        assert!(
            text.lines().all(|it| it.chars().count() <= COLUMNS),
            "{text}"
        );
        assert!(text.contains("ACME-2026-0042"), "short columns stay whole");
    }

    #[test]
    fn words_are_wrapped_and_only_those_that_fit_nowhere_are_broken() {
        let words = ["mot"; 40].join(" ");
        let wrapped = wrap(&words, "  ");
        assert!(
            wrapped
                .lines()
                .all(|it| it.chars().count() <= COLUMNS && it.starts_with("  "))
        );
        assert_eq!(wrapped.split_whitespace().count(), 40);
        let long = format!("+ {}", "é".repeat(230));
        let broken = wrap(&long, "    ");
        assert_eq!(broken.lines().count(), 3);
        assert!(
            broken.lines().all(|it| it.chars().count() <= COLUMNS),
            "{broken}"
        );
        assert!(broken.starts_with("    + éé"));
        assert_eq!(wrap("a\n\nb", ""), "a\n\nb\n");
    }

    #[test]
    fn only_the_keys_asked_for_are_printed_in_their_order() {
        let value = serde_json::json!([{"a": 1, "b": 2}, {"a": 3}]);
        let keys = ["b".to_owned()];
        assert_eq!(only(value, &keys).to_string(), r#"[{"b":2},{"b":null}]"#);
    }
}
