//! The client of the HTTP APIs of Prometheus 2 and Alertmanager v2.

use super::{
    Alert, Component, ConfigFile, ConfigFiles, Metrics, Monitor, MonitorConfig, Running, document,
};
use crate::{
    systems::Why,
    wire::{Auth, Call, Ear, Wire, segment},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use workflows::{Cx, Fault, FaultClass, plan};

/// The monitoring of one zone, reached over HTTP and by its configuration directory.
pub struct MonitorClient {
    prometheus: Wire,
    alertmanager: Wire,
    files: ConfigFiles,
}

impl MonitorClient {
    /// A client of these two servers, and of the directory their files are in.
    #[must_use]
    pub fn new(prometheus: Wire, alertmanager: Wire, files: ConfigFiles) -> Self {
        MonitorClient {
            prometheus,
            alertmanager,
            files,
        }
    }

    /// A client as the operator configured it; nothing is sent yet.
    ///
    /// # Errors
    /// When an address is unsafe or a secret reference leads nowhere.
    pub fn connect(config: &MonitorConfig) -> Result<Self, Why> {
        let (prometheus, alertmanager) = (&config.prometheus, &config.alertmanager);
        Ok(MonitorClient {
            prometheus: prometheus.wire("prometheus", prometheus.auth(Auth::Bearer)?)?,
            alertmanager: alertmanager.wire("alertmanager", alertmanager.auth(Auth::Bearer)?)?,
            files: ConfigFiles::new(&config.config_dir),
        })
    }

    /// The same client, with somebody who hears of every exchange.
    #[must_use]
    pub fn heard_by(self, ear: Option<&Arc<dyn Ear>>) -> Self {
        MonitorClient {
            prometheus: self.prometheus.heard_by(ear.cloned()),
            alertmanager: self.alertmanager.heard_by(ear.cloned()),
            ..self
        }
    }

    fn wire(&self, component: Component) -> &Wire {
        match component {
            Component::Prometheus => &self.prometheus,
            Component::Alertmanager => &self.alertmanager,
        }
    }

    async fn data(&self, cx: &Cx, path: String) -> Result<Value, Fault> {
        let mut answer = self.prometheus.ask(cx, Call::get(path)).await?.json()?;
        Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// Text of the configuration in force, and version of the program.
    async fn status(&self, cx: &Cx, component: Component) -> Result<(String, String), Fault> {
        let (text, version) = match component {
            Component::Prometheus => {
                let mut config = self.data(cx, "/api/v1/status/config".into()).await?;
                let mut build = self.data(cx, "/api/v1/status/buildinfo".into()).await?;
                (config["yaml"].take(), build["version"].take())
            }
            Component::Alertmanager => {
                let call = Call::get("/api/v2/status");
                let mut status = self.alertmanager.ask(cx, call).await?.json()?;
                (
                    status["config"]["original"].take(),
                    status["versionInfo"]["version"].take(),
                )
            }
        };
        match (text, version) {
            (Value::String(text), Value::String(version)) => Ok((text, version)),
            _ => Err(unexpected(component, "its status")),
        }
    }
}

#[async_trait]
impl Monitor for MonitorClient {
    async fn running(&self, cx: &Cx, component: Component) -> Result<Running, Fault> {
        let (text, version) = self.status(cx, component).await?;
        let config = document::parse(&text)
            .map_err(|e| Fault::new(FaultClass::Rejected, format!("{}: {e}", component.name())))?;
        let metrics = self.metrics(cx, component).await?;
        let gauge = |name: &str| metrics.sum(&format!("{}_config_{name}", component.name()), &[]);
        let reload_ok = match component {
            Component::Prometheus => {
                let info = self.data(cx, "/api/v1/status/runtimeinfo".into()).await?;
                info["reloadConfigSuccess"].as_bool()
            }
            Component::Alertmanager => gauge("last_reload_successful").map(|it| it == 1.0),
        };
        let reload_ok = reload_ok.ok_or_else(|| unexpected(component, "its last reload"))?;
        let loaded_at = gauge("last_reload_success_timestamp_seconds").and_then(moment);
        // Alertmanager also tells apart files that differ only in masked secrets.
        let hash = gauge("hash").unwrap_or_default().to_bits();
        let fingerprint = plan::digest(&json!({ "config": config, "hash": hash }));
        Ok(Running {
            config,
            text,
            reload_ok,
            loaded_at,
            version,
            fingerprint,
        })
    }

    async fn reload(&self, cx: &Cx, component: Component) -> Result<(), Fault> {
        self.wire(component)
            .ask(cx, Call::post("/-/reload"))
            .await
            .map(drop)
    }

    async fn file(&self, component: Component) -> Result<Option<ConfigFile>, Fault> {
        self.files.read(component)
    }

    async fn replace(&self, component: Component, text: &str) -> Result<(), Fault> {
        self.files.replace(component, text)
    }

    async fn kept(&self, component: Component, digest: &str) -> Result<Option<String>, Fault> {
        self.files.kept(component, digest)
    }

    async fn query(&self, cx: &Cx, expression: &str) -> Result<Value, Fault> {
        self.data(cx, format!("/api/v1/query?query={}", segment(expression)))
            .await
    }

    async fn metrics(&self, cx: &Cx, component: Component) -> Result<Metrics, Fault> {
        let answer = self.wire(component).ask(cx, Call::get("/metrics")).await?;
        Ok(Metrics::parse(&answer.text()))
    }

    async fn receivers(&self, cx: &Cx) -> Result<Vec<String>, Fault> {
        let answer = self
            .alertmanager
            .ask(cx, Call::get("/api/v2/receivers"))
            .await?;
        let named: Vec<Named> = read(answer.json()?, "its receivers")?;
        Ok(named.into_iter().map(|it| it.name).collect())
    }

    async fn alerts(&self, cx: &Cx, labels: &[(&str, &str)]) -> Result<Vec<Alert>, Fault> {
        let filters: Vec<String> = labels
            .iter()
            .map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                format!("filter={}", segment(&format!("{name}=\"{value}\"")))
            })
            .collect();
        let path = format!("/api/v2/alerts?{}", filters.join("&"));
        let answer = self.alertmanager.ask(cx, Call::get(path)).await?;
        let held: Vec<Held> = read(answer.json()?, "its alerts")?;
        let alerts = held.into_iter().map(|it| Alert {
            labels: it.labels,
            receivers: it.receivers.into_iter().map(|it| it.name).collect(),
            state: it.status.state,
        });
        Ok(alerts.collect())
    }

    async fn post_alert(
        &self,
        cx: &Cx,
        labels: &BTreeMap<String, String>,
        summary: &str,
        ends_at: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let body = json!([{
            "labels": labels, "annotations": { "summary": summary }, "endsAt": ends_at,
        }]);
        self.alertmanager
            .ask(cx, Call::post("/api/v2/alerts").json(&body))
            .await
            .map(drop)
    }

    async fn silence(
        &self,
        cx: &Cx,
        labels: &[(&str, &str)],
        until: DateTime<Utc>,
        comment: &str,
    ) -> Result<String, Fault> {
        let matchers: Vec<Value> = labels
            .iter()
            .map(|(name, value)| {
                json!({ "name": name, "value": value, "isRegex": false, "isEqual": true })
            })
            .collect();
        let body = json!({
            "matchers": matchers, "startsAt": cx.now, "endsAt": until,
            "createdBy": "guichet", "comment": comment,
        });
        let call = Call::post("/api/v2/silences")
            .json(&body)
            .noting("silence", "/silenceID");
        match self.alertmanager.ask(cx, call).await?.json()?["silenceID"].take() {
            Value::String(id) => Ok(id),
            _ => Err(unexpected(Component::Alertmanager, "the silence")),
        }
    }

    async fn unsilence(&self, cx: &Cx, id: &str) -> Result<(), Fault> {
        let call = Call::delete(format!("/api/v2/silence/{}", segment(id)));
        self.alertmanager.ask(cx, call).await.map(drop)
    }
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Held {
    labels: BTreeMap<String, String>,
    receivers: Vec<Named>,
    status: State,
}

#[derive(Deserialize)]
struct State {
    state: String,
}

fn read<T: for<'de> Deserialize<'de>>(answer: Value, what: &str) -> Result<T, Fault> {
    T::deserialize(answer).map_err(|_| unexpected(Component::Alertmanager, what))
}

fn unexpected(component: Component, what: &str) -> Fault {
    let message = format!("{} answered {what} in an unknown form", component.name());
    Fault::new(FaultClass::Rejected, message)
}

/// A moment given in seconds since 1970. Microseconds are all that a double still holds of it.
fn moment(seconds: f64) -> Option<DateTime<Utc>> {
    let micros = (seconds * 1e6) as i64;
    (seconds > 0.0)
        .then(|| DateTime::from_timestamp_micros(micros))
        .flatten()
}
