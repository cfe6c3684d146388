//! K06: a cluster is hibernated or woken.

mod difference;
mod params;

pub use params::{Asked, PowerParams, PowerState};

use crate::{
    kube::Kind,
    pools::{Handle, Pool, Pools, Power, Progress},
    systems::Systems,
};
use async_trait::async_trait;
use difference::{changes, fits, goal, has_condition, is, needed, state, words};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use workflows::{
    Action, Cx, Fault, FaultClass, Level, Plan, Policy, Proof, Recovered, UndoKind, Undone,
    Verdict, Violation,
};

const PACE: Duration = Duration::from_secs(5);
const POLL_MS: u64 = 5_000;
const SYSTEM: &str = "kube-system";

/// The action `cluster.power`.
pub struct ClusterPower {
    systems: Arc<Systems>,
    pace: Duration,
}

impl ClusterPower {
    /// The action over these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        ClusterPower {
            systems,
            pace: PACE,
        }
    }
    /// The same, looking at the provider's operations at another pace.
    #[must_use]
    pub fn paced(self, pace: Duration) -> Self {
        ClusterPower { pace, ..self }
    }

    fn pools(&self, cx: &Cx) -> Result<&dyn Pools, Fault> {
        self.systems.zone(&cx.zone)?.pools()
    }

    /// Power and pools once no operation is going on.
    async fn settled(&self, cx: &Cx) -> Result<(Power, Vec<Pool>), Fault> {
        let pools = self.pools(cx)?;
        let until = Instant::now() + Action::policy(self).apply_for;
        loop {
            let power = pools.power(cx).await?;
            if power != Power::Changing {
                return Ok((power, pools.list(cx).await?));
            }
            self.pause(until).await?;
        }
    }

    async fn pause(&self, until: Instant) -> Result<(), Fault> {
        if Instant::now() >= until {
            let message = "the provider's operation is still going on";
            return Err(Fault::new(FaultClass::Ambiguous, message));
        }
        sleep(self.pace).await;
        Ok(())
    }

    /// Waits for the end of an operation that was accepted.
    async fn follow(&self, cx: &Cx, operation: Option<Handle>) -> Result<(), Fault> {
        let Some(operation) = operation else {
            return self.settled(cx).await.map(drop);
        };
        let until = Instant::now() + Action::policy(self).apply_for;
        loop {
            match self.pools(cx)?.poll(cx, &operation).await? {
                Progress::Done => return Ok(()),
                Progress::Failed(why) => {
                    let message = format!("the provider could not finish: {why}");
                    return Err(Fault::new(FaultClass::Rejected, message));
                }
                Progress::Running => self.pause(until).await?,
            }
        }
    }

    /// Brings power and sizes to `goal`, doing only what is still missing: a half-done change is
    /// carried on, a finished one costs no call.
    async fn reach(&self, cx: &Cx, goal: &PowerState) -> Result<(), Fault> {
        let (power, found) = self.settled(cx).await?;
        let moved = found.iter().any(|it| !fits(it, goal.sizes.get(&it.name)));
        let start = power == Power::Off && (goal.power == Power::On || moved);
        if start {
            let operation = self.pools(cx)?.set_power(cx, true).await?;
            self.follow(cx, operation).await?;
        }
        if moved {
            // Read again: starting the cluster gives every pool a new version.
            for pool in self.pools(cx)?.list(cx).await? {
                let Some(size) = goal.sizes.get(&pool.name) else {
                    continue;
                };
                if !fits(&pool, Some(size)) {
                    let operation = self.pools(cx)?.resize(cx, &pool, *size).await?;
                    self.follow(cx, operation).await?;
                }
            }
        }
        let stop = goal.power == Power::Off && (power == Power::On || start);
        if stop {
            let operation = self.pools(cx)?.set_power(cx, false).await?;
            self.follow(cx, operation).await?;
        }
        Ok(())
    }

    /// Claims about the provider: power, and sizes where they matter.
    async fn provider_proofs(&self, cx: &Cx, goal: &PowerState) -> Result<Vec<Proof>, Fault> {
        let power = self.pools(cx)?.power(cx).await?;
        let claim = format!(
            "the provider says that the cluster is {}",
            words(goal.power)
        );
        let mut proofs = vec![Proof::equal(claim, json!(goal.power), json!(power))];
        let pools = self.pools(cx)?.list(cx).await?;
        for (name, size) in &goal.sizes {
            let pool = pools.iter().find(|it| it.name == *name);
            let ok = pool.is_some_and(|it| fits(it, Some(size)));
            let claim = format!("pool {name} is asked to have its size");
            let actual = pool.map_or(Value::Null, |it| json!(it.size));
            proofs.push(Proof {
                claim,
                expected: json!(size),
                actual,
                ok,
            });
        }
        Ok(proofs)
    }

    /// What the cluster itself says about its nodes.
    async fn ready_nodes(&self, cx: &Cx) -> Result<usize, Fault> {
        let nodes = self
            .systems
            .zone(&cx.zone)?
            .kube()?
            .list(cx, Kind::NODE, None, "")
            .await?;
        Ok(nodes.iter().filter(|it| has_condition(it, "Ready")).count())
    }

    async fn asleep(&self, cx: &Cx) -> Result<Proof, Fault> {
        let claim = "no node of the cluster is Ready";
        match self.ready_nodes(cx).await {
            Ok(ready) => Ok(Proof::equal(claim, json!(0), json!(ready))),
            // With its control plane stopped, the API does not answer; that too is a sign of sleep.
            Err(fault) if fault.class == FaultClass::Transient => Ok(Proof {
                claim: claim.to_owned(),
                expected: json!(0),
                actual: json!("the API does not answer"),
                ok: true,
            }),
            Err(fault) => Err(fault),
        }
    }

    async fn awake(&self, cx: &Cx, goal: &PowerState) -> Result<Vec<Proof>, Fault> {
        let pools = self.pools(cx)?.list(cx).await?;
        let wanted: u32 = pools
            .iter()
            .map(|it| needed(it, goal.sizes.get(&it.name)))
            .sum();
        let ready = self.ready_nodes(cx).await?;
        let mut proofs = vec![Proof {
            claim: "as many nodes are Ready as the pools are to have".to_owned(),
            expected: json!(wanted),
            actual: json!(ready),
            ok: u32::try_from(ready).is_ok_and(|it| it >= wanted),
        }];
        let kube = self.systems.zone(&cx.zone)?.kube()?;
        for it in kube.list(cx, Kind::DEPLOYMENT, Some(SYSTEM), "").await? {
            let name = it["metadata"]["name"].as_str().unwrap_or_default();
            let claim = format!("{SYSTEM}/{name} is available");
            proofs.push(Proof::equal(
                claim,
                json!(true),
                json!(has_condition(&it, "Available")),
            ));
        }
        Ok(proofs)
    }
}

