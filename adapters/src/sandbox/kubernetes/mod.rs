//! A Kubernetes API server in small: the kinds, field ownership, errors and controllers that our
//! changes rely on, over HTTP, in memory. It gives the answers that were recorded on a real one.
//!
//! Not played: strategic merge and JSON patches (415), deletion of collections (405), conversion
//! and validating webhooks, stateful sets and daemon sets; admission looks at what comes over the
//! API, not at what controllers make. Controllers look once before each request, so a write is
//! answered with the status of before and time passes only with the clock.

mod access;
mod admission;
mod commit;
mod controllers;
mod custom;
mod defaults;
mod evict;
mod fields;
mod http;
mod kinds;
mod list;
mod ownership;
mod podsecurity;
mod remove;
mod request;
mod reviews;
mod schema;
mod seed;
mod selectors;
mod state;
mod status;
mod store;
mod tokens;
mod typed;
mod validate;
mod watch;
mod webhooks;
mod write;

use super::{fault::Mischief, serving::Serving};
use access::User;
use chrono::{DateTime, Utc};
use serde_json::Value;
use state::State;
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
};
use uuid::Uuid;

/// Where the stand-in takes the time from.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Token of the cluster's administrator.
pub const ADMIN_TOKEN: &str = "sandbox-cluster-administrator";

/// A listening API server; it stops when dropped.
pub struct Kubernetes {
    cluster: Cluster,
    serving: Serving,
}

/// The state of the server, for those who share it: the tests and the provider of its nodes.
#[derive(Clone)]
pub struct Cluster {
    state: Arc<Mutex<State>>,
    clock: Clock,
    mischief: Mischief,
}

impl Kubernetes {
    /// Starts a server with the system's time; `seed` makes its ids differ from another one's.
    ///
    /// # Errors
    /// When no loopback port can be had.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the stand-in reads the time"
    )]
    pub async fn start(seed: &str) -> io::Result<Kubernetes> {
        Kubernetes::start_at(seed, 0, Arc::new(Utc::now)).await
    }

    /// Starts a server with its own time, on `port` (0 lets the system choose).
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start_at(seed: &str, port: u16, clock: Clock) -> io::Result<Kubernetes> {
        let mut state = State::new(Uuid::new_v5(&Uuid::NAMESPACE_DNS, seed.as_bytes()));
        state.users.insert(
            ADMIN_TOKEN.to_owned(),
            User::new("admin", &["system:masters"]),
        );
        let cluster = Cluster {
            state: Arc::new(Mutex::new(state)),
            clock,
            mischief: Mischief::default(),
        };
        cluster.furnish();
        let serving = Serving::start(http::router(cluster.clone()), port).await?;
        Ok(Kubernetes { cluster, serving })
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> String {
        self.serving.url()
    }
    /// The cluster behind the server.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
    /// Troubles, lies and the count of mutating calls. Dry runs and reviews change nothing and are
    /// not counted.
    #[must_use]
    pub fn mischief(&self) -> &Mischief {
        &self.cluster.mischief
    }
}

impl Cluster {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
    /// Makes `token` stand for a user with these groups.
    pub fn add_token(&self, token: &str, user: &str, groups: &[&str]) {
        self.lock()
            .users
            .insert(token.to_owned(), User::new(user, groups));
    }
    /// Whether requests without a token are answered as `system:anonymous`, as by default, or
    /// refused.
    pub fn allow_anonymous(&self, allowed: bool) {
        self.lock().anonymous = allowed;
    }
    /// Holds the controllers still, or lets them look again.
    pub fn pause_controllers(&self, paused: bool) {
        self.lock().paused = paused;
    }
    /// The object as stored, for assertions that do not go through the API. Controllers look first.
    #[must_use]
    pub fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let now = self.now();
        let mut state = self.lock();
        controllers::settle(&mut state, now);
        let at = store::Address::of(&kinds::named(kind), namespace, name);
        state.store.get(&at).map(store::Stored::shown)
    }
    /// The version of the last change; equal versions mean that nothing at all was changed.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.lock().store.version()
    }
}
