//! `monitor.load`: a configuration file of the platform repository becomes what the program runs
//! with.
//!
//! The file on disk stands between Git and the program. The plan says only that it will be
//! reloaded, and from which state: the commit that will be loaded does not exist yet when the plan
//! is agreed.

use super::{Component, ConfigFile, Monitor, Running, document, files};
use crate::{
    forge::RepoId,
    systems::{Systems, Zone},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use workflows::{
    Action, Change, Cx, Fault, FaultClass, Fidelity, Level, Plan, Proof, Recovered, Undone, Verb,
    Verdict, Violation,
};

/// The action.
pub struct LoadConfig {
    systems: Arc<Systems>,
}

/// Which file is loaded by which program.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadParams {
    /// The program.
    pub component: Component,
    /// Repository that holds the file.
    pub repo: RepoId,
    /// The file in it.
    pub path: String,
    /// Branch whose tip is loaded when no commit is given.
    #[serde(default = "usual_branch")]
    pub branch: String,
    /// Commit to load the file from; a reference to an earlier task until that has run.
    #[serde(default)]
    pub commit: Option<String>,
}

fn usual_branch() -> String {
    "main".to_owned()
}

/// What undo needs: the digest under which the file of before is kept beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadBefore {
    /// `sha256:…` of the file; none when there was no file.
    pub file: Option<String>,
}

/// What was loaded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadReceipt {
    /// Commit the file was read from.
    pub commit: String,
    /// `sha256:…` of the file.
    pub file: String,
    /// Whether a reload was needed.
    pub reloaded: bool,
}

/// The file as Git has it.
struct Wanted {
    commit: String,
    text: String,
    digest: String,
}

impl LoadConfig {
    /// The action on these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        LoadConfig { systems }
    }

    fn zone(&self, cx: &Cx) -> Result<&Zone, Fault> {
        self.systems.zone(&cx.zone)
    }

    async fn wanted(
        &self,
        cx: &Cx,
        params: &LoadParams,
        receipt: Option<&LoadReceipt>,
    ) -> Result<Wanted, Fault> {
        let forge = self.zone(cx)?.forge()?;
        let commit = match (&params.commit, receipt) {
            (Some(commit), _) if is_commit(commit) => commit.clone(),
            (Some(other), _) => {
                let message = format!("{other} is not the commit of an earlier task");
                return Err(Fault::new(FaultClass::Guard, message));
            }
            // Later commits of the branch are other tickets' business.
            (None, Some(receipt)) => receipt.commit.clone(),
            (None, None) => forge.head(cx, &params.repo, &params.branch).await?,
        };
        let blob = forge.read(cx, &params.repo, &commit, &params.path).await?;
        let blob = blob.ok_or_else(|| {
            let (path, repo) = (&params.path, &params.repo);
            Fault::new(
                FaultClass::Missing,
                format!("{repo} has no {path} at {commit}"),
            )
        })?;
        let text = String::from_utf8(blob.content).map_err(|_| {
            Fault::new(
                FaultClass::Rejected,
                format!("{} is not a text", params.path),
            )
        })?;
        let digest = files::digest(&text);
        Ok(Wanted {
            commit,
            text,
            digest,
        })
    }
}

#[async_trait]
impl Action for LoadConfig {
    const NAME: &'static str = "monitor.load";
    type Params = LoadParams;
    type Before = LoadBefore;
    type Receipt = LoadReceipt;

