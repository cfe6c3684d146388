//! One claim being worked on: plan, recover, apply, verify, undo, with a heartbeat beside it.

use super::{
    LEASE, PATROL, Runner,
    bounds::{unfit, within},
};
use crate::{
    run,
    store::Known,
    ticket::{
        Command, State, Status, Task, Ticket,
        command::Outcome,
        task::{Effect, Planned},
    },
};
use chrono::Duration;
use serde_json::{Map, Value, json};
use std::time::Instant;
use tokio::time;
use uuid::Uuid;
use workflows::{
    Cx, Erased, Evidence, EvidenceLog, Fault, FaultClass, Level, Plan, Undone, Verdict, Work,
    reference,
};

/// One claim being worked on.
pub(super) struct Hand<'a> {
    pub(super) runner: &'a Runner,
    pub(super) known: &'a Known,
    pub(super) ticket: &'a Ticket,
    pub(super) task: &'a Task,
    pub(super) actor: String,
    pub(super) evidence: EvidenceLog,
    /// When the claim was sent, by the clock that only goes forward.
    pub(super) taken: Instant,
}

impl Hand<'_> {
    /// Works with a heartbeat beside it; lets go by itself before the lease can have been taken
    /// over (R6, R19).
    pub(super) async fn keep_alive(self) -> (Option<Outcome>, Vec<Evidence>) {
        let third = LEASE.to_std().unwrap_or(PATROL) / 3;
        let work = self.work();
        tokio::pin!(work);
        // Counted from before the claim was prolonged, not from when that was answered.
        let mut heard = self.taken;
        loop {
            tokio::select! {
                outcome = &mut work => return (outcome, self.evidence.take()),
                () = time::sleep(third) => {
                    let sent = Instant::now();
                    let left = (third * 2).saturating_sub(heard.elapsed());
                    let beat = self.runner.prolong(self.known, self.task);
                    // Work goes on meanwhile, and ends with the claim at the latest.
                    let beat = time::timeout(left, beat);
                    tokio::select! {
                        outcome = &mut work => return (outcome, self.evidence.take()),
                        answer = beat => match answer {
                            Ok(Ok(true)) => heard = sent,
                            Ok(Ok(false)) => return (None, Vec::new()),
                            Ok(Err(error)) => tracing::warn!(%error, "no heartbeat"),
                            Err(_) => tracing::warn!("no heartbeat in time"),
                        },
                    }
                    if heard.elapsed() >= third * 2 {
                        return (None, Vec::new());
                    }
                }
            }
        }
    }

    async fn work(&self) -> Option<Outcome> {
        match &self.task.node.work {
            Work::Plan => Some(self.plan_all().await),
            Work::Action { name, with } => {
                let Some(action) = self.runner.desk.registry.get(name) else {
                    let why = format!("this process does not have the action {name}");
                    return Some(self.failed(Fault::new(FaultClass::Guard, why)));
                };
                if self.task.status == Status::Undoing {
                    return Some(self.undo(action.as_ref(), with).await);
                }
                self.perform(action.as_ref(), with).await
            }
            Work::Manual { .. } | Work::Gate(_) | Work::Timer { .. } => None,
        }
    }

    pub(super) fn failed(&self, fault: Fault) -> Outcome {
        Outcome::Failed {
            fault,
            proofs: Vec::new(),
        }
    }

    fn cx(&self, task: &str, digest: &str, attempt: i32) -> Cx {
        let seed = format!("{}\0{task}\0{digest}", self.ticket.reference);
        Cx {
            ticket: self.ticket.reference.clone(),
            title: self.ticket.title.fr.clone(),
            task: task.to_owned(),
            idem: Uuid::new_v5(&self.ticket.id.0, seed.as_bytes()),
            plan_digest: digest.to_owned(),
            actor: self.actor.clone(),
            zone: self.ticket.cluster.clone().unwrap_or_default(),
            attempt: u32::try_from(attempt).unwrap_or(1),
            now: self.runner.desk.clock.now(),
            evidence: self.evidence.clone(),
        }
    }

    fn output(&self, task: &str) -> Option<Value> {
        self.ticket.task(task).and_then(|it| it.receipt.clone())
    }

    /// Plans of all actions that have not begun, in order; reads only.
    async fn plan_all(&self) -> Outcome {
        let mut plans = Vec::new();
        for task in &self.ticket.tasks {
            let Work::Action { name, with } = &task.node.work else {
                continue;
            };
            if task.status.is_over() || task.begun.is_some() {
                continue;
            }
            let Some(action) = self.runner.desk.registry.get(name) else {
                let why = format!("this process does not have the action {name}");
                return self.failed(Fault::new(FaultClass::Guard, why));
            };
            match self.foresee(action.as_ref(), task, with).await {
                Ok(planned) => plans.push((task.node.name.clone(), planned)),
                Err(fault) => return self.later(fault, &action.policy(), self.task.attempt),
            }
        }
        Outcome::Planned(plans)
    }

    /// The plan of one action before anything has run. Where its parameters come from tasks that
    /// have not run, and it cannot do without them, the plan is visibly opaque.
    async fn foresee(
        &self,
        action: &dyn Erased,
        task: &Task,
        with: &Map<String, Value>,
    ) -> Result<Planned, Fault> {
        let outputs = |name: &str| self.output(name);
        let late = reference::resolve_outputs(with, &outputs).is_err();
        let params = reference::resolve_known(with, &outputs).map_err(unfit)?;
        let targets = action.targets(&self.zone(), &params);
        let shapeless = action
            .validate(&params)
            .iter()
            .any(|it| it.code == "params.shape");
        if late && shapeless {
            let plan = Plan::new(Value::Null, Vec::new(), Level::None);
            return Ok(Planned {
                digest: plan.digest(),
                plan,
                targets,
                opaque: true,
            });
        }
        let cx = self.cx(&task.node.name, "", 1);
        let plan = within(&action.policy(), action.plan(&cx, &params), false).await?;
        Ok(Planned {
            digest: plan.digest(),
            plan,
            targets,
            opaque: false,
        })
    }

    fn zone(&self) -> String {
        self.ticket.cluster.clone().unwrap_or_default()
    }

    /// The sequence of one action: what happened before, plan again, intent, apply, verify.
    async fn perform(&self, action: &dyn Erased, with: &Map<String, Value>) -> Option<Outcome> {
        let policy = action.policy();
        let outputs = |name: &str| self.output(name);
        let params = match reference::resolve_outputs(with, &outputs) {
            Ok(params) => params,
            Err(error) => return Some(self.failed(unfit(error))),
        };
        let agreed = match &self.task.planned {
            Some(planned) => planned.clone(),
            None => return Some(self.failed(Fault::new(FaultClass::Guard, "nothing was planned"))),
        };
        let cx = self.cx(&self.task.node.name, &agreed.digest, self.task.attempt);
        let intended = self.task.effect == Some(Effect::Intended);
        if intended && let Some(end) = self.earlier(action, &cx, &params, &agreed, &policy).await {
            return Some(end);
        }
        if self.ticket.state != State::Running {
            let state = self.ticket.state.word();
            let fault = Fault::new(FaultClass::Transient, format!("the ticket is {state}"));
            return Some(self.retry(fault, &policy, self.task.attempt));
        }
        let plan = match within(&policy, action.plan(&cx, &params), false).await {
            Ok(plan) => plan,
            Err(fault) if fault.class == FaultClass::Missing => {
                return Some(self.failed(fault));
            }
            Err(fault) => return Some(self.later(fault, &policy, self.task.attempt)),
        };
        let same = plan.digest() == agreed.digest || (agreed.opaque && plan.is_empty());
        if !same {
            // What an earlier try sent may have landed between that look and this plan: ours, not
            // somebody else's.
            if intended
                && let Some(end) = self.earlier(action, &cx, &params, &agreed, &policy).await
            {
                return Some(end);
            }
            return Some(Outcome::Moved { plan });
        }
        if plan.is_empty() {
            return Some(self.prove(action, &cx, &params, &plan, None).await);
        }
        let intent = Command::Intend {
            task: self.task.node.name.clone(),
            fence: self.task.fence,
            digest: agreed.digest.clone(),
            undo: policy.undo,
        };
        if let Err(error) = self.runner.send(self.known, intent).await {
            tracing::info!(%error, ticket = self.ticket.reference, task = self.task.node.name,
                "intent refused");
            return None;
        }
        match within(&policy, action.apply(&cx, &params, &plan), true).await {
            Ok(receipt) => Some(self.prove(action, &cx, &params, &plan, Some(receipt)).await),
            Err(fault) => Some(
                self.after_apply(action, &cx, &params, &plan, fault, &policy)
                    .await,
            ),
        }
    }

    pub(super) fn spent(&self, policy: &workflows::Policy, attempt: i32) -> bool {
        attempt >= i32::try_from(policy.attempts).unwrap_or(i32::MAX)
    }

    pub(super) fn retry(&self, fault: Fault, policy: &workflows::Policy, attempt: i32) -> Outcome {
        let dice = f64::from(self.runner.desk.ids.secret()[0]) / 255.0;
        let pause = run::backoff(policy, u32::try_from(attempt).unwrap_or(1), dice);
        let asked = fault.retry_after_s.map(time::Duration::from_secs);
        let pause = Duration::from_std(asked.unwrap_or_default().max(pause)).unwrap_or(LEASE);
        Outcome::Retry {
            fault,
            at: self.runner.desk.clock.now() + pause,
        }
    }

    /// A fault where nothing outside can have changed.
    fn later(&self, fault: Fault, policy: &workflows::Policy, attempt: i32) -> Outcome {
        let again = match fault.class {
            FaultClass::Transient | FaultClass::Ambiguous | FaultClass::Conflict => true,
            FaultClass::Rejected | FaultClass::Denied | FaultClass::Missing | FaultClass::Guard => {
                false
            }
        };
        if again && !self.spent(policy, attempt) {
            return self.retry(fault, policy, attempt);
        }
        self.failed(fault)
    }

    /// Asks the system until it says yes, no, or time is up.
    pub(super) async fn prove(
        &self,
        action: &dyn Erased,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
        receipt: Option<Value>,
    ) -> Outcome {
        let policy = action.policy();
        let begun = Instant::now();
        loop {
            let asked = action.verify(cx, params, plan, receipt.as_ref());
            let (why, pause) = match within(&policy, asked, false).await {
                Ok(Verdict::Ok(proofs)) => {
                    let empty = receipt.is_none();
                    let receipt = receipt.unwrap_or_else(|| json!({}));
                    return Outcome::Done {
                        receipt,
                        proofs,
                        empty,
                    };
                }
                Ok(Verdict::Bad(proofs)) => {
                    let wrong = proofs.iter().find(|it| !it.ok).map(|it| it.claim.clone());
                    let why = wrong.unwrap_or_else(|| "the proof does not hold".into());
                    let fault = Fault::new(FaultClass::Rejected, format!("not so: {why}"));
                    return Outcome::Failed { fault, proofs };
                }
                Ok(Verdict::Pending { why, poll_ms }) => {
                    (why, time::Duration::from_millis(poll_ms.clamp(10, 15_000)))
                }
                Err(fault) if fault.class == FaultClass::Transient => {
                    (fault.message, time::Duration::from_millis(500))
                }
                Err(fault) => return self.failed(fault),
            };
            if begun.elapsed() + pause > policy.verify_for {
                let fault = Fault::new(FaultClass::Rejected, format!("not proved in time: {why}"));
                return self.failed(fault);
            }
            time::sleep(pause).await;
        }
    }

    /// Takes the effect back.
    async fn undo(&self, action: &dyn Erased, with: &Map<String, Value>) -> Outcome {
        let policy = action.policy();
        let outputs = |name: &str| self.output(name);
        let params = match reference::resolve_outputs(with, &outputs) {
            Ok(params) => params,
            Err(error) => {
                return Outcome::UndoFailed {
                    fault: unfit(error),
                };
            }
        };
        let Some(planned) = &self.task.planned else {
            let fault = Fault::new(FaultClass::Guard, "nothing was planned");
            return Outcome::UndoFailed { fault };
        };
        let cx = self.cx(&self.task.node.name, &planned.digest, self.task.attempt);
        let receipt = self.task.receipt.as_ref();
        match within(
            &policy,
            action.undo(&cx, &params, &planned.plan, receipt),
            true,
        )
        .await
        {
            Ok(Undone::Restored(proofs)) => Outcome::Undone { proofs },
            Ok(Undone::NothingToDo) => Outcome::Undone { proofs: Vec::new() },
            Ok(Undone::Impossible(why)) => Outcome::UndoFailed {
                fault: Fault::new(FaultClass::Conflict, why),
            },
            Err(fault) => {
                let again = matches!(fault.class, FaultClass::Transient | FaultClass::Ambiguous);
                if again && !self.spent(&policy, self.task.attempt) {
                    return self.retry(fault, &policy, self.task.attempt);
                }
                Outcome::UndoFailed { fault }
            }
        }
    }
}
