//! What must hold between several answers.

use super::{
    Form,
    fault::{At, Fault},
    line::duration_hours,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// A rule across fields, with the clause of the contract that it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What must hold.
    pub check: Check,
    /// Clause quoted with the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

/// What a rule requires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// `low` is not above `high`: two numbers, or two durations.
    Le {
        /// Field that holds the smaller.
        low: String,
        /// Field that holds the larger.
        high: String,
    },
    /// `field` must be filled in when `when` has one of the values `is`.
    RequiredIf {
        /// Field needed.
        field: String,
        /// Field looked at.
        when: String,
        /// Its values that make `field` needed.
        is: Vec<Value>,
    },
    /// `field` must be empty unless `when` has one of the values `is`.
    OnlyIf {
        /// Field that would be empty.
        field: String,
        /// Field looked at.
        when: String,
        /// Its values that allow `field`.
        is: Vec<Value>,
    },
    /// At least one of these fields is filled in.
    OneOf {
        /// The fields.
        fields: Vec<String>,
    },
    /// The items of a list differ from each other.
    Distinct {
        /// Field that holds the list.
        field: String,
    },
    /// No item, or label name, is in both.
    Disjoint {
        /// One field.
        left: String,
        /// The other.
        right: String,
    },
    /// The flag must be yes: somebody acknowledges what the change entails.
    NeedsFlag {
        /// The flag.
        flag: String,
    },
}

impl Check {
    /// Names of all fields that the rule mentions.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Check::Le { low, high } => vec![low, high],
            Check::RequiredIf { field, when, .. } | Check::OnlyIf { field, when, .. } => {
                vec![field, when]
            }
            Check::OneOf { fields } => fields.iter().map(String::as_str).collect(),
            Check::Distinct { field } => vec![field],
            Check::Disjoint { left, right } => vec![left, right],
            Check::NeedsFlag { flag } => vec![flag],
        }
    }
}

impl Rule {
    /// What this rule refuses. A field that is already at fault is not accused twice.
    pub(super) fn faults(
        &self,
        form: &Form,
        answers: &Map<String, Value>,
        so_far: &[Fault],
    ) -> Vec<Fault> {
        let accused = self.check.fields().iter().any(|name| {
            let pointer = format!("/{name}");
            so_far
                .iter()
                .any(|it| it.pointer == pointer || it.pointer.starts_with(&format!("{pointer}/")))
        });
        if accused {
            return Vec::new();
        }
        let mut faults = self.check.faults(form, answers);
        for fault in &mut faults {
            fault.clause.clone_from(&self.clause);
        }
        faults
    }
}

impl Check {
    fn faults(&self, form: &Form, answers: &Map<String, Value>) -> Vec<Fault> {
        let at = |name: &str| form.field(name).map(At::field);
        let label = |name: &str| {
            form.field(name)
                .map(|it| it.label.clone())
                .unwrap_or_default()
        };
        let has =
            |name: &str, values: &[Value]| answers.get(name).is_some_and(|it| values.contains(it));
        let fault: Option<Fault> =
            match self {
                Check::Le { low, high } => {
                    let (a, b) = (size(answers.get(low)), size(answers.get(high)));
                    let above = a.zip(b).is_some_and(|(a, b)| a > b);
                    let high = label(high);
                    at(low).filter(|_| above).map(|at| {
                        at.fault(
                            "form.order",
                            format!("ne peut pas dépasser «\u{a0}{}\u{a0}»", high.fr),
                            format!("cannot exceed “{}”", high.en),
                        )
                    })
                }
                Check::RequiredIf { field, when, is } => at(field)
                    .filter(|_| has(when, is) && !answers.contains_key(field))
                    .map(|at| at.missing()),
                Check::OnlyIf { field, when, is } => at(field)
                    .filter(|_| !has(when, is) && answers.contains_key(field))
                    .map(|at| at.not_applicable()),
                Check::OneOf { fields } => {
                    let labels: Vec<_> = fields.iter().map(|it| label(it)).collect();
                    let fr: Vec<&str> = labels.iter().map(|it| it.fr.as_str()).collect();
                    let en: Vec<&str> = labels.iter().map(|it| it.en.as_str()).collect();
                    fields
                        .first()
                        .and_then(|it| at(it))
                        .filter(|_| !fields.iter().any(|it| answers.contains_key(it)))
                        .map(|at| {
                            at.fault(
                                "form.one_of",
                                format!("remplissez au moins un de ces champs, {}", fr.join(", ")),
                                format!("fill in at least one of these fields, {}", en.join(", ")),
                            )
                        })
                }
                Check::Distinct { field } => {
                    return at(field).map_or_else(Vec::new, |at| repeated(&at, answers.get(field)));
                }
                Check::Disjoint { left, right } => {
                    let others = names(answers.get(right));
                    let both: Vec<_> = names(answers.get(left))
                        .into_iter()
                        .filter(|it| others.contains(it))
                        .collect();
                    let (both, other) = (both.join(", "), label(right));
                    at(left).filter(|_| !both.is_empty()).map(|at| {
                        at.fault(
                            "form.disjoint",
                            format!("{both} est aussi dans «\u{a0}{}\u{a0}»", other.fr),
                            format!("{both} is also in “{}”", other.en),
                        )
                    })
                }
                Check::NeedsFlag { flag } => at(flag)
                    .filter(|_| !has(flag, &[Value::Bool(true)]))
                    .map(|at| {
                        at.fault(
                            "form.acknowledge",
                            "vous devez le confirmer pour continuer",
                            "you must confirm it to go on",
                        )
                    }),
            };
        fault.into_iter().collect()
    }
}

/// A number, or the hours of a duration.
fn size(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => duration_hours(text).map(u64::from),
        _ => None,
    }
}

fn names(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Object(map)) => map.keys().cloned().collect(),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn repeated(at: &At<'_>, value: Option<&Value>) -> Vec<Fault> {
    let Some(Value::Array(items)) = value else {
        return Vec::new();
    };
    let mut seen = HashSet::new();
    items
        .iter()
        .enumerate()
        .filter(|(_, item)| !seen.insert(item.to_string()))
        .map(|(i, _)| {
            at.inside(i).fault(
                "form.distinct",
                "cet élément est donné deux fois",
                "this item is given twice",
            )
        })
        .collect()
}
