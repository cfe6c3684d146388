//! The outside as one table of targets in memory, with a ledger of calls and of effects, and with
//! planted misfortunes.

mod act;

pub use act::{Act, NAMES};

use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::sync::watch;
use uuid::Uuid;
use workflows::{Cx, FaultClass, Level, Policy, Proof, Registry, Undone};

/// A method of an action, as the ledger of calls names it.
pub type Method = &'static str;

/// What goes wrong when a planted misfortune is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A classified failure; nothing happens outside.
    Fail(FaultClass),
    /// The effect happens, the answer is lost.
    DoThenDrop,
    /// The answer is lost, and the effect lands a little later: with the next call.
    DropThenDo,
    /// The answer is lost, and the effect lands after so many further calls.
    Late(u8),
    /// The effect happens; a gateway answers in the system's place that there was no answer.
    Gateway,
    /// The network delivers the request twice.
    Twice,
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

/// A request that is still on its way.
struct Late {
    calls: u8,
    cx: Cx,
    target: String,
    wanted: Value,
}

struct Inner {
    hung: watch::Sender<u32>,
    let_go: watch::Sender<u32>,
    arrivals: BTreeMap<Uuid, u32>,
    forgetful: bool,
    patience: Duration,
    targets: BTreeMap<String, Value>,
    calls: Vec<Call>,
    effects: Vec<Effect>,
    applied: BTreeMap<Uuid, Value>,
    late: Vec<Late>,
    faults: Vec<Fail>,
    levels: BTreeMap<&'static str, Level>,
}

impl Default for Inner {
    fn default() -> Self {
        Inner {
            hung: watch::channel(0).0,
            let_go: watch::channel(0).0,
            arrivals: BTreeMap::new(),
            forgetful: false,
            patience: Policy::STANDARD.apply_for,
            targets: BTreeMap::new(),
            calls: Vec::new(),
            effects: Vec::new(),
            applied: BTreeMap::new(),
            late: Vec::new(),
            faults: Vec::new(),
            levels: BTreeMap::new(),
        }
    }
}

/// The outside: every target, every call, every misfortune still to come.
#[derive(Clone, Default)]
pub struct Systems(Arc<Mutex<Inner>>);

impl Systems {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0
            .lock()
            .expect("no test panics while it holds the systems")
    }
    /// Plants a misfortune.
    pub fn plant(&self, action: &'static str, method: Method, times: u32, how: How) {
        self.plant_on(action, "", method, times, how);
    }
    /// Plants a misfortune on one task.
    pub fn plant_on(&self, action: &'static str, task: &str, method: Method, times: u32, how: How) {
        let task = task.to_owned();
        self.inner().faults.push(Fail {
            action,
            task,
            method,
            times,
            how,
        });
    }
    /// Hears of every caller that hangs from now on.
    #[must_use]
    pub fn hung(&self) -> watch::Receiver<u32> {
        self.inner().hung.subscribe()
    }
    /// Hears of every hanging caller that was let go from now on.
    #[must_use]
    pub fn let_go(&self) -> watch::Receiver<u32> {
        self.inner().let_go.subscribe()
    }
    /// From now on the systems do not know a key that they have seen before: whatever arrives
    /// twice happens twice.
    pub fn forget_keys(&self) {
        self.inner().forgetful = true;
    }
    /// How long the engine waits for one call.
    pub fn set_patience(&self, patience: Duration) {
        self.inner().patience = patience;
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
        inner
            .calls
            .iter()
            .filter(|it| it.task == task && it.method == method)
            .count()
    }
    /// Every key whose effect happened more than once.
    #[must_use]
    pub fn doubled(&self) -> BTreeSet<Uuid> {
        let inner = self.inner();
        let mut seen = BTreeSet::new();
        let forward = inner.effects.iter().filter(|it| !it.undo);
        forward
            .map(|it| it.idem)
            .filter(|it| !seen.insert(*it))
            .collect()
    }
    /// Every key whose request reached a system more than once, and how often.
    #[must_use]
    pub fn redelivered(&self) -> BTreeMap<Uuid, u32> {
        let inner = self.inner();
        let all = inner.arrivals.iter().filter(|it| *it.1 > 1);
        all.map(|(key, times)| (*key, *times)).collect()
    }
    /// What no schedule whatever may lead to, in words: an effect that happened twice, one taken
    /// back twice, a second try without a look at what became of the first (P3).
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        let mut wrong: Vec<String> = self
            .doubled()
            .iter()
            .map(|it| format!("effect {it} happened twice"))
            .collect();
        let inner = self.inner();
        let (mut back, mut tried) = (BTreeSet::new(), BTreeSet::new());
        for it in inner.effects.iter().filter(|it| it.undo) {
            if !back.insert(it.idem) {
                wrong.push(format!("{} of {} was taken back twice", it.task, it.ticket));
            }
        }
        for it in &inner.calls {
            let fresh = match it.method {
                "recover" => !tried.remove(&it.idem),
                "apply" => tried.insert(it.idem),
                _ => true,
            };
            if it.method == "apply" && !fresh {
                wrong.push(format!("{} of {} was tried blindly", it.task, it.ticket));
            }
        }
        wrong
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
        for mut it in std::mem::take(&mut inner.late) {
            it.calls = it.calls.saturating_sub(1);
            if it.calls == 0 {
                inner.make(&it.cx, &it.target, &it.wanted);
            } else {
                inner.late.push(it);
            }
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
        *self.arrivals.entry(cx.idem).or_insert(0) += 1;
        if let Some(receipt) = self.applied.get(&cx.idem).filter(|_| !self.forgetful) {
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
