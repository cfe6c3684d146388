//! Answers that fit on one line, and the one block of text.

use super::{
    fault::{At, Fault, quoted},
    kind::matches,
};
use serde_json::Value;
use std::ops::RangeInclusive;

/// Characters that could forge a line, a header or the direction of a text shown to an approver.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A string on one line of at most `max` bytes, without the spaces around it.
pub(super) fn single(at: &At<'_>, raw: &Value, max: usize) -> Result<String, Fault> {
    let Value::String(text) = raw else {
        return Err(at.wrong_type("un texte", "a text"));
    };
    if text.chars().any(is_dangerous) {
        return Err(at.fault(
            "form.control",
            "un retour à la ligne ou un caractère invisible n’est pas accepté",
            "a line break or an invisible character is not accepted",
        ));
    }
    let text = text.trim_matches(' ');
    check_length(at, text, max)?;
    Ok(text.to_owned())
}

/// A text of several lines and at most `max` bytes, kept as it is but for the line ends, which a
/// browser always sends as CR LF.
pub(super) fn block(at: &At<'_>, raw: &Value, max: usize) -> Result<String, Fault> {
    let Value::String(text) = raw else {
        return Err(at.wrong_type("un texte", "a text"));
    };
    let text = text.replace("\r\n", "\n");
    if text
        .chars()
        .any(|c| is_dangerous(c) && c != '\n' && c != '\t')
    {
        return Err(at.fault(
            "form.control",
            "un caractère invisible n’est pas accepté",
            "an invisible character is not accepted",
        ));
    }
    check_length(at, &text, max)?;
    Ok(text)
}

fn check_length(at: &At<'_>, text: &str, max: usize) -> Result<(), Fault> {
    if text.len() <= max {
        return Ok(());
    }
    Err(at.fault(
        "form.length",
        format!("{max}\u{a0}octets au plus, il y en a {}", text.len()),
        format!("at most {max} bytes, there are {}", text.len()),
    ))
}

pub(super) fn patterned(at: &At<'_>, text: String, pattern: Option<&str>) -> Result<String, Fault> {
    match pattern {
        Some(pattern) if !matches(pattern, &text) => Err(not_matching(at, &text, pattern)),
        _ => Ok(text),
    }
}

fn not_matching(at: &At<'_>, text: &str, pattern: &str) -> Fault {
    let text = quoted(text);
    at.fault(
        "form.pattern",
        format!("«\u{a0}{text}\u{a0}» n’a pas la forme attendue, {pattern}"),
        format!("“{text}” does not have the expected form, {pattern}"),
    )
}

pub(super) fn name(
    at: &At<'_>,
    text: String,
    pattern: &str,
    reserved: &[String],
) -> Result<String, Fault> {
    if reserved.contains(&text) {
        return Err(reserved_name(at, &text));
    }
    patterned(at, text, Some(pattern))
}

/// The name means something to the system already.
pub(super) fn reserved_name(at: &At<'_>, text: &str) -> Fault {
    let text = quoted(text);
    at.fault(
        "form.reserved",
        format!("le nom «\u{a0}{text}\u{a0}» est réservé, choisissez-en un autre"),
        format!("the name “{text}” is reserved, choose another"),
    )
}

pub(super) fn cluster(
    at: &At<'_>,
    text: String,
    known: Option<&[String]>,
) -> Result<String, Fault> {
    let text = patterned(at, text, Some("^[a-z][a-z0-9-]{1,30}$"))?;
    let Some(known) = known.filter(|it| !it.contains(&text)) else {
        return Ok(text);
    };
    let list = known
        .iter()
        .take(10)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let (fr, en) = if known.is_empty() {
        (
            "aucun cluster n’est déclaré".into(),
            "no cluster is declared".into(),
        )
    } else {
        (
            format!("clusters connus\u{a0}: {list}"),
            format!("known clusters: {list}"),
        )
    };
    Err(at.fault(
        "form.cluster",
        format!("le cluster «\u{a0}{text}\u{a0}» n’est pas dans l’inventaire, {fr}"),
        format!("the cluster “{text}” is not in the inventory, {en}"),
    ))
}

