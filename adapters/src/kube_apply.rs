//! K05, the cluster's part: a pinned set of objects is applied, proved field by field, and can be
//! taken back.

mod injection;
mod manifests;
mod reading;
mod records;
mod shape;

pub use manifests::{ApplyParams, FailurePolicy, Manifest};
pub use records::{ApplyBefore, ApplyReceipt, Held, Written};

use crate::{
    kube::{Applied, ApplyOpts, Kind, Kube, ObjRef},
    systems::Systems,
    vault::REVIEWER_NAMESPACE,
};
use async_trait::async_trait;
use reading::{lines, mark, marked, proof, text, waits_for};
use serde_json::{Value, json};
use shape::restoring;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use workflows::{
    Action, Cx, Fault, FaultClass, Fidelity, Level, Plan, Policy, Proof, Recovered, UndoKind,
    Undone, Verdict, Violation,
};

const POLL_MS: u64 = 2_000;

/// The action `kube.apply`.
pub struct KubeApply {
    systems: Arc<Systems>,
}

impl KubeApply {
    /// The action over these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        KubeApply { systems }
    }

    fn kube(&self, cx: &Cx) -> Result<&dyn Kube, Fault> {
        self.systems.zone(&cx.zone)?.kube()
    }

    /// The objects, each with what the plan knows of it.
    fn planned<'a>(
        &self,
        cx: &Cx,
        params: &ApplyParams,
        plan: &'a Plan<ApplyBefore>,
    ) -> Result<Vec<(Value, &'a Held)>, Fault> {
        let objects = self.objects(cx, params)?;
        let held = &plan.before.objects;
        let same =
            |(object, held): (&Value, &Held)| ObjRef::of(object).is_ok_and(|it| it == held.object);
        if objects.len() != held.len() || !objects.iter().zip(held).all(same) {
            let message = "the plan is about other objects than these parameters";
            return Err(Fault::new(FaultClass::Guard, message));
        }
        Ok(objects.into_iter().zip(held).collect())
    }

    fn objects(&self, cx: &Cx, params: &ApplyParams) -> Result<Vec<Value>, Fault> {
        let vault = match params.manifest {
            Manifest::VaultReviewer => "",
            Manifest::VaultInjector => self.systems.zone(&cx.zone)?.vault_address()?,
        };
        Ok(manifests::render(params, &cx.zone, vault))
    }

    /// What has to hold before anything is touched.
    async fn preconditions(&self, cx: &Cx, params: &ApplyParams) -> Result<(), Fault> {
        let kube = self.kube(cx)?;
        for name in &params.namespaces {
            let namespace = ObjRef::new(Kind::NAMESPACE, None, name);
            if kube.get(cx, &namespace).await?.is_none() {
                let message = format!("the cluster has no namespace {name}");
                return Err(Fault::new(FaultClass::Missing, message));
            }
        }
        if params.manifest == Manifest::VaultInjector {
            for other in kube.list(cx, Kind::MUTATING_WEBHOOK, None, "").await? {
                let name = other["metadata"]["name"].as_str().unwrap_or_default();
                if name.contains("vault") && name != "vault-injector" {
                    let message = format!("another injector is installed already: {name}");
                    return Err(Fault::new(FaultClass::Guard, message));
                }
            }
        }
        Ok(())
    }

    /// What the server would store; `None` when it cannot say, since the namespace is yet to come.
    async fn foreseen(
        &self,
        cx: &Cx,
        object: &Value,
        takeover: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Applied>, Fault> {
        let kube = self.kube(cx)?;
        let mut how = ApplyOpts {
            dry_run: true,
            force: false,
        };
        match kube.apply(cx, object, how).await {
            Ok(applied) => Ok(Some(applied)),
            Err(fault) if fault.class == FaultClass::Conflict && takeover => {
                let words = fault
                    .message
                    .split_once("Apply failed")
                    .map_or("", |(_, it)| it);
                let owned = words.trim_start_matches(|it| it != 'c' && it != 'C');
                let address = ObjRef::of(object)?.words();
                warnings.push(format!(
                    "{address}: fields of others are taken over: {owned}"
                ));
                how.force = true;
                kube.apply(cx, object, how).await.map(Some)
            }
            Err(fault) if fault.class == FaultClass::Missing => {
                let address = ObjRef::of(object)?;
                let namespace = address.namespace.as_deref();
                if !kube
                    .can_i(cx, "create", address.known()?, namespace)
                    .await?
                {
                    let message = format!("we may not create {}", address.words());
                    return Err(Fault::new(FaultClass::Denied, message));
                }
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn read(&self, cx: &Cx, held: &Held) -> Result<Option<Value>, Fault> {
        self.kube(cx)?.get(cx, &held.object).await
    }
}

#[async_trait]
impl Action for KubeApply {
    const NAME: &'static str = "kube.apply";
    type Params = ApplyParams;
    type Before = ApplyBefore;
    type Receipt = ApplyReceipt;

    fn policy(&self) -> Policy {
        Policy {
            attempts: 5,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            apply_for: Duration::from_secs(120),
            verify_for: Duration::from_secs(15 * 60),
            undo: UndoKind::Automatic,
        }
    }

    fn validate(&self, params: &ApplyParams) -> Vec<Violation> {
        manifests::validate(params)
    }

    fn targets(&self, zone: &str, params: &ApplyParams) -> Vec<String> {
        let mut targets: Vec<String> = manifests::render(params, zone, "")
            .iter()
            .filter_map(|it| ObjRef::of(it).ok())
            .map(|it| format!("{zone}/kube/{}", it.words()))
            .collect();
        targets.sort();
        targets
    }

    async fn plan(&self, cx: &Cx, params: &ApplyParams) -> Result<Plan<ApplyBefore>, Fault> {
        self.preconditions(cx, params).await?;
        let (mut objects, mut changes, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        let mut versions = BTreeMap::new();
        let mut made = Vec::new();
        for object in self.objects(cx, params)? {
            let address = ObjRef::of(&object)?;
            let live = self.kube(cx)?.get(cx, &address).await?;
            // In a namespace that this plan makes, or the reviewer's task before it, the server
            // cannot say anything yet.
            let early = address
                .namespace
                .as_ref()
                .is_some_and(|it| made.contains(it) || it == REVIEWER_NAMESPACE);
            let seen = self
                .foreseen(cx, &object, params.takeover, &mut warnings)
                .await?;
            if seen.is_none() && !early {
                let message = format!("{} has no namespace to be in", address.words());
                return Err(Fault::new(FaultClass::Missing, message));
            }
            for warning in seen.iter().flat_map(|it| &it.warnings) {
                if warning.contains("would violate PodSecurity") {
                    let message = format!("{}: {warning}", address.words());
                    return Err(Fault::new(FaultClass::Rejected, message));
                }
                warnings.push(format!("{}: {warning}", address.words()));
            }
            let fidelity = if seen.is_some() {
                Fidelity::Exact
            } else {
                Fidelity::Predicted
            };
            let next = seen.map_or_else(|| object.clone(), |it| it.object);
            let lines = lines(&address.words(), live.as_ref(), &object, &next, fidelity);
            if live.is_none() && address.kind == "Namespace" {
                made.push(address.name.clone());
            }
            if let Some(live) = &live {
                versions.insert(address.words(), text(live, "resourceVersion"));
            }
            objects.push(Held {
                object: address,
                was: live.as_ref().map(|it| restoring(it, &object)),
                changes: !lines.is_empty(),
            });
            changes.extend(lines);
        }
        let level = match (changes.is_empty(), params.manifest) {
            (true, _) => Level::None,
            (_, Manifest::VaultReviewer) => Level::Reload,
            (_, Manifest::VaultInjector) => Level::RollingRestart,
        };
        if level == Level::RollingRestart && params.failure_policy == FailurePolicy::Fail {
            let warning = "No new pod of the meant namespaces starts while the injector is down.";
            warnings.push(warning.to_owned());
        }
        let mut plan = Plan::new(ApplyBefore { objects }, changes, level);
        (plan.warnings, plan.cas) = (warnings, versions);
        Ok(plan)
    }

    async fn apply(
        &self,
        cx: &Cx,
        params: &ApplyParams,
        plan: &Plan<ApplyBefore>,
    ) -> Result<ApplyReceipt, Fault> {
        let mut written = Vec::new();
        let how = ApplyOpts {
            dry_run: false,
            force: params.takeover,
        };
        for (object, held) in self.planned(cx, params, plan)? {
            if !held.changes {
                continue;
            }
            let stored = self
                .kube(cx)?
                .apply(cx, &marked(object, cx), how)
                .await?
                .object;
            written.push(Written {
                object: held.object.clone(),
                uid: text(&stored, "uid"),
                resource_version: text(&stored, "resourceVersion"),
            });
        }
        Ok(ApplyReceipt { objects: written })
    }

    async fn recover(
        &self,
        cx: &Cx,
        _params: &ApplyParams,
        plan: &Plan<ApplyBefore>,
    ) -> Result<Recovered<ApplyReceipt>, Fault> {
        let mut written = Vec::new();
        for held in plan.before.objects.iter().filter(|it| it.changes) {
            let live = self.read(cx, held).await?;
            let ours = live.filter(|it| mark(it) == Some(&cx.idem.to_string()));
            // Applying again is harmless, so half of it counts as nothing.
            let Some(live) = ours else {
                return Ok(Recovered::NotApplied);
            };
            written.push(Written {
                object: held.object.clone(),
                uid: text(&live, "uid"),
                resource_version: text(&live, "resourceVersion"),
            });
        }
        Ok(Recovered::Applied(ApplyReceipt { objects: written }))
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &ApplyParams,
        plan: &Plan<ApplyBefore>,
        receipt: Option<&ApplyReceipt>,
    ) -> Result<Verdict, Fault> {
        let (mut proofs, mut waiting) = (Vec::new(), None);
        for (object, held) in self.planned(cx, params, plan)? {
            let live = self.read(cx, held).await?;
            let address = held.object.words();
            proofs.push(proof(&address, &object, live.as_ref()));
            if receipt.is_some() && held.changes {
                let claim = format!("{address} carries the mark of this effect");
                let found = live.as_ref().and_then(mark);
                proofs.push(Proof::equal(
                    claim,
                    json!(cx.idem.to_string()),
                    json!(found),
                ));
            }
            let why = live.as_ref().and_then(waits_for);
            waiting = waiting.or(why.map(|why| format!("{address}: {why}")));
        }
        if proofs.iter().any(|it| !it.ok) {
            return Ok(Verdict::Bad(proofs));
        }
        if waiting.is_none() && params.manifest == Manifest::VaultInjector {
            match injection::trial(self.kube(cx)?, cx, params).await? {
                Ok(proof) => proofs.push(proof),
                Err(why) => waiting = Some(why),
            }
        }
        Ok(match waiting {
            Some(why) => Verdict::Pending {
                why,
                poll_ms: POLL_MS,
            },
            None => Verdict::Ok(proofs),
        })
    }

    async fn undo(
        &self,
        cx: &Cx,
        _params: &ApplyParams,
        plan: &Plan<ApplyBefore>,
        receipt: Option<&ApplyReceipt>,
    ) -> Result<Undone, Fault> {
        let mut proofs = Vec::new();
        for held in plan.before.objects.iter().rev().filter(|it| it.changes) {
            let Some(live) = self.read(cx, held).await? else {
                continue;
            };
            let uid = text(&live, "uid");
            let written =
                receipt.and_then(|it| it.objects.iter().find(|it| it.object == held.object));
            let ours = mark(&live) == Some(&cx.idem.to_string())
                || held.was.is_none() && written.is_some_and(|it| it.uid == uid);
            let going = live["metadata"]["deletionTimestamp"].is_string();
            if !ours || going && held.was.is_none() {
                continue;
            }
            let address = held.object.words();
            match &held.was {
                None => {
                    self.kube(cx)?.delete(cx, &held.object, &uid).await?;
                    let left = self.read(cx, held).await?;
                    let left = left.filter(|it| it["metadata"]["deletionTimestamp"].is_null());
                    let claim = format!("{address} is gone or going");
                    proofs.push(Proof::equal(claim, json!(true), json!(left.is_none())));
                }
                Some(was) => {
                    let how = ApplyOpts {
                        dry_run: false,
                        force: true,
                    };
                    self.kube(cx)?.apply(cx, was, how).await?;
                    let live = self.read(cx, held).await?;
                    proofs.push(proof(&address, was, live.as_ref()));
                }
            }
        }
        Ok(match proofs.iter().find(|it| !it.ok) {
            Some(bad) => Undone::Impossible(format!("it is not so that {}", bad.claim)),
            None if proofs.is_empty() => Undone::NothingToDo,
            None => Undone::Restored(proofs),
        })
    }
}
