//! Azure Kubernetes Service, through the resource manager's REST interface.

use super::{Handle, Pool, PoolState, Pools, Power, Progress, Size};
use crate::{
    systems::Endpoint,
    wire::{Call, Reply, Wire, segment},
};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use workflows::{Cx, Fault, FaultClass};

const API: &str = "api-version=2026-08-01";
/// The provider keeps it in its own log of what was done: there an effect is found by its key.
const REQUEST_ID: &str = "x-ms-client-request-id";
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// What the provider computes; it may not be sent back.
const READ_ONLY: [&str; 4] = [
    "eTag",
    "provisioningState",
    "nodeImageVersion",
    "currentOrchestratorVersion",
];

/// Where the resource manager keeps a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterId {
    /// Subscription.
    pub subscription: String,
    /// Resource group.
    pub group: String,
    /// Name of the managed cluster.
    pub cluster: String,
}

impl ClusterId {
    /// Path of the cluster under the resource manager's address.
    #[must_use]
    pub fn path(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerService\
             /managedClusters/{}",
            segment(&self.subscription),
            segment(&self.group),
            segment(&self.cluster)
        )
    }
}

/// A managed cluster as the operator writes it into the inventory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AksConfig {
    /// The resource manager.
    pub endpoint: Endpoint,
    /// Subscription.
    pub subscription: String,
    /// Resource group.
    pub group: String,
    /// Name of the managed cluster.
    pub cluster: String,
}

impl AksConfig {
    /// Where the resource manager keeps the cluster.
    #[must_use]
    pub fn id(&self) -> ClusterId {
        ClusterId {
            subscription: self.subscription.clone(),
            group: self.group.clone(),
            cluster: self.cluster.clone(),
        }
    }
}

/// The node pools of one AKS cluster.
#[derive(Clone)]
pub struct AksPools {
    wire: Wire,
    id: ClusterId,
}

impl AksPools {
    /// The pools of the cluster `id`, reached through `wire`.
    #[must_use]
    pub fn new(wire: Wire, id: ClusterId) -> AksPools {
        AksPools { wire, id }
    }

    fn path(&self, below: &str) -> String {
        format!("{}{below}?{API}", self.id.path())
    }

    async fn ask(&self, cx: &Cx, call: Call) -> Result<Reply, Fault> {
        let call = call.within(ANSWER_WITHIN);
        let reply = self.wire.send(cx, call.clone()).await?;
        if reply.is_success() {
            return Ok(reply);
        }
        let mut fault = self.wire.refusal(&call, &reply);
        let code = reply.json().unwrap_or(Value::Null)["error"]["code"].clone();
        fault.class = match reply.status {
            409 if code == "OperationNotAllowed" => FaultClass::Transient,
            409 | 412 => FaultClass::Conflict,
            _ => fault.class,
        };
        Err(fault)
    }

    /// The operation that goes on after this answer, as a path under our own address: a header
    /// must not be able to send our token elsewhere.
    fn operation(&self, reply: &Reply) -> Result<Option<Handle>, Fault> {
        let Some(url) = reply.header("azure-asyncoperation") else {
            return Ok(None);
        };
        match url.strip_prefix(self.wire.base().as_str().trim_end_matches('/')) {
            Some(path) if path.starts_with('/') => Ok(Some(Handle(path.to_owned()))),
            _ => {
                let message = "the provider names an operation at a foreign address";
                Err(Fault::new(FaultClass::Guard, message))
            }
        }
    }
}

#[async_trait]
impl Pools for AksPools {
    async fn list(&self, cx: &Cx) -> Result<Vec<Pool>, Fault> {
        let answer = self
            .ask(cx, Call::get(self.path("/agentPools")))
            .await?
            .json()?;
        let list = answer["value"]
            .as_array()
            .ok_or_else(|| unreadable("the list of pools"))?;
        let mut pools = list.iter().map(pool).collect::<Result<Vec<_>, _>>()?;
        pools.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(pools)
    }

