//! `vault.ensure`: brings Vault to the wanted state by comparing first and writing what differs.

use super::{
    ClusterLink, REVIEWER_NAMESPACE, REVIEWER_SECRET, Vault,
    layout::{self, EnsureParams, Item, Kind},
    mount_of,
};
use crate::{
    kube::{Kind as KubeKind, ObjRef},
    systems::Systems,
    wire::Secret,
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use workflows::{
    Action, Change, Cx, Fault, FaultClass, Fidelity, Level, Plan, Proof, Recovered, Undone, Verb,
    Verdict, Violation, plan::digest,
};

/// Opens Vault to the pods of some namespaces.
pub struct VaultEnsure {
    systems: Arc<Systems>,
}

/// How one path was; credentials are never part of it, since Vault never gives them out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Was {
    /// Path in Vault.
    pub path: String,
    /// State reduced to the keys that are ours; `None` when nothing was there.
    pub state: Option<Value>,
}

/// How everything was, in the order in which it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnsureBefore {
    /// One entry per path.
    pub was: Vec<Was>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnsureReceipt {
    /// Where pods log in, e.g. `kubernetes-zone-a`.
    pub mount: String,
    /// Vault's own name of that mount.
    pub accessor: String,
    /// Role that pods annotate.
    pub role: String,
}

/// What is there now.
struct Now {
    accessor: Option<String>,
    description: String,
    items: Vec<(Item, Option<Value>)>,
}

impl Now {
    fn as_wanted(&self) -> bool {
        self.items
            .iter()
            .all(|(item, state)| state.as_ref() == Some(&item.state))
    }
}

impl VaultEnsure {
    /// The action over these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        VaultEnsure { systems }
    }

    fn ports(&self, cx: &Cx) -> Result<(&dyn Vault, &ClusterLink), Fault> {
        let zone = self.systems.zone(&cx.zone)?;
        Ok((zone.vault()?, zone.cluster_link()?))
    }

    async fn now(&self, cx: &Cx, params: &EnsureParams) -> Result<Now, Fault> {
        let (vault, link) = self.ports(cx)?;
        let mounts = vault.read(cx, "sys/auth").await?.unwrap_or_default();
        let mount = mounts.get(format!("{}/", mount_of(&cx.zone)));
        let text = |key: &str| mount.and_then(|it| it.get(key)).and_then(Value::as_str);
        let accessor = text("accessor").map(str::to_owned);
        let description = text("description").unwrap_or_default().to_owned();
        let mut items = Vec::new();
        for item in layout::items(&cx.zone, params, link, accessor.as_deref()) {
            let said = match item.kind {
                Kind::Mount => mount.cloned(),
                _ => vault.read(cx, &item.path).await?,
            };
            let state = said.map(|it| layout::reduced(item.kind, &it));
            items.push((item, state));
        }
        Ok(Now {
            accessor,
            description,
            items,
        })
    }

    async fn write(&self, cx: &Cx, item: &Item, state: &Value) -> Result<(), Fault> {
        let (vault, _) = self.ports(cx)?;
        let mut body = state.clone();
        let mut reviewer = None;
        match item.kind {
            Kind::Mount => {
                body["description"] = json!(format!("Guichet {} {}", cx.ticket, cx.idem));
            }
            Kind::Config => {
                let set = body
                    .as_object_mut()
                    .and_then(|it| it.remove("token_reviewer_jwt_set"));
                if set == Some(json!(true)) {
                    reviewer = Some(self.reviewer(cx).await?);
                }
            }
            Kind::Policy | Kind::Role => {}
        }
        let secret = reviewer.as_ref().map(|it| ("token_reviewer_jwt", it));
        vault.write(cx, &item.path, &body, secret).await
    }

    /// The token with which Vault asks the cluster about a login.
    async fn reviewer(&self, cx: &Cx) -> Result<Secret, Fault> {
        let zone = self.systems.zone(&cx.zone)?;
        let token = match &zone.cluster_link()?.reviewer {
            Some(token) => token.clone(),
            None => {
                let kind = KubeKind::SECRET;
                let at = ObjRef::new(kind, Some(REVIEWER_NAMESPACE), REVIEWER_SECRET);
                let found = zone.kube()?.get(cx, &at).await?;
                let token = found.as_ref().and_then(|it| it.pointer("/data/token"));
                let token = token
                    .and_then(Value::as_str)
                    .and_then(|it| STANDARD.decode(it).ok());
                let token = token
                    .and_then(|it| String::from_utf8(it).ok())
                    .ok_or_else(|| {
                        let message =
                            format!("{REVIEWER_NAMESPACE}/{REVIEWER_SECRET} has no token");
                        Fault::new(FaultClass::Missing, message)
                    })?;
                Secret::new(token)
            }
        };
        lasting(&token)?;
        Ok(token)
    }

    fn receipt(cx: &Cx, params: &EnsureParams, now: &Now) -> EnsureReceipt {
        EnsureReceipt {
            mount: mount_of(&cx.zone),
            accessor: now.accessor.clone().unwrap_or_default(),
            role: params.role.clone(),
        }
    }

    /// Why one path cannot be taken back, if so.
    async fn obstacle(
        &self,
        cx: &Cx,
        (item, state): &(Item, Option<Value>),
        was: Option<&Value>,
        now: &Now,
        params: &EnsureParams,
    ) -> Result<Option<String>, Fault> {
        let path = &item.path;
        if state.as_ref() != Some(&item.state) {
            return Ok(Some(format!("{path} was changed by someone else since")));
        }
        let ours = now.description.contains(&cx.idem.to_string());
        if was.is_some() || !matches!(item.kind, Kind::Mount | Kind::Config) {
            return Ok(None);
        }
        if !ours {
            return Ok(Some(format!(
                "{path} belongs to an auth mount that is not ours"
            )));
        }
        let (vault, _) = self.ports(cx)?;
        let roles = vault
            .list(cx, &format!("auth/{}/role", mount_of(&cx.zone)))
            .await?;
        let others = roles.iter().any(|it| *it != params.role);
        Ok(others.then(|| format!("{path} has got other roles meanwhile")))
    }

    async fn restore(&self, cx: &Cx, item: &Item, was: Option<&Value>) -> Result<(), Fault> {
        match (item.kind, was) {
            (_, Some(was)) => self.write(cx, item, was).await,
            // It goes with the mount; by itself it cannot be removed.
            (Kind::Config, None) => Ok(()),
            (_, None) => self.ports(cx)?.0.delete(cx, &item.path).await,
        }
    }
}

