//! The listening side: our own accept loop, since a bare `axum::serve` waits for ever for headers.
//! Connections are bounded in number, in all and per address; headers, bodies and answers in time.

use super::Web;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Request, StatusCode},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer, trace::TraceLayer};

/// Largest request body; attachments would have a route of their own.
const LARGEST_BODY: usize = 256 * 1024;
/// A client that takes longer for its headers is not one.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Longest answer, long polls apart.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Connections in all.
const MOST: usize = 1_024;
/// Connections of one address.
const MOST_PER_ADDRESS: usize = 64;
/// How long open connections may take to end once we stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// All routes, with what surrounds every one of them.
#[must_use]
pub fn router(web: Web) -> Router {
    Router::new()
        .merge(super::routes())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_WITHIN))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
            let path = redacted(request.uri().path());
            tracing::info_span!("http", method = %request.method(), path)
        }))
        .with_state(web)
}

/// Links carry a secret in their path: it never reaches a log.
fn redacted(path: &str) -> String {
    match path.strip_prefix("/v/") {
        Some(_) => "/v/…".into(),
        None => path.to_owned(),
    }
}

#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

struct Seat {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    fn seat(&self, address: IpAddr) -> Option<Seat> {
        let mut counts = self.0.lock().ok()?;
        let count = counts.entry(address).or_default();
        if *count >= MOST_PER_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Seat { crowd: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Ok(mut counts) = self.crowd.0.lock()
            && let Some(count) = counts.get_mut(&self.address)
        {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Answers until `stop` says true, then lets open answers end.
pub async fn serve(listener: TcpListener, web: Web, mut stop: watch::Receiver<bool>) {
    let router = router(web);
    let room = Arc::new(Semaphore::new(MOST));
    let crowd = Crowd::default();
    let graceful = GracefulShutdown::new();
    while !*stop.borrow() {
        let (stream, peer) = tokio::select! {
            _ = stop.changed() => continue,
            accepted = listener.accept() => match accepted {
                Ok(it) => it,
                Err(error) => {
                    // Out of file descriptors: a short rest lets some connections end.
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        let Some(seat) = crowd.seat(peer.ip()) else { continue };
        let served = connection(stream, router.clone(), &graceful);
        tokio::spawn(async move {
            served.await;
            drop((place, seat));
        });
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(FAREWELL) => {}
    }
}

fn connection(
    stream: TcpStream,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Small answers must not wait for an acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let service = TowerToHyperService::new(router);
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    let served = graceful.watch(served);
    async move {
        if let Err(error) = served.await {
            tracing::debug!(%error, "connection ended badly");
        }
    }
}
