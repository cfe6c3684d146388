//! The face of an action that the engine sees: names and JSON, no types.

use crate::{
    action::{Action, Cx, Fault, FaultClass, Policy, Recovered, Undone, Verdict, Violation},
    plan::Plan,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// An action as the engine sees it: JSON in, JSON out.
#[async_trait]
pub trait Erased: Send + Sync {
    /// Durable name.
    fn name(&self) -> &'static str;
    /// Bounds on tries and times.
    fn policy(&self) -> Policy;
    /// Shape and rules of the parameters, offline.
    fn validate(&self, params: &Value) -> Vec<Violation>;
    /// See [`Action::targets`]; empty when the parameters do not fit.
    fn targets(&self, zone: &str, params: &Value) -> Vec<String>;
    /// See [`Action::plan`].
    async fn plan(&self, cx: &Cx, params: &Value) -> Result<Plan<Value>, Fault>;
    /// See [`Action::apply`].
    async fn apply(&self, cx: &Cx, params: &Value, plan: &Plan<Value>) -> Result<Value, Fault>;
    /// See [`Action::recover`].
    async fn recover(
        &self,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
    ) -> Result<Recovered<Value>, Fault>;
    /// See [`Action::verify`].
    async fn verify(
        &self,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
        receipt: Option<&Value>,
    ) -> Result<Verdict, Fault>;
    /// See [`Action::undo`].
    async fn undo(
        &self,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
        receipt: Option<&Value>,
    ) -> Result<Undone, Fault>;
}

fn typed<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, Fault> {
    T::deserialize(value).map_err(|e| {
        Fault::new(
            FaultClass::Guard,
            format!("{what} does not fit the action: {e}"),
        )
    })
}

fn json<T: Serialize>(value: T) -> Result<Value, Fault> {
    serde_json::to_value(value)
        .map_err(|e| Fault::new(FaultClass::Guard, format!("not representable as JSON: {e}")))
}

fn receipt_of<R: DeserializeOwned>(receipt: Option<&Value>) -> Result<Option<R>, Fault> {
    receipt.map(|it| typed("stored receipt", it)).transpose()
}

#[async_trait]
impl<A: Action> Erased for A {
    fn name(&self) -> &'static str {
        A::NAME
    }
    fn policy(&self) -> Policy {
        Action::policy(self)
    }
    fn validate(&self, params: &Value) -> Vec<Violation> {
        match A::Params::deserialize(params) {
            Ok(params) => Action::validate(self, &params),
            Err(e) => vec![Violation {
                pointer: String::new(),
                code: "params.shape".into(),
                message: e.to_string(),
            }],
        }
    }
    fn targets(&self, zone: &str, params: &Value) -> Vec<String> {
        A::Params::deserialize(params)
            .map(|it| Action::targets(self, zone, &it))
            .unwrap_or_default()
    }
    async fn plan(&self, cx: &Cx, params: &Value) -> Result<Plan<Value>, Fault> {
        Action::plan(self, cx, &typed("parameters", params)?)
            .await?
            .erase()
    }
    async fn apply(&self, cx: &Cx, params: &Value, plan: &Plan<Value>) -> Result<Value, Fault> {
        let (params, plan) = (typed("parameters", params)?, plan.typed()?);
        json(Action::apply(self, cx, &params, &plan).await?)
    }
    async fn recover(
        &self,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
    ) -> Result<Recovered<Value>, Fault> {
        let (params, plan) = (typed("parameters", params)?, plan.typed()?);
        Ok(match Action::recover(self, cx, &params, &plan).await? {
            Recovered::NotApplied => Recovered::NotApplied,
            Recovered::Applied(receipt) => Recovered::Applied(json(receipt)?),
            Recovered::Partial(why) => Recovered::Partial(why),
        })
    }
    async fn verify(
        &self,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
        receipt: Option<&Value>,
    ) -> Result<Verdict, Fault> {
        let (params, plan) = (typed("parameters", params)?, plan.typed()?);
        Action::verify(self, cx, &params, &plan, receipt_of(receipt)?.as_ref()).await
    }
    async fn undo(
        &self,
        cx: &Cx,
        params: &Value,
        plan: &Plan<Value>,
        receipt: Option<&Value>,
    ) -> Result<Undone, Fault> {
        let (params, plan) = (typed("parameters", params)?, plan.typed()?);
        Action::undo(self, cx, &params, &plan, receipt_of(receipt)?.as_ref()).await
    }
}
