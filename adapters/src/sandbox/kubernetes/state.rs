//! What the server is at one moment, and how it answers one request.

use super::{
    access::{self, Deed, User},
    evict, kinds, list, remove,
    request::{Answer, Request, Target, parts},
    reviews,
    status::Failure,
    store::{Address, Store},
    tokens::{self, Issued},
    write,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The whole server; cloned when it lies, so that nothing of the answer is kept.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub store: Store,
    pub users: BTreeMap<String, User>,
    pub issued: BTreeMap<String, Issued>,
    /// Whether a request without a token is somebody.
    pub anonymous: bool,
    /// While paused, controllers do not look at anything.
    pub paused: bool,
    /// Webhooks that were just found dead: address and why.
    pub dead_hooks: BTreeMap<String, String>,
}

impl State {
    pub fn new(seed: Uuid) -> State {
        State {
            store: Store::new(seed),
            users: BTreeMap::new(),
            issued: BTreeMap::new(),
            anonymous: true,
            paused: false,
            dead_hooks: BTreeMap::new(),
        }
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Request, now: DateTime<Utc>) -> Result<Answer, Failure> {
        let parts = parts(&request.path).unwrap_or_default();
        if kinds::REVIEW_GROUPS.contains(&parts.group.as_str()) {
            let user = access::recognise(self, request, now)?;
            return reviews::answer(self, &user, request, &parts.plural, now);
        }
        let (user, target, verb) = self.admit(request, now)?;
        self.serve(request, &user, &target, verb, now)
    }

    /// Who asks for what, once it is known that there is such a thing and that they may.
    pub fn admit(
        &self,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<(User, Target, &'static str), Failure> {
        let user = access::recognise(self, request, now)?;
        let parts = parts(&request.path).ok_or_else(Failure::no_page)?;
        if !self.store.has_group(&parts.group, &parts.version) {
            return Err(Failure::no_page());
        }
        let kind = self.store.kind(&parts.group, &parts.version, &parts.plural);
        let kind = kind.ok_or_else(Failure::no_resource)?;
        let target = Target {
            kind,
            namespace: parts.namespace,
            name: parts.name,
            subresource: parts.subresource,
        };
        let verb = verb(request, &target)?;
        access::demand(self, &user, &target.kind, &target.deed(verb))?;
        if !acceptable(&request.accept) {
            return Err(Failure::not_acceptable());
        }
        Ok((user, target, verb))
    }

    fn serve(
        &mut self,
        request: &Request,
        user: &User,
        target: &Target,
        verb: &str,
        now: DateTime<Utc>,
    ) -> Result<Answer, Failure> {
        match (verb, target.kind.kind.as_str(), target.subresource.as_str()) {
            ("get", "Deployment", "scale") => self.scale(target),
            ("get", _, "" | "status") => self.read(target),
            ("list", ..) => list::answer(&self.store, request, target),
            ("create", "Pod", "eviction") => evict::answer(self, request, target, now),
            ("create", "ServiceAccount", "token") => {
                let (namespace, name) = (&target.namespace, &target.name);
                let answer = tokens::request(self, namespace, name, request.json()?, now)?;
                Ok(Answer::new(201, answer))
            }
            ("create", _, "") => write::create(self, request, target, now),
            ("update", _, "" | "status") => write::replace(self, request, target, now),
            ("patch", _, "" | "status") => write::patch(self, request, user, target, now),
            ("delete", _, "") => remove::answer(self, request, target, now),
            _ => Err(Failure::no_resource()),
        }
    }

    fn read(&self, target: &Target) -> Result<Answer, Failure> {
        let found = self.store.get(&target.address());
        let found = found.ok_or_else(|| Failure::not_found(&target.subject()))?;
        Ok(Answer::new(200, found.shown()))
    }

    fn scale(&self, target: &Target) -> Result<Answer, Failure> {
        let it = self.read(target)?.body;
        let status = it["status"]["replicas"].as_u64().unwrap_or_default();
        let metadata = json!({
            "name": it["metadata"]["name"], "namespace": it["metadata"]["namespace"],
            "uid": it["metadata"]["uid"], "resourceVersion": it["metadata"]["resourceVersion"],
        });
        let body = json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
            "spec": {"replicas": it["spec"]["replicas"]}, "status": {"replicas": status},
        });
        Ok(Answer::new(200, body))
    }
}

impl Target {
    pub fn address(&self) -> Address {
        Address::of(&self.kind, &self.namespace, &self.name)
    }
    pub fn subject(&self) -> super::status::Subject {
        self.kind.subject(&self.name)
    }
    pub fn deed(&self, verb: &str) -> Deed {
        let plural = &self.kind.plural;
        let resource = match self.subresource.as_str() {
            "" => plural.clone(),
            sub => format!("{plural}/{sub}"),
        };
        // A namespace's own rights are asked inside it.
        let own = self.kind.kind == "Namespace";
        Deed {
            verb: verb.to_owned(),
            group: self.kind.group.clone(),
            resource,
            namespace: if own {
                self.name.clone()
            } else {
                self.namespace.clone()
            },
            name: self.name.clone(),
        }
    }
}

fn verb(request: &Request, target: &Target) -> Result<&'static str, Failure> {
    let one = !target.name.is_empty();
    match (request.method.as_str(), one) {
        ("GET", true) => Ok("get"),
        ("GET", false) if request.option("watch") == "true" => Ok("watch"),
        ("GET", false) => Ok("list"),
        ("POST", false) => Ok("create"),
        ("POST", true) if !target.subresource.is_empty() => Ok("create"),
        ("PUT", true) => Ok("update"),
        ("PATCH", true) => Ok("patch"),
        ("DELETE", true) => Ok("delete"),
        _ => Err(Failure::not_allowed()),
    }
}

fn acceptable(accept: &str) -> bool {
    let known = [
        "application/json",
        "application/yaml",
        "application/*",
        "*/*",
    ];
    accept.is_empty() || known.iter().any(|it| accept.contains(it))
}

/// The moment as objects carry it.
pub(super) fn stamp(now: DateTime<Utc>) -> Value {
    json!(now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
