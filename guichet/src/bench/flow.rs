//! The line that is ordered, and the actions that its tasks are: registered by the bench only.

use async_trait::async_trait;
use catalogue::Catalogue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use uuid::Uuid;
use workflows::{
    Action, Change, Check, Cx, Fault, Level, Plan, Policy, Proof, Recovered, Registry, Undone,
    Verb, Verdict, Violation, Workflows,
};

/// Code of the line.
pub(super) const CODE: &str = "K99";
/// How many tasks it has.
pub(super) const TASKS: usize = 5;

const LINE: &str = r#"
code = "K99"
title = { fr = "Cinq tâches de mesure", en = "Five tasks to measure" }
summary = { fr = "Cinq tâches qui se suivent.", en = "Five tasks in a row." }
pricing = { fixed = { tokens = 1 } }
environment = "client"
workflow = "bench"

[[field]]
name = "cluster"
label = { fr = "Cluster", en = "Cluster" }
kind = "cluster"

[[field]]
name = "name"
label = { fr = "Nom", en = "Name" }
kind = { name = { pattern = "^t[0-9]{1,9}$" } }
"#;

/// What the actions did so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    looked: AtomicU64,
    effects: Mutex<HashMap<Uuid, u32>>,
}

impl Tally {
    /// How often something was looked at.
    pub(super) fn looked(&self) -> u64 {
        self.0.looked.load(Ordering::Relaxed)
    }

    /// How many effects happened more than once.
    pub(super) fn doubled(&self) -> usize {
        let effects = self.0.effects.lock().unwrap_or_else(|it| it.into_inner());
        effects.values().filter(|it| **it > 1).count()
    }

    fn apply(&self, key: Uuid) {
        let mut effects = self.0.effects.lock().unwrap_or_else(|it| it.into_inner());
        *effects.entry(key).or_default() += 1;
    }

    fn applied(&self, key: Uuid) -> bool {
        let effects = self.0.effects.lock().unwrap_or_else(|it| it.into_inner());
        effects.contains_key(&key)
    }
}

/// What both actions are told.
#[derive(Serialize, Deserialize)]
pub(super) struct Params {
    name: String,
}

/// Only looks, and finds everything well.
struct Look(Tally);

#[async_trait]
impl Check for Look {
    const NAME: &'static str = "bench.look";
    type Params = Params;

    fn validate(&self, _params: &Params) -> Vec<Violation> {
        Vec::new()
    }
    async fn look(&self, _cx: &Cx, params: &Params) -> Result<Verdict, Fault> {
        self.0.0.looked.fetch_add(1, Ordering::Relaxed);
        let name = json!(params.name);
        Ok(Verdict::Ok(vec![Proof::equal(
            "it is there",
            name.clone(),
            name,
        )]))
    }
}

/// Has an effect: in this process's memory, so that the engine's part is what is measured.
struct Write(Tally);

#[async_trait]
impl Action for Write {
    const NAME: &'static str = "bench.write";
    type Params = Params;
    type Before = Value;
    type Receipt = Value;

    fn policy(&self) -> Policy {
        Policy::STANDARD
    }
    fn validate(&self, _params: &Params) -> Vec<Violation> {
        Vec::new()
    }
    fn targets(&self, zone: &str, params: &Params) -> Vec<String> {
        vec![format!("{zone}/{}", params.name)]
    }
    async fn plan(&self, cx: &Cx, params: &Params) -> Result<Plan<Value>, Fault> {
        let change = Change {
            path: format!("{}/{}", params.name, cx.task),
            verb: Verb::Create,
            before: Value::Null,
            after: json!(params.name),
            secret: false,
            fidelity: workflows::Fidelity::Exact,
        };
        Ok(Plan::new(Value::Null, vec![change], Level::None))
    }
    async fn apply(&self, cx: &Cx, _: &Params, _: &Plan<Value>) -> Result<Value, Fault> {
        self.0.apply(cx.idem);
        Ok(json!({ "key": cx.idem }))
    }
    async fn recover(
        &self,
        cx: &Cx,
        _params: &Params,
        _plan: &Plan<Value>,
    ) -> Result<Recovered<Value>, Fault> {
        Ok(if self.0.applied(cx.idem) {
            Recovered::Applied(json!({ "key": cx.idem }))
        } else {
            Recovered::NotApplied
        })
    }
    async fn verify(
        &self,
        cx: &Cx,
        _params: &Params,
        _plan: &Plan<Value>,
        _receipt: Option<&Value>,
    ) -> Result<Verdict, Fault> {
        let there = json!(self.0.applied(cx.idem));
        let proof = Proof::equal("it happened", json!(true), there);
        Ok(if proof.ok {
            Verdict::Ok(vec![proof])
        } else {
            Verdict::Bad(vec![proof])
        })
    }
    async fn undo(
        &self,
        _cx: &Cx,
        _params: &Params,
        _plan: &Plan<Value>,
        _receipt: Option<&Value>,
    ) -> Result<Undone, Fault> {
        Ok(Undone::NothingToDo)
    }
}

/// The workflow file: tasks in a row, and a question to the client after the second if wanted.
fn file(action: &str, passage: bool) -> String {
    let mut text = String::from(
        "title = { fr = \"Mesure\", en = \"Measure\" }\nversion = 1\nvalidated_by = \"bench\"\n",
    );
    let mut before = String::new();
    for nth in 1..=TASKS {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[task.t{nth}]\ntitle = {{ fr = \"Tâche {nth}\", en = \"Task {nth}\" }}\n\
             action = \"{action}\"\nwith = {{ name = \"$form.name\" }}\n\
             instructions = {{ fr = \"Regarder.\", en = \"Look.\" }}\n{before}"
        );
        before = format!("after = [\"t{nth}\"]\n");
        if passage && nth == 2 {
            text.push_str(
                "\n[task.go]\ntitle = { fr = \"Passage\", en = \"Passage\" }\n\
                 gate = { party = \"client\", purpose = \"passage\" }\nafter = [\"t2\"]\n",
            );
            before = "after = [\"go\"]\n".into();
        }
    }
    text
}

/// Catalogue, workflows and actions of the bench.
pub(super) fn rules(
    effects: bool,
    passage: bool,
    tally: &Tally,
) -> anyhow::Result<(Catalogue, Workflows, Registry)> {
    let catalogue = Catalogue::parse([("changes/kubernetes/bench.toml", LINE)])?;
    let action = if effects {
        Write::NAME
    } else {
        <Look as Check>::NAME
    };
    let text = file(action, passage);
    let workflows = Workflows::load([("bench", text.as_str())]).map_err(|all| {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", all.join("; "))
    })?;
    let mut registry = Registry::default();
    registry.add(Look(tally.clone()));
    registry.add(Write(tally.clone()));
    Ok((catalogue, workflows, registry))
}
