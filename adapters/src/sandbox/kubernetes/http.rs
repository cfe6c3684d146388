//! The wire: requests in, answers out, and the troubles that were ordered.

use super::{
    Cluster, controllers,
    request::{Answer, Request},
    status::Failure,
    watch, webhooks,
};
use crate::sandbox::fault::{Trouble, hang_up};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::Response,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use url::{Url, form_urlencoded};

/// Everything under `/`.
pub(super) fn router(cluster: Cluster) -> Router {
    Router::new().fallback(serve).with_state(cluster)
}

async fn serve(
    State(cluster): State<Cluster>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = read(&method, &uri, &headers, &body);
    if request.method == "GET" && request.option("watch") == "true" {
        return watch::answer(cluster, &request);
    }
    if request.method == "POST" && request.path.ends_with("/pods") {
        let dead = dead_hooks(&cluster).await;
        cluster.lock().dead_hooks = dead;
    }
    if !changes(&request) {
        return write(cluster.answer(&request, false));
    }
    match cluster.mischief.meet() {
        Some(Trouble::Drop) => hang_up(),
        Some(Trouble::DropThenDo) => {
            tokio::spawn(async move { cluster.answer(&request, false) });
            hang_up()
        }
        Some(Trouble::DoThenDrop) => {
            let _ = cluster.answer(&request, false);
            hang_up()
        }
        Some(Trouble::Error500) => write(Err(Failure::new(
            500,
            "Internal error occurred: etcdserver: leader changed",
        )
        .reason("InternalError"))),
        Some(Trouble::Busy) => {
            let busy = Failure::new(503, "the server is currently unable to handle the request");
            write(Err(busy.reason("ServiceUnavailable").retry_after(1)))
        }
        None => {
            let lying = cluster.mischief.lying();
            write(cluster.answer(&request, lying))
        }
    }
}

/// Whether the request may change something that stays.
fn changes(request: &Request) -> bool {
    let review = request.path.ends_with("reviews") || request.path.ends_with("/token");
    let trial = request.option("dryRun") == "All"
        || String::from_utf8_lossy(&request.body)
            .replace(' ', "")
            .contains("\"dryRun\":[\"All\"]");
    !matches!(request.method.as_str(), "GET" | "HEAD") && !review && !trial
}

impl Cluster {
    /// Answers one request after the controllers had a look; a lie is told from a copy.
    pub(super) fn answer(&self, request: &Request, lying: bool) -> Result<Answer, Failure> {
        let now = self.now();
        let mut state = self.lock();
        controllers::settle(&mut state, now);
        if lying {
            let mut copy = state.clone();
            return copy.answer(request, now);
        }
        state.answer(request, now)
    }
}

fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Request {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let query: BTreeMap<String, String> = query.into_owned().collect();
    let token = text(header::AUTHORIZATION)
        .strip_prefix("Bearer ")
        .map(str::to_owned);
    Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query,
        content_type: text(header::CONTENT_TYPE),
        accept: text(header::ACCEPT),
        user_agent: text(header::USER_AGENT),
        token,
        body: body.to_vec(),
    }
}

/// The answer as it goes over the wire.
pub(super) fn write(answer: Result<Answer, Failure>) -> Response {
    let (code, body, warnings, retry) = match answer {
        Ok(it) => (it.status, it.body.to_string(), it.warnings, None),
        Err(it) if it.plain => return plain(&it),
        Err(it) => (it.code, it.body().to_string(), Vec::new(), it.retry_after),
    };
    let mut response = Response::builder()
        .status(StatusCode::from_u16(code).expect("every status here is a fixed one"))
        .header(header::CONTENT_TYPE, "application/json");
    for text in warnings {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        response = response.header(header::WARNING, format!("299 - \"{quoted}\""));
    }
    if let Some(seconds) = retry {
        response = response.header(header::RETRY_AFTER, seconds.to_string());
    }
    response
        .body(Body::from(body))
        .expect("headers of our own making are valid")
}

fn plain(failure: &Failure) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(failure.code).expect("every status here is a fixed one"))
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(Body::from(failure.message.clone()))
        .expect("headers of our own making are valid")
}

/// Webhooks by address that do not even accept a connection.
async fn dead_hooks(cluster: &Cluster) -> BTreeMap<String, String> {
    let addresses = webhooks::addresses(&cluster.lock());
    let mut dead = BTreeMap::new();
    for (address, seconds) in addresses {
        let place = Url::parse(&address)
            .ok()
            .and_then(|it| Some((it.host_str()?.to_owned(), it.port_or_known_default()?)));
        let Some((host, port)) = place else { continue };
        let call = TcpStream::connect((host.as_str(), port));
        match timeout(Duration::from_secs(seconds), call).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => {
                let why = format!("dial tcp {host}:{port}: connect: connection refused");
                dead.insert(address, why);
            }
            Err(_) => {
                dead.insert(address, "context deadline exceeded".to_owned());
            }
        }
    }
    dead
}
