//! `monitor.route`: where the routes that Alertmanager really runs with would send an alert.

use super::{Component, Router};
use crate::systems::Systems;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use workflows::{
    Action, Cx, Fault, FaultClass, Level, Plan, Policy, Proof, Recovered, Undone, Verdict,
    Violation,
};

/// The check.
pub struct CheckRoute {
    systems: Arc<Systems>,
}

/// Which receiver must get an alert with which labels.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteParams {
    /// Name of the receiver.
    pub receiver: String,
    /// Labels of the alert.
    pub labels: BTreeMap<String, String>,
}

impl CheckRoute {
    /// The check on these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        CheckRoute { systems }
    }
}

#[async_trait]
impl Action for CheckRoute {
    const NAME: &'static str = "monitor.route";
    type Params = RouteParams;
    type Before = ();
    type Receipt = ();

    fn policy(&self) -> Policy {
        Policy::CHECK
    }

    fn validate(&self, params: &RouteParams) -> Vec<Violation> {
        super::alert_violations(&params.receiver, &params.labels)
    }

    fn targets(&self, _: &str, _: &RouteParams) -> Vec<String> {
        Vec::new()
    }

    async fn plan(&self, _: &Cx, _: &RouteParams) -> Result<Plan<()>, Fault> {
        Ok(Plan::new((), Vec::new(), Level::None))
    }

    async fn apply(&self, _: &Cx, _: &RouteParams, _: &Plan<()>) -> Result<(), Fault> {
        Ok(())
    }

    async fn recover(&self, _: &Cx, _: &RouteParams, _: &Plan<()>) -> Result<Recovered<()>, Fault> {
        Ok(Recovered::NotApplied)
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &RouteParams,
        _: &Plan<()>,
        _: Option<&()>,
    ) -> Result<Verdict, Fault> {
        let monitor = self.systems.zone(&cx.zone)?.monitor()?;
        let receivers = monitor.receivers(cx).await?;
        let running = monitor.running(cx, Component::Alertmanager).await?;
        let router = Router::of(&running.config).map_err(|e| {
            Fault::new(
                FaultClass::Rejected,
                format!("the running routes cannot be read: {e}"),
            )
        })?;
        let reached = router.receivers(&params.labels);
        let name = &params.receiver;
        Ok(super::verdict(vec![
            Proof {
                claim: format!("alertmanager knows the receiver {name}"),
                expected: json!({ "includes": name }),
                ok: receivers.contains(name),
                actual: json!(receivers),
            },
            Proof {
                claim: format!("the running routes lead these labels to {name}"),
                expected: json!({ "includes": name }),
                ok: reached.contains(name),
                actual: json!(reached),
            },
            Proof::equal(
                "the last reload of alertmanager succeeded",
                json!(true),
                json!(running.reload_ok),
            ),
        ]))
    }

    async fn undo(
        &self,
        _: &Cx,
        _: &RouteParams,
        _: &Plan<()>,
        _: Option<&()>,
    ) -> Result<Undone, Fault> {
        Ok(Undone::NothingToDo)
    }
}
