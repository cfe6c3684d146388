//! References: how a task's parameters name values of the form, the contract, the ticket and
//! earlier tasks.
//!
//! A string that begins with `$` is a reference as a whole and keeps the JSON type of what it
//! names; `$$` writes a literal `$`. A reference that ends with `?` may find nothing: its key (or
//! list element) is then left out. `$task.…` is left alone until the task starts.
//!
//! A value taken from a form is never read as a reference: resolution doubles a leading `$`, and
//! [`resolve_outputs`] halves it again. Whoever hands parameters to an action therefore passes
//! them through [`resolve_outputs`] (or [`resolve_known`]) first.

use crate::task::{Guard, Test};
use serde_json::{Map, Value};

/// What static references can name.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The accepted form.
    pub form: &'a Value,
    /// What the contract and the inventory say.
    pub given: &'a Value,
    /// `reference`, `cluster`, `actor` and `client` of the ticket.
    pub ticket: &'a Value,
}

/// Why a reference names nothing usable.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ResolveError {
    /// Not of the grammar.
    #[error("{reference} is not a reference: {why}")]
    Malformed {
        /// As written.
        reference: String,
        /// What is wrong and what would be right.
        why: String,
    },
    /// Nothing there, and the reference does not end with `?`.
    #[error("{reference} names nothing")]
    Absent {
        /// As written.
        reference: String,
    },
    /// The task has no outputs (yet), and the reference does not end with `?`.
    #[error("{reference}: task {task} has no outputs")]
    NoOutput {
        /// The task named.
        task: String,
        /// As written.
        reference: String,
    },
}

/// Where a reference looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    Form,
    Given,
    Each,
    Ticket,
    Task(String),
}

/// A parsed reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    pub root: Root,
    pub path: Vec<&'a str>,
    pub optional: bool,
    text: &'a str,
}

const TICKET: [&str; 4] = ["reference", "cluster", "actor", "client"];

impl<'a> Reference<'a> {
    /// `None` for a literal.
    pub(crate) fn parse(text: &'a str) -> Result<Option<Self>, ResolveError> {
        let wrong = |why: &str| ResolveError::Malformed {
            reference: text.into(),
            why: why.into(),
        };
        let Some(rest) = text.strip_prefix('$').filter(|it| !it.starts_with('$')) else {
            return Ok(None);
        };
        let (rest, optional) = match rest.strip_suffix('?') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let mut path: Vec<&str> = rest.split('.').collect();
        if path.iter().any(|it| !is_word(it)) {
            return Err(wrong(
                "write words joined by dots, or $$ for a literal dollar sign",
            ));
        }
        let root = match path.remove(0) {
            "form" if !path.is_empty() => Root::Form,
            "given" if !path.is_empty() => Root::Given,
            "each" => Root::Each,
            "ticket" if path.len() == 1 && TICKET.contains(&path[0]) => Root::Ticket,
            "ticket" => return Err(wrong("$ticket has reference, cluster, actor and client")),
            "task" if path.len() >= 2 => Root::Task(path.remove(0).to_string()),
            "form" | "given" | "task" => {
                return Err(wrong("write $form.field, $given.field or $task.name.field"));
            }
            _ => {
                return Err(wrong(
                    "it begins with $form, $given, $each, $ticket or $task",
                ));
            }
        };
        Ok(Some(Reference {
            root,
            path,
            optional,
            text,
        }))
    }

    fn look<'v>(&self, base: Option<&'v Value>) -> Result<Option<&'v Value>, ResolveError> {
        let found = base
            .and_then(|base| self.path.iter().try_fold(base, |at, key| at.get(key)))
            .filter(|it| !it.is_null());
        match found {
            None if !self.optional => Err(ResolveError::Absent {
                reference: self.text.into(),
            }),
            found => Ok(found),
        }
    }
}

fn is_word(text: &str) -> bool {
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !text.is_empty() && text.chars().all(rest)
}

/// Static resolution: the scope, and the element when the task is expanded.
#[derive(Clone, Copy)]
pub(crate) struct Filling<'a> {
    pub scope: &'a Scope<'a>,
    pub each: Option<&'a Value>,
}

impl<'a> Filling<'a> {
    /// The value a static reference names; `None` when it is optional and names nothing.
    pub(crate) fn find(&self, wanted: &Reference) -> Result<Option<&'a Value>, ResolveError> {
        wanted.look(match wanted.root {
            Root::Form => Some(self.scope.form),
            Root::Given => Some(self.scope.given),
            Root::Ticket => Some(self.scope.ticket),
            Root::Each => self.each,
            Root::Task(_) => None,
        })
    }

    /// The guard with its value stored, when that can be known now.
    pub(crate) fn guard(&self, guard: &Guard) -> Result<Guard, ResolveError> {
        let known = match Reference::parse(&guard.value)? {
            Some(Reference {
                root: Root::Task(_),
                ..
            }) => return Ok(guard.clone()),
            Some(wanted) => self.find(&wanted)?.cloned().unwrap_or(Value::Null),
            None => return Err(not_a_guard(&guard.value)),
        };
        Ok(Guard {
            value: format!("={known}"),
            test: guard.test.clone(),
        })
    }

    fn string(&self, text: &str) -> Result<Option<Value>, ResolveError> {
        match Reference::parse(text)? {
            None
            | Some(Reference {
                root: Root::Task(_),
                ..
            }) => Ok(Some(text.into())),
            Some(wanted) => Ok(self.find(&wanted)?.cloned().map(armour)),
        }
    }

    /// Parameters with every static reference replaced.
    pub(crate) fn map(
        &self,
        with: &Map<String, Value>,
    ) -> Result<Map<String, Value>, ResolveError> {
        replace_map(with, &|text| self.string(text))
    }
}

