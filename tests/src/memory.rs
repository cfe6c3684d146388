//! Every automated action, scripted over one table of targets in memory: with a ledger of calls and
//! with planted misfortunes. The real actions have their own tests; here it is the engine's turn.

use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use uuid::Uuid;
use workflows::{
    Action, Change, Cx, Fault, FaultClass, Fidelity, Level, Plan, Policy, Proof, Recovered,
    Registry, UndoKind, Undone, Verb, Verdict, Violation,
};

/// Names of the actions, in the order of the const parameter of [`Act`].
pub const NAMES: [&str; 10] = [
    "git.change",
    "git.manifest",
    "monitor.load",
    "monitor.labels",
    "monitor.route",
    "monitor.synthetic",
    "cluster.power",
    "kube.apply",
    "vault.ensure",
    "vault.login",
];

/// Actions that only look.
const LOOKS: [&str; 4] = ["git.manifest", "monitor.labels", "monitor.route", "vault.login"];

/// A method of an action, as the ledger of calls names it.
pub type Method = &'static str;

/// What goes wrong when a planted misfortune is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A classified failure; nothing happens outside.
    Fail(FaultClass),
    /// The effect happens, the answer is lost.
    DoThenDrop,
    /// The answer is lost, and the effect lands a little later.
    DropThenDo,
    /// Success is answered and nothing happens.
    Lie,
    /// The caller hangs for ever before the effect: a crash.
    HangBefore,
    /// The caller hangs for ever after the effect: a crash.
    HangAfter,
    /// Somebody else changes the target at this very moment.
    Moved,
    /// Nobody can tell what happened: only for `recover`.
    Partial,
    /// It cannot be taken back: only for `undo`.
    Impossible,
}

/// A misfortune planted on a method of an action.
#[derive(Clone, Debug)]
pub struct Fail {
    /// On which action; empty for any.
    pub action: &'static str,
    /// On which task; empty for any.
    pub task: String,
    /// On which method.
    pub method: Method,
    /// How often.
    pub times: u32,
    /// What.
    pub how: How,
}

/// One call, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Name of the action.
    pub action: &'static str,
    /// Name of the method.
    pub method: Method,
    /// Reference of the ticket.
    pub ticket: String,
    /// Name of the task.
    pub task: String,
    /// Key of the effect.
    pub idem: Uuid,
}

/// One effect that really happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Reference of the ticket.
    pub ticket: String,
    /// Name of the task.
    pub task: String,
    /// Key.
    pub idem: Uuid,
    /// What it changed.
    pub target: String,
    /// `true` when it took an effect back.
    pub undo: bool,
}

#[derive(Default)]
struct Inner {
    targets: BTreeMap<String, Value>,
    calls: Vec<Call>,
    effects: Vec<Effect>,
    applied: BTreeMap<Uuid, Value>,
    late: Vec<(Cx, String, Value)>,
    faults: Vec<Fail>,
    levels: BTreeMap<&'static str, Level>,
}

/// The outside: every target, every call, every misfortune still to come.
#[derive(Clone, Default)]
pub struct Systems(Arc<Mutex<Inner>>);

