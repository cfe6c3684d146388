//! Logging in with the token of a service account: Kubernetes itself says whose it is.

use super::{
    Holder, VaultServer,
    routes::{Answer, refused},
};
use crate::wire::{Auth, Call, Secret, Wire};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;
use workflows::{Cx, EvidenceLog};

/// `POST auth/<mount>/login`
pub(super) async fn login(vault: &VaultServer, mount: &str, body: &Value) -> Answer {
    let text = |key: &str| {
        body.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (name, jwt) = (text("role"), text("jwt"));
    let (config, role, accessor) = {
        let stored = vault.stored();
        let Some(found) = stored.mounts.get(mount) else {
            return refused(StatusCode::FORBIDDEN, "permission denied");
        };
        (
            found.config.clone(),
            found.roles.get(&name).cloned(),
            found.accessor.clone(),
        )
    };
    let Some(config) = config else {
        let words = "could not load backend configuration";
        return refused(StatusCode::INTERNAL_SERVER_ERROR, words);
    };
    let Some(role) = role else {
        return refused(
            StatusCode::BAD_REQUEST,
            format!("invalid role name \"{name}\""),
        );
    };
    let audience = role
        .get("audience")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let Some((namespace, account, uid)) = reviewed(&config, &jwt, audience).await else {
        return refused(StatusCode::FORBIDDEN, "permission denied");
    };
    let bound = |key: &str, value: &str| {
        let list = role
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        list.filter_map(Value::as_str)
            .any(|it| it == value || it == "*")
    };
    if !bound("bound_service_account_names", &account) {
        return refused(StatusCode::FORBIDDEN, "service account name not authorized");
    }
    if !bound("bound_service_account_namespaces", &namespace) {
        return refused(StatusCode::FORBIDDEN, "namespace not authorized");
    }
    let granted = role
        .get("token_policies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut policies = vec!["default".to_owned()];
    policies.extend(granted.filter_map(Value::as_str).map(str::to_owned));
    let metadata = BTreeMap::from([
        ("role".to_owned(), name),
        ("service_account_name".to_owned(), account),
        ("service_account_namespace".to_owned(), namespace),
        ("service_account_uid".to_owned(), uid),
    ]);
    let token = vault.fresh("hvs.");
    let holder = Holder::Pod {
        policies: policies.clone(),
        accessor,
        metadata: metadata.clone(),
    };
    vault.stored().tokens.insert(token.clone(), holder);
    Ok(Some(json!({"auth": {
        "client_token": token, "accessor": vault.fresh(""), "policies": policies,
        "token_policies": policies, "metadata": metadata, "renewable": true,
        "lease_duration": role.get("token_ttl"), "token_type": "service",
    }})))
}

/// Namespace, name and uid of the service account, if the cluster vouches for the token.
async fn reviewed(config: &Value, jwt: &str, audience: &str) -> Option<(String, String, String)> {
    let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
    let reviewer = match text("token_reviewer_jwt") {
        "" => jwt,
        reviewer => reviewer,
    };
    let pem = Some(text("kubernetes_ca_cert")).filter(|it| !it.is_empty());
    let auth = Auth::Bearer(Secret::new(reviewer));
    let pem = pem.map(str::as_bytes);
    let wire = Wire::new("kubernetes", text("kubernetes_host"), auth, pem).ok()?;
    let mut spec = json!({"token": jwt});
    if !audience.is_empty() {
        spec["audiences"] = json!([audience]);
    }
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec,
    });
    let call = Call::post("/apis/authentication.k8s.io/v1/tokenreviews").json(&review);
    let status = wire
        .ask(&nobody(), call)
        .await
        .ok()?
        .json()
        .ok()?
        .get("status")?
        .clone();
    if status.get("authenticated").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let user = status.get("user")?;
    let name = user
        .get("username")?
        .as_str()?
        .strip_prefix("system:serviceaccount:")?;
    let (namespace, account) = name.split_once(':')?;
    let uid = user.get("uid").and_then(Value::as_str).unwrap_or_default();
    Some((namespace.to_owned(), account.to_owned(), uid.to_owned()))
}

/// The stand-in asks on its own behalf; no ticket stands behind it.
fn nobody() -> Cx {
    Cx {
        ticket: String::new(),
        title: String::new(),
        task: String::new(),
        idem: Uuid::nil(),
        plan_digest: String::new(),
        actor: String::new(),
        zone: String::new(),
        attempt: 1,
        now: DateTime::<Utc>::UNIX_EPOCH,
        evidence: EvidenceLog::default(),
    }
}
