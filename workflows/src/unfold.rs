//! From a definition and a filled form to the tasks of one ticket.

use crate::{
    reference::{Filling, Reference, ResolveError, Scope},
    task::{Join, Node, Role, Work},
    workflow::{Step, TaskDef, Workflow},
};
use catalogue::Text;
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap};

/// Most elements one task may be expanded over.
pub const MAX_EACH: usize = 200;
/// Most tasks a ticket may have.
pub const MAX_NODES: usize = 2000;

/// Why a definition does not fit a form.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum UnfoldError {
    /// A reference names nothing.
    #[error("task {task}")]
    Resolve {
        /// Which task.
        task: String,
        /// Which reference, and why.
        source: ResolveError,
    },
    /// `each` names neither a list nor a count.
    #[error("task {task}: {reference} is neither a list nor a count")]
    NotAList {
        /// Which task.
        task: String,
        /// As written.
        reference: String,
    },
    /// The list of `each` is too long.
    #[error("task {task}: {count} elements, at most {MAX_EACH}")]
    TooManyElements {
        /// Which task.
        task: String,
        /// How many there are.
        count: usize,
    },
    /// The ticket would have too many tasks.
    #[error("more than {MAX_NODES} tasks")]
    TooManyNodes,
    /// The action does not exist and nothing tells a person how to stand in.
    #[error("task {task}: action {action} does not exist and there are no instructions")]
    NoInstructions {
        /// Which task.
        task: String,
        /// Durable name of the action.
        action: String,
    },
}

impl Workflow {
    /// The tasks of one ticket, each after its predecessors: `each` expanded, static references
    /// replaced, absent actions turned into manual tasks.
    ///
    /// `each` over a list makes one node per element, over a count one node per number from 1. A
    /// task expanded over nothing disappears: its successors come after its predecessors.
    ///
    /// # Errors
    /// The form does not have what the workflow needs, or a bound is passed.
    pub fn unfold(
        &self,
        scope: &Scope,
        has_action: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Node>, UnfoldError> {
        let mut nodes = Vec::new();
        let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for task in &self.tasks {
            let mut after: Vec<String> = Vec::new();
            for before in task.after.iter().flat_map(|it| &names[it.as_str()]) {
                if !after.contains(before) {
                    after.push(before.clone());
                }
            }
            let copies = copies(task, &after, scope, has_action)?;
            let stand_for = match copies.is_empty() {
                true => after,
                false => copies.iter().map(|it| it.name.clone()).collect(),
            };
            names.insert(&task.name, stand_for);
            nodes.extend(copies);
            if nodes.len() > MAX_NODES {
                return Err(UnfoldError::TooManyNodes);
            }
        }
        Ok(nodes)
    }
}

fn copies(
    task: &TaskDef,
    after: &[String],
    scope: &Scope,
    has_action: &dyn Fn(&str) -> bool,
) -> Result<Vec<Node>, UnfoldError> {
    let Some(elements) = elements(task, scope)? else {
        let filling = Filling { scope, each: None };
        return Ok(vec![node(task, filling, after.to_vec(), has_action)?]);
    };
    let mut done: Vec<Node> = Vec::with_capacity(elements.len());
    for (i, element) in elements.iter().enumerate() {
        let filling = Filling {
            scope,
            each: Some(element),
        };
        let mut copy = node(task, filling, after.to_vec(), has_action)?;
        copy.name = format!("{}[{i}]", task.name);
        copy.title = titled(&task.title, element, i);
        if let Some(previous) = done.last().filter(|_| task.each_sequential) {
            copy.after = vec![previous.name.clone()];
            copy.join = Join::All;
        }
        done.push(copy);
    }
    Ok(done)
}

fn elements<'a>(
    task: &TaskDef,
    scope: &'a Scope<'a>,
) -> Result<Option<Cow<'a, [Value]>>, UnfoldError> {
    let Some(each) = &task.each else {
        return Ok(None);
    };
    let failed = |source| UnfoldError::Resolve {
        task: task.name.clone(),
        source,
    };
    let not_a_list = || UnfoldError::NotAList {
        task: task.name.clone(),
        reference: each.clone(),
    };
    let wanted = Reference::parse(each)
        .map_err(failed)?
        .ok_or_else(not_a_list)?;
    let found = Filling { scope, each: None }
        .find(&wanted)
        .map_err(failed)?;
    let count = match found {
        None => 0,
        Some(Value::Array(list)) => list.len(),
        Some(number) => number
            .as_u64()
            .map(|it| usize::try_from(it).unwrap_or(usize::MAX))
            .ok_or_else(not_a_list)?,
    };
    if count > MAX_EACH {
        return Err(UnfoldError::TooManyElements {
            task: task.name.clone(),
            count,
        });
    }
    Ok(Some(match found {
        Some(Value::Array(list)) => Cow::Borrowed(list),
        _ => Cow::Owned((1..=count).map(Value::from).collect()),
    }))
}

fn node(
    task: &TaskDef,
    filling: Filling,
    after: Vec<String>,
    has_action: &dyn Fn(&str) -> bool,
) -> Result<Node, UnfoldError> {
    let failed = |source| UnfoldError::Resolve {
        task: task.name.clone(),
        source,
    };
    let fill = |with: &Map<String, Value>| filling.map(with).map_err(failed);
    let work = match &task.step {
        Step::Action { name, with, .. } if has_action(name) => Work::Action {
            name: name.clone(),
            with: fill(with)?,
        },
        Step::Action {
            name,
            with,
            instructions,
        } => {
            let missing = || UnfoldError::NoInstructions {
                task: task.name.clone(),
                action: name.clone(),
            };
            Work::Manual {
                role: Role::Operator,
                instructions: instructions.clone().ok_or_else(missing)?,
                with: fill(with)?,
                instead_of: Some(name.clone()),
            }
        }
        Step::Manual {
            role,
            instructions,
            with,
        } => Work::Manual {
            role: *role,
            instructions: instructions.clone(),
            with: fill(with)?,
            instead_of: None,
        },
        Step::Gate(spec) => Work::Gate(spec.clone()),
        Step::Timer { after_s } => Work::Timer { after_s: *after_s },
    };
    let when: Result<Vec<_>, _> = task.when.iter().map(|it| filling.guard(it)).collect();
    Ok(Node {
        name: task.name.clone(),
        title: task.title.clone(),
        work,
        after,
        join: task.join,
        when: when.map_err(failed)?,
        contractual: task.contractual.clone(),
        phase: task.phase,
    })
}

/// The title of a copy says which element it is about, by name where it has one.
fn titled(title: &Text, element: &Value, i: usize) -> Text {
    let named = ["name", "id", "workload"]
        .iter()
        .find_map(|it| element.get(it))
        .unwrap_or(element);
    let which = match named {
        Value::String(text) => text.chars().take(60).collect(),
        Value::Number(n) => n.to_string(),
        _ => (i + 1).to_string(),
    };
    Text::new(
        format!("{}\u{a0}: {which}", title.fr),
        format!("{}: {which}", title.en),
    )
}