#[async_trait]
impl Action for ClusterPower {
    const NAME: &'static str = "cluster.power";
    type Params = PowerParams;
    type Before = PowerState;
    type Receipt = PowerState;

    fn policy(&self) -> Policy {
        Policy {
            attempts: 3,
            base_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(60),
            apply_for: Duration::from_secs(15 * 60),
            verify_for: Duration::from_secs(60 * 60),
            undo: UndoKind::Automatic,
        }
    }

    fn validate(&self, params: &PowerParams) -> Vec<Violation> {
        params.violations()
    }

    fn targets(&self, zone: &str, _params: &PowerParams) -> Vec<String> {
        vec![format!("{zone}/power")]
    }

    async fn plan(&self, cx: &Cx, params: &PowerParams) -> Result<Plan<PowerState>, Fault> {
        let power = self.pools(cx)?.power(cx).await?;
        if power == Power::Changing {
            let message = "another operation of the provider is going on";
            return Err(Fault::new(FaultClass::Transient, message));
        }
        let pools = self.pools(cx)?.list(cx).await?;
        if let Some(name) = params
            .sizes
            .keys()
            .find(|it| pools.iter().all(|pool| pool.name != **it))
        {
            let message = format!("the cluster has no pool {name}");
            return Err(Fault::new(FaultClass::Missing, message));
        }
        let before = state(power, &pools);
        let goal = goal(params, &before);
        let changes = changes(params, power, &pools, &goal);
        if changes.is_empty() {
            return Ok(Plan::new(before, changes, Level::None));
        }
        let mut plan = Plan::new(before, changes, Level::Outage);
        for pool in &pools {
            if let Some(etag) = &pool.etag {
                plan.cas
                    .insert(format!("pools/{}", pool.name), etag.clone());
            }
        }
        if params.action == Asked::Hibernate {
            plan.impact
                .restarts
                .push("every workload of the cluster stops".into());
            plan.warnings.push(
                "While the cluster hibernates nothing of it answers, its API included; what pods \
                 keep on their node's own disk is lost."
                    .into(),
            );
        } else {
            plan.impact
                .restarts
                .push("every workload of the cluster starts again".into());
        }
        Ok(plan)
    }

