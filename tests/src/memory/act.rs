//! Every automated action, scripted over the table of targets. The real actions have their own
//! tests; here it is the engine's turn.

use super::{How, Late, Method, Systems};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::time::Duration;
use workflows::{
    Action, Change, Cx, Fault, FaultClass, Fidelity, Level, Plan, Policy, Proof, Recovered,
    UndoKind, Undone, Verb, Verdict, Violation,
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
const LOOKS: [&str; 4] = [
    "git.manifest",
    "monitor.labels",
    "monitor.route",
    "vault.login",
];

/// The `N`-th scripted action.
pub struct Act<const N: usize>(pub(super) Systems);

impl<const N: usize> Act<N> {
    fn looks() -> bool {
        LOOKS.contains(&NAMES[N])
    }
    fn target(zone: &str, params: &Value) -> String {
        let name = NAMES[N];
        match (
            name,
            params["repo"].as_str(),
            params["edit"]["path"].as_str(),
        ) {
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
    async fn hang<T>(&self) -> T {
        struct Caller(Systems);
        impl Drop for Caller {
            fn drop(&mut self) {
                self.0.inner().let_go.send_modify(|it| *it += 1);
            }
        }
        let _caller = Caller(self.0.clone());
        self.0.inner().hung.send_modify(|it| *it += 1);
        std::future::pending().await
    }
    /// What the caller hears once the effect has happened.
    async fn answer<T>(&self, met: Option<How>, method: &str, answer: T) -> Result<T, Fault> {
        match met {
            Some(How::HangAfter) => self.hang().await,
            Some(How::DoThenDrop) => Err(Self::fault(FaultClass::Ambiguous, method)),
            Some(How::Gateway) => Err(Self::fault(FaultClass::Transient, method)),
            _ => Ok(answer),
        }
    }
    fn fault(class: FaultClass, method: &str) -> Fault {
        Fault::new(
            class,
            format!("{} {method}: {class:?} on purpose", NAMES[N]),
        )
    }
    /// Misfortunes of methods that only read.
    async fn misread(&self, method: Method, cx: &Cx, params: &Value) -> Result<Option<How>, Fault> {
        let met = self.0.note(NAMES[N], method, cx);
        match met {
            Some(How::Fail(class)) => Err(Self::fault(class, method)),
            Some(How::HangBefore | How::HangAfter) => self.hang().await,
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
        Policy {
            undo,
            verify_for,
            apply_for: self.0.inner().patience,
            ..Policy::STANDARD
        }
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
        if Self::looks() {
            Vec::new()
        } else {
            vec![Self::target(zone, params)]
        }
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
            verb: if before.is_null() {
                Verb::Create
            } else {
                Verb::Update
            },
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
            Some(How::HangBefore) => return self.hang().await,
            Some(How::DropThenDo | How::Late(_)) => {
                let calls = match met {
                    Some(How::Late(calls)) => calls.saturating_add(1),
                    _ => 1,
                };
                let cx = cx.clone();
                let late = Late {
                    calls,
                    cx,
                    target,
                    wanted,
                };
                self.0.inner().late.push(late);
                return Err(Self::fault(FaultClass::Ambiguous, "apply"));
            }
            Some(How::Moved) => self.0.meddle(&target, json!("somebody else's")),
            _ => {}
        }
        let synthetic = NAMES[N] == "monitor.synthetic";
        let receipt = {
            let mut inner = self.0.inner();
            let known = inner.applied.contains_key(&cx.idem) && !inner.forgetful;
            if !known && !synthetic && inner.value(&target) != plan.before {
                return Err(Fault::new(FaultClass::Conflict, "the target moved"));
            }
            if met == Some(How::Twice) {
                inner.make(cx, &target, &wanted);
            }
            inner.make(cx, &target, &wanted)
        };
        self.answer(met, "apply", receipt).await
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
            return Ok(Verdict::Ok(vec![Proof::equal(
                "read back",
                json!(1),
                json!(1),
            )]));
        }
        let target = Self::target(&cx.zone, params);
        let found = self.0.inner().value(&target);
        let proof = Proof::equal(format!("{target} is as asked"), Self::wanted(params), found);
        let fits = proof.ok;
        Ok(if fits {
            Verdict::Ok(vec![proof])
        } else {
            Verdict::Bad(vec![proof])
        })
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
            Some(How::HangBefore) => return self.hang().await,
            _ => {}
        }
        let target = Self::target(&cx.zone, params);
        let outcome = {
            let (ours, mut inner) = (Self::wanted(params), self.0.inner());
            let first = inner.take_back(cx, &target, ours.clone(), &plan.before);
            match met {
                Some(How::Twice) => inner.take_back(cx, &target, ours, &plan.before),
                _ => first,
            }
        };
        self.answer(met, "undo", outcome).await
    }
}
