//! `git.manifest`: reads back from the repository what was deposited, and judges it again.

use super::{BRANCH, Operation, manifest, params};
use crate::{forge::RepoId, systems::Systems};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use workflows::{Check, Cx, Fault, FaultClass, Proof, Verdict, Violation};

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
impl Check for GitManifest {
    const NAME: &'static str = "git.manifest";
    type Params = ManifestParams;

    fn validate(&self, params: &ManifestParams) -> Vec<Violation> {
        params::path(&params.path)
            .map(|it| Violation {
                pointer: "/path".to_owned(),
                ..it
            })
            .into_iter()
            .collect()
    }

    async fn look(&self, cx: &Cx, params: &ManifestParams) -> Result<Verdict, Fault> {
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
}
