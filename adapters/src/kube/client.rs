//! The real client: the Kubernetes API over HTTP.

use super::{Applied, ApplyOpts, FIELD_MANAGER, Kind, Kube, ObjRef, classify};
use crate::wire::{Call, Reply, Secret, Wire, segment};
use async_trait::async_trait;
use serde_json::{Value, json};
use workflows::{Cx, Fault, FaultClass};

const APPLY: &str = "application/apply-patch+yaml";
/// Objects per page of a list.
const PAGE: u32 = 500;
/// Shortest life of a token that the server grants.
const TOKEN_SECONDS: u32 = 600;

/// An API server reached over HTTP.
#[derive(Clone)]
pub struct KubeClient {
    wire: Wire,
}

impl KubeClient {
    /// A client that speaks through `wire`.
    #[must_use]
    pub fn new(wire: Wire) -> KubeClient {
        KubeClient { wire }
    }

    async fn ask(&self, cx: &Cx, call: Call, mutates: bool) -> Result<Reply, Fault> {
        let call = if mutates { call } else { call.reading() };
        let reply = self.wire.send(cx, call.clone()).await?;
        if reply.is_success() {
            return Ok(reply);
        }
        let body = reply.json().unwrap_or(Value::Null);
        let mut fault = self.wire.refusal(&call, &reply);
        fault.class = classify(reply.status, &body, mutates);
        Err(fault)
    }
}

fn absent<T>(fault: Fault, nothing: T) -> Result<T, Fault> {
    if fault.class == FaultClass::Missing {
        Ok(nothing)
    } else {
        Err(fault)
    }
}

#[async_trait]
impl Kube for KubeClient {
    async fn get(&self, cx: &Cx, object: &ObjRef) -> Result<Option<Value>, Fault> {
        match self.ask(cx, Call::get(object.path()?), false).await {
            Ok(reply) => reply.json().map(Some),
            Err(fault) => absent(fault, None),
        }
    }

    async fn list(
        &self,
        cx: &Cx,
        kind: Kind,
        namespace: Option<&str>,
        labels: &str,
    ) -> Result<Vec<Value>, Fault> {
        let mut found = Vec::new();
        let mut next = String::new();
        loop {
            let path = kind.path(namespace);
            let mut query = format!("limit={PAGE}");
            if !labels.is_empty() {
                query += &format!("&labelSelector={}", segment(labels));
            }
            if !next.is_empty() {
                query += &format!("&continue={}", segment(&next));
            }
            let page = self
                .ask(cx, Call::get(format!("{path}?{query}")), false)
                .await?
                .json()?;
            let items = page["items"].as_array().ok_or_else(|| {
                Fault::new(FaultClass::Rejected, format!("{path} answered no list"))
            })?;
            found.extend(items.iter().cloned());
            next = page["metadata"]["continue"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if next.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn apply(&self, cx: &Cx, object: &Value, how: ApplyOpts) -> Result<Applied, Fault> {
        let mut path = ObjRef::of(object)?.path()?;
        path += &format!("?fieldManager={FIELD_MANAGER}&fieldValidation=Strict");
        if how.force {
            path += "&force=true";
        }
        if how.dry_run {
            path += "&dryRun=All";
        }
        let call = noting(Call::patch(path).bytes(APPLY, object.to_string()));
        let reply = self.ask(cx, call, !how.dry_run).await?;
        let warnings = reply.headers("warning").into_iter().map(warning).collect();
        Ok(Applied {
            object: reply.json()?,
            warnings,
        })
    }

    async fn create(&self, cx: &Cx, object: &Value, dry_run: bool) -> Result<Value, Fault> {
        let address = ObjRef::of(object)?;
        let mut path = address.known()?.path(address.namespace.as_deref());
        path += &format!("?fieldManager={FIELD_MANAGER}&fieldValidation=Strict");
        if dry_run {
            path += "&dryRun=All";
        }
        self.ask(cx, noting(Call::post(path).json(object)), !dry_run)
            .await?
            .json()
    }

    async fn delete(&self, cx: &Cx, object: &ObjRef, uid: &str) -> Result<bool, Fault> {
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": {"uid": uid}, "propagationPolicy": "Foreground",
        });
        match self
            .ask(cx, Call::delete(object.path()?).json(&options), true)
            .await
        {
            Ok(_) => Ok(true),
            Err(fault) => absent(fault, false),
        }
    }

    async fn can_i(
        &self,
        cx: &Cx,
        verb: &str,
        kind: Kind,
        namespace: Option<&str>,
    ) -> Result<bool, Fault> {
        let mut attributes = json!({"verb": verb, "group": kind.group, "resource": kind.plural});
        if let Some(namespace) = namespace {
            attributes["namespace"] = json!(namespace);
        }
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer = self
            .ask(cx, Call::post(path).json(&review), false)
            .await?
            .json()?;
        Ok(answer["status"]["allowed"] == true)
    }

    async fn token(
        &self,
        cx: &Cx,
        namespace: &str,
        account: &str,
        audience: &str,
    ) -> Result<Secret, Fault> {
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"audiences": [audience], "expirationSeconds": TOKEN_SECONDS},
        });
        let accounts = Kind::SERVICE_ACCOUNT.path(Some(namespace));
        let path = format!("{accounts}/{}/token", segment(account));
        // A token is not stored anywhere: asking twice leaves nothing behind.
        let answer = self
            .ask(cx, Call::post(path).json(&request), false)
            .await?
            .json()?;
        let token = answer["status"]["token"].as_str();
        token.map(Secret::new).ok_or_else(|| {
            Fault::new(
                FaultClass::Rejected,
                "the API server answered no token".to_owned(),
            )
        })
    }
}

/// With the identity and version of the stored object in the evidence.
fn noting(call: Call) -> Call {
    call.noting("uid", "/metadata/uid")
        .noting("resourceVersion", "/metadata/resourceVersion")
}

/// The text of `299 - "text"`.
fn warning(header: &str) -> String {
    let quoted = header.split_once('"').map_or(header, |(_, rest)| rest);
    quoted
        .strip_suffix('"')
        .unwrap_or(quoted)
        .replace("\\\"", "\"")
        .replace("\\\\", "\\")
}
