//! What a file may say and still be wrong: found when it is loaded, not when somebody orders.

use super::{Report, Source};
use crate::{
    Check, Family, Field, Kind, Pricing, Rule, Text, Tokens,
    form::{fault::At, is_blank},
};
use serde_json::Value;
use std::collections::HashSet;
use toml::Spanned;

pub(super) fn check(source: &Source, family: Family, report: &mut Report<'_>) {
    let code = source.code.get_ref();
    let numbered = code
        .strip_prefix(family.letter())
        .is_some_and(|it| it.len() == 2 && it.bytes().all(|b| b.is_ascii_digit()));
    if !numbered {
        report.at(
            source.code.span().start,
            format!("`{code}` is not a code of this directory"),
            format!("use {} and two digits", family.letter()),
        );
    }
    worded("title", &source.title, report);
    worded("summary", &source.summary, report);
    for note in &source.notes {
        worded("note", note, report);
    }
    if source.workflow.get_ref().is_empty() {
        report.at(
            source.workflow.span().start,
            "no workflow is named",
            "name a file of flows/",
        );
    }
    pricing(source, report);
    let fields: Vec<&Field> = source.fields.iter().map(Spanned::get_ref).collect();
    for (i, field) in source.fields.iter().enumerate() {
        let offset = field.span().start;
        check_field(field.get_ref(), &fields[..i], offset, report);
    }
    for rule in &source.rules {
        check_rule(rule.get_ref(), &fields, rule.span().start, report);
    }
}

fn worded(what: &str, text: &Spanned<Text>, report: &mut Report<'_>) {
    let Text { fr, en } = text.get_ref();
    if fr.trim().is_empty() || en.trim().is_empty() {
        report.at(
            text.span().start,
            format!("the {what} lacks a language"),
            "write it in French (fr) and in English (en)",
        );
    }
}

fn pricing(source: &Source, report: &mut Report<'_>) {
    let offset = source.pricing.span().start;
    match source.pricing.get_ref() {
        Pricing::Fixed { tokens } if *tokens == Tokens::ZERO => {
            report.at(
                offset,
                "a change for 0 tokens",
                "give a price of at least 1 token",
            );
        }
        Pricing::Tranche { tokens, per, field } => {
            if *tokens == Tokens::ZERO || *per == 0 {
                report.at(
                    offset,
                    "a tranche of 0",
                    "give tokens and per of at least 1",
                );
            }
            let fits = source.fields.iter().map(Spanned::get_ref).any(|it| {
                it.name == *field && it.required && matches!(it.kind, Kind::Count { min: 1.., .. })
            });
            if !fits {
                report.at(
                    offset,
                    format!("the price depends on `{field}`, which is not a quantity"),
                    "name a required field of kind count with a min of at least 1",
                );
            }
        }
        Pricing::Fixed { .. } | Pricing::Quoted | Pricing::TimeAndMaterials => {}
    }
}

/// A bound that lets nothing through, or a set of names that cannot work, as `(wrong, right)`.
fn kind_fault(kind: &Kind) -> Option<(String, &'static str)> {
    let bounds = |min: u64, max: u64| {
        (min > max).then(|| (format!("min {min} is above max {max}"), "swap them"))
    };
    match kind {
        Kind::Count { min, max } => bounds(*min, *max),
        Kind::Duration { min_h, max_h } => bounds(u64::from(*min_h), u64::from(*max_h)),
        Kind::Labels { min, max, .. } => bounds(*min as u64, *max as u64),
        Kind::Matchers { max } => bounds(1, *max as u64),
        Kind::List { of, min, max } => bounds(*min as u64, *max as u64).or_else(|| kind_fault(of)),
        Kind::Name { pattern, .. } => pattern_fault(pattern),
        Kind::Text {
            pattern: Some(pattern),
            ..
        }
        | Kind::Path {
            pattern: Some(pattern),
            ..
        } => pattern_fault(pattern),
        Kind::Choice { options } => {
            let values: HashSet<&str> = options.iter().map(|it| it.value.as_str()).collect();
            (values.len() != options.len() || options.len() < 2).then(|| {
                (
                    "a choice without distinct values".into(),
                    "offer two values or more",
                )
            })
        }
        Kind::Group { fields } => fields.iter().find_map(|it| kind_fault(&it.kind)),
        _ => None,
    }
}

