//! The node-pool stand-in is strict, and the client of the real interface reads its refusals.

use adapters::{
    pools::{AksPools, ClusterId, Pool, PoolState, Pools, Power, Progress, Size},
    sandbox::{
        fault::Trouble,
        kubernetes::Kubernetes,
        pools::{NodePools, PROVIDER_TOKEN, PoolSpec},
        serving::Serving,
    },
    wire::{Auth, Secret, Wire},
};
use axum::{Router, http::StatusCode};
use chrono::{TimeZone, Utc};
use serde_json::{Value, json};
use uuid::Uuid;
use workflows::{Cx, EvidenceLog, Fault, FaultClass};

const SYSTEM: Size = Size {
    min: 1,
    max: 1,
    desired: 1,
};
const WORK: Size = Size {
    min: 1,
    max: 5,
    desired: 3,
};

struct House {
    cluster: Kubernetes,
    provider: NodePools,
    pools: AksPools,
}

fn client(url: &str, token: &str, id: &ClusterId) -> AksPools {
    let wire = Wire::new("aks", url, Auth::Bearer(Secret::new(token)), None);
    AksPools::new(wire.expect("a loopback address"), id.clone())
}

async fn house() -> House {
    let cluster = Kubernetes::start("pools").await.expect("a loopback port");
    let specs = [
        PoolSpec {
            name: "system",
            size: SYSTEM,
            autoscaled: false,
            system: true,
        },
        PoolSpec {
            name: "work",
            size: WORK,
            autoscaled: true,
            system: false,
        },
    ];
    let provider = NodePools::start(cluster.cluster().clone(), "acme", &specs);
    let provider = provider.await.expect("a loopback port");
    let pools = client(&provider.url(), PROVIDER_TOKEN, provider.id());
    House {
        cluster,
        provider,
        pools,
    }
}

fn cx() -> Cx {
    Cx {
        ticket: "ACME-2026-0001".into(),
        title: "Resize a pool".into(),
        task: "scale".into(),
        idem: Uuid::nil(),
        plan_digest: String::new(),
        actor: "Camille Roy".into(),
        zone: "zone-a".into(),
        attempt: 1,
        now: Utc
            .with_ymd_and_hms(2026, 3, 2, 9, 0, 0)
            .single()
            .expect("a valid date"),
        evidence: EvidenceLog::default(),
    }
}

