//! Labels, and matchers over labels.

use super::{
    fault::{At, Fault, quoted},
    kind::{LabelStyle, items, matches},
    line,
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, ops::RangeInclusive};

const LABEL_NAME: &str = "^[a-zA-Z_][a-zA-Z0-9_]*$";
const KUBERNETES_KEY: &str =
    "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$";
const KUBERNETES_VALUE: &str = "^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$";
/// No alert carries this value, so an expression that matches it matches everything.
const NOBODYS_VALUE: &str = "guichet:no-alert-has-this-value";

pub(super) fn accept_labels(
    at: &At<'_>,
    raw: &Value,
    size: RangeInclusive<usize>,
    reserved: &[String],
    style: LabelStyle,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    let pairs = match pairs(at, raw) {
        Ok(pairs) => pairs,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    if !size.contains(&pairs.len()) {
        faults.push(at.wrong_count(*size.start(), *size.end()));
        return None;
    }
    let before = faults.len();
    let mut labels = BTreeMap::new();
    for (name, value) in pairs {
        let here = at.inside(quoted(&name));
        if labels.contains_key(&name) {
            faults.push(here.fault(
                "form.distinct",
                "ce nom est donné deux fois",
                "this name is given twice",
            ));
        }
        faults.extend(name_fault(&here, &name, reserved, style));
        match label_value(&here, &value, style) {
            Ok(value) => _ = labels.insert(name, Value::String(value)),
            Err(fault) => faults.push(fault),
        }
    }
    (faults.len() == before).then(|| Value::Object(labels.into_iter().collect::<Map<_, _>>()))
}

/// Names and values as they were given: an object, JSON text of one, or lines `name=value`.
fn pairs(at: &At<'_>, raw: &Value) -> Result<Vec<(String, Value)>, Fault> {
    let wrong = || {
        at.fault(
            "form.type",
            "une ligne «\u{a0}nom=valeur\u{a0}» par étiquette est attendue ; entourez de \
             guillemets une valeur qui contient une virgule"
                .replace(" ;", "\u{202f};"),
            "one line “name=value” a label is expected; put quotes around a value with a comma",
        )
    };
    match raw {
        Value::Object(map) => Ok(map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()),
        Value::String(text) if text.trim_start().starts_with('{') => {
            let map: Map<String, Value> = serde_json::from_str(text).map_err(|_| wrong())?;
            Ok(map.into_iter().collect())
        }
        Value::String(text) => text
            .split('\n')
            .map(|it| it.trim_matches([' ', '\r', '\t']))
            .filter(|it| !it.is_empty())
            .map(|it| {
                let (name, value) = it.split_once('=').ok_or_else(wrong)?;
                let value = value.trim_matches(' ');
                let bare = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                // `a=1,b=2` is two labels in somebody's mind, so it is never read as one.
                if bare.is_none() && value.contains(',') {
                    return Err(wrong());
                }
                Ok((
                    name.trim_matches(' ').to_owned(),
                    Value::from(bare.unwrap_or(value)),
                ))
            })
            .collect(),
        _ => Err(wrong()),
    }
}

fn name_fault(at: &At<'_>, name: &str, reserved: &[String], style: LabelStyle) -> Option<Fault> {
    if reserved.iter().any(|it| it == name) {
        return Some(line::reserved_name(at, name));
    }
    let (right, fr, en) = match style {
        LabelStyle::Prometheus => (
            name.len() <= 128 && matches(LABEL_NAME, name) && !name.starts_with("__"),
            "lettres, chiffres et _ sont acceptés, sans chiffre ni __ au début",
            "letters, digits and _ are accepted, with neither a digit nor __ in front",
        ),
        LabelStyle::Kubernetes => (
            matches(KUBERNETES_KEY, name) && !in_kubernetes_space(name),
            "un nom d’étiquette Kubernetes est attendu, hors kubernetes.io/ et k8s.io/",
            "a Kubernetes label name is expected, outside kubernetes.io/ and k8s.io/",
        ),
    };
    (!right).then(|| at.fault("form.label", fr, en))
}

fn in_kubernetes_space(name: &str) -> bool {
    name.split_once('/').is_some_and(|(space, _)| {
        ["kubernetes.io", "k8s.io"]
            .iter()
            .any(|it| space == *it || space.ends_with(&format!(".{it}")))
    })
}

fn label_value(at: &At<'_>, raw: &Value, style: LabelStyle) -> Result<String, Fault> {
    let (min, max) = match style {
        LabelStyle::Prometheus => (1, 256),
        LabelStyle::Kubernetes => (0, 63),
    };
    let value = line::single(at, raw, 4 * max)?;
    let right = (min..=max).contains(&value.chars().count())
        && (style == LabelStyle::Prometheus || matches(KUBERNETES_VALUE, &value));
    if right {
        return Ok(value);
    }
    Err(at.fault(
        "form.label",
        format!("une valeur de {min} à {max} caractères est attendue"),
        format!("a value of {min} to {max} characters is expected"),
    ))
}

/// One condition on an alert's labels.
struct Matcher {
    name: String,
    operator: &'static str,
    value: String,
}

impl Matcher {
    fn parse(text: &str) -> Option<Matcher> {
        let end = text.find(['=', '!'])?;
        let (name, rest) = (text[..end].trim_matches(' '), &text[end..]);
        let operator = ["=~", "!~", "!=", "="]
            .into_iter()
            .find(|it| rest.starts_with(it))?;
        let value = unquote(rest[operator.len()..].trim_matches(' '))?;
        let sound = matches(LABEL_NAME, name)
            && value.len() <= 256
            && (!operator.ends_with('~') || anchored(&value).is_some());
        sound.then(|| Matcher {
            name: name.to_owned(),
            operator,
            value,
        })
    }
    /// Whether it leaves out the alerts that it does not name: a negative one, an absent label or
    /// an expression that matches anything would let nearly all alerts through.
    fn narrows(&self) -> bool {
        match self.operator {
            "=" => !self.value.is_empty(),
            "=~" => anchored(&self.value)
                .is_some_and(|it| !it.is_match(NOBODYS_VALUE) && !it.is_match("")),
            _ => false,
        }
    }
    fn written(&self) -> String {
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{}{}\"{value}\"", self.name, self.operator)
    }
}

