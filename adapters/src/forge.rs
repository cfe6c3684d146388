//! A Git forge: what a change of files needs of it, and the client of Gitea's REST API.

mod gitea;

pub use gitea::GiteaClient;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::{fmt, str::FromStr};
use workflows::{Cx, Fault};

/// A repository, written `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoId {
    owner: String,
    name: String,
}

impl RepoId {
    /// Who has it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
    /// Its name there.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl From<RepoId> for String {
    fn from(id: RepoId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for RepoId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for RepoId {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |it: &str| {
            (1..=100).contains(&it.len())
                && !it.starts_with(['.', '-'])
                && !it.ends_with(".git")
                && it
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        match text.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => Ok(RepoId {
                owner: owner.to_owned(),
                name: name.to_owned(),
            }),
            _ => {
                Err("a repository is written owner/name, in letters, digits, dot, dash, underscore")
            }
        }
    }
}

/// A file as stored: its content and Git's name for that content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Forty hex digits.
    pub sha: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// A file in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path from the root of the repository.
    pub path: String,
    /// Git's name for its content.
    pub sha: String,
}

/// What a commit does to one file, with the content it expects to find there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOp {
    /// The file must not exist.
    Create {
        /// Path from the root.
        path: String,
        /// All its bytes.
        content: Vec<u8>,
    },
    /// The file must have exactly the content named by `expect`.
    Update {
        /// Path from the root.
        path: String,
        /// All its bytes.
        content: Vec<u8>,
        /// Blob sha read while planning.
        expect: String,
    },
    /// The file must have exactly the content named by `expect`.
    Delete {
        /// Path from the root.
        path: String,
        /// Blob sha read while planning.
        expect: String,
    },
}

impl FileOp {
    /// Path from the root.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            FileOp::Create { path, .. }
            | FileOp::Update { path, .. }
            | FileOp::Delete { path, .. } => path,
        }
    }
}

/// A commit to make: all its operations or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit {
    /// Existing branch it goes on.
    pub branch: String,
    /// What it does, file by file.
    pub ops: Vec<FileOp>,
    /// Subject, blank line, body and trailers.
    pub message: String,
    /// Name of the person it is made for.
    pub author: String,
}

/// A commit that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Forty hex digits.
    pub sha: String,
    /// Subject, body and trailers.
    pub message: String,
    /// Whether the forge vouches for its signature.
    pub verified: bool,
}

impl Commit {
    /// Whether the last paragraph of the message says `key: value`.
    #[must_use]
    pub fn has_trailer(&self, key: &str, value: &str) -> bool {
        let message = self.message.trim_end();
        let trailers = message.rsplit_once("\n\n").map_or("", |(_, last)| last);
        trailers.lines().any(|line| {
            line.split_once(':')
                .is_some_and(|(k, v)| k == key && v.trim() == value)
        })
    }
}

/// A Git forge. Reads are at a commit, never "whatever is there now", so that several reads agree.
#[async_trait]
pub trait Forge: Send + Sync {
    /// Commit at the tip of the branch.
    ///
    /// # Errors
    /// `Missing` when there is no such repository or branch.
    async fn head(&self, cx: &Cx, repo: &RepoId, branch: &str) -> Result<String, Fault>;
    /// The file at that commit; `None` when it is not there.
    ///
    /// # Errors
    /// `Guard` when the path is a link, a directory or a submodule.
    async fn read(
        &self,
        cx: &Cx,
        repo: &RepoId,
        at: &str,
        path: &str,
    ) -> Result<Option<Blob>, Fault>;
    /// The files at that commit whose path begins with `prefix`, in order of path.
    ///
    /// # Errors
    /// `Missing` when there is no such commit; `Guard` when the listing came back cut short.
    async fn tree(
        &self,
        cx: &Cx,
        repo: &RepoId,
        at: &str,
        prefix: &str,
    ) -> Result<Vec<Entry>, Fault>;
    /// Makes one commit of all operations.
    ///
    /// # Errors
    /// `Conflict` when a file is not as expected, `Rejected` when the forge refuses for another
    /// reason, `Ambiguous` when nobody can tell whether the commit was made.
    async fn commit(&self, cx: &Cx, repo: &RepoId, new: &NewCommit) -> Result<Commit, Fault>;
    /// The last `max` commits of the branch, newest first.
    ///
    /// # Errors
    /// `Missing` when there is no such repository or branch.
    async fn recent(
        &self,
        cx: &Cx,
        repo: &RepoId,
        branch: &str,
        max: u32,
    ) -> Result<Vec<Commit>, Fault>;
    /// The newest among the last `max` commits of the branch that carries the trailer.
    ///
    /// # Errors
    /// As [`Forge::recent`].
    async fn find_by_trailer(
        &self,
        cx: &Cx,
        repo: &RepoId,
        branch: &str,
        trailer: (&str, &str),
        max: u32,
    ) -> Result<Option<Commit>, Fault> {
        let recent = self.recent(cx, repo, branch, max).await?;
        Ok(recent
            .into_iter()
            .find(|it| it.has_trailer(trailer.0, trailer.1)))
    }
    /// The commit of that sha, when the repository has it.
    ///
    /// # Errors
    /// Only those of the exchange itself.
    async fn commit_info(&self, cx: &Cx, repo: &RepoId, sha: &str)
    -> Result<Option<Commit>, Fault>;
}

/// Git's name for this content, computed here: what a forge says about a file can be checked
/// against it.
#[must_use]
pub fn blob_sha(content: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", content.len()));
    hash.update(content);
    hex::encode(hash.finalize())
}
