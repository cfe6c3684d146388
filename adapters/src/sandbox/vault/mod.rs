//! Vault played on a loopback port: health, seal, auth mounts, Kubernetes logins judged by a real
//! TokenReview, policies that are really weighed, and keys to read.

mod acl;
mod login;
mod mounts;
mod routes;

use super::{fault::Mischief, serving::Serving};
use axum::{Router, routing::any};
use mounts::Mount;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// What a token may do.
#[derive(Clone, Debug)]
enum Holder {
    /// Everything.
    Root,
    /// What its policies say, with what is known of the service account that logged in.
    Pod {
        policies: Vec<String>,
        accessor: String,
        metadata: BTreeMap<String, String>,
    },
}

#[derive(Debug, Default)]
struct Stored {
    mounts: BTreeMap<String, Mount>,
    policies: BTreeMap<String, String>,
    keys: BTreeMap<String, Value>,
    tokens: BTreeMap<String, Holder>,
}

/// The stand-in's state; cheap to clone.
#[derive(Clone)]
pub struct VaultServer(Arc<Inner>);

struct Inner {
    stored: Mutex<Stored>,
    sealed: AtomicBool,
    issued: AtomicU64,
    seed: String,
    mischief: Mischief,
}

impl VaultServer {
    /// An unsealed Vault that obeys this root token.
    #[must_use]
    pub fn new(root: &str) -> VaultServer {
        let mut stored = Stored::default();
        stored.tokens.insert(root.to_owned(), Holder::Root);
        VaultServer(Arc::new(Inner {
            stored: Mutex::new(stored),
            sealed: AtomicBool::new(false),
            issued: AtomicU64::new(0),
            seed: root.to_owned(),
            mischief: Mischief::default(),
        }))
    }

    /// Seals it, or unseals it: sealed, it answers 503 to everything.
    pub fn seal(&self, on: bool) {
        self.0.sealed.store(on, Ordering::SeqCst);
    }

    /// Puts a key, e.g. `ns/orders/db`, below `kv/`.
    pub fn put(&self, path: &str, value: Value) {
        self.stored().keys.insert(path.to_owned(), value);
    }

    /// Someone else's policy of that name.
    pub fn put_policy(&self, name: &str, text: &str) {
        self.stored()
            .policies
            .insert(name.to_owned(), text.to_owned());
    }

    /// The text of a policy.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<String> {
        self.stored().policies.get(name).cloned()
    }

    /// Names of the auth mounts.
    #[must_use]
    pub fn mounts(&self) -> Vec<String> {
        self.stored().mounts.keys().cloned().collect()
    }

    /// Tokens in force besides the root token.
    #[must_use]
    pub fn guests(&self) -> usize {
        self.stored()
            .tokens
            .values()
            .filter(|it| !matches!(it, Holder::Root))
            .count()
    }

    /// Its misbehaviour and its count of mutating requests.
    #[must_use]
    pub fn mischief(&self) -> &Mischief {
        &self.0.mischief
    }

    /// Serves on this machine; port 0 lets the system choose.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn serve(&self, port: u16) -> std::io::Result<Serving> {
        let router = Router::new()
            .route("/v1/{*path}", any(routes::serve))
            .with_state(self.clone());
        Serving::start(router, port).await
    }

    fn stored(&self) -> MutexGuard<'_, Stored> {
        self.0.stored.lock().expect("no holder of this lock panics")
    }

    fn sealed(&self) -> bool {
        self.0.sealed.load(Ordering::SeqCst)
    }

    /// A word nobody was given before.
    fn fresh(&self, prefix: &str) -> String {
        let nth = self.0.issued.fetch_add(1, Ordering::SeqCst);
        let hash = hex::encode(Sha256::digest(format!("{}/{nth}", self.0.seed)));
        format!("{prefix}{}", &hash[..24])
    }
}