    async fn resize(&self, cx: &Cx, pool: &Pool, size: Size) -> Result<Option<Handle>, Fault> {
        let system = pool.raw["properties"]["mode"] == "System";
        if system && (size.desired == 0 || pool.autoscaled && size.min == 0) {
            let message = format!("pool {} carries the system and keeps a node", pool.name);
            return Err(Fault::new(FaultClass::Guard, message));
        }
        let mut properties = pool.raw["properties"].clone();
        if let Some(map) = properties.as_object_mut() {
            map.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        }
        properties["count"] = json!(size.desired);
        if pool.autoscaled {
            properties["minCount"] = json!(size.min);
            properties["maxCount"] = json!(size.max);
        }
        let path = self.path(&format!("/agentPools/{}", segment(&pool.name)));
        let call = Call::put(path).json(&json!({"properties": properties}));
        let mut call = call.header(REQUEST_ID, cx.idem.to_string());
        if let Some(etag) = &pool.etag {
            call = call.header("if-match", etag);
        }
        let reply = self.ask(cx, call).await?;
        self.operation(&reply)
    }

    async fn power(&self, cx: &Cx) -> Result<Power, Fault> {
        let cluster = self.ask(cx, Call::get(self.path(""))).await?.json()?;
        let properties = &cluster["properties"];
        let state = properties["provisioningState"].as_str().unwrap_or_default();
        match (properties["powerState"]["code"].as_str(), state) {
            (Some("Running"), "Succeeded") => Ok(Power::On),
            (Some("Stopped"), "Succeeded") => Ok(Power::Off),
            (Some(_), "Failed" | "Canceled") => Err(Fault::new(
                FaultClass::Rejected,
                format!("the provider says that the cluster's last operation is {state}"),
            )),
            (Some(_), _) => Ok(Power::Changing),
            (None, _) => Err(unreadable("the power state")),
        }
    }

    async fn set_power(&self, cx: &Cx, on: bool) -> Result<Option<Handle>, Fault> {
        let verb = if on { "/start" } else { "/stop" };
        let call = Call::post(self.path(verb)).header(REQUEST_ID, cx.idem.to_string());
        let reply = self.ask(cx, call).await?;
        self.operation(&reply)
    }

    async fn poll(&self, cx: &Cx, operation: &Handle) -> Result<Progress, Fault> {
        let answer = self.ask(cx, Call::get(operation.0.clone())).await?.json()?;
        let reason = || match answer["error"]["message"].as_str() {
            Some(words) => words.to_owned(),
            None => "the provider gives no reason".to_owned(),
        };
        match answer["status"].as_str() {
            Some("Succeeded") => Ok(Progress::Done),
            Some("Failed" | "Canceled") => Ok(Progress::Failed(reason())),
            Some(_) => Ok(Progress::Running),
            None => Err(unreadable("the state of the operation")),
        }
    }
}

fn unreadable(what: &str) -> Fault {
    Fault::new(
        FaultClass::Rejected,
        format!("the provider's answer lacks {what}"),
    )
}

fn pool(raw: &Value) -> Result<Pool, Fault> {
    let properties = &raw["properties"];
    let number = |name: &str| {
        properties[name]
            .as_u64()
            .and_then(|it| u32::try_from(it).ok())
    };
    let name = raw["name"]
        .as_str()
        .ok_or_else(|| unreadable("the name of a pool"))?;
    let desired = number("count").ok_or_else(|| unreadable("the count of a pool"))?;
    let autoscaled = properties["enableAutoScaling"] == true;
    let bound = |name| {
        if autoscaled {
            number(name)
        } else {
            Some(desired)
        }
    };
    let (min, max) = (bound("minCount"), bound("maxCount"));
    let (Some(min), Some(max)) = (min, max) else {
        return Err(unreadable("the bounds of a pool"));
    };
    let state = match properties["provisioningState"].as_str() {
        Some("Succeeded") => PoolState::Ready,
        Some("Failed" | "Canceled") => PoolState::Failed,
        _ => PoolState::Busy,
    };
    Ok(Pool {
        name: name.to_owned(),
        size: Size { min, max, desired },
        autoscaled,
        state,
        etag: properties["eTag"].as_str().map(str::to_owned),
        raw: raw.clone(),
    })
}
