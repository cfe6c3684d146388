//! `git.change`: one file, one commit, found again by its trailer.

use super::{
    BRANCH, Edit, message,
    params::{self, ChangeParams},
    revision::{Revision, revise},
    undo,
};
use crate::{
    forge::{Blob, FileOp, Forge, NewCommit, blob_sha},
    systems::Systems,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use workflows::{
    Action, Cx, Fault, FaultClass, Level, Plan, Proof, Recovered, Undone, Verdict, Violation,
};

/// Commits that are searched for a trailer.
pub(super) const LOOK_BACK: u32 = 50;

/// Changes one file of a zone's repository.
pub struct GitChange {
    systems: Arc<Systems>,
}

/// The file as it was, and as it shall be; contents stay in the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Commit that was read.
    pub commit: String,
    /// Blob of the file there; `None` when it did not exist.
    pub blob: Option<String>,
    /// Blob of the file afterwards, computed here; `None` when it goes.
    pub intended: Option<String>,
}

/// What the forge answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The commit that was made.
    pub commit: String,
    /// Blob of the file in it; `None` when the file is gone.
    pub blob: Option<String>,
    /// Path from the root of the repository.
    pub path: String,
}

impl GitChange {
    /// The action over these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        GitChange { systems }
    }

    pub(super) fn forge(&self, cx: &Cx) -> Result<&dyn Forge, Fault> {
        self.systems.zone(&cx.zone)?.forge()
    }

    /// The tip of the branch and the file there.
    pub(super) async fn now(
        &self,
        cx: &Cx,
        params: &ChangeParams,
    ) -> Result<(String, Option<Blob>), Fault> {
        let forge = self.forge(cx)?;
        let head = forge.head(cx, &params.repo, BRANCH).await?;
        let file = forge
            .read(cx, &params.repo, &head, params.edit.path())
            .await?;
        Ok((head, file))
    }

    /// The commit that this very task made, if it did.
    pub(super) async fn made(
        &self,
        cx: &Cx,
        params: &ChangeParams,
    ) -> Result<Option<String>, Fault> {
        let trailer = (message::TASK, cx.idem.to_string());
        let trailer = (trailer.0, trailer.1.as_str());
        let forge = self.forge(cx)?;
        let found = forge
            .find_by_trailer(cx, &params.repo, BRANCH, trailer, LOOK_BACK)
            .await?;
        Ok(found.map(|it| it.sha))
    }
}

fn compute(edit: &Edit, file: Option<&Blob>) -> Result<Revision, Fault> {
    revise(edit, file.map(|it| it.content.as_slice()))
}

/// The file operation that brings `content`, over what is there now.
pub(super) fn operation(path: &str, now: Option<&str>, content: Option<Vec<u8>>) -> Option<FileOp> {
    let path = path.to_owned();
    match (now, content) {
        (None, Some(content)) => Some(FileOp::Create { path, content }),
        (Some(now), Some(content)) => Some(FileOp::Update {
            path,
            content,
            expect: now.to_owned(),
        }),
        (Some(now), None) => Some(FileOp::Delete {
            path,
            expect: now.to_owned(),
        }),
        (None, None) => None,
    }
}

pub(super) fn moved(path: &str) -> Fault {
    Fault::new(
        FaultClass::Conflict,
        format!("{path} is no longer as it was when planned"),
    )
}

#[async_trait]
impl Action for GitChange {
    const NAME: &'static str = "git.change";
    type Params = ChangeParams;
    type Before = Before;
    type Receipt = Receipt;

    fn validate(&self, params: &ChangeParams) -> Vec<Violation> {
        params::validate(params)
    }

    fn targets(&self, zone: &str, params: &ChangeParams) -> Vec<String> {
        vec![format!("{zone}/git/{}/{}", params.repo, params.edit.path())]
    }

    async fn plan(&self, cx: &Cx, params: &ChangeParams) -> Result<Plan<Before>, Fault> {
        let (commit, file) = self.now(cx, params).await?;
        let revision = compute(&params.edit, file.as_ref())?;
        let blob = file.map(|it| it.sha);
        let path = params.edit.path();
        let version = blob.clone().unwrap_or_else(|| "absent".to_owned());
        let before = Before {
            commit,
            blob,
            intended: revision.content.as_deref().map(blob_sha),
        };
        let mut plan = Plan::new(before, revision.changes, Level::None);
        plan.cas.insert(format!("{}:{path}", params.repo), version);
        plan.warnings = revision.warnings;
        Ok(plan)
    }

    async fn apply(
        &self,
        cx: &Cx,
        params: &ChangeParams,
        plan: &Plan<Before>,
    ) -> Result<Receipt, Fault> {
        let path = params.edit.path();
        let (_, file) = self.now(cx, params).await?;
        let sha = file.as_ref().map(|it| it.sha.clone());
        if sha != plan.before.blob {
            return match self.recover(cx, params, plan).await? {
                Recovered::Applied(receipt) => Ok(receipt),
                _ => Err(moved(path)),
            };
        }
        let content = compute(&params.edit, file.as_ref())?.content;
        let intended = content.as_deref().map(blob_sha);
        if intended != plan.before.intended {
            return Err(moved(path));
        }
        let op = operation(path, sha.as_deref(), content).ok_or_else(|| moved(path))?;
        let new = NewCommit {
            branch: BRANCH.to_owned(),
            ops: vec![op],
            message: message::apply(cx),
            author: message::author(cx),
        };
        let made = self.forge(cx)?.commit(cx, &params.repo, &new).await?;
        Ok(Receipt {
            commit: made.sha,
            blob: intended,
            path: path.to_owned(),
        })
    }

    async fn recover(
        &self,
        cx: &Cx,
        params: &ChangeParams,
        _plan: &Plan<Before>,
    ) -> Result<Recovered<Receipt>, Fault> {
        let Some(commit) = self.made(cx, params).await? else {
            return Ok(Recovered::NotApplied);
        };
        let path = params.edit.path();
        let file = self
            .forge(cx)?
            .read(cx, &params.repo, &commit, path)
            .await?;
        let blob = file.map(|it| it.sha);
        Ok(Recovered::Applied(Receipt {
            commit,
            blob,
            path: path.to_owned(),
        }))
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &ChangeParams,
        plan: &Plan<Before>,
        receipt: Option<&Receipt>,
    ) -> Result<Verdict, Fault> {
        let (_, file) = self.now(cx, params).await?;
        let path = params.edit.path();
        let mut proofs = vec![Proof::equal(
            format!(
                "{path} on {BRANCH} of {} is exactly as planned.",
                params.repo
            ),
            json!(plan.before.intended),
            json!(file.map(|it| it.sha)),
        )];
        if let Some(receipt) = receipt {
            proofs.push(Proof::equal(
                format!(
                    "{BRANCH} of {} contains the commit of this task.",
                    params.repo
                ),
                json!(receipt.commit),
                json!(self.made(cx, params).await?),
            ));
        }
        Ok(if proofs.iter().all(|it| it.ok) {
            Verdict::Ok(proofs)
        } else {
            Verdict::Bad(proofs)
        })
    }

    async fn undo(
        &self,
        cx: &Cx,
        params: &ChangeParams,
        plan: &Plan<Before>,
        receipt: Option<&Receipt>,
    ) -> Result<Undone, Fault> {
        undo::undo(self, cx, params, plan, receipt).await
    }
}