/// A whole number, also read from its digits.
pub(super) fn count(at: &At<'_>, raw: &Value, range: RangeInclusive<u64>) -> Result<u64, Fault> {
    let number = match raw {
        Value::Number(number) => number.as_u64().or_else(|| {
            // Too small or too large is a matter of range; a fraction is a matter of type.
            number
                .as_i64()
                .map(|_| u64::MAX)
                .filter(|it| !range.contains(it))
        }),
        Value::String(text) => {
            let text = text.trim_matches(' ');
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(u64::MAX))
        }
        _ => None,
    };
    let number = number.ok_or_else(|| at.wrong_type("un nombre entier", "a whole number"))?;
    if range.contains(&number) {
        return Ok(number);
    }
    let (min, max) = (range.start(), range.end());
    Err(at.fault(
        "form.range",
        format!("le nombre doit être compris entre {min} et {max}"),
        format!("the number must be between {min} and {max}"),
    ))
}

/// Yes or no, also read from what browsers and people send.
pub(super) fn flag(at: &At<'_>, raw: &Value) -> Result<bool, Fault> {
    let read = match raw {
        Value::Bool(it) => Some(*it),
        Value::String(text) => match text.trim_matches(' ').to_lowercase().as_str() {
            "on" | "true" | "yes" | "oui" | "1" => Some(true),
            "off" | "false" | "no" | "non" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    read.ok_or_else(|| at.wrong_type("oui ou non", "yes or no"))
}

/// Hours in a duration such as `36h`, `30d` or `8w`; nothing when it is not one.
#[must_use]
pub fn duration_hours(text: &str) -> Option<u32> {
    let unit = match text.chars().last()? {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return None,
    };
    // The unit is one byte.
    let digits = &text[..text.len() - 1];
    let plain = matches!(digits.len(), 1..=4)
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit());
    plain
        .then(|| digits.parse::<u32>().ok())
        .flatten()
        .map(|it| it * unit)
}

pub(super) fn duration(
    at: &At<'_>,
    text: String,
    range: RangeInclusive<u32>,
) -> Result<String, Fault> {
    let Some(hours) = duration_hours(&text) else {
        return Err(at.fault(
            "form.duration",
            "une durée en heures, jours ou semaines est attendue, par exemple 36h, 30d ou 8w",
            "a duration in hours, days or weeks is expected, for example 36h, 30d or 8w",
        ));
    };
    if range.contains(&hours) {
        return Ok(text);
    }
    let (min, max) = (in_words(*range.start()), in_words(*range.end()));
    Err(at.fault(
        "form.range",
        format!("la durée doit être comprise entre {min} et {max}"),
        format!("the duration must be between {min} and {max}"),
    ))
}

fn in_words(hours: u32) -> String {
    if hours.is_multiple_of(24) {
        format!("{}d", hours / 24)
    } else {
        format!("{hours}h")
    }
}

pub(super) fn path(
    at: &At<'_>,
    text: String,
    prefix: &str,
    pattern: Option<&str>,
) -> Result<String, Fault> {
    let plain = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
        && !text.contains("..")
        && text
            .split('/')
            .all(|it| !it.is_empty() && it != "." && !it.eq_ignore_ascii_case(".git"));
    if !plain {
        return Err(at.fault(
            "form.path",
            "un chemin relatif du dépôt est attendu, sans «\u{a0}..\u{a0}» ni «\u{a0}.git\u{a0}»",
            "a path relative to the repository is expected, without “..” or “.git”",
        ));
    }
    if text.strip_prefix(prefix).is_none_or(str::is_empty) {
        return Err(at.fault(
            "form.path",
            format!("le chemin doit commencer par {prefix}"),
            format!("the path must begin with {prefix}"),
        ));
    }
    patterned(at, text, pattern)
}

/// `prefix` and exactly `digits` lower-case hexadecimal digits.
pub(super) fn hex(at: &At<'_>, text: String, prefix: &str, digits: usize) -> Result<String, Fault> {
    let right = text.strip_prefix(prefix).is_some_and(|rest| {
        rest.len() == digits && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    });
    if right {
        return Ok(text);
    }
    Err(at.fault(
        "form.digest",
        format!("{prefix} suivi de {digits} chiffres hexadécimaux est attendu").trim_start(),
        format!("{prefix} followed by {digits} hexadecimal digits is expected").trim_start(),
    ))
}
