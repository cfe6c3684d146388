//! `monitor.route`: where the routes that Alertmanager really runs with would send an alert.

use super::{Component, Router};
use crate::systems::Systems;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use workflows::{Check, Cx, Fault, FaultClass, Proof, Verdict, Violation};

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
impl Check for CheckRoute {
    const NAME: &'static str = "monitor.route";
    type Params = RouteParams;

    fn validate(&self, params: &RouteParams) -> Vec<Violation> {
        super::alert_violations(&params.receiver, &params.labels)
    }

    async fn look(&self, cx: &Cx, params: &RouteParams) -> Result<Verdict, Fault> {
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
}