/// Visits every string, however deep.
pub(crate) fn strings(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(list) => list.iter().for_each(|it| strings(it, visit)),
        Value::Object(map) => map.values().for_each(|it| strings(it, visit)),
        _ => {}
    }
}

/// What a string of the parameters becomes; `None` leaves its key out.
type Replace<'a> = &'a dyn Fn(&str) -> Result<Option<Value>, ResolveError>;

fn replace_map(with: &Map<String, Value>, by: Replace) -> Result<Map<String, Value>, ResolveError> {
    let mut done = Map::new();
    for (key, value) in with {
        if let Some(value) = replace(value, by)? {
            done.insert(key.clone(), value);
        }
    }
    Ok(done)
}

fn replace(value: &Value, by: Replace) -> Result<Option<Value>, ResolveError> {
    match value {
        Value::String(text) => by(text),
        Value::Array(list) => {
            let done: Result<Vec<_>, _> = list.iter().map(|it| replace(it, by)).collect();
            Ok(Some(Value::Array(done?.into_iter().flatten().collect())))
        }
        Value::Object(map) => Ok(Some(Value::Object(replace_map(map, by)?))),
        other => Ok(Some(other.clone())),
    }
}

/// Doubles a leading `$` in every string, so that a person's words are never read as a reference.
fn armour(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('$') => Value::String(format!("${text}")),
        Value::Array(list) => list.into_iter().map(armour).collect(),
        Value::Object(map) => map.into_iter().map(|(k, v)| (k, armour(v))).collect(),
        other => other,
    }
}

/// Replaces the references to form, contract and ticket; `$task.…` stays for [`resolve_outputs`].
///
/// # Errors
/// A malformed reference, or one that names nothing and is not optional.
pub fn resolve(with: &Map<String, Value>, scope: &Scope) -> Result<Value, ResolveError> {
    Filling { scope, each: None }.map(with).map(Value::Object)
}

/// Outputs of a task by its name; `None` while it has none.
pub type Outputs<'a> = &'a dyn Fn(&str) -> Option<Value>;

fn output(wanted: &Reference, outputs: Outputs) -> Result<Option<Value>, ResolveError> {
    let Root::Task(task) = &wanted.root else {
        return Err(ResolveError::Malformed {
            reference: wanted.text.into(),
            why: "only $task references are left when a task starts".into(),
        });
    };
    match outputs(task) {
        None if wanted.optional => Ok(None),
        None => Err(ResolveError::NoOutput {
            task: task.clone(),
            reference: wanted.text.into(),
        }),
        Some(value) => Ok(wanted.look(Some(&value))?.cloned()),
    }
}

fn late(text: &str, outputs: Outputs) -> Result<Option<Value>, ResolveError> {
    match Reference::parse(text)? {
        None => Ok(Some(text.strip_prefix('$').unwrap_or(text).into())),
        Some(wanted) => output(&wanted, outputs),
    }
}

/// Replaces the `$task.…` references of a node's parameters: what the action is called with.
///
/// # Errors
/// `NoOutput` or `Absent` when an output is missing and the reference is not optional.
pub fn resolve_outputs(
    params: &Map<String, Value>,
    outputs: Outputs,
) -> Result<Value, ResolveError> {
    replace_map(params, &|text| late(text, outputs)).map(Value::Object)
}

/// Like [`resolve_outputs`], but leaves out every key whose output does not exist yet: what can be
/// shown to a person, or planned, before the earlier tasks ran.
///
/// # Errors
/// `Malformed` when a string is neither literal nor `$task.…`.
pub fn resolve_known(params: &Map<String, Value>, outputs: Outputs) -> Result<Value, ResolveError> {
    let known = |text: &str| match late(text, outputs) {
        Err(ResolveError::NoOutput { .. } | ResolveError::Absent { .. }) => Ok(None),
        found => found,
    };
    replace_map(params, &known).map(Value::Object)
}

/// Whether the guard lets its task run. A value known when the ticket was made is stored in
/// `Guard.value` as `=` and its JSON text; otherwise it is a `$task.…` reference.
///
/// # Errors
/// As [`resolve_outputs`]; an optional reference that names nothing counts as `null`.
pub fn holds(guard: &Guard, outputs: Outputs) -> Result<bool, ResolveError> {
    let value = match guard.value.strip_prefix('=') {
        Some(json) => serde_json::from_str(json).map_err(|_| not_a_guard(&guard.value))?,
        None => match Reference::parse(&guard.value)? {
            Some(wanted) => output(&wanted, outputs)?.unwrap_or(Value::Null),
            None => return Err(not_a_guard(&guard.value)),
        },
    };
    Ok(match &guard.test {
        Test::Is(wanted) => value == *wanted,
        Test::Not(wanted) => value != *wanted,
        Test::In(wanted) => wanted.contains(&value),
        Test::AtLeast(least) => match value.as_i64() {
            Some(n) => n >= *least,
            None => value.as_f64().is_some_and(|n| n >= *least as f64),
        },
    })
}

fn not_a_guard(text: &str) -> ResolveError {
    ResolveError::Malformed {
        reference: text.into(),
        why: "a guard looks at a reference such as $form.action".into(),
    }
}
