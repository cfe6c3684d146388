//! What may have happened outside without an answer: looked at before anything is tried again.

use super::{bounds::within, hand::Hand};
use crate::ticket::{command::Outcome, task::Planned};
use serde_json::Value;
use workflows::{Cx, Erased, Fault, FaultClass, Plan, Recovered};

impl Hand<'_> {
    /// How the task ends if an earlier try of it took effect, or may have.
    pub(super) async fn earlier(
        &self,
        action: &dyn Erased,
        cx: &Cx,
        params: &Value,
        agreed: &Planned,
        policy: &workflows::Policy,
    ) -> Option<Outcome> {
        match self.recover(action, cx, params, agreed, policy).await {
            Ok(Some(receipt)) => {
                let receipt = Some(receipt);
                Some(self.prove(action, cx, params, &agreed.plan, receipt).await)
            }
            Ok(None) => None,
            Err(outcome) => Some(*outcome),
        }
    }

    /// Asks what became of an earlier try. `Ok(None)`: nothing happened.
    async fn recover(
        &self,
        action: &dyn Erased,
        cx: &Cx,
        params: &Value,
        agreed: &Planned,
        policy: &workflows::Policy,
    ) -> Result<Option<Value>, Box<Outcome>> {
        match within(policy, action.recover(cx, params, &agreed.plan), false).await {
            Ok(Recovered::NotApplied) => Ok(None),
            Ok(Recovered::Applied(receipt)) => Ok(Some(receipt)),
            Ok(Recovered::Partial(why)) => Err(Box::new(Outcome::InDoubt {
                fault: Fault::new(FaultClass::Ambiguous, why),
            })),
            Err(fault) if self.spent(policy, self.task.attempt) => {
                Err(Box::new(Outcome::InDoubt { fault }))
            }
            Err(fault) => Err(Box::new(self.retry(fault, policy, self.task.attempt))),
        }
    }

    /// A fault of `apply`: unless the system clearly said no, look before anything else is tried.
    pub(super) async fn after_apply(
        &self,
        action: &dyn Erased,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
        fault: Fault,
        policy: &workflows::Policy,
    ) -> Outcome {
        match fault.class {
            FaultClass::Rejected | FaultClass::Denied | FaultClass::Guard => self.failed(fault),
            FaultClass::Missing
            | FaultClass::Conflict
            | FaultClass::Transient
            | FaultClass::Ambiguous => {
                match within(policy, action.recover(cx, params, plan), false).await {
                    Ok(Recovered::Applied(receipt)) => {
                        self.prove(action, cx, params, plan, Some(receipt)).await
                    }
                    Ok(Recovered::Partial(why)) => Outcome::InDoubt {
                        fault: Fault::new(FaultClass::Ambiguous, why),
                    },
                    Ok(Recovered::NotApplied) if self.spent(policy, self.task.attempt) => {
                        self.failed(fault)
                    }
                    Ok(Recovered::NotApplied) => self.retry(fault, policy, self.task.attempt),
                    Err(_) if self.spent(policy, self.task.attempt) => Outcome::InDoubt { fault },
                    Err(_) => self.retry(fault, policy, self.task.attempt),
                }
            }
        }
    }
}
