//! A collector of traces in small: takes OTLP over HTTP and reads the real protobuf.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
};
use prost::Message;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A span as it arrived.
#[derive(Clone, Debug)]
pub struct Span {
    pub name: String,
    pub trace: Vec<u8>,
    pub id: Vec<u8>,
    pub parent: Vec<u8>,
    attributes: Vec<(String, String)>,
}

impl Span {
    pub fn says(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|it| it.0 == name);
        found.map(|it| it.1.as_str())
    }
}

type Kept = Arc<Mutex<Vec<Bytes>>>;

pub struct Collector {
    pub url: String,
    kept: Kept,
}

async fn take(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> (StatusCode, Vec<u8>) {
    let token = headers.get("authorization").and_then(|it| it.to_str().ok());
    if !token.is_some_and(|it| it.starts_with("Bearer canary-traces-")) {
        return (StatusCode::UNAUTHORIZED, Vec::new());
    }
    if headers["content-type"] != "application/x-protobuf" {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, Vec::new());
    }
    kept.lock().unwrap().push(body);
    (
        StatusCode::OK,
        ExportTraceServiceResponse::default().encode_to_vec(),
    )
}

impl Collector {
    pub async fn start() -> Collector {
        let kept = Kept::default();
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(kept.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Collector { url, kept }
    }

    /// Everything that came, as it came.
    pub fn raw(&self) -> String {
        let all = self.kept.lock().unwrap().concat();
        String::from_utf8_lossy(&all).into_owned()
    }

    pub fn spans(&self) -> Vec<Span> {
        let mut all = Vec::new();
        for body in self.kept.lock().unwrap().iter() {
            let request = ExportTraceServiceRequest::decode(body.clone()).unwrap();
            let scopes = request
                .resource_spans
                .into_iter()
                .flat_map(|it| it.scope_spans);
            all.extend(scopes.flat_map(|it| it.spans).map(|it| Span {
                name: it.name,
                trace: it.trace_id,
                id: it.span_id,
                parent: it.parent_span_id,
                attributes: it.attributes.iter().map(pair).collect(),
            }));
        }
        all
    }
}

fn pair(it: &KeyValue) -> (String, String) {
    let value = it.value.as_ref().and_then(|it| it.value.clone());
    let text = match value {
        Some(Value::StringValue(it)) => it,
        Some(Value::IntValue(it)) => it.to_string(),
        Some(Value::BoolValue(it)) => it.to_string(),
        other => format!("{other:?}"),
    };
    (it.key.clone(), text)
}
