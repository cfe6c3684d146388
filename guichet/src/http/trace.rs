//! What the log and the traces say of a request: its number, what was asked, how it was answered.
//! Never a query, a header or a body, and never the token of a link.

use super::Web;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{Extensions, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use std::{sync::Arc, time::Duration};
use tracing::{Span, field::Empty};

/// Number of a request: in the log, in the traces, in the answer, and in what went wrong. It is
/// always ours, so that nobody can write into the log by choosing it.
#[derive(Clone, Debug)]
struct Number(Arc<str>);

/// The number of the request that these belong to.
#[must_use]
pub fn number_of(extensions: &Extensions) -> Option<String> {
    extensions.get::<Number>().map(|it| it.0.to_string())
}

/// The number of a request.
#[must_use]
pub fn number(request: &Request) -> Option<String> {
    number_of(request.extensions())
}

/// Gives every request a number, and says it in the answer. Whoever finds us unavailable is told
/// when to come back, whatever the reason was.
pub(super) async fn numbered(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let number = Number(web.desk.ids.id().to_string().into());
    let said = HeaderValue::from_str(&number.0);
    request.extensions_mut().insert(number);
    let mut answer = next.run(request).await;
    if let Ok(said) = said {
        answer.headers_mut().insert("x-request-id", said);
    }
    if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
        let soon = answer.headers_mut().entry(header::RETRY_AFTER);
        soon.or_insert(HeaderValue::from_static("5"));
    }
    answer
}

/// The path as it may stand in a log: the token of a link is a key and never does.
fn shown(path: &str) -> &str {
    match path.starts_with("/v/") {
        true => "/v/…",
        false => path,
    }
}

/// The span around a request.
pub(super) fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str);
    tracing::info_span!(
        "http",
        otel.name = format!("{} {route}", request.method()),
        otel.kind = "server",
        request = number(request),
        method = %request.method(),
        route,
        path = shown(request.uri().path()),
        status = Empty,
        otel.status_code = Empty,
    )
}

/// One line for every answer.
pub(super) fn answered(response: &Response, took: Duration, span: &Span) {
    let status = response.status().as_u16();
    span.record("status", status);
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(status, ms, "answered");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_link_never_stands_in_a_log() {
        assert_eq!(shown("/v/gch1_secret_00"), "/v/…");
        assert_eq!(shown("/v/gch1_secret_00/receipt"), "/v/…");
        assert_eq!(shown("/tickets/ACME-2026-0001"), "/tickets/ACME-2026-0001");
    }
}
