//! Auth mounts: their list, their configuration, their roles.

use super::{
    VaultServer,
    routes::{Answer, gone, refused},
};
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One auth mount.
#[derive(Debug, Default)]
pub(super) struct Mount {
    pub(super) kind: String,
    pub(super) description: String,
    pub(super) accessor: String,
    pub(super) config: Option<Value>,
    pub(super) roles: BTreeMap<String, Value>,
}

/// `GET sys/auth`
pub(super) fn listed(vault: &VaultServer) -> Answer {
    let stored = vault.stored();
    let mut mounts = Map::new();
    mounts.insert(
        "token/".to_owned(),
        json!({"type": "token", "accessor": "auth_token_0"}),
    );
    for (name, mount) in &stored.mounts {
        mounts.insert(
            format!("{name}/"),
            json!({
                "type": mount.kind, "description": mount.description,
                "accessor": mount.accessor, "local": false, "seal_wrap": false,
            }),
        );
    }
    // The real one answers the mounts twice, at the top and below `data`.
    let mut body = mounts.clone();
    body.insert("data".to_owned(), Value::Object(mounts));
    Ok(Some(Value::Object(body)))
}

/// `POST` and `DELETE sys/auth/<name>`
pub(super) fn mounted(vault: &VaultServer, method: &Method, name: &str, body: &Value) -> Answer {
    match *method {
        Method::POST => {
            let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
            if text("type") != "kubernetes" {
                return refused(StatusCode::BAD_REQUEST, "unknown auth method type");
            }
            let accessor = vault.fresh("auth_kubernetes_");
            let mut stored = vault.stored();
            if stored.mounts.contains_key(name) {
                let words = format!("path is already in use at {name}/");
                return refused(StatusCode::BAD_REQUEST, words);
            }
            let mount = Mount {
                kind: text("type").to_owned(),
                description: text("description").to_owned(),
                accessor,
                ..Mount::default()
            };
            stored.mounts.insert(name.to_owned(), mount);
            Ok(None)
        }
        Method::DELETE => {
            let mut stored = vault.stored();
            if let Some(mount) = stored.mounts.remove(name) {
                stored.tokens.retain(|_, it| match it {
                    super::Holder::Root => true,
                    super::Holder::Pod { accessor, .. } => *accessor != mount.accessor,
                });
            }
            Ok(None)
        }
        _ => gone(),
    }
}

/// `auth/<name>/config`
pub(super) fn configured(vault: &VaultServer, method: &Method, name: &str, body: &Value) -> Answer {
    let mut stored = vault.stored();
    let Some(mount) = stored.mounts.get_mut(name) else {
        return unrouted(name);
    };
    match *method {
        Method::GET => match &mount.config {
            None => gone(),
            Some(config) => {
                let mut shown = config.clone();
                if let Some(shown) = shown.as_object_mut() {
                    let reviewer = shown.remove("token_reviewer_jwt");
                    let set = reviewer.and_then(|it| it.as_str().map(|it| !it.is_empty()));
                    shown.insert(
                        "token_reviewer_jwt_set".to_owned(),
                        json!(set == Some(true)),
                    );
                }
                Ok(Some(json!({"data": shown})))
            }
        },
        Method::POST => {
            if body
                .get("kubernetes_host")
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
            {
                return refused(StatusCode::BAD_REQUEST, "no host provided");
            }
            let mut config = body.clone();
            if let Some(config) = config.as_object_mut() {
                config
                    .entry("kubernetes_ca_cert")
                    .or_insert_with(|| json!(""));
                config
                    .entry("disable_local_ca_jwt")
                    .or_insert_with(|| json!(false));
            }
            mount.config = Some(config);
            Ok(None)
        }
        _ => gone(),
    }
}

/// `auth/<name>/role[/<role>]`
pub(super) fn role(
    vault: &VaultServer,
    method: &Method,
    (name, role): (&str, Option<&str>),
    body: &Value,
) -> Answer {
    let mut stored = vault.stored();
    let Some(mount) = stored.mounts.get_mut(name) else {
        return unrouted(name);
    };
    match (method.as_str(), role) {
        ("GET", None) if mount.roles.is_empty() => gone(),
        ("GET", None) => {
            let keys: Vec<&String> = mount.roles.keys().collect();
            Ok(Some(json!({"data": {"keys": keys}})))
        }
        ("GET", Some(role)) => match mount.roles.get(role) {
            Some(it) => Ok(Some(json!({"data": it}))),
            None => gone(),
        },
        ("POST", Some(role)) => {
            for key in [
                "bound_service_account_names",
                "bound_service_account_namespaces",
            ] {
                let bound = body.get(key).and_then(Value::as_array);
                if bound.is_none_or(Vec::is_empty) {
                    return refused(StatusCode::BAD_REQUEST, format!("{key} cannot be empty"));
                }
            }
            mount.roles.insert(role.to_owned(), body.clone());
            Ok(None)
        }
        ("DELETE", Some(role)) => {
            mount.roles.remove(role);
            Ok(None)
        }
        _ => gone(),
    }
}

fn unrouted(name: &str) -> Answer {
    let words = format!("no handler for route \"auth/{name}\". route entry not found.");
    refused(StatusCode::NOT_FOUND, words)
}
