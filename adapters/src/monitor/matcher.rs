//! The matchers of Alertmanager: one condition on one label.

use regex_lite::Regex;
use std::{cmp::Ordering, collections::BTreeMap, fmt};
use thiserror::Error;

/// A matcher that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MatcherError {
    /// Not of the form `name=value`, `name!=value`, `name=~regex` or `name!~regex`.
    #[error("bad matcher format: {0}")]
    Form(String),
    /// The regular expression does not compile.
    #[error("bad regular expression in matcher: {0}")]
    Expression(String),
}

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored on both sides.
    Like,
    /// `!~`, anchored on both sides.
    NotLike,
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "!=",
            Comparison::Like => "=~",
            Comparison::NotLike => "!~",
        }
    }
}

/// One condition on one label; a label that is absent has the empty value.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    comparison: Comparison,
    value: String,
    expression: Option<Regex>,
}

impl Matcher {
    /// A matcher from its three parts.
    ///
    /// # Errors
    /// When the value is no regular expression though it is compared as one.
    pub fn new(name: &str, comparison: Comparison, value: &str) -> Result<Self, MatcherError> {
        let expression = match comparison {
            Comparison::Equal | Comparison::NotEqual => None,
            Comparison::Like | Comparison::NotLike => Some(
                Regex::new(&format!("^(?:{value})$"))
                    .map_err(|_| MatcherError::Expression(value.to_owned()))?,
            ),
        };
        Ok(Matcher {
            name: name.to_owned(),
            comparison,
            value: value.to_owned(),
            expression,
        })
    }

    /// Reads one line of a `matchers:` list, which may hold several: `a="1", b=~"x|y"`, with or
    /// without braces.
    ///
    /// # Errors
    /// When any of them cannot be read.
    pub fn parse_all(line: &str) -> Result<Vec<Self>, MatcherError> {
        let line = line.trim();
        let line = line.strip_prefix('{').unwrap_or(line);
        let line = line.strip_suffix('}').unwrap_or(line);
        let mut parts = vec![String::new()];
        let (mut quoted, mut escaped) = (false, false);
        for c in line.chars() {
            if c == ',' && !quoted {
                parts.push(String::new());
                continue;
            }
            if c == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = c == '\\' && !escaped;
            if let Some(part) = parts.last_mut() {
                part.push(c);
            }
        }
        if parts.last().is_some_and(|it| it.trim().is_empty()) {
            parts.pop();
        }
        parts.iter().map(|it| Matcher::parse(it)).collect()
    }

    /// Reads one matcher.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        let bad = || MatcherError::Form(text.to_owned());
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
            .ok_or_else(bad)?;
        let (name, rest) = trimmed.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(bad());
        }
        let rest = rest.trim_start();
        let (comparison, raw) = [
            Comparison::Like,
            Comparison::NotLike,
            Comparison::NotEqual,
            Comparison::Equal,
        ]
        .into_iter()
        .find_map(|it| rest.strip_prefix(it.sign()).map(|raw| (it, raw)))
        .ok_or_else(bad)?;
        Matcher::new(name, comparison, &unquote(raw.trim()).ok_or_else(bad)?)
    }

    /// Whether the condition holds for these labels.
    #[must_use]
    pub fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let actual = labels.get(&self.name).map_or("", String::as_str);
        let like = || {
            self.expression
                .as_ref()
                .is_some_and(|it| it.is_match(actual))
        };
        match self.comparison {
            Comparison::Equal => actual == self.value,
            Comparison::NotEqual => actual != self.value,
            Comparison::Like => like(),
            Comparison::NotLike => !like(),
        }
    }

    /// Whether an alert that lacks the label altogether would match.
    #[must_use]
    pub fn holds_for_absent(&self) -> bool {
        self.holds(&BTreeMap::new())
    }

    fn key(&self) -> (&str, Comparison, &str) {
        (&self.name, self.comparison, &self.value)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Matcher {}
impl PartialOrd for Matcher {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Matcher {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}\"", self.name, self.comparison.sign())?;
        for c in self.value.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                other => write!(f, "{other}")?,
            }
        }
        f.write_str("\"")
    }
}

/// The value behind the sign: quotes are optional, but must come in pairs.
fn unquote(raw: &str) -> Option<String> {
    let (inner, quoted) = match raw.strip_prefix('"') {
        Some(inner) => (inner, true),
        None => (raw, false),
    };
    let mut value = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('"') => value.push('"'),
                Some('\\') => value.push('\\'),
                Some(other) => value.extend(['\\', other]),
                None => return (!quoted).then_some(value + "\\"),
            },
            '"' => return (quoted && chars.as_str().is_empty()).then_some(value),
            other => value.push(other),
        }
    }
    (!quoted).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn a_line_holds_several_matchers_and_commas_in_quotes_do_not_split() {
        let all = Matcher::parse_all(r#"{team="a,b", severity=~"page|mail",env!=prod}"#).unwrap();
        let shown: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                r#"team="a,b""#,
                r#"severity=~"page|mail""#,
                r#"env!="prod""#
            ]
        );
    }

    #[test]
    fn escapes_are_read_and_written_back() {
        let matcher = Matcher::parse(r#"m="a\"b\\c\nd""#).unwrap();
        assert!(matcher.holds(&labels(&[("m", "a\"b\\c\nd")])));
        assert_eq!(matcher.to_string(), r#"m="a\"b\\c\nd""#);
    }

    #[test]
    fn an_absent_label_is_empty_and_expressions_are_anchored() {
        assert!(Matcher::parse("env!=prod").unwrap().holds_for_absent());
        assert!(Matcher::parse("env=~.*").unwrap().holds_for_absent());
        let like = Matcher::parse("env=~pro").unwrap();
        assert!(!like.holds(&labels(&[("env", "prod")])));
        assert!(like.holds(&labels(&[("env", "pro")])));
    }

    #[test]
    fn what_is_no_matcher_is_refused() {
        for bad in ["a b", "1a=b", "=x", "a", "a=\"b", "a=\"b\"c", "a=b\"c"] {
            assert_eq!(
                Matcher::parse(bad),
                Err(MatcherError::Form(bad.into())),
                "{bad}"
            );
        }
        assert!(matches!(
            Matcher::parse("a=~("),
            Err(MatcherError::Expression(_))
        ));
    }
}
