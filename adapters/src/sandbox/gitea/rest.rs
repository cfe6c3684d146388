//! The part of Gitea's REST API that a change of files needs, with its statuses.

use super::{
    Gitea,
    git::Bare,
    store::{Edit, EditKind, Line, Signature, StoreError, Stored},
};
use crate::{
    forge::RepoId,
    sandbox::fault::{Trouble, hang_up},
};
use axum::{
    Json,
    extract::{FromRequestParts, Path, Query, RawPathParams, State},
    http::{StatusCode, header::RETRY_AFTER, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;

/// Gitea's default limit of a page of commits.
const PAGE: usize = 50;
const TREE_PAGE: usize = 1000;

pub(super) struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"message": self.1, "url": "/api/swagger"});
        (self.0, Json(body)).into_response()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Missing(_) => StatusCode::NOT_FOUND,
            StoreError::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            StoreError::Git(_) | StoreError::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refusal(status, error.to_string())
    }
}

/// Whoever shows an accepted token.
pub(super) struct Caller {
    writes: bool,
}

impl FromRequestParts<Gitea> for Caller {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, gitea: &Gitea) -> Result<Self, Refusal> {
        let refuse = |words: &str| Refusal(StatusCode::UNAUTHORIZED, words.to_owned());
        let shown = parts
            .headers
            .get("authorization")
            .and_then(|it| it.to_str().ok());
        let shown = shown.ok_or_else(|| refuse("token is required"))?;
        let token = shown
            .strip_prefix("token ")
            .or_else(|| shown.strip_prefix("Bearer "));
        let right = token.and_then(|it| gitea.right(it));
        let writes = right.ok_or_else(|| refuse("invalid username, password or token"))?;
        Ok(Caller { writes })
    }
}

/// The repository that the path names.
pub(super) struct Named(RepoId, Bare);

impl FromRequestParts<Gitea> for Named {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, gitea: &Gitea) -> Result<Self, Refusal> {
        let missing = || {
            Refusal(
                StatusCode::NOT_FOUND,
                "repository does not exist".to_owned(),
            )
        };
        let params = RawPathParams::from_request_parts(parts, gitea).await;
        let params = params.map_err(|_| missing())?;
        let find = |key| {
            params
                .iter()
                .find(|it| it.0 == key)
                .map(|it| it.1.to_owned())
        };
        let name = find("owner")
            .zip(find("name"))
            .map(|(owner, name)| format!("{owner}/{name}"));
        let repo: RepoId = name.and_then(|it| it.parse().ok()).ok_or_else(missing)?;
        let bare = gitea.store.open(&repo)?;
        Ok(Named(repo, bare))
    }
}

type Params = Path<BTreeMap<String, String>>;
type Answer = Result<Json<Value>, Refusal>;

fn param(params: &Params, key: &str) -> String {
    params.get(key).cloned().unwrap_or_default()
}

pub(super) async fn version(_: Caller) -> Json<Value> {
    Json(json!({"version": "1.24.0"}))
}

pub(super) async fn repository(
    _: Caller,
    State(gitea): State<Gitea>,
    Named(repo, _): Named,
) -> Answer {
    Ok(Json(json!({
        "full_name": repo, "name": repo.name(), "default_branch": "main",
        "archived": gitea.is_archived(&repo), "empty": false,
    })))
}

pub(super) async fn branch(_: Caller, Named(_, bare): Named, params: Params) -> Answer {
    let branch = param(&params, "branch");
    let head = bare.head(&branch).await?;
    let commit = only(&bare, &head).await?;
    Ok(Json(json!({
        "name": branch, "protected": false,
        "commit": {"id": commit.sha, "message": commit.message, "timestamp": commit.committer[2]},
    })))
}

#[derive(Deserialize)]
pub(super) struct At {
    #[serde(rename = "ref")]
    at: Option<String>,
}

pub(super) async fn root(_: Caller, Named(_, bare): Named, Query(query): Query<At>) -> Answer {
    let at = bare
        .commit_of(query.at.as_deref().unwrap_or("main"))
        .await?;
    let lines = bare.lines(&at, "", false).await?;
    Ok(Json(lines.iter().map(described).collect()))
}