/// Refuses a token that would one day break every login, long after the ticket was closed.
fn lasting(token: &Secret) -> Result<(), Fault> {
    if layout::expires(token) {
        let message = "the reviewer token of the zone expires; Vault needs one that does not";
        return Err(Fault::new(FaultClass::Guard, message));
    }
    Ok(())
}

fn changes(now: &Now) -> Vec<Change> {
    let differs = |(item, state): &&(Item, Option<Value>)| state.as_ref() != Some(&item.state);
    let line = |(item, state): &(Item, Option<Value>)| Change {
        path: item.path.clone(),
        verb: if state.is_some() {
            Verb::Update
        } else {
            Verb::Create
        },
        // Another hand wrote it: its digest says that it changes, not what it says.
        before: state.as_ref().map_or(Value::Null, |it| json!(digest(it))),
        after: item.shown.clone(),
        secret: false,
        fidelity: Fidelity::Exact,
    };
    now.items.iter().filter(differs).map(line).collect()
}

#[async_trait]
impl Action for VaultEnsure {
    const NAME: &'static str = "vault.ensure";
    type Params = EnsureParams;
    type Before = EnsureBefore;
    type Receipt = EnsureReceipt;

    fn validate(&self, params: &EnsureParams) -> Vec<Violation> {
        layout::validate(params)
    }

    fn targets(&self, zone: &str, _params: &EnsureParams) -> Vec<String> {
        vec![format!("{zone}/vault/{}", mount_of(zone))]
    }

    async fn plan(&self, cx: &Cx, params: &EnsureParams) -> Result<Plan<EnsureBefore>, Fault> {
        let (vault, link) = self.ports(cx)?;
        link.reviewer.as_ref().map(lasting).transpose()?;
        vault.health(cx).await?;
        let now = self.now(cx, params).await?;
        let changes = changes(&now);
        let mut cas = BTreeMap::new();
        let mut was = Vec::new();
        for (item, state) in &now.items {
            let version = state.as_ref().map_or_else(|| "absent".to_owned(), digest);
            cas.insert(item.path.clone(), version);
            was.push(Was {
                path: item.path.clone(),
                state: state.clone(),
            });
        }
        let level = if changes.is_empty() {
            Level::None
        } else {
            Level::Reload
        };
        let mut plan = Plan::new(EnsureBefore { was }, changes, level);
        plan.cas = cas;
        Ok(plan)
    }

