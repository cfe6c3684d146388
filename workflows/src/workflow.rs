//! A workflow: a change's procedure as written in its file, checked, before any ticket.

use crate::{
    draw::{DrawNode, Mark},
    graph::Graph,
    load::{self, LoadError},
    reference::{Reference, Root, strings},
    task::{GateSpec, Guard, Join, Phase, Role},
};
use catalogue::{Lang, Text};
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

static FLOWS: Dir = include_dir!("$CARGO_MANIFEST_DIR/flows");

/// A checked procedure: acyclic, references sound, no dead task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// Name of its file, without extension.
    pub name: String,
    /// Grows with every change of the file; a ticket keeps the one it was ordered under.
    pub version: u32,
    /// What people read.
    pub title: Text,
    /// The provider's person who validated the procedure; empty for a draft (S8).
    pub validated_by: String,
    /// The tasks, each after its predecessors.
    pub tasks: Vec<TaskDef>,
}

/// A task as its file defines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskDef {
    /// Unique in the file.
    pub name: String,
    /// What people read.
    pub title: Text,
    /// What it does.
    pub step: Step,
    /// Names of the tasks it comes after.
    pub after: Vec<String>,
    /// When it may start.
    pub join: Join,
    /// Conditions, references unresolved.
    pub when: Vec<Guard>,
    /// Reference to a list, one node per element, or to a count, one node per number from 1.
    pub each: Option<String>,
    /// Copies run one after the other, in the order of the list.
    pub each_sequential: bool,
    /// The contractual task it counts for (S4, S5).
    pub contractual: Option<String>,
    /// Which stretch of the ticket's life.
    pub phase: Phase,
}

/// What a task of a file does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Calls an action; a person does it by the instructions while the action does not exist.
    Action {
        /// Durable name.
        name: String,
        /// Parameters, references unresolved.
        with: Map<String, Value>,
        /// For the person who stands in.
        instructions: Option<Text>,
    },
    /// A person does it.
    Manual {
        /// Who.
        role: Role,
        /// What to do.
        instructions: Text,
        /// Parameters, shown to the person.
        with: Map<String, Value>,
    },
    /// Waits for persons.
    Gate(GateSpec),
    /// Waits this many seconds after it becomes ready; `None` waits for the start time.
    Timer {
        /// Seconds.
        after_s: Option<u64>,
    },
}

impl Workflow {
    /// Reads and checks one file; `name` is its file name without extension.
    ///
    /// # Errors
    /// The first thing wrong, by line.
    pub fn parse(name: &str, text: &str) -> Result<Workflow, LoadError> {
        Workflow::check(name, text).map_err(|mut all| all.remove(0))
    }

    /// Like [`Workflow::parse`].
    ///
    /// # Errors
    /// Everything wrong, by line; never empty.
    pub fn check(name: &str, text: &str) -> Result<Workflow, Vec<LoadError>> {
        load::read(name, text)
    }

    /// Whether a named person of the provider validated it: a draft cannot be ordered (S8).
    #[must_use]
    pub fn is_validated(&self) -> bool {
        !self.validated_by.trim().is_empty()
    }

    /// Names of the contractual tasks: a group of tasks that share a name is one (S4, S5).
    #[must_use]
    pub fn contractual(&self) -> BTreeSet<String> {
        self.tasks
            .iter()
            .filter_map(|it| it.contractual.clone())
            .collect()
    }

    /// Names of the actions used.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<String> {
        let name = |it: &TaskDef| match &it.step {
            Step::Action { name, .. } => Some(name.clone()),
            _ => None,
        };
        self.tasks.iter().filter_map(name).collect()
    }

    /// Whether the program carries it out by itself: at least one action, all of them exist, and
    /// no task is done by hand.
    #[must_use]
    pub fn is_automated(&self, has_action: &dyn Fn(&str) -> bool) -> bool {
        let actions = self.actions();
        let by_hand = self
            .tasks
            .iter()
            .any(|it| matches!(it.step, Step::Manual { .. }));
        !by_hand && !actions.is_empty() && actions.iter().all(|it| has_action(it))
    }

    /// The fields of the form that the tasks read, and whether each must be answered: a form that
    /// lacks one of those cannot be unfolded.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<String, bool> {
        let mut fields = BTreeMap::new();
        let mut note = |text: &str| {
            if let Ok(Some(Reference {
                root: Root::Form,
                path,
                optional,
                ..
            })) = Reference::parse(text)
            {
                *fields.entry(path[0].to_string()).or_insert(false) |= !optional;
            }
        };
        for task in &self.tasks {
            if let Step::Action { with, .. } | Step::Manual { with, .. } = &task.step {
                with.values().for_each(|it| strings(it, &mut note));
            }
            task.when
                .iter()
                .map(|it| &it.value)
                .chain(&task.each)
                .for_each(|it| note(it));
        }
        fields
    }

    /// The definition ready to be drawn, nothing started.
    #[must_use]
    pub fn draw_nodes(&self, lang: Lang) -> Vec<DrawNode> {
        let draw = |it: &TaskDef| DrawNode {
            name: it.name.clone(),
            label: it.title.get(lang).to_string(),
            mark: Mark::Queued,
            after: it.after.clone(),
        };
        self.tasks.iter().map(draw).collect()
    }

    pub(crate) fn graph_of(tasks: &[TaskDef]) -> Graph<'_> {
        Graph::of(
            tasks
                .iter()
                .map(|it| (it.name.as_str(), it.after.as_slice())),
        )
    }
}

/// Every workflow there is, by name.
#[derive(Clone, Debug, Default)]
pub struct Workflows(BTreeMap<String, Workflow>);

impl Workflows {
    /// The workflows that the program carries in itself.
    ///
    /// # Errors
    /// Everything wrong in any file.
    pub fn embedded() -> Result<Workflows, Vec<LoadError>> {
        let text = |it: &'static include_dir::File| it.contents_utf8().unwrap_or("\u{0}");
        Workflows::load(FLOWS.files().filter_map(|it| {
            let name = it.path().to_str()?.strip_suffix(".toml")?;
            Some((name, text(it)))
        }))
    }

    /// Workflows from `(name, text of the file)`.
    ///
    /// # Errors
    /// Everything wrong in any file.
    pub fn load<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Workflows, Vec<LoadError>> {
        let (mut all, mut wrong) = (BTreeMap::new(), Vec::new());
        for (name, text) in files {
            match Workflow::check(name, text) {
                Ok(flow) => _ = all.insert(name.to_string(), flow),
                Err(found) => wrong.extend(found),
            }
        }
        if wrong.is_empty() {
            Ok(Workflows(all))
        } else {
            Err(wrong)
        }
    }

    /// The workflow of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Workflow> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Workflow> {
        self.0.values()
    }
}