/// Alertmanager anchors its expressions on both sides.
fn anchored(expression: &str) -> Option<regex_lite::Regex> {
    regex_lite::Regex::new(&format!("^(?:{expression})$")).ok()
}

/// The value between quotes with its escapes undone, or a bare value without special characters.
fn unquote(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        let bare = !text.contains(['"', '\'', '{', '}', ',', '\\', '`']);
        return bare.then(|| text.to_owned());
    };
    let mut out = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(out),
            '\\' => match chars.next()? {
                c @ ('"' | '\\') => out.push(c),
                // Other escapes belong to the expression itself, e.g. `\.` or `\d`.
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
}

pub(super) fn accept_matchers(
    at: &At<'_>,
    raw: &Value,
    max: usize,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    let Some(items) = items(raw, false) else {
        faults.push(at.wrong_type("une condition par ligne", "one condition a line"));
        return None;
    };
    if !(1..=max).contains(&items.len()) {
        faults.push(at.wrong_count(1, max));
        return None;
    }
    let before = faults.len();
    let mut matchers = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let here = at.inside(i);
        match line::single(&here, item, 400).map(|it| Matcher::parse(&it)) {
            Ok(Some(matcher)) => matchers.push(matcher),
            Ok(None) => faults.push(here.fault(
                "form.matcher",
                "une condition comme severity=\"critical\" est attendue, avec =, !=, =~ ou !~",
                "a condition like severity=\"critical\" is expected, with =, !=, =~ or !~",
            )),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.len() > before {
        return None;
    }
    if !matchers.iter().any(Matcher::narrows) {
        faults.push(at.fault(
            "form.catch_all",
            "ces conditions prendraient presque toutes les alertes, ajoutez-en une qui désigne \
             une valeur, par exemple severity=\"critical\"",
            "these conditions would catch nearly every alert, add one that names a value, for \
             example severity=\"critical\"",
        ));
        return None;
    }
    Some(
        matchers
            .iter()
            .map(|it| Value::from(it.written()))
            .collect(),
    )
}