impl Systems {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panics while it holds the systems")
    }
    /// Plants a misfortune.
    pub fn plant(&self, action: &'static str, method: Method, times: u32, how: How) {
        self.plant_on(action, "", method, times, how);
    }
    /// Plants a misfortune on one task.
    pub fn plant_on(
        &self,
        action: &'static str,
        task: &str,
        method: Method,
        times: u32,
        how: How,
    ) {
        let task = task.to_owned();
        self.inner().faults.push(Fail { action, task, method, times, how });
    }
    /// Takes all misfortunes away.
    pub fn mend(&self) {
        self.inner().faults.clear();
    }
    /// How many planted misfortunes were not met.
    #[must_use]
    pub fn unmet(&self) -> u32 {
        self.inner().faults.iter().map(|it| it.times).sum()
    }
    /// How bad the effects of an action are.
    pub fn set_level(&self, action: &'static str, level: Level) {
        self.inner().levels.insert(action, level);
    }
    /// Somebody else changes a target.
    pub fn meddle(&self, target: &str, value: Value) {
        self.inner().targets.insert(target.to_owned(), value);
    }
    /// Every target and its value.
    #[must_use]
    pub fn targets(&self) -> BTreeMap<String, Value> {
        self.inner().targets.clone()
    }
    /// Every call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.inner().calls.clone()
    }
    /// Every effect so far.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        self.inner().effects.clone()
    }
    /// How often a method of a task was called.
    #[must_use]
    pub fn count(&self, task: &str, method: Method) -> usize {
        let inner = self.inner();
        inner.calls.iter().filter(|it| it.task == task && it.method == method).count()
    }
    /// Every key whose effect happened more than once.
    #[must_use]
    pub fn doubled(&self) -> BTreeSet<Uuid> {
        let inner = self.inner();
        let mut seen = BTreeSet::new();
        let forward = inner.effects.iter().filter(|it| !it.undo);
        forward.map(|it| it.idem).filter(|it| !seen.insert(*it)).collect()
    }
    /// The actions, ready to be called.
    #[must_use]
    pub fn registry(&self) -> Registry {
        let mut all = Registry::default();
        all.add(Act::<0>(self.clone()));
        all.add(Act::<1>(self.clone()));
        all.add(Act::<2>(self.clone()));
        all.add(Act::<3>(self.clone()));
        all.add(Act::<4>(self.clone()));
        all.add(Act::<5>(self.clone()));
        all.add(Act::<6>(self.clone()));
        all.add(Act::<7>(self.clone()));
        all.add(Act::<8>(self.clone()));
        all.add(Act::<9>(self.clone()));
        all
    }

    fn note(&self, action: &'static str, method: Method, cx: &Cx) -> Option<How> {
        let mut inner = self.inner();
        inner.calls.push(Call {
            action,
            method,
            ticket: cx.ticket.clone(),
            task: cx.task.clone(),
            idem: cx.idem,
        });
        let late: Vec<_> = std::mem::take(&mut inner.late);
        for (cx, target, wanted) in late {
            inner.make(&cx, &target, &wanted);
        }
        let met = inner.faults.iter_mut().find(|it| {
            it.times > 0
                && (it.action.is_empty() || it.action == action)
                && (it.task.is_empty() || it.task == cx.task)
                && it.method == method
        })?;
        met.times -= 1;
        Some(met.how)
    }
}

impl Inner {
    fn make(&mut self, cx: &Cx, target: &str, wanted: &Value) -> Value {
        if let Some(receipt) = self.applied.get(&cx.idem) {
            return receipt.clone();
        }
        self.targets.insert(target.to_owned(), wanted.clone());
        let receipt = json!({ "commit": format!("c{}", self.effects.len() + 1) });
        self.applied.insert(cx.idem, receipt.clone());
        self.effects.push(Effect {
            ticket: cx.ticket.clone(),
            task: cx.task.clone(),
            idem: cx.idem,
            target: target.to_owned(),
            undo: false,
        });
        receipt
    }
    fn value(&self, target: &str) -> Value {
        self.targets.get(target).cloned().unwrap_or(Value::Null)
    }
}

/// The `N`-th scripted action.
pub struct Act<const N: usize>(Systems);

