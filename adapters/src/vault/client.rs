//! The HTTP API of Vault and OpenBao.

use super::Vault;
use crate::wire::{Auth, Call, Reply, Secret, Wire, segment};
use async_trait::async_trait;
use serde_json::{Value, json};
use workflows::{Cx, Fault, FaultClass};

/// A client of one Vault.
pub struct VaultClient {
    wire: Wire,
}

impl VaultClient {
    /// A client that speaks through `wire`, recognised by `X-Vault-Token`.
    #[must_use]
    pub fn new(wire: Wire) -> Self {
        VaultClient {
            wire: wire.classified_by(classify),
        }
    }
}

/// A path that is taken already is answered 400, and an internal error may come after the deed.
fn classify(reply: &Reply) -> Option<FaultClass> {
    match reply.status {
        400 if reply.words().contains("path is already in use") => Some(FaultClass::Conflict),
        500 => Some(FaultClass::Ambiguous),
        _ => None,
    }
}

fn at(path: &str) -> String {
    let path: Vec<String> = path.split('/').map(segment).collect();
    format!("/v1/{}", path.join("/"))
}

fn data(mut body: Value) -> Value {
    match body.get_mut("data") {
        Some(data) if !data.is_null() => data.take(),
        _ => body,
    }
}

#[async_trait]
impl Vault for VaultClient {
    async fn health(&self, cx: &Cx) -> Result<Value, Fault> {
        let call = Call::get("/v1/sys/health?standbyok=true");
        self.wire.ask(cx, call).await?.json()
    }

    async fn read(&self, cx: &Cx, path: &str) -> Result<Option<Value>, Fault> {
        match self.wire.find(cx, Call::get(at(path))).await? {
            Some(reply) => Ok(Some(data(reply.json()?))),
            None => Ok(None),
        }
    }

    async fn list(&self, cx: &Cx, path: &str) -> Result<Vec<String>, Fault> {
        let call = Call::get(format!("{}?list=true", at(path)));
        let Some(reply) = self.wire.find(cx, call).await? else {
            return Ok(Vec::new());
        };
        let listed = data(reply.json()?);
        let keys = listed
            .get("keys")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let mut keys: Vec<String> = keys.filter_map(Value::as_str).map(str::to_owned).collect();
        keys.sort();
        Ok(keys)
    }

    async fn write(
        &self,
        cx: &Cx,
        path: &str,
        body: &Value,
        secret: Option<(&str, &Secret)>,
    ) -> Result<(), Fault> {
        let call = Call::post(at(path));
        let call = match secret {
            None => call.json(body),
            Some((key, secret)) => {
                let mut body = body.clone();
                body[key] = json!(secret.expose());
                call.json(&body).hiding(secret)
            }
        };
        self.wire.ask(cx, call).await.map(|_| ())
    }

    async fn delete(&self, cx: &Cx, path: &str) -> Result<(), Fault> {
        self.wire.find(cx, Call::delete(at(path))).await.map(|_| ())
    }

    async fn try_login(
        &self,
        cx: &Cx,
        mount: &str,
        role: &str,
        jwt: &Secret,
    ) -> Result<Vec<String>, Fault> {
        let stranger = self.wire.recognised_by(Auth::Open);
        // It leaves nothing once revoked, and a token that got lost ends by itself.
        let call = Call::post(at(&format!("auth/{mount}/login")))
            .json(&json!({"role": role, "jwt": jwt.expose()}))
            .reading()
            .hiding(jwt);
        let reply = stranger.ask(cx, call).await?.json()?;
        let token = reply.pointer("/auth/client_token").and_then(Value::as_str);
        let token = token
            .map(Secret::new)
            .ok_or_else(|| Fault::new(FaultClass::Rejected, "vault: the login gave no token"))?;
        let policies = reply.pointer("/auth/policies").and_then(Value::as_array);
        let policies = policies.into_iter().flatten().filter_map(Value::as_str);
        let mut policies: Vec<String> = policies.map(str::to_owned).collect();
        policies.sort();
        let guest = self
            .wire
            .recognised_by(Auth::Header("x-vault-token", token.clone()));
        let revoke = Call::post("/v1/auth/token/revoke-self")
            .reading()
            .hiding(&token);
        guest.ask(cx, revoke).await?;
        Ok(policies)
    }
}
