//! Placeholders of a transcript and what they stand for in this replay.

use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeMap;

/// What placeholders stand for so far.
#[derive(Clone, Default)]
pub struct Bound(BTreeMap<String, String>);

fn placeholders() -> Regex {
    Regex::new(
        r"<(resourceVersion|uid|time|hash|suffix|token):(\d+|other)>|<(state|continue|number|any)>",
    )
    .expect("the pattern is fixed and right")
}

impl Bound {
    /// The request with what is known in place of the placeholders.
    pub fn fill(&self, request: &Value) -> Value {
        match request {
            Value::String(text) => {
                let filled = self.0.iter().fold(text.clone(), |text, (name, value)| {
                    text.replace(name, value)
                });
                Value::String(filled)
            }
            Value::Array(list) => list.iter().map(|it| self.fill(it)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(name, it)| (name.clone(), self.fill(it)))
                .collect(),
            other => other.clone(),
        }
    }

    /// Binds what the recorded answer names and no rule compared, for later requests.
    pub fn learn(&mut self, golden: &Value, seen: &Value) {
        match (golden, seen) {
            (Value::Object(map), _) => {
                map.iter()
                    .for_each(|(name, it)| self.learn(it, &seen[name.as_str()]));
            }
            (Value::Array(list), Value::Array(seen)) => {
                list.iter().zip(seen).for_each(|(a, b)| self.learn(a, b));
            }
            (Value::String(name), Value::String(value)) => {
                let whole = placeholders()
                    .find(name)
                    .is_some_and(|it| it.len() == name.len());
                if whole && !name.ends_with(":other>") && !name.starts_with("<time") {
                    self.0.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            _ => {}
        }
    }

    /// Whether the answer says what was recorded; `loose` allows it to say more.
    pub fn fits(&mut self, golden: &Value, seen: &Value, loose: bool) -> Result<(), String> {
        match (golden, seen) {
            (Value::String(expected), Value::String(actual)) => self.text(expected, actual),
            (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
                expected
                    .iter()
                    .zip(actual)
                    .try_for_each(|(a, b)| self.fits(a, b, loose))
            }
            (Value::Object(expected), Value::Object(actual)) => {
                let extra = actual.keys().find(|it| !expected.contains_key(*it));
                if let Some(extra) = extra.filter(|_| !loose) {
                    return Err(format!("member {extra} is not in the recorded {golden}"));
                }
                expected
                    .iter()
                    .filter(|(name, _)| *name != "(trimmed)")
                    .try_for_each(|(name, it)| {
                        let other = actual.get(name).unwrap_or(&Value::Null);
                        self.fits(it, other, loose)
                            .map_err(|why| format!("{name}: {why}"))
                    })
            }
            _ if golden == seen => Ok(()),
            _ => Err(format!("expected {golden}, got {seen}")),
        }
    }

    fn text(&mut self, golden: &str, seen: &str) -> Result<(), String> {
        let mismatch = || format!("expected {golden:?}, got {seen:?}");
        let holes = placeholders();
        let (mut pattern, mut names, mut from) = ("(?s)^".to_owned(), Vec::new(), 0);
        for hole in holes.find_iter(golden) {
            pattern += &escape(&golden[from..hole.start()]);
            pattern += "(.+?)";
            names.push(hole.as_str());
            from = hole.end();
        }
        pattern += &escape(&golden[from..]);
        pattern += "$";
        let whole = Regex::new(&pattern).expect("escaped text is a valid pattern");
        let caught = whole.captures(seen).ok_or_else(mismatch)?;
        for (name, value) in names.into_iter().zip(caught.iter().skip(1).flatten()) {
            self.bind(name, value.as_str())
                .map_err(|why| format!("{}: {why}", mismatch()))?;
        }
        Ok(())
    }

    fn bind(&mut self, name: &str, value: &str) -> Result<(), String> {
        let free = ["<any>", "<number>", "<state>"].contains(&name) || name.ends_with(":other>");
        if free {
            return Ok(());
        }
        if let Some(known) = self.0.get(name) {
            return if known == value {
                Ok(())
            } else {
                Err(format!("{name} was {known}"))
            };
        }
        let kind = name.split(':').next().unwrap_or_default();
        let unique = ["<resourceVersion", "<uid"].contains(&kind);
        let twin = self.0.iter().find(|(other, it)| {
            unique && other.starts_with(&format!("{kind}:")) && it.as_str() == value
        });
        if let Some((twin, _)) = twin {
            return Err(format!("{name} must differ from {twin}"));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

fn escape(text: &str) -> String {
    // What was cut out of a recorded text may be anything.
    regex_lite::escape(text).replace(r"\(trimmed\)", ".*")
}