impl<const N: usize> Act<N> {
    fn looks() -> bool {
        LOOKS.contains(&NAMES[N])
    }
    fn target(zone: &str, params: &Value) -> String {
        let name = NAMES[N];
        match (name, params["repo"].as_str(), params["edit"]["path"].as_str()) {
            ("git.change", Some(repo), Some(path)) => format!("git/{repo}/{path}"),
            _ => match (params["manifest"].as_str(), params["component"].as_str()) {
                (Some(part), _) | (None, Some(part)) => format!("{zone}/{name}/{part}"),
                (None, None) => format!("{zone}/{name}"),
            },
        }
    }
    /// What the target should hold: the parameters, but for what only earlier tasks know.
    fn wanted(params: &Value) -> Value {
        let mut wanted = params.clone();
        if let Some(map) = wanted.as_object_mut() {
            map.remove("commit");
        }
        wanted
    }
    async fn hang<T>() -> T {
        std::future::pending().await
    }
    fn fault(class: FaultClass, method: &str) -> Fault {
        Fault::new(class, format!("{} {method}: {class:?} on purpose", NAMES[N]))
    }
    /// Misfortunes of methods that only read.
    async fn misread(&self, method: Method, cx: &Cx, params: &Value) -> Result<Option<How>, Fault> {
        let met = self.0.note(NAMES[N], method, cx);
        match met {
            Some(How::Fail(class)) => Err(Self::fault(class, method)),
            Some(How::HangBefore | How::HangAfter) => Self::hang().await,
            Some(How::Moved) => {
                let target = Self::target(&cx.zone, params);
                self.0.meddle(&target, json!("somebody else's"));
                Ok(None)
            }
            other => Ok(other),
        }
    }
}

#[async_trait]
impl<const N: usize> Action for Act<N> {
    const NAME: &'static str = NAMES[N];
    type Params = Value;
    type Before = Value;
    type Receipt = Value;

    fn policy(&self) -> Policy {
        let undo = if Self::looks() || NAMES[N] == "monitor.synthetic" {
            UndoKind::None
        } else {
            UndoKind::Automatic
        };
        let verify_for = Duration::from_millis(200);
        Policy { undo, verify_for, ..Policy::STANDARD }
    }

    fn validate(&self, params: &Value) -> Vec<Violation> {
        let bad = params.to_string().contains("forbidden-by-the-action");
        let violation = || Violation {
            pointer: String::new(),
            code: "params.forbidden".into(),
            message: "forbidden on purpose".into(),
        };
        bad.then(violation).into_iter().collect()
    }

    fn targets(&self, zone: &str, params: &Value) -> Vec<String> {
        if Self::looks() { Vec::new() } else { vec![Self::target(zone, params)] }
    }

    async fn plan(&self, cx: &Cx, params: &Value) -> Result<Plan<Value>, Fault> {
        self.misread("plan", cx, params).await?;
        if Self::looks() {
            return Ok(Plan::new(Value::Null, Vec::new(), Level::None));
        }
        let target = Self::target(&cx.zone, params);
        let (before, after) = (self.0.inner().value(&target), Self::wanted(params));
        let levels = self.0.inner().levels.clone();
        let level = levels.get(NAMES[N]).copied().unwrap_or(match NAMES[N] {
            "git.change" | "monitor.synthetic" => Level::None,
            _ => Level::Reload,
        });
        if before == after && NAMES[N] != "monitor.synthetic" {
            return Ok(Plan::new(before, Vec::new(), Level::None));
        }
        let change = Change {
            path: target,
            verb: if before.is_null() { Verb::Create } else { Verb::Update },
            before: before.clone(),
            after,
            secret: false,
            fidelity: Fidelity::Exact,
        };
        Ok(Plan::new(before, vec![change], level))
    }