impl House {
    async fn pool(&self, name: &str) -> Pool {
        let pools = self.pools.list(&cx()).await.expect("a list");
        pools
            .into_iter()
            .find(|it| it.name == name)
            .expect("the pool is there")
    }
    /// A request as somebody without our client would send it.
    async fn raw(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build();
        let method = method.parse().expect("a method");
        let url = format!("{}{}{path}", self.provider.url(), self.provider.id().path());
        let call = client.expect("a plain client").request(method, url);
        let call = call.header("authorization", format!("Bearer {PROVIDER_TOKEN}"));
        let answer = call.body(body.to_string()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a readable body");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

fn class<T: std::fmt::Debug>(outcome: Result<T, Fault>) -> FaultClass {
    outcome.expect_err("a refusal").class
}

#[tokio::test]
async fn sim_pools_a_resize_takes_its_looks_and_then_the_nodes_are_there() {
    let house = house().await;
    house.provider.take_looks(2);
    let pool = house.pool("work").await;
    assert_eq!((pool.size, pool.state), (WORK, PoolState::Ready));
    let wanted = Size {
        min: 2,
        max: 8,
        desired: 4,
    };
    let operation = house
        .pools
        .resize(&cx(), &pool, wanted)
        .await
        .expect("accepted");
    let operation = operation.expect("it goes on after the answer");
    assert_eq!(house.pool("work").await.state, PoolState::Busy);
    for _ in 0..2 {
        let progress = house
            .pools
            .poll(&cx(), &operation)
            .await
            .expect("an answer");
        assert_eq!(progress, Progress::Running);
    }
    let progress = house
        .pools
        .poll(&cx(), &operation)
        .await
        .expect("an answer");
    assert_eq!(progress, Progress::Done);
    let after = house.pool("work").await;
    assert_eq!((after.size, after.state), (wanted, PoolState::Ready));
    assert_ne!(after.etag, pool.etag);
    assert_eq!(house.cluster.cluster().nodes("work").len(), 4);
}

#[tokio::test]
async fn sim_pools_a_version_that_moved_is_a_conflict() {
    let house = house().await;
    let pool = house.pool("work").await;
    house.provider.resize("work", Size { desired: 2, ..WORK });
    assert_eq!(
        class(house.pools.resize(&cx(), &pool, WORK).await),
        FaultClass::Conflict
    );
    assert_eq!(house.provider.size("work").map(|it| it.desired), Some(2));
}

#[tokio::test]
async fn sim_pools_stopping_a_stopped_cluster_is_a_conflict_and_a_busy_one_is_transient() {
    let house = house().await;
    house.provider.take_looks(1);
    house.pools.set_power(&cx(), false).await.expect("accepted");
    assert_eq!(
        class(house.pools.set_power(&cx(), false).await),
        FaultClass::Transient
    );
    let power = house.pools.power(&cx()).await;
    assert_eq!(power.expect("an answer"), Power::Changing);
    assert_eq!(
        house.pools.power(&cx()).await.expect("an answer"),
        Power::Off
    );
    assert_eq!(
        class(house.pools.set_power(&cx(), false).await),
        FaultClass::Conflict
    );
    assert_eq!(
        house
            .raw("POST", "/stop?api-version=2026-08-01", &Value::Null)
            .await
            .0,
        409
    );
}

#[tokio::test]
async fn sim_pools_what_does_not_exist_is_missing_and_a_wrong_token_is_denied() {
    let house = house().await;
    let ghost = Pool {
        name: "ghost".into(),
        ..house.pool("work").await
    };
    assert_eq!(
        class(house.pools.resize(&cx(), &ghost, WORK).await),
        FaultClass::Missing
    );
    let stranger = client(&house.provider.url(), "wrong", house.provider.id());
    assert_eq!(class(stranger.list(&cx()).await), FaultClass::Denied);
    let elsewhere = ClusterId {
        cluster: "other".into(),
        ..house.provider.id().clone()
    };
    let lost = client(&house.provider.url(), PROVIDER_TOKEN, &elsewhere);
    assert_eq!(class(lost.power(&cx()).await), FaultClass::Missing);
}

#[tokio::test]
async fn sim_pools_bodies_outside_the_rules_are_refused_with_400() {
    let house = house().await;
    let path = "/agentPools/work?api-version=2026-08-01";
    let body = |change: Value| {
        let mut properties = json!({
            "count": 3, "minCount": 1, "maxCount": 5, "enableAutoScaling": true, "mode": "User",
            "vmSize": "Standard_D4s_v5",
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            properties[name] = value.clone();
        }
        json!({"properties": properties})
    };
    let cases = [
        (json!({"eTag": "\"1\""}), "InvalidParameter"),
        (json!({"minCount": 9}), "InvalidParameter"),
        (json!({"count": 1001, "maxCount": 1001}), "InvalidParameter"),
        (
            json!({"vmSize": "Standard_D8s_v5"}),
            "PropertyChangeNotAllowed",
        ),
    ];
    for (change, code) in cases {
        let (status, answer) = house.raw("PUT", path, &body(change.clone())).await;
        assert_eq!(
            (status, answer["error"]["code"].as_str()),
            (400, Some(code)),
            "{change}"
        );
    }
    let (status, answer) = house.raw("GET", "/agentPools", &Value::Null).await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(house.provider.size("work"), Some(WORK));
    assert_eq!(house.raw("PUT", path, &body(json!({}))).await.0, 200);
}

#[tokio::test]
async fn sim_pools_the_last_system_node_is_kept_by_our_own_rule() {
    let house = house().await;
    let pool = house.pool("system").await;
    let none = Size {
        min: 0,
        max: 0,
        desired: 0,
    };
    assert_eq!(
        class(house.pools.resize(&cx(), &pool, none).await),
        FaultClass::Guard
    );
    assert_eq!(house.provider.mischief().mutations(), 0);
}

#[tokio::test]
async fn sim_pools_what_the_provider_describes_is_sent_back_whole() {
    let house = house().await;
    let pool = house.pool("work").await;
    assert_eq!(pool.raw["properties"]["osType"], "Linux");
    house
        .pools
        .resize(&cx(), &pool, WORK)
        .await
        .expect("no property of it was lost or invented");
}

#[tokio::test]
async fn sim_pools_an_answer_lost_on_the_way_is_ambiguous() {
    let house = house().await;
    house.provider.mischief().next(Trouble::DoThenDrop);
    assert_eq!(
        class(house.pools.set_power(&cx(), false).await),
        FaultClass::Ambiguous
    );
    assert_eq!(
        house.pools.power(&cx()).await.expect("an answer"),
        Power::Off
    );
}

/// An operation at a foreign address would get our token.
#[tokio::test]
async fn an_operation_at_a_foreign_address_is_refused_by_our_own_rule() {
    let answer = || async {
        (
            StatusCode::ACCEPTED,
            [("azure-asyncoperation", "https://evil.example/operations/1")],
        )
    };
    let serving = Serving::start(Router::new().fallback(answer), 0)
        .await
        .expect("a port");
    let id = ClusterId {
        subscription: "s".into(),
        group: "g".into(),
        cluster: "c".into(),
    };
    let pools = client(&serving.url(), PROVIDER_TOKEN, &id);
    assert_eq!(class(pools.set_power(&cx(), true).await), FaultClass::Guard);
}
