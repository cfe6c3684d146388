//! Taking a commit back by another commit, and only while the file is still as we wrote it.

use super::{
    BRANCH, GitChange, Receipt,
    action::{Before, operation},
    message,
    params::ChangeParams,
};
use crate::forge::NewCommit;
use serde_json::json;
use workflows::{Cx, Fault, FaultClass, Plan, Proof, Undone};

pub(super) async fn undo(
    action: &GitChange,
    cx: &Cx,
    params: &ChangeParams,
    plan: &Plan<Before>,
    receipt: Option<&Receipt>,
) -> Result<Undone, Fault> {
    let (before, path) = (&plan.before, params.edit.path());
    if plan.is_empty() {
        return Ok(Undone::NothingToDo);
    }
    let forge = action.forge(cx)?;
    let commit = match (action.made(cx, params).await?, receipt) {
        (Some(commit), _) => Some(commit),
        // Made long ago, beyond the commits that are searched; a receipt alone proves nothing.
        (None, Some(receipt)) => forge
            .commit_info(cx, &params.repo, &receipt.commit)
            .await?
            .map(|it| it.sha),
        (None, None) => None,
    };
    let Some(commit) = commit else {
        return Ok(Undone::NothingToDo);
    };
    let (_, file) = action.now(cx, params).await?;
    let now = file.map(|it| it.sha);
    if now == before.blob {
        return Ok(Undone::NothingToDo);
    }
    let edited = || {
        let why = format!("{path} was changed by someone else since; nothing was taken back");
        Ok(Undone::Impossible(why))
    };
    if now != before.intended {
        return edited();
    }
    let old = match &before.blob {
        None => None,
        Some(_) => forge.read(cx, &params.repo, &before.commit, path).await?,
    };
    if old.as_ref().map(|it| &it.sha) != before.blob.as_ref() {
        return Ok(Undone::Impossible(format!(
            "the earlier content of {path} is not there any more"
        )));
    }
    let Some(op) = operation(path, now.as_deref(), old.map(|it| it.content)) else {
        return Ok(Undone::NothingToDo);
    };
    let new = NewCommit {
        branch: BRANCH.to_owned(),
        ops: vec![op],
        message: message::undo(cx, &commit),
        author: message::author(cx),
    };
    match forge.commit(cx, &params.repo, &new).await {
        Ok(_) => {}
        Err(fault) if fault.class == FaultClass::Conflict => return edited(),
        Err(fault) => return Err(fault),
    }
    let (_, file) = action.now(cx, params).await?;
    let proof = Proof::equal(
        format!(
            "{path} on {BRANCH} of {} is as it was before the change.",
            params.repo
        ),
        json!(before.blob),
        json!(file.map(|it| it.sha)),
    );
    if proof.ok {
        Ok(Undone::Restored(vec![proof]))
    } else {
        Ok(Undone::Impossible(format!(
            "{path} did not come back although the forge accepted it"
        )))
    }
}