    async fn apply(&self, cx: &Cx, params: &Value, plan: &Plan<Value>) -> Result<Value, Fault> {
        let met = self.0.note(NAMES[N], "apply", cx);
        tokio::task::yield_now().await;
        let target = Self::target(&cx.zone, params);
        let wanted = Self::wanted(params);
        match met {
            Some(How::Fail(class)) => return Err(Self::fault(class, "apply")),
            Some(How::Lie) => return Ok(json!({ "commit": "never" })),
            Some(How::HangBefore) => return Self::hang().await,
            Some(How::DropThenDo) => {
                self.0.inner().late.push((cx.clone(), target, wanted));
                return Err(Self::fault(FaultClass::Ambiguous, "apply"));
            }
            Some(How::Moved) => self.0.meddle(&target, json!("somebody else's")),
            _ => {}
        }
        let synthetic = NAMES[N] == "monitor.synthetic";
        let receipt = {
            let mut inner = self.0.inner();
            let known = inner.applied.contains_key(&cx.idem);
            if !known && !synthetic && inner.value(&target) != plan.before {
                return Err(Fault::new(FaultClass::Conflict, "the target moved"));
            }
            inner.make(cx, &target, &wanted)
        };
        match met {
            Some(How::HangAfter) => Self::hang().await,
            Some(How::DoThenDrop) => Err(Self::fault(FaultClass::Ambiguous, "apply")),
            _ => Ok(receipt),
        }
    }

    async fn recover(
        &self,
        cx: &Cx,
        params: &Value,
        _plan: &Plan<Value>,
    ) -> Result<Recovered<Value>, Fault> {
        match self.misread("recover", cx, params).await? {
            Some(How::Partial) => return Ok(Recovered::Partial("half of it".into())),
            Some(How::Lie) => return Ok(Recovered::NotApplied),
            _ => {}
        }
        let inner = self.0.inner();
        Ok(match inner.applied.get(&cx.idem) {
            Some(receipt) => Recovered::Applied(receipt.clone()),
            None => Recovered::NotApplied,
        })
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &Value,
        _plan: &Plan<Value>,
        _receipt: Option<&Value>,
    ) -> Result<Verdict, Fault> {
        if self.misread("verify", cx, params).await? == Some(How::Lie) {
            let proof = Proof::equal("the check passes", json!(true), json!(false));
            return Ok(Verdict::Bad(vec![proof]));
        }
        if Self::looks() {
            return Ok(Verdict::Ok(vec![Proof::equal("read back", json!(1), json!(1))]));
        }
        let target = Self::target(&cx.zone, params);
        let found = self.0.inner().value(&target);
        let proof = Proof::equal(format!("{target} is as asked"), Self::wanted(params), found);
        let fits = proof.ok;
        Ok(if fits { Verdict::Ok(vec![proof]) } else { Verdict::Bad(vec![proof]) })
    }

    async fn undo(
        &self,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
        _receipt: Option<&Value>,
    ) -> Result<Undone, Fault> {
        let met = self.0.note(NAMES[N], "undo", cx);
        match met {
            Some(How::Fail(class)) => return Err(Self::fault(class, "undo")),
            Some(How::Impossible) => return Ok(Undone::Impossible("it is gone".into())),
            Some(How::HangBefore) => return Self::hang().await,
            _ => {}
        }
        let target = Self::target(&cx.zone, params);
        let outcome = self.0.inner().take_back(cx, &target, Self::wanted(params), &plan.before);
        match met {
            Some(How::HangAfter) => Self::hang().await,
            Some(How::DoThenDrop) => Err(Self::fault(FaultClass::Ambiguous, "undo")),
            _ => Ok(outcome),
        }
    }
}

impl Inner {
    fn take_back(&mut self, cx: &Cx, target: &str, ours: Value, before: &Value) -> Undone {
        let now = self.value(target);
        if now == *before {
            return Undone::NothingToDo;
        }
        if now != ours {
            return Undone::Impossible("somebody else changed it since".into());
        }
        if before.is_null() {
            self.targets.remove(target);
        } else {
            self.targets.insert(target.to_owned(), before.clone());
        }
        self.effects.push(Effect {
            ticket: cx.ticket.clone(),
            task: cx.task.clone(),
            idem: cx.idem,
            target: target.to_owned(),
            undo: true,
        });
        let back = self.value(target);
        Undone::Restored(vec![Proof::equal("as before", before.clone(), back)])
    }
}