    async fn apply(
        &self,
        cx: &Cx,
        params: &EnsureParams,
        plan: &Plan<EnsureBefore>,
    ) -> Result<EnsureReceipt, Fault> {
        let mut now = self.now(cx, params).await?;
        for index in 0..now.items.len() {
            let (item, state) = &now.items[index];
            if state.as_ref() == Some(&item.state) {
                continue;
            }
            let was = plan.before.was.iter().find(|it| it.path == item.path);
            if was.is_none_or(|it| it.state != *state) {
                let message = format!("{} is no longer as it was when planned", item.path);
                return Err(Fault::new(FaultClass::Conflict, message));
            }
            self.write(cx, item, &item.state).await?;
            if item.kind == Kind::Mount {
                // Only now does the mount have the accessor that policies name.
                now = self.now(cx, params).await?;
                if now.accessor.is_none() {
                    let message = "vault accepted the auth mount, which is not there";
                    return Err(Fault::new(FaultClass::Rejected, message));
                }
            }
        }
        Ok(Self::receipt(cx, params, &now))
    }

    async fn recover(
        &self,
        cx: &Cx,
        params: &EnsureParams,
        _plan: &Plan<EnsureBefore>,
    ) -> Result<Recovered<EnsureReceipt>, Fault> {
        let now = self.now(cx, params).await?;
        // What half of it left behind is completed by the next `apply`, which compares first.
        Ok(if now.as_wanted() {
            Recovered::Applied(Self::receipt(cx, params, &now))
        } else {
            Recovered::NotApplied
        })
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &EnsureParams,
        _plan: &Plan<EnsureBefore>,
        _receipt: Option<&EnsureReceipt>,
    ) -> Result<Verdict, Fault> {
        let now = self.now(cx, params).await?;
        let proofs: Vec<Proof> = now
            .items
            .iter()
            .map(|(item, state)| {
                let actual = state.as_ref().map(digest);
                let claim = format!("{} in Vault is exactly as planned.", item.path);
                Proof::equal(claim, json!(digest(&item.state)), json!(actual))
            })
            .collect();
        Ok(if now.as_wanted() {
            Verdict::Ok(proofs)
        } else {
            Verdict::Bad(proofs)
        })
    }

    async fn undo(
        &self,
        cx: &Cx,
        params: &EnsureParams,
        plan: &Plan<EnsureBefore>,
        _receipt: Option<&EnsureReceipt>,
    ) -> Result<Undone, Fault> {
        let now = self.now(cx, params).await?;
        let was = |path: &str| {
            let found = plan.before.was.iter().find(|it| it.path == path);
            found.and_then(|it| it.state.clone())
        };
        let moved: Vec<&(Item, Option<Value>)> = now
            .items
            .iter()
            .filter(|(item, state)| was(&item.path) != *state)
            .collect();
        if plan.is_empty() || moved.is_empty() {
            return Ok(Undone::NothingToDo);
        }
        // All or nothing: every obstacle is looked for before the first step.
        for it in &moved {
            let was = was(&it.0.path);
            if let Some(why) = self.obstacle(cx, it, was.as_ref(), &now, params).await? {
                return Ok(Undone::Impossible(why));
            }
        }
        for (item, _) in moved.iter().rev() {
            self.restore(cx, item, was(&item.path).as_ref()).await?;
        }
        let after = self.now(cx, params).await?;
        let proofs: Vec<Proof> = after
            .items
            .iter()
            .map(|(item, state)| {
                let claim = format!("{} in Vault is as it was before the change.", item.path);
                let was = was(&item.path).as_ref().map(digest);
                Proof::equal(claim, json!(was), json!(state.as_ref().map(digest)))
            })
            .collect();
        Ok(match proofs.iter().find(|it| !it.ok) {
            None => Undone::Restored(proofs),
            Some(proof) => Undone::Impossible(format!("Not so: {}", proof.claim)),
        })
    }
}
