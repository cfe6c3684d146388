//! Gitea's REST API.

use super::{Blob, Commit, Entry, FileOp, Forge, NewCommit, RepoId, blob_sha};
use crate::wire::{Call, Reply, Wire, segment};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use workflows::{Cx, Fault, FaultClass};

/// Gitea ignores an author without an address; this one can have no mailbox.
const NO_MAILBOX: &str = "guichet@localhost.invalid";
const COMMITTER: &str = "Guichet";
/// Gitea's own default limit of a page of commits.
const PAGE: u32 = 50;
/// Pages of a recursive listing that are read before giving up.
const MOST_PAGES: u32 = 50;

/// A client of one Gitea.
pub struct GiteaClient {
    wire: Wire,
}

impl GiteaClient {
    /// A client that speaks through `wire`, recognised by `Authorization: token …`.
    #[must_use]
    pub fn new(wire: Wire) -> Self {
        GiteaClient {
            wire: wire.classified_by(classify),
        }
    }

    /// Whether every file is now as the operations expect. The refusal's status and text do not
    /// tell a moved file from a bad request, so the files themselves are asked.
    async fn as_expected(&self, cx: &Cx, repo: &RepoId, new: &NewCommit) -> Result<bool, Fault> {
        let head = self.head(cx, repo, &new.branch).await?;
        for op in &new.ops {
            let now = self
                .read(cx, repo, &head, op.path())
                .await?
                .map(|it| it.sha);
            let expected = match op {
                FileOp::Create { .. } => None,
                FileOp::Update { expect, .. } | FileOp::Delete { expect, .. } => Some(expect),
            };
            if now.as_ref() != expected {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A 5xx to a commit may come after the commit was made; the other answers are the usual ones.
fn classify(reply: &Reply) -> Option<FaultClass> {
    (reply.status == 500).then_some(FaultClass::Ambiguous)
}

fn under(repo: &RepoId, rest: &str) -> String {
    format!(
        "/api/v1/repos/{}/{}{rest}",
        segment(repo.owner()),
        segment(repo.name())
    )
}

fn escaped(path: &str) -> String {
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn text(value: &Value, pointer: &str) -> Result<String, Fault> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| {
            Fault::new(
                FaultClass::Rejected,
                format!("gitea: the answer lacks {pointer}"),
            )
        })
}

fn commit_of(value: &Value) -> Result<Commit, Fault> {
    let verified = value
        .pointer("/commit/verification/verified")
        .and_then(Value::as_bool);
    Ok(Commit {
        sha: text(value, "/sha")?,
        message: text(value, "/commit/message")?,
        verified: verified.unwrap_or_default(),
    })
}

fn file_of(op: &FileOp) -> Value {
    match op {
        FileOp::Create { path, content } => {
            json!({"operation": "create", "path": path, "content": STANDARD.encode(content)})
        }
        FileOp::Update {
            path,
            content,
            expect,
        } => json!({
            "operation": "update", "path": path, "sha": expect,
            "content": STANDARD.encode(content),
        }),
        FileOp::Delete { path, expect } => {
            json!({"operation": "delete", "path": path, "sha": expect})
        }
    }
}

#[async_trait]
impl Forge for GiteaClient {
    async fn head(&self, cx: &Cx, repo: &RepoId, branch: &str) -> Result<String, Fault> {
        let call = Call::get(under(repo, &format!("/branches/{}", escaped(branch))))
            .noting("head", "/commit/id");
        text(&self.wire.ask(cx, call).await?.json()?, "/commit/id")
    }

    async fn read(
        &self,
        cx: &Cx,
        repo: &RepoId,
        at: &str,
        path: &str,
    ) -> Result<Option<Blob>, Fault> {
        let rest = format!("/contents/{}?ref={}", escaped(path), segment(at));
        let call = Call::get(under(repo, &rest)).noting("blob", "/sha");
        let Some(reply) = self.wire.find(cx, call).await? else {
            return Ok(None);
        };
        let file = reply.json()?;
        if file.get("type").and_then(Value::as_str) != Some("file") {
            let message = format!("{path} is not an ordinary file");
            return Err(Fault::new(FaultClass::Guard, message));
        }
        let sha = text(&file, "/sha")?;
        let content = STANDARD.decode(text(&file, "/content")?.replace('\n', ""));
        match content {
            Ok(content) if blob_sha(&content) == sha => Ok(Some(Blob { sha, content })),
            _ => {
                let message = format!("gitea: the content of {path} is not what its sha names");
                Err(Fault::new(FaultClass::Rejected, message))
            }
        }
    }

    async fn tree(
        &self,
        cx: &Cx,
        repo: &RepoId,
        at: &str,
        prefix: &str,
    ) -> Result<Vec<Entry>, Fault> {
        let mut found = Vec::new();
        for page in 1..=MOST_PAGES {
            let at = segment(at);
            let rest = format!("/git/trees/{at}?recursive=true&per_page=1000&page={page}");
            let listing = self
                .wire
                .ask(cx, Call::get(under(repo, &rest)))
                .await?
                .json()?;
            let entries = listing.get("tree").and_then(Value::as_array);
            for entry in entries.into_iter().flatten() {
                let path = text(entry, "/path")?;
                if text(entry, "/type")? == "blob" && path.starts_with(prefix) {
                    found.push(Entry {
                        path,
                        sha: text(entry, "/sha")?,
                    });
                }
            }
            if !listing
                .get("truncated")
                .and_then(Value::as_bool)
                .unwrap_or_default()
            {
                found.sort_by(|a, b| a.path.cmp(&b.path));
                return Ok(found);
            }
        }
        Err(Fault::new(
            FaultClass::Guard,
            format!("{repo} has too many files to list"),
        ))
    }

    async fn commit(&self, cx: &Cx, repo: &RepoId, new: &NewCommit) -> Result<Commit, Fault> {
        let files: Vec<Value> = new.ops.iter().map(file_of).collect();
        let call = Call::post(under(repo, "/contents"))
            .json(&json!({
                "branch": new.branch, "message": new.message, "files": files,
                "author": {"name": new.author, "email": NO_MAILBOX},
                "committer": {"name": COMMITTER, "email": NO_MAILBOX},
            }))
            .noting("commit", "/commit/sha");
        let reply = self.wire.send(cx, call.clone()).await?;
        if reply.is_success() {
            let made = reply.json()?;
            return Ok(Commit {
                sha: text(&made, "/commit/sha")?,
                message: new.message.clone(),
                verified: false,
            });
        }
        let mut fault = self.wire.refusal(&call, &reply);
        let unclear = matches!(reply.status, 409 | 422);
        if unclear && !self.as_expected(cx, repo, new).await? {
            fault.class = FaultClass::Conflict;
        }
        Err(fault)
    }

    async fn recent(
        &self,
        cx: &Cx,
        repo: &RepoId,
        branch: &str,
        max: u32,
    ) -> Result<Vec<Commit>, Fault> {
        let mut found = Vec::new();
        for page in 1..=max.div_ceil(PAGE) {
            let branch = segment(branch);
            let rest =
                format!("/commits?sha={branch}&limit={PAGE}&page={page}&stat=false&files=false");
            let list = self
                .wire
                .ask(cx, Call::get(under(repo, &rest)))
                .await?
                .json()?;
            let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
            for commit in list {
                found.push(commit_of(commit)?);
            }
            if list.len() < PAGE as usize {
                break;
            }
        }
        found.truncate(max as usize);
        Ok(found)
    }

    async fn commit_info(
        &self,
        cx: &Cx,
        repo: &RepoId,
        sha: &str,
    ) -> Result<Option<Commit>, Fault> {
        let rest = format!("/git/commits/{}?stat=false&files=false", segment(sha));
        match self.wire.find(cx, Call::get(under(repo, &rest))).await? {
            Some(reply) => commit_of(&reply.json()?).map(Some),
            None => Ok(None),
        }
    }
}
