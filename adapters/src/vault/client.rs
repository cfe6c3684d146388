//! The HTTP API of Vault and OpenBao.

use super::Vault;
use crate::wire::{Auth, Call, Secret, Wire, segment};
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
        VaultClient { wire }
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

    async fn write(&self, cx: &Cx, path: &str, body: &Value) -> Result<Option<Value>, Fault> {
        let reply = self.wire.ask(cx, Call::post(at(path)).json(body)).await?;
        if reply.body.is_empty() {
            Ok(None)
        } else {
            Ok(Some(data(reply.json()?)))
        }
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
        let call = Call::post(at(&format!("auth/{mount}/login")))
            .json(&json!({"role": role, "jwt": jwt.expose()}))
            .hiding(jwt);
        let reply = stranger.ask(cx, call).await?.json()?;
        let text = |pointer| reply.pointer(pointer).and_then(Value::as_str);
        let token = text("/auth/client_token")
            .map(Secret::new)
            .ok_or_else(|| Fault::new(FaultClass::Rejected, "vault: the login gave no token"))?;
        let policies = reply.pointer("/auth/policies").and_then(Value::as_array);
        let policies = policies.into_iter().flatten().filter_map(Value::as_str);
        let policies = policies.map(str::to_owned).collect();
        let guest = self
            .wire
            .recognised_by(Auth::Header("x-vault-token", token.clone()));
        let revoke = Call::post("/v1/auth/token/revoke-self").hiding(&token);
        guest.ask(cx, revoke).await?;
        Ok(policies)
    }
}
