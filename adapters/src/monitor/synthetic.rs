//! `monitor.synthetic`: an alert of our own that ends by itself, to see a route deliver.
//!
//! Alertmanager does not say which alert was delivered, only how many requests succeeded. So the
//! proof is in three parts: it holds our alert for the receiver, its requests to that kind of
//! receiver grew by a successful one since just before, and none was given up.

use super::{Alert, Component, Metrics, Monitor};
use crate::systems::Systems;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use workflows::{
    Action, Change, Cx, Fault, Fidelity, Level, Plan, Policy, Proof, Recovered, Undone, Verb,
    Verdict, Violation,
};

/// The action.
pub struct SendProbe {
    systems: Arc<Systems>,
}

/// What is sent, and who must get it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeParams {
    /// Name of the receiver.
    pub receiver: String,
    /// Labels that the route under test looks at.
    pub labels: BTreeMap<String, String>,
}

/// How often one kind of receiver was notified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// Notifications begun.
    pub begun: u64,
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Notifications given up.
    pub failed: u64,
}

/// The counters before, by kind of receiver, e.g. `webhook`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProbeBefore {
    /// Counters of Alertmanager.
    pub deliveries: BTreeMap<String, Deliveries>,
}

/// What was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProbeReceipt {
    /// All labels of the alert.
    pub labels: BTreeMap<String, String>,
    /// When it ends by itself.
    pub ends_at: DateTime<Utc>,
    /// Counters just before it was sent; none when that moment was lost to a crash.
    pub deliveries: Option<BTreeMap<String, Deliveries>>,
}

const NAME: &str = "GuichetProbe";
const TICKET: &str = "guichet_ticket";
const PROBE: &str = "guichet_probe";
const LASTS: TimeDelta = TimeDelta::minutes(5);
/// An alert that was accepted and is not held after this time never will be.
const HELD_WITHIN: TimeDelta = TimeDelta::seconds(10);
const ENDED_WITHIN: Duration = Duration::from_secs(15);
const POLL_MS: u64 = 500;

impl SendProbe {
    /// The action on these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        SendProbe { systems }
    }

    fn monitor(&self, cx: &Cx) -> Result<&dyn Monitor, Fault> {
        self.systems.zone(&cx.zone)?.monitor()
    }
}

#[async_trait]
impl Action for SendProbe {
    const NAME: &'static str = "monitor.synthetic";
    type Params = ProbeParams;
    type Before = ProbeBefore;
    type Receipt = ProbeReceipt;

    fn policy(&self) -> Policy {
        // A route may collect alerts for minutes before it notifies.
        Policy {
            verify_for: Duration::from_secs(300),
            ..Policy::STANDARD
        }
    }

    fn validate(&self, params: &ProbeParams) -> Vec<Violation> {
        super::alert_violations(&params.receiver, &params.labels)
    }

    fn targets(&self, zone: &str, _: &ProbeParams) -> Vec<String> {
        vec![format!("{zone}/alertmanager")]
    }

    async fn plan(&self, cx: &Cx, params: &ProbeParams) -> Result<Plan<ProbeBefore>, Fault> {
        let deliveries = deliveries(self.monitor(cx)?, cx).await?;
        let change = Change {
            path: format!("alertmanager/alerts/{NAME}"),
            verb: Verb::Run,
            before: Value::Null,
            after: json!({ "labels": params.labels, "receiver": params.receiver }),
            secret: false,
            fidelity: Fidelity::Predicted,
        };
        Ok(Plan::new(
            ProbeBefore { deliveries },
            vec![change],
            Level::None,
        ))
    }

    async fn apply(
        &self,
        cx: &Cx,
        params: &ProbeParams,
        _: &Plan<ProbeBefore>,
    ) -> Result<ProbeReceipt, Fault> {
        let monitor = self.monitor(cx)?;
        let deliveries = Some(deliveries(monitor, cx).await?);
        let (labels, ends_at) = (labels(cx, params), cx.now + LASTS);
        let summary = format!("Test of the route, ticket {}", cx.ticket);
        monitor.post_alert(cx, &labels, &summary, ends_at).await?;
        Ok(ProbeReceipt {
            labels,
            ends_at,
            deliveries,
        })
    }

