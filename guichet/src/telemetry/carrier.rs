//! The way of traces to their collector: the same HTTP client and the same TLS as everything else.

use async_trait::async_trait;
use axum::{
    body::Bytes,
    http::{Request, Response},
};
use opentelemetry_http::{HttpClient, HttpError};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::runtime::Handle;

/// Carries traces on the runtime it was made in, since the library's own thread has none.
#[derive(Debug)]
pub(super) struct Carrier {
    client: reqwest::Client,
    runtime: Handle,
    failing: AtomicBool,
}

impl Carrier {
    pub(super) fn new(patience: Duration) -> Result<Self, reqwest::Error> {
        // A provider may already be installed by the program; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(patience)
            .build()?;
        Ok(Carrier {
            client,
            runtime: Handle::current(),
            failing: AtomicBool::new(false),
        })
    }

    /// Says once that traces are being lost, and once that they no longer are.
    fn note(&self, why: Option<String>) {
        let failing = why.is_some();
        if self.failing.swap(failing, Ordering::Relaxed) == failing {
            return;
        }
        match why {
            Some(why) => tracing::warn!(why, "the collector does not take our traces"),
            None => tracing::info!("the collector takes our traces again"),
        }
    }
}

#[async_trait]
impl HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let mut call = self.client.request(parts.method, parts.uri.to_string());
        for (name, value) in &parts.headers {
            call = call.header(name, value);
        }
        let sent = self.runtime.spawn(async move {
            let answer = call.body(body).send().await?;
            let (status, body) = (answer.status(), answer.bytes().await?);
            Ok::<_, reqwest::Error>((status, body))
        });
        // The address is ours and holds no secret; the library's text may quote it.
        let (status, body) = match sent.await? {
            Ok(it) => it,
            Err(error) => {
                self.note(Some(error.to_string()));
                return Err(error.into());
            }
        };
        self.note((!status.is_success()).then(|| status.to_string()));
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Ok(response)
    }
}
