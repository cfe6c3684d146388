//! The one table between our words and the semantic conventions of OpenTelemetry, whose names for
//! pipelines are not settled yet. Code says `ticket` and `task`; only here do they get their names.

use opentelemetry::Key;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use std::time::Duration;

/// Our word, and the name it goes by outside.
const NAMES: [(&str, &str); 10] = [
    ("method", "http.request.method"),
    ("route", "http.route"),
    ("path", "url.path"),
    ("status", "http.response.status_code"),
    ("request", "http.request.header.x-request-id"),
    ("ticket", "cicd.pipeline.run.id"),
    ("task", "cicd.pipeline.task.name"),
    ("attempt", "guichet.task.attempt"),
    ("action", "guichet.task.action"),
    ("command", "guichet.command"),
];

fn renamed(key: &mut Key) {
    if let Some((_, name)) = NAMES.iter().find(|it| it.0 == key.as_str()) {
        *key = Key::from_static_str(name);
    }
}

/// An exporter that is handed spans under their outside names.
#[derive(Debug)]
pub(super) struct Named<E>(pub(super) E);

impl<E: SpanExporter> SpanExporter for Named<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            for it in &mut span.attributes {
                renamed(&mut it.key);
            }
        }
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