pub(super) async fn contents(
    _: Caller,
    Named(_, bare): Named,
    params: Params,
    Query(query): Query<At>,
) -> Answer {
    let path = param(&params, "path");
    let at = bare
        .commit_of(query.at.as_deref().unwrap_or("main"))
        .await?;
    let found = bare.lines(&at, &path, false).await?.into_iter().next();
    let line = found.ok_or_else(|| StoreError::Missing(format!("file {path}")))?;
    if line.kind == "tree" {
        let below = bare.lines(&at, &format!("{path}/"), false).await?;
        return Ok(Json(below.iter().map(described).collect()));
    }
    let mut file = described(&line);
    if line.kind == "blob" {
        file["encoding"] = json!("base64");
        file["content"] = json!(STANDARD.encode(bare.content(&line.sha).await?));
    }
    Ok(Json(file))
}

fn described(line: &Line) -> Value {
    let kind = match (line.kind.as_str(), line.mode.as_str()) {
        (_, "120000") => "symlink",
        ("tree", _) => "dir",
        ("commit", _) => "submodule",
        _ => "file",
    };
    let name = line.path.rsplit('/').next();
    json!({
        "name": name, "path": line.path, "sha": line.sha, "type": kind, "size": line.size,
        "encoding": null, "content": null,
    })
}

pub(super) async fn commit(_: Caller, Named(_, bare): Named, params: Params) -> Answer {
    let sha = bare.commit_of(&param(&params, "sha")).await?;
    Ok(Json(told(&only(&bare, &sha).await?)))
}

#[derive(Deserialize)]
pub(super) struct Page {
    sha: Option<String>,
    page: Option<usize>,
    limit: Option<usize>,
    per_page: Option<usize>,
    #[serde(default)]
    recursive: bool,
}

pub(super) async fn commits(_: Caller, Named(_, bare): Named, Query(query): Query<Page>) -> Answer {
    let from = bare
        .commit_of(query.sha.as_deref().unwrap_or("main"))
        .await?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let skip = query
        .page
        .unwrap_or(1)
        .max(1)
        .saturating_sub(1)
        .saturating_mul(limit);
    Ok(Json(
        bare.log(&from, skip, limit)
            .await?
            .iter()
            .map(told)
            .collect(),
    ))
}

pub(super) async fn tree(
    _: Caller,
    Named(_, bare): Named,
    params: Params,
    Query(query): Query<Page>,
) -> Answer {
    let at = bare.commit_of(&param(&params, "sha")).await?;
    let lines = bare.lines(&at, "", query.recursive).await?;
    let size = query.per_page.unwrap_or(TREE_PAGE).clamp(1, TREE_PAGE);
    let page = query.page.unwrap_or(1).max(1);
    let skip = (page - 1).saturating_mul(size);
    let shown: Vec<Value> = lines
        .iter()
        .skip(skip)
        .take(size)
        .map(|it| {
            json!({
                "path": it.path, "mode": it.mode, "type": it.kind, "sha": it.sha, "size": it.size,
            })
        })
        .collect();
    let truncated = skip + shown.len() < lines.len();
    Ok(Json(json!({
        "sha": at, "tree": shown, "truncated": truncated, "page": page,
        "total_count": lines.len(),
    })))
}

async fn only(bare: &Bare, sha: &str) -> Result<Stored, Refusal> {
    let found = bare.log(sha, 0, 1).await?.into_iter().next();
    Ok(found.ok_or_else(|| StoreError::Missing(format!("commit {sha}")))?)
}

fn told(commit: &Stored) -> Value {
    let who = |it: &[String; 3]| json!({"name": it[0], "email": it[1], "date": it[2]});
    let parents: Vec<Value> = commit.parents.iter().map(|it| json!({"sha": it})).collect();
    json!({
        "sha": commit.sha,
        "parents": parents,
        "commit": {
            "message": commit.message, "author": who(&commit.author),
            "committer": who(&commit.committer), "tree": {"sha": commit.tree},
            "verification": {
                "verified": false, "reason": "gpg.error.not_signed_commit",
                "signature": "", "signer": null, "payload": "",
            },
        },
    })
}

