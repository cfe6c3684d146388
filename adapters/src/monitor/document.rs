//! Configuration files as documents: read as YAML, compared by meaning, never by text.

use super::matcher::Matcher;
use serde_json::{Map, Value};
use thiserror::Error;

/// A configuration text that is no YAML document.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the configuration is not readable as YAML: {0}")]
pub struct DocumentError(String);

/// Reads one YAML document.
///
/// # Errors
/// When the text is not YAML, or repeats a key.
pub fn parse(text: &str) -> Result<Value, DocumentError> {
    serde_saphyr::from_str(text).map_err(|e| {
        let said = e.to_string();
        // The library quotes the lines around the mistake; a line may hold a secret.
        DocumentError(said.lines().next().unwrap_or_default().to_owned())
    })
}

/// Maps whose keys are data: a key the file does not have is a difference, not a default.
const DATA: [&str; 7] = [
    "external_labels",
    "labels",
    "match",
    "match_re",
    "params",
    "annotations",
    "details",
];
/// Lists whose order means nothing, because the program sorts or merges them.
const MATCHERS: [&str; 3] = ["matchers", "source_matchers", "target_matchers"];

/// JSON pointers at which `running` does not do what `file` says. Values that the program fills in
/// by itself are no difference, nor are masked secrets, which nobody can compare.
#[must_use]
pub fn differences(file: &Value, running: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", "", file, running, &mut found);
    found
}

fn compare(at: &str, key: &str, file: &Value, running: &Value, found: &mut Vec<String>) {
    match (file, running) {
        (_, Value::String(masked)) if masked == "<secret>" => {}
        (Value::Object(file), Value::Object(running)) => {
            objects(at, key, file, running, found);
        }
        (Value::Array(file), Value::Array(running)) if MATCHERS.contains(&key) => {
            match (matchers(file), matchers(running)) {
                (Some(file), Some(running)) if file == running => {}
                _ => found.push(at.to_owned()),
            }
        }
        (Value::Array(file), Value::Array(running)) => {
            if file.len() != running.len() {
                found.push(at.to_owned());
                return;
            }
            for (index, (file, running)) in file.iter().zip(running).enumerate() {
                compare(&format!("{at}/{index}"), key, file, running, found);
            }
        }
        _ if same(file, running) => {}
        _ => found.push(at.to_owned()),
    }
}

fn objects(
    at: &str,
    key: &str,
    file: &Map<String, Value>,
    running: &Map<String, Value>,
    found: &mut Vec<String>,
) {
    for (name, value) in file {
        let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        match running.get(name) {
            Some(running) => compare(&at, name, value, running, found),
            None if says_nothing(value) => {}
            None => found.push(at),
        }
    }
    let data = DATA.contains(&key);
    for (name, value) in running.iter().filter(|(name, _)| !file.contains_key(*name)) {
        // A list with something in it is never a default of these programs.
        if data || value.as_array().is_some_and(|it| !it.is_empty()) {
            found.push(format!(
                "{at}/{}",
                name.replace('~', "~0").replace('/', "~1")
            ));
        }
    }
}

/// What the program may leave out when it prints its configuration.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn same(file: &Value, running: &Value) -> bool {
    if file == running {
        return true;
    }
    let (Some(file), Some(running)) = (scalar(file), scalar(running)) else {
        return false;
    };
    let lasts = |it: &str| milliseconds(it);
    file == running
        || lasts(&file).is_some_and(|it| lasts(&running) == Some(it))
        // File names are printed with the folder of the configuration before them.
        || (running.starts_with('/') && running.ends_with(&format!("/{file}")))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(it) => Some(it.to_string()),
        _ => None,
    }
}

fn matchers(lines: &[Value]) -> Option<Vec<Matcher>> {
    let mut all = Vec::new();
    for line in lines {
        all.extend(Matcher::parse_all(line.as_str()?).ok()?);
    }
    all.sort();
    Some(all)
}

/// A duration as these programs write it, e.g. `1h30m`, in milliseconds.
#[must_use]
pub fn milliseconds(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    const UNITS: [(&str, u64); 7] = [
        ("ms", 1),
        ("y", 31_536_000_000),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
    ];
    let (mut rest, mut total) = (text, 0_u64);
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|it| *it > 0)?;
        let number: u64 = rest[..end].parse().ok()?;
        let (unit, factor) = UNITS
            .iter()
            .find(|(unit, _)| rest[end..].starts_with(unit))?;
        total = total.checked_add(number.checked_mul(*factor)?)?;
        rest = &rest[end + unit.len()..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(file: &str, running: &str) -> Vec<String> {
        differences(&parse(file).unwrap(), &parse(running).unwrap())
    }

    #[test]
    fn defaults_masked_secrets_and_other_spellings_are_no_difference() {
        let file = "global: {scrape_interval: 60s}\nrule_files: [rules.yml]\n\
                    receivers: [{name: a, password: real}]\n\
                    route: {matchers: ['b=2, a=\"1\"'], continue: false, routes: []}\n";
        let running = "global: {scrape_interval: 1m, scrape_timeout: 10s}\n\
                       rule_files: [/etc/x/rules.yml]\ntemplates: []\n\
                       receivers: [{name: a, password: <secret>}]\n\
                       route: {matchers: ['a=\"1\"', 'b=\"2\"']}\n";
        assert_eq!(apart(file, running), Vec::<String>::new());
    }

    #[test]
    fn a_value_that_did_not_arrive_or_did_not_leave_is_found() {
        let labels = "global: {external_labels: {env: prod}}";
        assert_eq!(
            apart(labels, "global: {external_labels: {env: test}}"),
            ["/global/external_labels/env"]
        );
        assert_eq!(
            apart(labels, "global: {external_labels: {env: prod, old: x}}"),
            ["/global/external_labels/old"]
        );
        assert_eq!(
            apart("receivers: [{name: a}]", "receivers: []"),
            ["/receivers"]
        );
        assert_eq!(
            apart(
                "route: {receiver: a}",
                "route: {receiver: a, routes: [{receiver: b}]}"
            ),
            ["/route/routes"]
        );
    }

    #[test]
    fn durations_are_compared_as_time() {
        assert_eq!(milliseconds("1h30m"), Some(5_400_000));
        assert_eq!(milliseconds("250ms"), Some(250));
        for bad in ["", "5", "m", "1x", "99999999999999999999s"] {
            assert_eq!(milliseconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_unreadable_text_is_refused_without_quoting_its_lines() {
        let error = parse("password: canary\nglobal: [\n").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