    fn validate(&self, params: &LoadParams) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut refuse = |pointer: &str, code: &str, message: &str| {
            found.push(Violation {
                pointer: pointer.into(),
                code: code.into(),
                message: message.into(),
            });
        };
        let plain =
            |it: &str| !it.is_empty() && it.split('/').all(|it| !matches!(it, "" | "." | ".."));
        if !plain(&params.path) {
            refuse(
                "/path",
                "path.form",
                "The path goes down from the root of the repository.",
            );
        }
        if params.branch.is_empty() {
            refuse("/branch", "branch.empty", "A branch has a name.");
        }
        if params
            .commit
            .as_deref()
            .is_some_and(|it| !it.starts_with('$') && !is_commit(it))
        {
            refuse(
                "/commit",
                "commit.form",
                "A commit is forty hexadecimal digits.",
            );
        }
        found
    }

    fn targets(&self, zone: &str, params: &LoadParams) -> Vec<String> {
        vec![format!("{zone}/{}", params.component.name())]
    }

    async fn plan(&self, cx: &Cx, params: &LoadParams) -> Result<Plan<LoadBefore>, Fault> {
        let (monitor, name) = (self.zone(cx)?.monitor()?, params.component.name());
        let running = monitor.running(cx, params.component).await?;
        let file = monitor.file(params.component).await?;
        let digest = file.as_ref().map(|it| files::digest(&it.text));
        let change = Change {
            path: format!("{name}/reload"),
            verb: Verb::Run,
            before: json!({ "running": running.fingerprint, "file": digest }),
            after: json!(format!("{} of {}", params.path, params.repo)),
            secret: false,
            fidelity: Fidelity::Opaque,
        };
        let mut plan = Plan::new(LoadBefore { file: digest }, vec![change], Level::Reload);
        if !running.reload_ok {
            plan.warnings
                .push(format!("The last reload of {name} failed."));
        } else if file.as_ref().is_some_and(|it| !is_loaded(it, &running)) {
            plan.warnings.push(format!(
                "The file of {name} was changed since {name} last loaded it."
            ));
        }
        Ok(plan)
    }

    async fn apply(
        &self,
        cx: &Cx,
        params: &LoadParams,
        plan: &Plan<LoadBefore>,
    ) -> Result<LoadReceipt, Fault> {
        let (monitor, component) = (self.zone(cx)?.monitor()?, params.component);
        let wanted = self.wanted(cx, params, None).await?;
        let file = monitor.file(component).await?;
        let found = file.as_ref().map(|it| files::digest(&it.text));
        let receipt = |reloaded| LoadReceipt {
            commit: wanted.commit.clone(),
            file: wanted.digest.clone(),
            reloaded,
        };
        if found.as_ref() == Some(&wanted.digest) {
            let running = monitor.running(cx, component).await?;
            if running.reload_ok && file.as_ref().is_some_and(|it| is_loaded(it, &running)) {
                return Ok(receipt(false));
            }
        } else if found == plan.before.file {
            monitor.replace(component, &wanted.text).await?;
        } else {
            return Err(Fault::new(FaultClass::Conflict, altered(component)));
        }
        let Err(fault) = monitor.reload(cx, component).await else {
            return Ok(receipt(true));
        };
        if fault.class == FaultClass::Rejected
            && let Some(old) = file.filter(|_| found.as_ref() != Some(&wanted.digest))
        {
            monitor.replace(component, &old.text).await?;
            // The program never left the old configuration; this only clears its alarm. What is
            // worth telling is the first refusal.
            let _ = monitor.reload(cx, component).await;
        }
        Err(fault)
    }

    async fn recover(
        &self,
        cx: &Cx,
        params: &LoadParams,
        plan: &Plan<LoadBefore>,
    ) -> Result<Recovered<LoadReceipt>, Fault> {
        let monitor = self.zone(cx)?.monitor()?;
        let wanted = self.wanted(cx, params, None).await?;
        let found = monitor
            .file(params.component)
            .await?
            .map(|it| files::digest(&it.text));
        Ok(if found.as_ref() == Some(&wanted.digest) {
            // Whether it was also loaded is for verify to find out, and for undo to put right.
            let (commit, file) = (wanted.commit, wanted.digest);
            Recovered::Applied(LoadReceipt {
                commit,
                file,
                reloaded: true,
            })
        } else if found == plan.before.file {
            Recovered::NotApplied
        } else {
            Recovered::Partial(altered(params.component))
        })
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &LoadParams,
        _: &Plan<LoadBefore>,
        receipt: Option<&LoadReceipt>,
    ) -> Result<Verdict, Fault> {
        let wanted = self.wanted(cx, params, receipt).await?;
        let monitor = self.zone(cx)?.monitor()?;
        let proofs = proofs(monitor, cx, params.component, &wanted.text).await?;
        Ok(super::verdict(proofs))
    }

    async fn undo(
        &self,
        cx: &Cx,
        params: &LoadParams,
        plan: &Plan<LoadBefore>,
        receipt: Option<&LoadReceipt>,
    ) -> Result<Undone, Fault> {
        let (monitor, component) = (self.zone(cx)?.monitor()?, params.component);
        let Some(before) = &plan.before.file else {
            return Ok(Undone::Impossible(format!(
                "{} had no file before",
                component.name()
            )));
        };
        let found = monitor.file(component).await?;
        let digest = found.as_ref().map(|it| files::digest(&it.text));
        let text = match found {
            Some(file) if digest.as_ref() == Some(before) => {
                let running = monitor.running(cx, component).await?;
                if running.reload_ok && is_loaded(&file, &running) {
                    return Ok(Undone::NothingToDo);
                }
                file.text
            }
            _ => {
                let ours = match receipt {
                    Some(receipt) => receipt.file.clone(),
                    None => self.wanted(cx, params, None).await?.digest,
                };
                if digest != Some(ours) {
                    return Ok(Undone::Impossible(altered(component)));
                }
                let Some(kept) = monitor.kept(component, before).await? else {
                    let why = format!("the earlier file of {} was not kept", component.name());
                    return Ok(Undone::Impossible(why));
                };
                monitor.replace(component, &kept).await?;
                kept
            }
        };
        monitor.reload(cx, component).await?;
        let proofs = proofs(monitor, cx, component, &text).await?;
        Ok(match proofs.iter().find(|it| !it.ok) {
            None => Undone::Restored(proofs),
            Some(not) => Undone::Impossible(format!("put back, but not so that {}", not.claim)),
        })
    }
}

/// What shows that the component runs with exactly this text: the file is it, and what runs was
/// loaded from the file after it was written.
async fn proofs(
    monitor: &dyn Monitor,
    cx: &Cx,
    component: Component,
    text: &str,
) -> Result<Vec<Proof>, Fault> {
    let name = component.name();
    let running = monitor.running(cx, component).await?;
    let file = monitor.file(component).await?;
    let digest = file.as_ref().map(|it| files::digest(&it.text));
    let apart = match document::parse(text) {
        Ok(wanted) => document::differences(&wanted, &running.config),
        Err(e) => vec![e.to_string()],
    };
    Ok(vec![
        Proof::equal(
            format!("the file of {name} is the one wanted"),
            json!(files::digest(text)),
            json!(digest),
        ),
        Proof::equal(
            format!("the last reload of {name} succeeded"),
            json!(true),
            json!(running.reload_ok),
        ),
        Proof {
            claim: format!("{name} loaded its file after it was written"),
            expected: json!({ "not_before": file.as_ref().map(|it| it.written_at) }),
            actual: json!(running.loaded_at),
            ok: file.is_some_and(|it| is_loaded(&it, &running)),
        },
        Proof::equal(
            format!("the running configuration of {name} differs nowhere from the file"),
            json!([]),
            json!(apart),
        ),
    ])
}

fn is_loaded(file: &ConfigFile, running: &Running) -> bool {
    running.loaded_at.is_some_and(|at| at >= file.written_at)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

fn altered(component: Component) -> String {
    format!(
        "somebody else changed the file of {} meanwhile",
        component.name()
    )
}
