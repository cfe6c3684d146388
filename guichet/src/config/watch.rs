//! What the operator decides about being watched and being pestered: readiness, figures, logs,
//! traces, limits.

use super::{ConfigError, value};
use crate::http::{address::Net, server::Limits};
use serde::Deserialize;
use std::net::SocketAddr;

/// Beyond what the program calls itself not ready. 0: never for that reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadyConfig {
    /// Seconds that something due may have been left waiting.
    pub lag_s: u64,
    /// Seconds that a letter may have been owed. A mail server that is down makes letters wait, and
    /// the portal works without it: where the answer of `/readyz` takes the portal out of service,
    /// 0 may be the better choice.
    pub outbox_s: u64,
}

impl Default for ReadyConfig {
    fn default() -> Self {
        ReadyConfig {
            lag_s: 60,
            outbox_s: 900,
        }
    }
}

/// Figures for Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Address of their own listener; none: no figures. Never the portal's: figures speak of all
    /// clients together.
    pub listen: Option<SocketAddr>,
    /// Reference of what a scraper has to show as a bearer token: `env:NAME` or `file:PATH`.
    pub token: Option<String>,
    /// Adds the tokens of every contract, by code.
    pub ledger: bool,
    /// How often the whole journal is verified, once at the start included; 0: never.
    pub verify_hours: u16,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        MetricsConfig {
            listen: None,
            token: None,
            ledger: false,
            verify_hours: 24,
        }
    }
}

/// Form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// Text.
    Text,
    /// One JSON object a line.
    Json,
}

/// The log, on standard error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Its form.
    pub format: LogFormat,
    /// What is said, e.g. `info` or `warn,engine=debug`; `GUICHET_LOG` wins over it.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        LogConfig {
            format: LogFormat::Auto,
            filter: "info".into(),
        }
    }
}

/// Traces by OpenTelemetry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesConfig {
    /// Where a collector takes OTLP over HTTP, e.g. `http://127.0.0.1:4318`; none: no traces.
    pub endpoint: Option<String>,
    /// Reference of the bearer token it wants: `env:NAME` or `file:PATH`.
    pub token: Option<String>,
    /// Of a hundred traces, how many are kept.
    pub percent: u8,
}

impl Default for TracesConfig {
    fn default() -> Self {
        TracesConfig {
            endpoint: None,
            token: None,
            percent: 100,
        }
    }
}

/// What strangers may take of the program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Most connections open at once.
    pub connections: usize,
    /// Most connections of one address.
    pub per_address: usize,
    /// Most wrong passwords, and most links that open nothing, from one address in a minute.
    pub guesses_per_minute: u32,
    /// Networks of the proxies in front, whose `X-Forwarded-For` is believed: `10.0.0.0/8`. This
    /// machine itself always is.
    pub proxies: Vec<Net>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        LimitsConfig {
            connections: limits.connections,
            per_address: limits.per_address,
            guesses_per_minute: 30,
            proxies: Vec::new(),
        }
    }
}

impl MetricsConfig {
    pub(super) fn check(&self, portal: SocketAddr) -> Result<(), ConfigError> {
        referenced("metrics.token", self.token.as_deref())?;
        let Some(listen) = self.listen else {
            return Ok(());
        };
        if listen.port() != 0 && listen.port() == portal.port() {
            let why = "figures speak of all clients together: give them a port of their own";
            return Err(value("metrics.listen", why));
        }
        if self.ledger && self.token.is_none() && !listen.ip().is_loopback() {
            return Err(ConfigError::Unsafe(format!(
                "metrics.ledger on {listen} would show every contract's tokens to whoever \
                 reaches it: set metrics.token"
            )));
        }
        Ok(())
    }
}

impl TracesConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        referenced("traces.token", self.token.as_deref())?;
        if self.percent > 100 {
            return Err(value("traces.percent", "write a number from 0 to 100"));
        }
        let Some(endpoint) = &self.endpoint else {
            return Ok(());
        };
        let near = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let clear = endpoint.starts_with("http://");
        if !clear && !endpoint.starts_with("https://") {
            return Err(value("traces.endpoint", "write http://HOST:4318"));
        }
        if endpoint.contains('@') {
            return Err(value("traces.endpoint", "no user or password belongs here"));
        }
        if clear && self.token.is_some() && !near.iter().any(|it| endpoint.starts_with(it)) {
            return Err(ConfigError::Unsafe(
                "traces.token would travel in clear: use https in traces.endpoint".into(),
            ));
        }
        Ok(())
    }
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let all = [
            ("limits.connections", self.connections),
            ("limits.per_address", self.per_address),
            (
                "limits.guesses_per_minute",
                self.guesses_per_minute as usize,
            ),
        ];
        match all.into_iter().find(|it| it.1 == 0) {
            Some((key, _)) => Err(value(key, "0 would let nobody in")),
            None => Ok(()),
        }
    }

    /// The limits of the server.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            connections: self.connections,
            per_address: self.per_address,
            ..Limits::default()
        }
    }
}

/// A secret is a reference. The value is not repeated: it may be the secret itself.
fn referenced(key: &'static str, given: Option<&str>) -> Result<(), ConfigError> {
    match given {
        Some(it) if !it.starts_with("env:") && !it.starts_with("file:") => {
            Err(value(key, "write env:NAME or file:PATH, not the secret"))
        }
        _ => Ok(()),
    }
}
