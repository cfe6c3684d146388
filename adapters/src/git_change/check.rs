//! `git.manifest`: reads back from the repository what was deposited, and judges it again.

use super::{BRANCH, Operation, manifest, params};
use crate::{forge::RepoId, systems::Systems};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use workflows::{
    Action, Cx, Fault, FaultClass, Level, Plan, Policy, Proof, Recovered, Undone, Verdict,
    Violation,
};

/// Checks a manifest in a zone's repository.
pub struct GitManifest {
    systems: Arc<Systems>,
}

/// Parameters of `git.manifest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestParams {
    /// Repository of the zone's forge.
    pub repo: RepoId,
    /// Path from the root of the repository.
    pub path: String,
    /// What was done to the file.
    pub operation: Operation,
    /// Commit to read; the tip of the branch when the change was already in place.
    #[serde(default)]
    pub commit: Option<String>,
}

impl GitManifest {
    /// The check over these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        GitManifest { systems }
    }
}

#[async_trait]
impl Action for GitManifest {
    const NAME: &'static str = "git.manifest";
    type Params = ManifestParams;
    type Before = ();
    type Receipt = ();

    fn policy(&self) -> Policy {
        Policy::CHECK
    }

    fn validate(&self, params: &ManifestParams) -> Vec<Violation> {
        params::path(&params.path)
            .map(|it| Violation {
                pointer: "/path".to_owned(),
                ..it
            })
            .into_iter()
            .collect()
    }

    fn targets(&self, _zone: &str, _params: &ManifestParams) -> Vec<String> {
        Vec::new()
    }

    async fn plan(&self, _cx: &Cx, _params: &ManifestParams) -> Result<Plan<()>, Fault> {
        Ok(Plan::new((), Vec::new(), Level::None))
    }

    async fn apply(&self, _: &Cx, _: &ManifestParams, _: &Plan<()>) -> Result<(), Fault> {
        Ok(())
    }

    async fn recover(
        &self,
        _: &Cx,
        _: &ManifestParams,
        _: &Plan<()>,
    ) -> Result<Recovered<()>, Fault> {
        Ok(Recovered::NotApplied)
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &ManifestParams,
        _plan: &Plan<()>,
        _receipt: Option<&()>,
    ) -> Result<Verdict, Fault> {
        let forge = self.systems.zone(&cx.zone)?.forge()?;
        let commit = match &params.commit {
            None => forge.head(cx, &params.repo, BRANCH).await?,
            Some(sha) if sha.len() == 40 && sha.bytes().all(|it| it.is_ascii_hexdigit()) => {
                sha.clone()
            }
            Some(_) => {
                let message = "the commit to check is not given as forty hex digits";
                return Err(Fault::new(FaultClass::Guard, message));
            }
        };
        let path = &params.path;
        let file = forge.read(cx, &params.repo, &commit, path).await?;
        let there = params.operation != Operation::Delete;
        let presence = if there { "is in" } else { "is gone from" };
        let mut proofs = vec![Proof::equal(
            format!("{path} {presence} {} at {commit}.", params.repo),
            json!(there),
            json!(file.is_some()),
        )];
        if let (true, Some(file)) = (there && manifest::is_manifest(path), file) {
            proofs.extend(manifest::proofs(&file.content));
        }
        Ok(if proofs.iter().all(|it| it.ok) {
            Verdict::Ok(proofs)
        } else {
            Verdict::Bad(proofs)
        })
    }

    async fn undo(
        &self,
        _: &Cx,
        _: &ManifestParams,
        _: &Plan<()>,
        _: Option<&()>,
    ) -> Result<Undone, Fault> {
        Ok(Undone::NothingToDo)
    }
}
