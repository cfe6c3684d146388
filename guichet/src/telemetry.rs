//! The log and the traces of a running program.
//!
//! Both hear the same spans: `http` around a request, `command` around a command, `task` around a
//! run of a task. The log names tickets and tasks, and never a secret, a mail address or what
//! people wrote.

mod carrier;
mod lines;
mod names;
mod tell;

pub use tell::{All, Teller};

use crate::config::{Config, LogConfig, LogFormat, TracesConfig};
use adapters::wire::{Secret, SecretError};
use carrier::Carrier;
use lines::{Lines, Porter, lines};
use names::Named;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use std::{collections::HashMap, io::IsTerminal, time::Duration};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A log or a collector that cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter of the log cannot be read.
    #[error("log.filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Nobody can carry the lines of the log.
    #[error("log: {0}")]
    Lines(#[from] std::io::Error),
    /// The reference of the collector's token leads nowhere.
    #[error("traces.token: {0}")]
    Token(#[from] SecretError),
    /// The HTTP client for the collector cannot be made.
    #[error("traces: {0}")]
    Client(#[from] reqwest::Error),
    /// The collector's address cannot be used.
    #[error("traces.endpoint: {0}")]
    Endpoint(#[from] ExporterBuildError),
}

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// The log, and the traces that are still to be handed over.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    porter: Porter,
}

/// The log of a command: on standard error, quiet unless `GUICHET_LOG` asks for more.
pub fn quiet() {
    let filter = EnvFilter::try_from_env("GUICHET_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let quiet = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second subscriber in the same process means that one already listens.
    let _ = quiet.try_init();
}

impl Telemetry {
    /// Begins to listen as configured; needs a runtime, which carries the traces.
    ///
    /// # Errors
    /// Filter, token or endpoint cannot be used.
    pub fn start(config: &Config) -> Result<Telemetry, TelemetryError> {
        let traces = provider(&config.traces)?;
        let (lines, porter) = lines(std::io::stderr())?;
        let mut layers: Vec<Boxed> = vec![log(&config.log, lines)?];
        if let Some(provider) = &traces {
            layers.push(spans(provider));
        }
        // A second subscriber in the same process means that one already listens.
        let _ = tracing_subscriber::registry().with(layers).try_init();
        Ok(Telemetry { traces, porter })
    }

    /// Hands over the traces that are left, and says what is still to be said.
    pub async fn end(self) {
        if let Some(provider) = self.traces {
            hand_over(provider).await;
        }
        let porter = self.porter;
        // It ends by itself at the latest when the process does.
        let _ = tokio::task::spawn_blocking(move || porter.end()).await;
    }
}

async fn hand_over(provider: SdkTracerProvider) {
    // The library waits for its own thread, which waits for the runtime.
    let left = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(PATIENCE));
    match left.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "some traces were not handed over"),
        Err(error) => tracing::warn!(%error, "some traces were not handed over"),
    }
}

fn log(config: &LogConfig, lines: Lines) -> Result<Boxed, TelemetryError> {
    let filter = match EnvFilter::try_from_env("GUICHET_LOG") {
        Ok(it) => it,
        Err(_) => EnvFilter::try_new(&config.filter)?,
    };
    let json = match config.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(lines);
    Ok(if json {
        let lines = lines.json().flatten_event(true).with_current_span(false);
        lines.with_filter(filter).boxed()
    } else {
        let colours = std::io::stderr().is_terminal();
        lines.with_ansi(colours).with_filter(filter).boxed()
    })
}

/// Only our own spans are traced: those of libraries are theirs, and may hold more than we know.
fn spans(provider: &SdkTracerProvider) -> Boxed {
    let ours = ["guichet", "engine", "adapters"].map(|it| (it, LevelFilter::INFO));
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("guichet"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_targets(ours))
        .boxed()
}

fn provider(config: &TracesConfig) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    let Some(endpoint) = &config.endpoint else {
        return Ok(None);
    };
    let mut headers = HashMap::new();
    if let Some(reference) = &config.token {
        let token = Secret::load(reference)?;
        headers.insert("authorization".into(), format!("Bearer {}", token.expose()));
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Carrier::new(PATIENCE)?)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_headers(headers)
        .with_timeout(PATIENCE)
        .build()?;
    let about = Resource::builder()
        .with_service_name("guichet")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let part = f64::from(config.percent.min(100)) / 100.0;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(part)));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(Named(exporter))
        .with_resource(about)
        .with_sampler(sampler)
        .build();
    Ok(Some(provider))
}
