//! What watches a cluster: Prometheus and Alertmanager as they run, the files they are configured
//! by, and the actions written on both.

mod client;
pub mod document;
mod files;
mod labels;
mod load;
mod matcher;
mod metrics;
mod route;
mod router;
mod synthetic;

pub use client::MonitorClient;
pub use files::{ConfigFile, ConfigFiles};
pub use labels::{CheckLabels, LabelsParams};
pub use load::{LoadBefore, LoadConfig, LoadParams, LoadReceipt};
pub use matcher::{Comparison, Matcher, MatcherError};
pub use metrics::Metrics;
pub use route::{CheckRoute, RouteParams};
pub use router::{Router, RouterError};
pub use synthetic::{ProbeBefore, ProbeParams, ProbeReceipt, SendProbe};

use crate::systems::{Endpoint, Systems};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use workflows::{Cx, Fault, Proof, Registry, Verdict, Violation};

/// Adds the actions of this module to the registry.
pub fn register(registry: &mut Registry, systems: &Arc<Systems>) {
    registry.add(LoadConfig::new(systems.clone()));
    registry.add(CheckLabels::new(systems.clone()));
    registry.add(CheckRoute::new(systems.clone()));
    registry.add(SendProbe::new(systems.clone()));
}

/// A program that is configured by a file and told to read it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Collects metrics and fires alerts.
    Prometheus,
    /// Brings alerts to people.
    Alertmanager,
}

impl Component {
    /// As it is written in parameters and addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Component::Prometheus => "prometheus",
            Component::Alertmanager => "alertmanager",
        }
    }
    /// Its configuration file, both in the platform repository and below the zone's configuration
    /// directory.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Component::Prometheus => "prometheus/prometheus.yml",
            Component::Alertmanager => "alertmanager/alertmanager.yml",
        }
    }
}

/// What a component says of itself.
#[derive(Clone, Debug)]
pub struct Running {
    /// The configuration in force, as a document; defaults filled in, secrets masked.
    pub config: Value,
    /// The same as the text that was answered.
    pub text: String,
    /// Whether the last reload succeeded.
    pub reload_ok: bool,
    /// When the configuration in force was loaded.
    pub loaded_at: Option<DateTime<Utc>>,
    /// Version of the program.
    pub version: String,
    /// `sha256:…` over what tells this configuration from another one.
    pub fingerprint: String,
}

/// An alert as Alertmanager holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// All its labels.
    pub labels: BTreeMap<String, String>,
    /// Receivers that its routes lead to.
    pub receivers: Vec<String>,
    /// `active`, `suppressed` or `unprocessed`.
    pub state: String,
}

/// Prometheus and Alertmanager of one zone, and the files they read.
///
/// Every call can fail with the classified fault of the exchange; only what a method adds to that
/// is said below.
#[async_trait]
pub trait Monitor: Send + Sync {
    /// What the component runs with now.
    ///
    /// # Errors
    /// `Rejected` when the answer is not what this program answers.
    async fn running(&self, cx: &Cx, component: Component) -> Result<Running, Fault>;
    /// Has the component read its file again.
    ///
    /// # Errors
    /// `Rejected`, with the parser's message, when it refuses the file; it then keeps running with
    /// what it had.
    async fn reload(&self, cx: &Cx, component: Component) -> Result<(), Fault>;
    /// The component's configuration file; `None` when there is none.
    ///
    /// # Errors
    /// `Guard` when it cannot be read.
    async fn file(&self, component: Component) -> Result<Option<ConfigFile>, Fault>;
    /// Puts `text` in place of the file, at once and whole, and keeps what was there under its
    /// digest.
    ///
    /// # Errors
    /// `Guard` when it cannot be written.
    async fn replace(&self, component: Component, text: &str) -> Result<(), Fault>;
    /// Text that [`Monitor::replace`] kept; `None` when there is none of that digest.
    ///
    /// # Errors
    /// `Guard` when it cannot be read, or is not what its digest says.
    async fn kept(&self, component: Component, digest: &str) -> Result<Option<String>, Fault>;
    /// Evaluates a PromQL expression now; the answer is the API's `data`.
    ///
    /// # Errors
    /// `Rejected` when the expression cannot be read or evaluated.
    async fn query(&self, cx: &Cx, expression: &str) -> Result<Value, Fault>;
    /// The component's own numbers.
    ///
    /// # Errors
    /// Only those of the exchange.
    async fn metrics(&self, cx: &Cx, component: Component) -> Result<Metrics, Fault>;
    /// Names of all receivers, in the order of the configuration.
    ///
    /// # Errors
    /// Only those of the exchange.
    async fn receivers(&self, cx: &Cx) -> Result<Vec<String>, Fault>;
    /// Alerts that carry all these labels and have not ended.
    ///
    /// # Errors
    /// Only those of the exchange.
    async fn alerts(&self, cx: &Cx, labels: &[(&str, &str)]) -> Result<Vec<Alert>, Fault>;
    /// Raises an alert, or moves the end of the one with the same labels.
    ///
    /// # Errors
    /// `Rejected` when the labels are not acceptable.
    async fn post_alert(
        &self,
        cx: &Cx,
        labels: &BTreeMap<String, String>,
        summary: &str,
        ends_at: DateTime<Utc>,
    ) -> Result<(), Fault>;
    /// Silences alerts with these labels from now `until` then; the answer names the silence.
    ///
    /// # Errors
    /// `Rejected` when the labels or the times are not acceptable.
    async fn silence(
        &self,
        cx: &Cx,
        labels: &[(&str, &str)],
        until: DateTime<Utc>,
        comment: &str,
    ) -> Result<String, Fault>;
    /// Ends a silence; one that has ended already stays ended.
    ///
    /// # Errors
    /// `Rejected` when there is no such silence.
    async fn unsilence(&self, cx: &Cx, id: &str) -> Result<(), Fault>;
}

/// Where a zone's monitoring is, as the operator writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorConfig {
    /// Prometheus.
    pub prometheus: Endpoint,
    /// Alertmanager.
    pub alertmanager: Endpoint,
    /// Directory that holds `prometheus/prometheus.yml` and `alertmanager/alertmanager.yml` as the
    /// two programs read them.
    pub config_dir: PathBuf,
}

/// All claims hold, or not.
fn verdict(proofs: Vec<Proof>) -> Verdict {
    if proofs.iter().all(|it| it.ok) {
        Verdict::Ok(proofs)
    } else {
        Verdict::Bad(proofs)
    }
}

/// Whether Prometheus takes this as the name of a label.
pub(crate) fn is_label(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// What is wrong with an alert to a receiver.
fn alert_violations(receiver: &str, labels: &BTreeMap<String, String>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut refuse = |pointer: String, code: &str, message: &str| {
        found.push(Violation {
            pointer,
            code: code.into(),
            message: message.into(),
        });
    };
    if receiver.is_empty() {
        refuse(
            "/receiver".into(),
            "receiver.empty",
            "A receiver has a name.",
        );
    }
    if labels.is_empty() {
        // Without a label only the default route could be meant, and that is never added.
        refuse(
            "/labels".into(),
            "labels.none",
            "An alert to route has at least one label.",
        );
    }
    for (name, value) in labels {
        if !is_label(name) || value.is_empty() {
            let message = "A label is letters, digits and underscores, and has a value.";
            refuse(format!("/labels/{name}"), "label.form", message);
        }
    }
    found
}
