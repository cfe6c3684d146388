//! The server itself: our own accept loop, since the framework's gives a half-sent request for
//! ever and any number of connections to anybody.

use super::{
    Web,
    address::{Net, is_proxy},
    api, pages,
    problem::Problem,
    trace,
};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{
    any::Any,
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tower::ServiceExt;
use tower_http::{
    catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
    trace::TraceLayer,
};

/// What strangers may take of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections open at once.
    pub connections: usize,
    /// Most connections of one address; this machine and the proxies named are exempt, since they
    /// speak for everybody.
    pub per_address: usize,
    /// Counts this machine's own connections as well, for where no proxy runs on it.
    pub count_near: bool,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long a request may take from its head to the answer.
    pub request: Duration,
    /// How long answers under way may still take once we were told to stop.
    pub parting: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 2_048,
            per_address: 64,
            count_near: false,
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
            parting: Duration::from_secs(10),
        }
    }
}

/// Everything that answers HTTP, with the limits around it.
#[derive(Clone)]
pub struct Server {
    router: Router,
    limits: Limits,
    places: Arc<Semaphore>,
    guests: Guests,
    proxies: Vec<Net>,
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of an address, counted until dropped.
struct Seat {
    address: IpAddr,
    guests: Guests,
}

impl Guests {
    fn seat(&self, address: IpAddr, most: usize) -> Option<Seat> {
        let mut counts = self.0.lock().ok()?;
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat {
            address,
            guests: self.clone(),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Ok(mut counts) = self.guests.0.lock() else {
            return;
        };
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Answers HTTP on `listener` until `stop` says true, within the usual limits.
pub async fn serve(listener: TcpListener, web: Web, stop: watch::Receiver<bool>) {
    Server::new(web, Limits::default())
        .run(listener, stop)
        .await;
}

/// Pages, links and API, without the limits on connections.
pub fn router(web: Web, limits: Limits) -> Router {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let late = StatusCode::SERVICE_UNAVAILABLE;
    Router::new()
        .merge(api::routes(&web, limits.request))
        .merge(pages::routes(&web))
        .layer(TimeoutLayer::with_status_code(late, limits.request * 2))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(trace::span)
                .on_request(())
                .on_response(trace::answered)
                .on_failure(()),
        )
        .layer(middleware::from_fn_with_state(web.clone(), trace::numbered))
        .with_state(web)
}

/// A handler that panicked has answered nobody; the next request finds the program unharmed.
pub(super) fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let words = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(cause = words, "a handler panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Une erreur de notre côté\u{a0}; rien n’est perdu, recommencez."
            .replace('\u{a0}', "\u{202f}"),
        "An error on our side; nothing is lost, try again.",
    )
    .into_response()
}

impl Server {
    /// A server within these limits.
    #[must_use]
    pub fn new(web: Web, limits: Limits) -> Self {
        let proxies = web.house.proxies.clone();
        Server {
            proxies,
            ..Server::of(router(web, limits), limits)
        }
    }

    /// A server of something else within these limits.
    #[must_use]
    pub fn of(router: Router, limits: Limits) -> Self {
        Server {
            router,
            limits,
            places: Arc::new(Semaphore::new(limits.connections)),
            guests: Guests::default(),
            proxies: Vec::new(),
        }
    }

    /// Answers until `stop` says true, then lets answers under way end.
    pub async fn run(self, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        loop {
            let place = tokio::select! {
                _ = stop.wait_for(|it| *it) => break,
                place = self.places.clone().acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let accepted = tokio::select! {
                _ = stop.wait_for(|it| *it) => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => self.welcome(stream, address, place, &graceful),
                Err(error) => rest(&error).await,
            }
        }
        drop(listener);
        let parting = tokio::time::timeout(self.limits.parting, graceful.shutdown());
        if parting.await.is_err() {
            tracing::warn!("answers under way were cut off");
        }
    }

    /// Serves one connection on a task of its own; a guest too many is shown the door.
    fn welcome(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        place: OwnedSemaphorePermit,
        graceful: &GracefulShutdown,
    ) {
        let ip = address.ip();
        let for_all = is_proxy(ip, &self.proxies) && !(ip.is_loopback() && self.limits.count_near);
        let most = if for_all {
            usize::MAX
        } else {
            self.limits.per_address
        };
        let Some(seat) = self.guests.seat(ip, most) else {
            tracing::debug!(%address, "too many connections of one address");
            return;
        };
        // Small answers go out at once; an error here costs some speed and nothing else.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "connection ended");
            }
            drop((seat, place));
        });
    }
}

/// After a failed accept: a connection that went away is nothing, a lack of file handles needs a
/// pause, or the loop would burn a core.
async fn rest(error: &io::Error) {
    let gone = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionRefused,
    ];
    if !gone.contains(&error.kind()) {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::Request;

    #[test]
    fn one_address_has_so_many_connections_and_gets_them_back_p29() {
        let guests = Guests::default();
        let far: IpAddr = "203.0.113.7".parse().unwrap();
        let first = guests.seat(far, 2).unwrap();
        let _second = guests.seat(far, 2).unwrap();
        assert!(guests.seat(far, 2).is_none());
        assert!(guests.seat("203.0.113.8".parse().unwrap(), 2).is_some());
        drop(first);
        assert!(guests.seat(far, 2).is_some());
    }

    #[tokio::test]
    async fn a_handler_that_panics_or_dawdles_leaves_a_problem_in_the_language_asked_for() {
        let boom = axum::routing::get(|| async {
            assert!(std::hint::black_box(false), "on purpose");
        });
        let slow = axum::routing::get(std::future::pending::<()>);
        let late = StatusCode::SERVICE_UNAVAILABLE;
        let router = Router::new()
            .route("/boom", boom)
            .route("/slow", slow)
            .layer(TimeoutLayer::with_status_code(
                late,
                Duration::from_millis(20),
            ))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(axum::middleware::from_fn(super::super::problem::word));
        for (path, status, words) in [("/boom", 500, "on our side"), ("/slow", 503, "Unavailable")]
        {
            let request = Request::get(path).header("accept-language", "en");
            let request = request.body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let body = axum::body::to_bytes(answer.into_body(), 10_000)
                .await
                .unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains(words) && body.contains(path), "{body}");
        }
    }
}