fn pattern_fault(pattern: &str) -> Option<(String, &'static str)> {
    if let Err(error) = regex_lite::Regex::new(pattern) {
        return Some((
            format!("`{pattern}` does not compile ({error})"),
            "correct the expression",
        ));
    }
    let whole = pattern.starts_with('^') && pattern.ends_with('$');
    (!whole).then(|| {
        (
            format!("`{pattern}` accepts what merely contains it"),
            "begin with ^ and end with $",
        )
    })
}

fn check_field(field: &Field, earlier: &[&Field], offset: usize, report: &mut Report<'_>) {
    let name = &field.name;
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !plain {
        report.at(
            offset,
            format!("`{name}` is not a field name"),
            "use a-z, 0-9 and _",
        );
    }
    if earlier.iter().any(|it| it.name == *name) {
        report.at(
            offset,
            format!("the field `{name}` is declared twice"),
            "remove one",
        );
    }
    if field.label.fr.is_empty() || field.label.en.is_empty() {
        report.at(
            offset,
            format!("the label of `{name}` lacks a language"),
            "write it in French (fr) and in English (en)",
        );
    }
    if let Some((wrong, right)) = kind_fault(&field.kind) {
        report.at(offset, format!("field `{name}`: {wrong}"), right);
    }
    if let Some(default) = &field.default {
        let mut faults = Vec::new();
        let read = field
            .kind
            .accept(&At::field(field), default, None, &mut faults);
        if is_blank(default) || read.as_ref() != Some(default) {
            report.at(
                offset,
                format!("the default of `{name}` is not one of its own answers"),
                faults
                    .first()
                    .map_or("write it as it is stored".into(), |it| {
                        it.message.en.clone()
                    }),
            );
        }
    }
    if let Some((other, value)) = &field.shown_when {
        condition(
            name,
            other,
            std::slice::from_ref(value),
            earlier,
            offset,
            report,
        );
    }
}

/// A condition looks at a declared field, and at answers that this field can have.
fn condition(
    name: &str,
    other: &str,
    values: &[Value],
    fields: &[&Field],
    offset: usize,
    report: &mut Report<'_>,
) {
    let Some(looked_at) = fields.iter().find(|it| it.name == other) else {
        report.at(
            offset,
            format!("`{name}` depends on `{other}`, which is not declared before it"),
            "name an earlier field",
        );
        return;
    };
    for value in values {
        let read = looked_at
            .kind
            .accept(&At::field(looked_at), value, None, &mut Vec::new());
        if read.as_ref() != Some(value) {
            report.at(
                offset,
                format!("`{name}` depends on `{other}` being {value}, which it never is"),
                "use an answer that the field accepts",
            );
        }
    }
}

fn check_rule(rule: &Rule, fields: &[&Field], offset: usize, report: &mut Report<'_>) {
    let find = |name: &str| fields.iter().find(|it| it.name == name).map(|it| &it.kind);
    let unknown: Vec<&str> = rule
        .check
        .fields()
        .into_iter()
        .filter(|it| find(it).is_none())
        .collect();
    if !unknown.is_empty() {
        report.at(
            offset,
            format!(
                "the rule names `{}`, which is not a field",
                unknown.join("`, `")
            ),
            "name fields of this form",
        );
        return;
    }
    let (fits, right) = match &rule.check {
        Check::Le { low, high } => (
            matches!(
                (find(low), find(high)),
                (Some(Kind::Count { .. }), Some(Kind::Count { .. }))
                    | (Some(Kind::Duration { .. }), Some(Kind::Duration { .. }))
            ),
            "compare two counts or two durations",
        ),
        Check::RequiredIf { field, when, is } | Check::OnlyIf { field, when, is } => {
            condition(field, when, is, fields, offset, report);
            (!is.is_empty(), "list at least one answer in `is`")
        }
        Check::OneOf { fields } => (fields.len() > 1, "name two fields or more"),
        Check::Distinct { field } => (
            matches!(find(field), Some(Kind::List { .. })),
            "name a field of kind list",
        ),
        Check::Disjoint { left, right } => (
            [left, right]
                .iter()
                .all(|it| matches!(find(it), Some(Kind::List { .. } | Kind::Labels { .. }))),
            "name two fields of kind list or labels",
        ),
        Check::NeedsFlag { flag } => (
            matches!(find(flag), Some(Kind::Flag)),
            "name a field of kind flag",
        ),
    };
    if !fits {
        report.at(
            offset,
            "the rule does not fit the kinds of its fields",
            right,
        );
    }
}
