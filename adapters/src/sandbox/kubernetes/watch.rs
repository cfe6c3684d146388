//! Watches: what happens to the objects of a list, one JSON object a line, while it is open.

use super::{
    Cluster, controllers, http,
    list::in_reach,
    request::{Request, Target},
    selectors::{FieldSelector, Labels},
    status::Failure,
    store::{Event, Store, Stored},
};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::header,
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::{Full, combinators};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{sync::mpsc, time::sleep};

const LOOK_EVERY: Duration = Duration::from_millis(5);
const USUAL_SECONDS: i64 = 1800;
/// How long before the end a watcher is told where it has got to.
const BOOKMARK_BEFORE: TimeDelta = TimeDelta::seconds(2);

struct Watch {
    target: Target,
    labels: Labels,
    fields: FieldSelector,
    after: u64,
    bookmark: bool,
    until: DateTime<Utc>,
}

/// Answers a watch: refused at once, or a stream until its time is over.
pub(super) fn answer(cluster: Cluster, request: &Request) -> Response {
    let (watch, present) = match open(&cluster, request) {
        Ok(opened) => opened,
        Err(failure) => return http::write(Err(failure)),
    };
    let (sender, lines) = mpsc::channel(64);
    tokio::spawn(follow(cluster, watch, present, sender));
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::new(Lines(lines)))
        .expect("headers of our own making are valid")
}

/// The watch, and the objects it begins with when it names no version.
fn open(cluster: &Cluster, request: &Request) -> Result<(Watch, Vec<Value>), Failure> {
    let now = cluster.now();
    let mut state = cluster.lock();
    controllers::settle(&mut state, now);
    let (_, target, _) = state.admit(request, now)?;
    let labels = Labels::parse(request.option("labelSelector"))?;
    let fields = FieldSelector::parse(&target.kind, request.option("fieldSelector"))?;
    let current = state.store.version();
    let asked = request.option("resourceVersion");
    let after = if asked.is_empty() {
        current
    } else {
        in_reach(asked, current)?
    };
    if after < state.store.forgotten() {
        let message = format!("too old resource version: {after} ({current})");
        return Err(Failure::new(410, message).reason("Expired"));
    }
    let seconds = request
        .option("timeoutSeconds")
        .parse()
        .unwrap_or(USUAL_SECONDS);
    let bookmark = request.option("allowWatchBookmarks") == "true";
    let until = now + TimeDelta::seconds(seconds);
    let watch = Watch {
        target,
        labels,
        fields,
        after,
        bookmark,
        until,
    };
    let present = if asked.is_empty() {
        watch.present(&state.store)
    } else {
        Vec::new()
    };
    Ok((watch, present))
}

impl Watch {
    fn means(&self, namespace: &str, object: &Value) -> bool {
        let here = self.target.namespace.is_empty() || self.target.namespace == namespace;
        here && self.labels.fit(object) && self.fields.fit(object)
    }
    fn present(&self, store: &Store) -> Vec<Value> {
        let all = store.of_kind(&self.target.kind);
        all.filter(|it| self.means(it.namespace(), &it.value))
            .map(Stored::shown)
            .collect()
    }
    fn sees(&self, event: &Event) -> bool {
        let (at, kind) = (&event.address, &self.target.kind);
        at.group == kind.group
            && at.plural == kind.plural
            && self.means(&at.namespace, &event.object)
    }
}

fn line(what: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{}\n", json!({"type": what, "object": object})))
}

async fn follow(
    cluster: Cluster,
    mut watch: Watch,
    present: Vec<Value>,
    lines: mpsc::Sender<Bytes>,
) {
    for object in present {
        if lines.send(line("ADDED", &object)).await.is_err() {
            return;
        }
    }
    loop {
        // The time is read before the events, so that none of before the end is missed.
        let now = cluster.now();
        let (events, version) = {
            let mut state = cluster.lock();
            controllers::settle(&mut state, now);
            (state.store.since(watch.after), state.store.version())
        };
        for event in events.iter().filter(|it| watch.sees(it)) {
            if lines.send(line(event.what, &event.object)).await.is_err() {
                return;
            }
        }
        watch.after = version;
        if watch.bookmark && now >= watch.until - BOOKMARK_BEFORE {
            watch.bookmark = false;
            let kind = &watch.target.kind;
            let object = json!({
                "kind": kind.kind, "apiVersion": kind.api_version(),
                "metadata": {"resourceVersion": version.to_string()},
            });
            if lines.send(line("BOOKMARK", &object)).await.is_err() {
                return;
            }
        }
        if now >= watch.until || lines.is_closed() {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}

/// A body made of the lines that arrive.
struct Lines(mpsc::Receiver<Bytes>);

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<<combinators::Frame<'static, Full<Bytes>> as Future>::Output> {
        match ready!(self.0.poll_recv(cx)) {
            None => Poll::Ready(None),
            Some(line) => Pin::new(&mut Full::new(line)).poll_frame(cx),
        }
    }
}
