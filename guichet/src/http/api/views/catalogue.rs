//! Lines of the catalogue.

use super::word;
use catalogue::{Entry, Field, Lang, Pricing, Text};
use serde::Serialize;
use serde_json::Value;
use workflows::{Registry, workflow::Workflows};

/// A line as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Code, e.g. `K06`.
    pub code: String,
    /// Stable name, e.g. `cluster-hibernate-wake`.
    pub key: String,
    /// The contract's title, in French whatever the language.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// Section of the contract, e.g. `kubernetes`.
    pub family: String,
    /// Tokens of one request, or of one started tranche; none for a quoted line.
    pub tokens: Option<u32>,
    /// `simple` or `complex` (S4, S5).
    pub class: String,
    /// `fixed`, `tranche`, `quoted` or `time_and_materials`.
    pub pricing: &'static str,
    /// Name of its workflow.
    pub workflow: String,
    /// Orderable on Caascad Shared without a parameter of the contract (S55).
    pub shared: bool,
    /// Carried out by the program: actions that all exist, and no task by hand.
    pub automated: bool,
}

/// The word of a way of pricing.
#[must_use]
pub fn pricing(entry: &Entry) -> &'static str {
    match entry.pricing {
        Pricing::Fixed { .. } => "fixed",
        Pricing::Tranche { .. } => "tranche",
        Pricing::Quoted => "quoted",
        Pricing::TimeAndMaterials => "time_and_materials",
    }
}

impl Item {
    /// The line as it stands with these workflows and actions.
    #[must_use]
    pub fn of(entry: &Entry, workflows: &Workflows, registry: &Registry) -> Item {
        let has = |name: &str| registry.get(name).is_some();
        let flow = workflows.get(&entry.workflow);
        Item {
            code: entry.code.clone(),
            key: entry.key.clone(),
            title: entry.title.fr.clone(),
            title_en: entry.title.en.clone(),
            family: word(&entry.family),
            tokens: entry.unit_tokens().map(|it| it.0),
            class: word(&entry.class()),
            pricing: pricing(entry),
            workflow: entry.workflow.clone(),
            shared: entry.shared.orderable_by_default(),
            automated: flow.is_some_and(|it| it.is_automated(&has)),
        }
    }
}

/// One thing to fill in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldView {
    /// Name in `values` and in `--set`.
    pub name: String,
    /// Label.
    pub label: String,
    /// Help; may be empty.
    pub hint: String,
    /// What is accepted.
    pub kind: Value,
    /// Whether an answer is needed.
    pub required: bool,
    /// Answer when none is given.
    pub default: Option<Value>,
    /// It only applies when an earlier field has this answer.
    pub shown_when: Option<(String, Value)>,
}

impl FieldView {
    fn of(field: &Field, lang: Lang) -> FieldView {
        FieldView {
            name: field.name.clone(),
            label: field.label.get(lang).to_owned(),
            hint: field.hint.get(lang).to_owned(),
            kind: serde_json::to_value(&field.kind).unwrap_or_default(),
            required: field.required && field.default.is_none(),
            default: field.default.clone(),
            shown_when: field.shown_when.clone(),
        }
    }
}

/// A line with everything needed to order it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// As in lists.
    #[serde(flatten)]
    pub item: Item,
    /// What the client gets.
    pub summary: String,
    /// Other words people search for.
    pub synonyms: Vec<String>,
    /// What to know before ordering.
    pub notes: Vec<String>,
    /// Environment it touches.
    pub environment: String,
    /// Some of its effect cannot be taken back.
    pub irreversible: bool,
    /// Typical duration in minutes; not a promise.
    pub minutes: Option<u32>,
    /// What to fill in.
    pub fields: Vec<FieldView>,
    /// Names of the tasks, in order.
    pub tasks: Vec<TaskLine>,
}

/// A task of the workflow, as defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskLine {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Tasks it comes after.
    pub after: Vec<String>,
    /// Counts as a contractual task (S4, S5).
    pub contractual: bool,
}

impl Line {
    /// The line as it stands.
    #[must_use]
    pub fn of(entry: &Entry, workflows: &Workflows, registry: &Registry, lang: Lang) -> Line {
        let words = |it: &Text| it.get(lang).to_owned();
        let flow = workflows.get(&entry.workflow);
        let tasks = flow.map_or(&[][..], |it| &it.tasks[..]);
        Line {
            item: Item::of(entry, workflows, registry),
            summary: words(&entry.summary),
            synonyms: entry.synonyms.clone(),
            notes: entry.notes.iter().map(words).collect(),
            environment: word(&entry.environment),
            irreversible: entry.irreversible,
            minutes: entry.minutes,
            fields: entry
                .form
                .fields
                .iter()
                .map(|it| FieldView::of(it, lang))
                .collect(),
            tasks: tasks
                .iter()
                .map(|it| TaskLine {
                    name: it.name.clone(),
                    title: words(&it.title),
                    after: it.after.clone(),
                    contractual: it.contractual.is_some(),
                })
                .collect(),
        }
    }
}
