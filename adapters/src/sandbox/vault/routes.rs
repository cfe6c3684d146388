//! Which request means what, who may make it, and how it is answered.

use super::{Holder, VaultServer, acl, login, mounts};
use crate::sandbox::fault::{Trouble, hang_up};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// A body, no content, or a refusal.
pub(super) type Answer = Result<Option<Value>, (StatusCode, Vec<String>)>;

pub(super) fn refused(status: StatusCode, words: impl Into<String>) -> Answer {
    Err((status, vec![words.into()]))
}

/// Nothing there: 404 without a word.
pub(super) fn gone() -> Answer {
    Err((StatusCode::NOT_FOUND, Vec::new()))
}

fn told(answer: Answer) -> Response {
    match answer {
        Ok(Some(body)) => Json(body).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err((status, errors)) => (status, Json(json!({"errors": errors}))).into_response(),
    }
}

pub(super) async fn serve(
    State(vault): State<VaultServer>,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if path == "sys/health" {
        return health(&vault);
    }
    if vault.sealed() {
        return told(refused(StatusCode::SERVICE_UNAVAILABLE, "Vault is sealed"));
    }
    let body: Value = match body.is_empty() {
        true => Value::Null,
        false => match serde_json::from_slice(&body) {
            Ok(body) => body,
            Err(error) => return told(refused(StatusCode::BAD_REQUEST, error.to_string())),
        },
    };
    let parts: Vec<&str> = path.split('/').collect();
    if let (["auth", mount, "login"], &Method::POST) = (parts.as_slice(), &method) {
        return told(login::login(&vault, mount, &body).await);
    }
    let token = headers
        .get("x-vault-token")
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let holder = vault.stored().tokens.get(token).cloned();
    let Some(holder) = holder else {
        return told(refused(StatusCode::FORBIDDEN, "permission denied"));
    };
    if path == "auth/token/revoke-self" && method == Method::POST {
        vault.stored().tokens.remove(token);
        return told(Ok(None));
    }
    if !may(&vault, &holder, &path, &method) {
        return told(refused(StatusCode::FORBIDDEN, "permission denied"));
    }
    if method == Method::GET {
        return told(route(&vault, &method, &parts, &body));
    }
    match vault.mischief().meet() {
        Some(Trouble::Drop) => hang_up(),
        Some(Trouble::DropThenDo) => {
            let path = path.clone();
            tokio::spawn(async move {
                let parts: Vec<&str> = path.split('/').collect();
                let _ = route(&vault, &method, &parts, &body);
            });
            hang_up()
        }
        Some(Trouble::DoThenDrop) => {
            let _ = route(&vault, &method, &parts, &body);
            hang_up()
        }
        Some(Trouble::Error500) => {
            told(refused(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))
        }
        Some(Trouble::Busy) => {
            let busy = told(refused(StatusCode::SERVICE_UNAVAILABLE, "busy"));
            ([(RETRY_AFTER, "1")], busy).into_response()
        }
        None if vault.mischief().lying() => told(Ok(None)),
        None => told(route(&vault, &method, &parts, &body)),
    }
}

fn health(vault: &VaultServer) -> Response {
    let sealed = vault.sealed();
    let status = if sealed {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    let body = json!({
        "initialized": true, "sealed": sealed, "standby": false, "version": "1.18.0",
        "cluster_name": "stand-in",
    });
    (status, Json(body)).into_response()
}

fn may(vault: &VaultServer, holder: &Holder, path: &str, method: &Method) -> bool {
    match holder {
        Holder::Root => true,
        Holder::Pod {
            policies,
            accessor,
            metadata,
        } => {
            let stored = vault.stored();
            let texts = policies.iter().filter_map(|it| stored.policies.get(it));
            let capability = if method == Method::GET {
                "read"
            } else {
                "update"
            };
            acl::allows(
                texts.map(String::as_str),
                (accessor, metadata),
                path,
                capability,
            )
        }
    }
}

fn route(vault: &VaultServer, method: &Method, parts: &[&str], body: &Value) -> Answer {
    match parts {
        ["sys", "auth"] if method == Method::GET => mounts::listed(vault),
        ["sys", "auth", name] => mounts::mounted(vault, method, name, body),
        ["auth", name, "config"] => mounts::configured(vault, method, name, body),
        ["auth", name, "role"] => mounts::role(vault, method, (name, None), body),
        ["auth", name, "role", role] => mounts::role(vault, method, (name, Some(role)), body),
        ["sys", "policies", "acl", name] => policy(vault, method, name, body),
        ["kv", "data", rest @ ..] => key(vault, method, &rest.join("/"), body),
        _ => refused(StatusCode::NOT_FOUND, "no handler for route"),
    }
}

fn policy(vault: &VaultServer, method: &Method, name: &str, body: &Value) -> Answer {
    let mut stored = vault.stored();
    match *method {
        Method::GET => match stored.policies.get(name) {
            Some(text) => Ok(Some(json!({"data": {"name": name, "policy": text}}))),
            None => gone(),
        },
        Method::POST | Method::PUT => match body.get("policy").and_then(Value::as_str) {
            Some(text) if !text.is_empty() => {
                stored.policies.insert(name.to_owned(), text.to_owned());
                Ok(None)
            }
            _ => refused(
                StatusCode::BAD_REQUEST,
                "'policy' parameter not supplied or empty",
            ),
        },
        Method::DELETE => {
            stored.policies.remove(name);
            Ok(None)
        }
        _ => gone(),
    }
}

fn key(vault: &VaultServer, method: &Method, path: &str, body: &Value) -> Answer {
    let mut stored = vault.stored();
    match *method {
        Method::GET => match stored.keys.get(path) {
            Some(value) => Ok(Some(
                json!({"data": {"data": value, "metadata": {"version": 1}}}),
            )),
            None => gone(),
        },
        Method::POST => {
            let value = body.get("data").cloned().unwrap_or_default();
            stored.keys.insert(path.to_owned(), value);
            Ok(Some(json!({"data": {"version": 1}})))
        }
        _ => gone(),
    }
}
