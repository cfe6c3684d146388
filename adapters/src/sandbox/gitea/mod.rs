//! Gitea played on a loopback port: its REST subset and Git over HTTP, on real bare repositories,
//! so that any `git` client can check what was done.

mod git;
mod rest;
mod smart_http;
mod store;

pub use git::GitError;
pub use store::StoreError;

use super::{fault::Mischief, serving::Serving};
use crate::forge::RepoId;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use store::{Edit, EditKind, Signature, Store};

/// A push of a whole repository is one request body.
const LARGEST_PUSH: usize = 256 << 20;

/// The stand-in's state; cheap to clone.
#[derive(Clone)]
pub struct Gitea {
    store: Store,
    tokens: Arc<Mutex<BTreeMap<String, bool>>>,
    archived: Arc<Mutex<BTreeSet<RepoId>>>,
    mischief: Mischief,
}

impl Gitea {
    /// A Gitea that keeps its repositories under `root`, which must exist.
    #[must_use]
    pub fn new(root: &Path) -> Gitea {
        Gitea {
            store: Store {
                root: root.to_owned(),
            },
            tokens: Arc::default(),
            archived: Arc::default(),
            mischief: Mischief::default(),
        }
    }

    /// Accepts this token from now on, for writing too or for reading only.
    pub fn accept(&self, token: &str, writes: bool) {
        let mut tokens = self.tokens.lock().expect("no holder of this lock panics");
        tokens.insert(token.to_owned(), writes);
    }

    /// Whether the repository is there, e.g. from an earlier run over the same directory.
    #[must_use]
    pub fn has(&self, repo: &RepoId) -> bool {
        self.store.dir(repo).is_dir()
    }

    /// A new repository whose branch `main` holds these files.
    ///
    /// # Errors
    /// When it exists already, or Git fails.
    pub async fn create(&self, repo: &RepoId, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        self.store.create(repo, files).await
    }

    /// Someone else's commit: writes the file whatever is there; `None` deletes it.
    ///
    /// # Errors
    /// When the repository is missing, or Git fails.
    pub async fn edit_as(
        &self,
        author: &str,
        repo: &RepoId,
        path: &str,
        content: Option<&[u8]>,
    ) -> Result<String, StoreError> {
        let bare = self.store.open(repo)?;
        let now = bare
            .lines(&bare.head("main").await?, path, false)
            .await?
            .into_iter()
            .next();
        let expect = now.map(|it| it.sha);
        let kind = match (content, &expect) {
            (Some(content), Some(_)) => EditKind::Update(content.to_vec()),
            (Some(content), None) => EditKind::Create(content.to_vec()),
            (None, _) => EditKind::Delete,
        };
        let who = (author.to_owned(), "someone@example.invalid".to_owned());
        let message = format!("Edit {path}");
        let signature = Signature {
            author: who.clone(),
            committer: who,
            message,
        };
        let edit = Edit {
            path: path.to_owned(),
            kind,
            expect,
        };
        bare.commit("main", &[edit], &signature).await
    }

    /// Makes the repository read-only, or writable again.
    pub fn archive(&self, repo: &RepoId, on: bool) {
        let mut archived = self.archived.lock().expect("no holder of this lock panics");
        if on {
            archived.insert(repo.clone())
        } else {
            archived.remove(repo)
        };
    }

    /// Its misbehaviour and its count of mutating requests.
    #[must_use]
    pub fn mischief(&self) -> &Mischief {
        &self.mischief
    }

    /// The bare repository on disk, for an independent `git`.
    #[must_use]
    pub fn dir(&self, repo: &RepoId) -> PathBuf {
        self.store.dir(repo)
    }

    /// Serves on this machine; port 0 lets the system choose.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn serve(&self, port: u16) -> std::io::Result<Serving> {
        Serving::start(self.router(), port).await
    }

    fn router(&self) -> Router {
        let api = Router::new()
            .route("/version", get(rest::version))
            .route("/repos/{owner}/{name}", get(rest::repository))
            .route(
                "/repos/{owner}/{name}/branches/{*branch}",
                get(rest::branch),
            )
            .route(
                "/repos/{owner}/{name}/contents",
                get(rest::root).post(rest::change),
            )
            .route(
                "/repos/{owner}/{name}/contents/{*path}",
                get(rest::contents),
            )
            .route("/repos/{owner}/{name}/commits", get(rest::commits))
            .route("/repos/{owner}/{name}/git/commits/{sha}", get(rest::commit))
            .route("/repos/{owner}/{name}/git/trees/{sha}", get(rest::tree));
        Router::new()
            .nest("/api/v1", api)
            .route("/{owner}/{repo}/{*service}", any(smart_http::serve))
            .layer(DefaultBodyLimit::max(LARGEST_PUSH))
            .with_state(self.clone())
    }

    fn right(&self, token: &str) -> Option<bool> {
        self.tokens
            .lock()
            .expect("no holder of this lock panics")
            .get(token)
            .copied()
    }

    fn may_write(&self, token: &str) -> bool {
        self.right(token) == Some(true)
    }

    fn is_archived(&self, repo: &RepoId) -> bool {
        self.archived
            .lock()
            .expect("no holder of this lock panics")
            .contains(repo)
    }
}
