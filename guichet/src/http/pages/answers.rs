//! Between the catalogue's form and a page: questions out, answers in. No value is judged here:
//! that is the form's own business.

use catalogue::{Fault as Wrong, Field as Asked, Form, Kind};
use serde_json::{Map, Value};

use super::{posted::Posted, ticket::plain};
use crate::pages::{
    Ui,
    fields::{Choice, Fault, Faults, Field, Input, Line},
};

/// Choices up to this many are all shown at once.
const VISIBLE: usize = 5;

/// The questions of a form, with what was typed so far, else their defaults.
pub(super) fn fields(ui: &Ui, form: &Form, clusters: &[String], posted: &Posted) -> Vec<Field> {
    form.fields
        .iter()
        .map(|it| field(ui, form, it, clusters, posted))
        .collect()
}

fn field(ui: &Ui, form: &Form, asked: &Asked, clusters: &[String], posted: &Posted) -> Field {
    let lang = ui.words.lang();
    let input = input(ui, asked, clusters, posted);
    let mut field = Field::new(ui.words, &asked.name, asked.label.get(lang), input);
    field.optional = !asked.required && asked.default.is_none();
    let mut hints = vec![asked.hint.get(lang).to_owned()];
    if let Kind::Count { min, max } = asked.kind {
        let (min, max) = (i64::try_from(min), i64::try_from(max));
        let bounds = ui.say("field-bounds").n("min", min.unwrap_or(0));
        hints.push(bounds.n("max", max.unwrap_or(i64::MAX)).to_string());
    }
    if let Some((name, value)) = &asked.shown_when {
        let other = form.field(name);
        let label = other.map_or(name.as_str(), |it| it.label.get(lang));
        let value = other.map_or_else(|| plain(value), |it| shown(ui, &it.kind, value));
        let only = ui
            .say("field-only-when")
            .with("label", label)
            .with("value", value);
        hints.push(only.to_string());
    }
    hints.retain(|it| !it.is_empty());
    field.hint = (!hints.is_empty()).then(|| hints.join(" "));
    field
}

fn input(ui: &Ui, asked: &Asked, clusters: &[String], posted: &Posted) -> Input {
    let lang = ui.words.lang();
    let default = || asked.default.as_ref().map(plain).unwrap_or_default();
    let value = posted.raw(&asked.name).map_or_else(default, str::to_owned);
    let choices = |all: &mut dyn Iterator<Item = (String, String)>| -> Vec<Choice> {
        let choice = |(it, label): (String, String)| Choice {
            chosen: it == value,
            ..Choice::new(it, label)
        };
        all.map(choice).collect()
    };
    let area = |rows, code| Input::Area {
        value: value.clone(),
        rows,
        code,
    };
    match &asked.kind {
        Kind::Cluster => {
            let mut all = choices(&mut clusters.iter().map(|it| (it.clone(), it.clone())));
            if all.len() > 1 {
                all.insert(0, Choice::new("", ui.t("field-choose")));
            }
            Input::Select(all)
        }
        Kind::Choice { options } => {
            let mut named = options
                .iter()
                .map(|it| (it.value.clone(), it.label.get(lang).to_owned()));
            let mut all = choices(&mut named);
            if all.len() <= VISIBLE {
                return Input::Radios(all);
            }
            all.insert(0, Choice::new("", ui.t("field-choose")));
            Input::Select(all)
        }
        Kind::List { of, .. } => match &**of {
            Kind::Choice { options } => {
                let on = |it: &str| posted.all(&asked.name).any(|typed| typed == it);
                let choice = |it: &catalogue::Choice| Choice {
                    chosen: on(&it.value),
                    ..Choice::new(&it.value, it.label.get(lang))
                };
                Input::Checks(options.iter().map(choice).collect())
            }
            _ => area(3, true),
        },
        Kind::Flag => {
            let ticked = posted.raw(&asked.name).is_some();
            Input::Flag(if posted.0.is_empty() {
                value == "true"
            } else {
                ticked
            })
        }
        Kind::Count { .. } => Input::Line(Line::number(value, None)),
        Kind::Text {
            multiline: true, ..
        } => area(10, true),
        Kind::Labels { .. } | Kind::Matchers { .. } => area(3, true),
        Kind::Duration { .. } => Input::Line(Line {
            size: 10,
            ..Line::text(value)
        }),
        Kind::Name { .. }
        | Kind::Text { .. }
        | Kind::Url { .. }
        | Kind::Host
        | Kind::Ip
        | Kind::Path { .. }
        | Kind::Digest
        | Kind::Sha1
        | Kind::Group { .. } => Input::Line(Line::text(value)),
    }
}

/// What was posted, as the form wants to read it: several values of one name are lines, and a box
/// that was not ticked says no.
pub(super) fn answers(form: &Form, posted: &Posted) -> Map<String, Value> {
    let mut answers = Map::new();
    for field in &form.fields {
        let value = match field.kind {
            Kind::Flag => match posted.raw(&field.name) {
                Some(_) => "on".to_owned(),
                None => "off".to_owned(),
            },
            _ => posted
                .all(&field.name)
                .collect::<Vec<_>>()
                .join("\n")
                .replace("\r\n", "\n"),
        };
        if !value.is_empty() {
            answers.insert(field.name.clone(), Value::String(value));
        }
    }
    answers
}

/// Puts each fault beside its field and on top of the form; those without a field only on top.
pub(super) fn mark(ui: &Ui, fields: &mut [Field], wrong: &[Wrong]) -> Faults {
    let lang = ui.words.lang();
    let mut faults = Faults::none(ui.words);
    for it in wrong {
        let name = it
            .pointer
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        let text = it.message.get(lang).to_owned();
        let field = fields.iter_mut().find(|field| field.name == name);
        faults.items.push(Fault {
            id: field.as_ref().map(|it| it.id()),
            text: text.clone(),
            clause: it.clause.clone(),
        });
        if let Some(field) = field {
            field.error.get_or_insert(text);
        }
    }
    faults
}

/// An answer in words.
pub(super) fn shown(ui: &Ui, kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Flag, Value::Bool(true)) => ui.t("yes"),
        (Kind::Flag, Value::Bool(false)) => ui.t("no"),
        (Kind::Choice { options }, Value::String(text)) => {
            let option = options.iter().find(|it| it.value == *text);
            option
                .map_or(text.as_str(), |it| it.label.get(ui.words.lang()))
                .to_owned()
        }
        _ => plain(value),
    }
}