    async fn apply(
        &self,
        cx: &Cx,
        params: &PowerParams,
        plan: &Plan<PowerState>,
    ) -> Result<PowerState, Fault> {
        let goal = goal(params, &plan.before);
        self.reach(cx, &goal).await?;
        Ok(PowerState {
            power: goal.power,
            sizes: goal.sizes,
        })
    }

    async fn recover(
        &self,
        cx: &Cx,
        params: &PowerParams,
        plan: &Plan<PowerState>,
    ) -> Result<Recovered<PowerState>, Fault> {
        let goal = goal(params, &plan.before);
        let (power, pools) = self.settled(cx).await?;
        // Half-way is answered as "not applied": applying does only what is still missing.
        Ok(if is(power, &pools, &goal) {
            Recovered::Applied(goal)
        } else {
            Recovered::NotApplied
        })
    }

    async fn verify(
        &self,
        cx: &Cx,
        params: &PowerParams,
        plan: &Plan<PowerState>,
        _receipt: Option<&PowerState>,
    ) -> Result<Verdict, Fault> {
        let goal = goal(params, &plan.before);
        let pending = |why: &str| {
            Ok(Verdict::Pending {
                why: why.to_owned(),
                poll_ms: POLL_MS,
            })
        };
        if self.pools(cx)?.power(cx).await? == Power::Changing {
            return pending("the provider is still changing the cluster");
        }
        let mut proofs = self.provider_proofs(cx, &goal).await?;
        if proofs.iter().any(|it| !it.ok) {
            return Ok(Verdict::Bad(proofs));
        }
        let nodes = match goal.power {
            Power::Off => vec![self.asleep(cx).await?],
            _ => match self.awake(cx, &goal).await {
                Err(fault) if fault.class == FaultClass::Transient => {
                    return pending("the API of the cluster does not answer yet");
                }
                proofs => proofs?,
            },
        };
        if let Some(missing) = nodes.iter().find(|it| !it.ok) {
            return pending(&format!(
                "{}: {} wanted, {} now",
                missing.claim, missing.expected, missing.actual
            ));
        }
        proofs.extend(nodes);
        Ok(Verdict::Ok(proofs))
    }

    async fn undo(
        &self,
        cx: &Cx,
        _params: &PowerParams,
        plan: &Plan<PowerState>,
        _receipt: Option<&PowerState>,
    ) -> Result<Undone, Fault> {
        let (power, pools) = self.settled(cx).await?;
        if is(power, &pools, &plan.before) {
            return Ok(Undone::NothingToDo);
        }
        self.reach(cx, &plan.before).await?;
        let proofs = self.provider_proofs(cx, &plan.before).await?;
        match proofs.iter().find(|it| !it.ok) {
            None => Ok(Undone::Restored(proofs)),
            Some(bad) => Ok(Undone::Impossible(format!(
                "{}: {} wanted, {} now",
                bad.claim, bad.expected, bad.actual
            ))),
        }
    }
}
