//! Plausible answers for every line of the catalogue.

use serde_json::{Map, Value, json};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// A filled form for the line, as a client of two clusters would fill it in.
///
/// # Panics
/// When the line is not one of the 26: a new line gets its answers here.
#[must_use]
pub fn answers(code: &str) -> Map<String, Value> {
    let mut all = match code {
        "K01" => json!({ "pool": "workers", "min": 2, "max": 6 }),
        "K02" => json!({ "pool": "workers", "flavor": "m5.xlarge", "nodes": 7 }),
        "K03" => json!({ "name": "gpu", "flavor": "m5.xlarge", "min": 0, "max": 3 }),
        "K04" => json!({
            "repos": ["platform/monitoring"], "backup": "2026-11-20",
            "reason": "A bad commit erased the alert rules.", "acknowledge_loss": true,
        }),
        "K05" => json!({ "namespaces": ["shop"], "models": ["global"] }),
        "K06" => json!({ "action": "hibernate" }),
        "K07" => json!({
            "node": "worker-1", "script": "sysctl", "script_ref": SHA,
            "acknowledge_not_durable": true,
        }),
        "K08" => json!({ "period": "60d", "acknowledge_loss": true }),
        "K09" => json!({
            "raw": "30d", "five_min": "90d", "one_hour": "365d", "acknowledge_loss": true,
        }),
        "K10" => json!({
            "mode": "host_alias", "ip": "203.0.113.7", "hostnames": ["shop.example.org"],
        }),
        "K11" => json!({ "labels": { "team": "shop" }, "confirm_series_change": true }),
        "K12" => json!({ "url": "https://alerts.example.org" }),
        "K13" => json!({
            "receiver": "oncall", "url": "https://hooks.example.org/oncall",
            "matchers": "severity=\"critical\"", "test_labels": { "severity": "critical" },
        }),
        other => containers(other),
    };
    all["cluster"] = "prod-paris".into();
    let map = all.as_object_mut().expect("answers are an object");
    std::mem::take(map)
}

fn containers(code: &str) -> Value {
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n";
    match code {
        "C01" => json!({
            "repo": "acme/shop", "path": "manifests/shop.yaml", "operation": "create",
            "content": manifest,
        }),
        "C02" => json!({
            "repo": "acme/shop", "path": "docker/Dockerfile", "operation": "create",
            "content": "FROM debian:12\n",
        }),
        "C03" => json!({
            "team": "shop", "pipeline": "release", "repo": "acme/shop", "path": "ci/release.yml",
            "operation": "create", "content": "jobs: []\n",
        }),
        "C04" => json!({
            "repo": "acme/shop", "path": "manifests/shop.yaml", "namespace": "shop",
            "workload": "deployment/api", "container": "api",
            "image": "registry.example.org/shop/api:1.4.2",
        }),
        "C05" => json!({
            "repo": "acme/shop", "path": "manifests/shop.yaml", "namespace": "shop",
            "workload": "deployment/api", "container": "api", "confirm_data_compat": true,
        }),
        "C06" => json!({
            "repo": "acme/shop", "ref": "v2.3.0", "prefix": "manifests/shop", "namespace": "shop",
            "components": [
                { "workload": "deployment/api", "container": "api",
                  "image": "registry.example.org/shop/api:2.3.0" },
                { "workload": "deployment/web", "container": "web",
                  "image": "registry.example.org/shop/web:2.3.0" },
            ],
        }),
        "C07" => json!({ "namespace": "shop", "workload": "deployment/api" }),
        "C08" => json!({ "namespace": "shop", "workloads": ["deployment/api", "deployment/web"] }),
        "C09" => json!({
            "signal": "metrics", "object": "service_monitor", "namespace": "shop", "name": "api",
            "port": "9090", "expect": "http_requests_total",
        }),
        "C10" => json!({
            "operation": "create", "group": "shop", "alert": "ApiTooSlow", "severity": "warning",
            "expr": "latency > 1", "message": "The shop is slow.",
        }),
        "C11" => json!({
            "namespace": "shop", "workload": "the shop's API", "metrics": "orders a minute",
        }),
        "C12" => json!({ "dashboard": "Shop", "content": "Orders, latency, errors." }),
        "C13" => json!({ "today": "Two repositories.", "goal": "One pipeline each." }),
        other => panic!("no answers for line {other}: add them"),
    }
}