    async fn recover(
        &self,
        cx: &Cx,
        params: &ProbeParams,
        _: &Plan<ProbeBefore>,
    ) -> Result<Recovered<ProbeReceipt>, Fault> {
        Ok(match held(self.monitor(cx)?, cx).await? {
            None => Recovered::NotApplied,
            Some(_) => Recovered::Applied(ProbeReceipt {
                labels: labels(cx, params),
                ends_at: cx.now + LASTS,
                deliveries: None,
            }),
        })
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &ProbeParams,
        plan: &Plan<ProbeBefore>,
        receipt: Option<&ProbeReceipt>,
    ) -> Result<Verdict, Fault> {
        let (monitor, name) = (self.monitor(cx)?, &params.receiver);
        let Some(alert) = held(monitor, cx).await? else {
            let late = receipt.is_none_or(|it| cx.now - (it.ends_at - LASTS) > HELD_WITHIN);
            let claim = "alertmanager holds the alert of this ticket";
            return Ok(match late {
                true => Verdict::Bad(vec![Proof::equal(claim, json!(true), json!(false))]),
                false => pending("alertmanager to show the alert"),
            });
        };
        let mut proofs = vec![
            Proof {
                claim: format!("alertmanager holds the alert of this ticket for {name}"),
                expected: json!({ "includes": name }),
                ok: alert.receivers.contains(name),
                actual: json!(alert.receivers),
            },
            Proof {
                claim: "no silence and no inhibition keeps the alert back".into(),
                expected: json!({ "not": "suppressed" }),
                ok: alert.state != "suppressed",
                actual: json!(alert.state),
            },
        ];
        let kinds = kinds(
            &monitor.running(cx, Component::Alertmanager).await?.config,
            name,
        );
        proofs.push(Proof {
            claim: format!("{name} notifies somebody"),
            expected: json!({ "at_least": 1 }),
            ok: !kinds.is_empty(),
            actual: json!(kinds),
        });
        let before = receipt.and_then(|it| it.deliveries.as_ref());
        let before = total(before.unwrap_or(&plan.before.deliveries), &kinds);
        let now = total(&deliveries(monitor, cx).await?, &kinds);
        proofs.push(Proof::equal(
            "no notification of this kind was given up since",
            json!(before.failed),
            json!(now.failed),
        ));
        if proofs.iter().any(|it| !it.ok) {
            return Ok(Verdict::Bad(proofs));
        }
        if now.begun <= before.begun || now.succeeded <= before.succeeded {
            return Ok(pending(&format!(
                "the notification of {name} to be accepted"
            )));
        }
        proofs.push(Proof {
            claim: format!("a notification of the kind of {name} was accepted since"),
            expected: json!({ "more_than": before.succeeded }),
            actual: json!(now.succeeded),
            ok: true,
        });
        Ok(Verdict::Ok(proofs))
    }

    async fn undo(
        &self,
        cx: &Cx,
        params: &ProbeParams,
        _: &Plan<ProbeBefore>,
        _: Option<&ProbeReceipt>,
    ) -> Result<Undone, Fault> {
        let monitor = self.monitor(cx)?;
        if held(monitor, cx).await?.is_none() {
            return Ok(Undone::NothingToDo);
        }
        let summary = format!("Test of the route is over, ticket {}", cx.ticket);
        monitor
            .post_alert(cx, &labels(cx, params), &summary, cx.now)
            .await?;
        let until = Instant::now() + ENDED_WITHIN;
        loop {
            let left = held(monitor, cx).await?.map(|it| it.state);
            let claim = "alertmanager no longer holds the alert of this ticket";
            let proof = Proof::equal(claim, Value::Null, json!(left));
            if proof.ok {
                return Ok(Undone::Restored(vec![proof]));
            }
            if Instant::now() > until {
                let why = "alertmanager still holds the test alert; it ends by itself".into();
                return Ok(Undone::Impossible(why));
            }
            sleep(Duration::from_millis(POLL_MS / 5)).await;
        }
    }
}

/// The effect's own key keeps two probes of one ticket apart.
fn probe_key(cx: &Cx) -> String {
    cx.idem.simple().to_string()[..12].to_owned()
}

fn labels(cx: &Cx, params: &ProbeParams) -> BTreeMap<String, String> {
    let mut labels = params.labels.clone();
    labels
        .entry("alertname".to_owned())
        .or_insert_with(|| NAME.to_owned());
    labels.insert(TICKET.to_owned(), cx.ticket.clone());
    labels.insert(PROBE.to_owned(), probe_key(cx));
    labels
}

async fn held(monitor: &dyn Monitor, cx: &Cx) -> Result<Option<Alert>, Fault> {
    let key = probe_key(cx);
    let found = monitor
        .alerts(cx, &[(TICKET, &cx.ticket), (PROBE, &key)])
        .await?;
    Ok(found.into_iter().next())
}

async fn deliveries(monitor: &dyn Monitor, cx: &Cx) -> Result<BTreeMap<String, Deliveries>, Fault> {
    let metrics = monitor.metrics(cx, Component::Alertmanager).await?;
    let read = |metrics: &Metrics, name: &str, kind: &str| {
        let name = format!("alertmanager_notification{name}_total");
        metrics
            .sum(&name, &[("integration", kind)])
            .map_or(0, count)
    };
    let kinds = metrics.by("alertmanager_notifications_total", "integration");
    let each = kinds.into_keys().map(|kind| {
        let requests = read(&metrics, "_requests", &kind);
        let deliveries = Deliveries {
            begun: read(&metrics, "s", &kind),
            succeeded: requests.saturating_sub(read(&metrics, "_requests_failed", &kind)),
            failed: read(&metrics, "s_failed", &kind),
        };
        (kind, deliveries)
    });
    Ok(each.collect())
}

/// A counter is a whole number written as a float.
fn count(value: f64) -> u64 {
    value.max(0.0) as u64
}

fn total(all: &BTreeMap<String, Deliveries>, kinds: &[String]) -> Deliveries {
    let mut total = Deliveries::default();
    for it in kinds.iter().filter_map(|kind| all.get(kind)) {
        total.begun += it.begun;
        total.succeeded += it.succeeded;
        total.failed += it.failed;
    }
    total
}

/// The kinds of notification that a receiver sends, as the counters name them.
fn kinds(config: &Value, receiver: &str) -> Vec<String> {
    let receivers = config["receivers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let found = receivers
        .iter()
        .find(|it| it["name"] == receiver)
        .and_then(Value::as_object);
    let mut kinds = Vec::new();
    for (key, list) in found.into_iter().flatten() {
        let used = list.as_array().is_some_and(|it| !it.is_empty());
        if let Some(kind) = key.strip_suffix("_configs").filter(|_| used) {
            kinds.push(kind.to_owned());
        }
    }
    kinds
}

fn pending(why: &str) -> Verdict {
    Verdict::Pending {
        why: why.to_owned(),
        poll_ms: POLL_MS,
    }
}