#[derive(Deserialize)]
pub(super) struct Identity {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub(super) struct FileChange {
    operation: String,
    path: String,
    #[serde(default)]
    content: String,
    sha: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ChangeFiles {
    branch: Option<String>,
    #[serde(default)]
    message: String,
    author: Option<Identity>,
    committer: Option<Identity>,
    files: Vec<FileChange>,
}

impl FileChange {
    fn edit(self) -> Result<Edit, Refusal> {
        let bad = |words: String| Refusal(StatusCode::UNPROCESSABLE_ENTITY, words);
        let content = STANDARD.decode(&self.content);
        let content = content.map_err(|e| bad(format!("content is no base64: {e}")))?;
        let kind = match self.operation.as_str() {
            "create" => EditKind::Create(content),
            "update" => EditKind::Update(content),
            "delete" => EditKind::Delete,
            other => return Err(bad(format!("unknown operation {other}"))),
        };
        Ok(Edit {
            path: self.path,
            kind,
            expect: self.sha,
        })
    }
}

/// Gitea takes an identity only when it has an address, else the owner of the token.
fn identity(given: Option<Identity>) -> (String, String) {
    match given {
        Some(it) if !it.email.is_empty() => (it.name, it.email),
        _ => ("robot".to_owned(), "robot@example.invalid".to_owned()),
    }
}

pub(super) async fn change(
    caller: Caller,
    State(gitea): State<Gitea>,
    Named(repo, bare): Named,
    Json(asked): Json<ChangeFiles>,
) -> Result<Response, Refusal> {
    let trouble = gitea.mischief.meet();
    match trouble {
        Some(Trouble::Drop) => hang_up(),
        Some(Trouble::Error500) => {
            return Err(Refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal error".to_owned(),
            ));
        }
        Some(Trouble::Busy) => {
            let busy = Refusal(StatusCode::SERVICE_UNAVAILABLE, "busy".to_owned());
            return Ok(([(RETRY_AFTER, "1")], busy).into_response());
        }
        Some(Trouble::DoThenDrop | Trouble::DropThenDo) | None => {}
    }
    if !caller.writes {
        let words = "token does not have at least one of required scope(s)";
        return Err(Refusal(StatusCode::FORBIDDEN, words.to_owned()));
    }
    if gitea.is_archived(&repo) {
        return Err(Refusal(StatusCode::LOCKED, format!("{repo} is archived")));
    }
    let branch = asked.branch.unwrap_or_else(|| "main".to_owned());
    let signature = Signature {
        author: identity(asked.author),
        committer: identity(asked.committer),
        message: asked.message,
    };
    if gitea.mischief.lying() {
        let sha = hex::encode(Sha1::digest(&signature.message));
        let made = json!({"commit": {"sha": sha, "message": signature.message}, "files": []});
        return Ok((StatusCode::CREATED, Json(made)).into_response());
    }
    let edits = asked
        .files
        .into_iter()
        .map(FileChange::edit)
        .collect::<Result<Vec<_>, _>>()?;
    let paths: Vec<String> = edits.iter().map(|it| it.path.clone()).collect();
    if trouble == Some(Trouble::DropThenDo) {
        tokio::spawn(async move {
            if let Err(error) = bare.commit(&branch, &edits, &signature).await {
                tracing::info!(%error, "a late commit was refused");
            }
        });
        hang_up();
    }
    let sha = bare.commit(&branch, &edits, &signature).await?;
    if trouble == Some(Trouble::DoThenDrop) {
        hang_up();
    }
    let mut files = Vec::new();
    for path in &paths {
        let line = bare.lines(&sha, path, false).await?.into_iter().next();
        files.push(line.as_ref().map(described));
    }
    let made = only(&bare, &sha).await?;
    let body = json!({
        "files": files,
        "commit": {"sha": sha, "message": made.message, "tree": {"sha": made.tree}},
        "verification": told(&made)["commit"]["verification"],
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
