//! The values of custom objects against the OpenAPI schema of their definition.

use super::status::Cause;
use regex_lite::Regex;
use serde_json::{Value, json};

/// Reports what `value` breaks, below the dotted path `at`.
pub(super) fn check(schema: &Value, value: &Value, at: &str, found: &mut Vec<Cause>) {
    match value {
        Value::Object(map) => {
            required(schema, value, at, found);
            for (name, child) in map {
                let inner = match &schema["properties"][name] {
                    Value::Null => &schema["additionalProperties"],
                    known => known,
                };
                check(inner, child, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                check(&schema["items"], child, &format!("{at}[{index}]"), found);
            }
        }
        Value::String(text) => string(schema, text, at, found),
        Value::Number(number) => {
            let low = schema["minimum"].as_f64().zip(number.as_f64());
            if let Some((least, _)) = low.filter(|(least, it)| it < least) {
                let why = format!("{at} in body should be greater than or equal to {least}");
                found.push(Cause::invalid(at, value, &why));
            }
        }
        _ => {}
    }
}

/// Reports the required members that `value` lacks.
pub(super) fn required(schema: &Value, value: &Value, at: &str, found: &mut Vec<Cause>) {
    let names = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    for name in names.filter(|name| value[name].is_null()) {
        let field = if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}.{name}")
        };
        found.push(Cause::required(field, ""));
    }
}

fn string(schema: &Value, text: &str, at: &str, found: &mut Vec<Cause>) {
    if let Some(pattern) = schema["pattern"].as_str()
        && let Ok(regex) = Regex::new(pattern)
        && !regex.is_match(text)
    {
        let why = format!("{at} in body should match '{pattern}'");
        found.push(Cause::invalid(at, &json!(text), &why));
    }
    if let Some(least) = schema["minLength"].as_u64()
        && (text.chars().count() as u64) < least
    {
        let why = format!("{at} in body should be at least {least} chars long");
        found.push(Cause::invalid(at, &json!(text), &why));
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(&json!(text))
    {
        let known: Vec<String> = known.iter().map(Value::to_string).collect();
        found.push(Cause::unsupported(
            at,
            &json!(text).to_string(),
            &known.join(", "),
        ));
    }
}
