//! The last steps of every write: defaults, validation, admission, and the store.

use super::{
    admission, defaults,
    ownership::{self, Managed, Writer},
    remove,
    request::{Answer, Target},
    state::{State, stamp},
    status::{Cause, Failure},
    store::Stored,
    validate,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// How the ownership after the write is found.
pub(super) enum Managing {
    /// It was worked out already.
    Known(Vec<Managed>),
    /// By what this writer changes.
    Compared(Writer),
}

/// A write that is ready but for the server's own part.
pub(super) struct Write<'a> {
    pub target: &'a Target,
    pub new: Value,
    pub managing: Managing,
    pub dry_run: bool,
    pub now: DateTime<Utc>,
}

/// What only the server writes into metadata.
const SERVERS: [&str; 6] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "resourceVersion",
    "generation",
];

/// Stores the write, or says what storing it would give.
pub(super) fn commit(state: &mut State, write: Write) -> Result<Answer, Failure> {
    let Write {
        target,
        mut new,
        managing,
        dry_run,
        now,
    } = write;
    let kind = &target.kind;
    let at = target.address();
    let old = state.store.get(&at).cloned();
    let foreign_uid = new["metadata"]["uid"].as_str().map(str::to_owned);
    envelope(target, &mut new, old.as_ref());
    if kind.open_api.is_none() {
        defaults::fill(&kind.kind, &mut new);
    }
    let mut causes = Vec::new();
    if let (Some(old), Some(uid)) = (&old, foreign_uid)
        && old.uid() != uid
    {
        // The server finds this twice, once in each of two checks.
        let cause = Cause::invalid("metadata.uid", &json!(uid), "field is immutable");
        causes.extend([cause.clone(), cause]);
    }
    causes.extend(validate::causes(
        kind,
        &new,
        old.as_ref().map(|it| &it.value),
    ));
    let warnings = if old.is_none() && target.subresource.is_empty() {
        admission::create(state, target, &mut new, &causes)?
    } else {
        Vec::new()
    };
    if !causes.is_empty() {
        return Err(Failure::invalid(&target.subject(), causes));
    }
    if old.is_none() {
        new["metadata"]["uid"] = json!(state.store.id());
        new["metadata"]["creationTimestamp"] = stamp(now);
        if kind.kind == "Service" {
            cluster_address(&mut new["spec"], state.store.id().as_bytes());
        }
        first_status(
            &kind.kind,
            kind.has_status && kind.open_api.is_none(),
            &mut new,
        );
    }
    let generation = generation(&old, &new);
    if kind.counted {
        new["metadata"]["generation"] = json!(generation);
    }
    let nothing = json!({});
    let (before, owned) = match &old {
        Some(old) => (&old.value, old.managed.as_slice()),
        None => (&nothing, [].as_slice()),
    };
    let managed = match managing {
        Managing::Known(managed) => managed,
        Managing::Compared(writer) => ownership::update(&kind.schema, before, owned, &new, &writer),
    };
    let stored = Stored {
        kind: kind.clone(),
        value: new,
        managed,
    };
    let status = if old.is_none() { 201 } else { 200 };
    if dry_run {
        return Ok(Answer {
            status,
            body: stored.shown(),
            warnings,
        });
    }
    if let Some(old) = &old
        && ownership::same(&old.value, &stored.value)
        && old.managed == stored.managed
    {
        return Ok(Answer {
            status,
            body: old.shown(),
            warnings,
        });
    }
    let body = state.store.put(at.clone(), stored).shown();
    remove::finish(&mut state.store, &at);
    Ok(Answer {
        status,
        body,
        warnings,
    })
}

/// Gives the object its address and keeps of metadata what is the server's.
fn envelope(target: &Target, new: &mut Value, old: Option<&Stored>) {
    let kind = &target.kind;
    new["apiVersion"] = json!(kind.api_version());
    new["kind"] = json!(kind.kind);
    let metadata = &mut new["metadata"];
    if !metadata.is_object() {
        *metadata = json!({});
    }
    metadata["name"] = json!(target.name);
    if kind.namespaced {
        metadata["namespace"] = json!(target.namespace);
    }
    for name in SERVERS {
        match old
            .map(|it| &it.value["metadata"][name])
            .filter(|it| !it.is_null())
        {
            Some(value) => metadata[name] = value.clone(),
            None => drop_field(metadata, name),
        }
    }
    drop_field(metadata, "managedFields");
    for name in ["labels", "annotations", "finalizers", "ownerReferences"] {
        if empty(&metadata[name]) {
            drop_field(metadata, name);
        }
    }
    for name in ["data", "binaryData", "stringData"] {
        if kind.group.is_empty() && empty(&new[name]) {
            drop_field(new, name);
        }
    }
}

fn empty(value: &Value) -> bool {
    value.is_null()
        || value.as_object().is_some_and(Map::is_empty)
        || value.as_array().is_some_and(Vec::is_empty)
}

fn drop_field(object: &mut Value, name: &str) {
    if let Some(map) = object.as_object_mut() {
        map.remove(name);
    }
}

/// Gives a service an address of its own, another one at every asking.
fn cluster_address(spec: &mut Value, id: &[u8]) {
    if spec["type"] != "ExternalName" && spec["clusterIP"].is_null() {
        let address = format!("10.96.{}.{}", id[0], id[1]);
        spec["clusterIPs"] = json!([address]);
        spec["clusterIP"] = json!(address);
    }
}

fn first_status(kind: &str, has_status: bool, new: &mut Value) {
    match kind {
        "Pod" => new["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"}),
        "Namespace" => new["status"] = json!({"phase": "Active"}),
        "Node" if !new["status"].is_object() => {
            new["status"] = json!({});
            // Nothing may run on a machine that has not reported yet.
            let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
            new["spec"]["taints"] = json!([taint]);
        }
        _ if has_status => new["status"] = json!({}),
        _ => {}
    }
}

fn generation(old: &Option<Stored>, new: &Value) -> u64 {
    let Some(old) = old else { return 1 };
    let count = old.value["metadata"]["generation"].as_u64().unwrap_or(1);
    let bare = |value: &Value| {
        let mut value = value.clone();
        drop_field(&mut value, "metadata");
        drop_field(&mut value, "status");
        value
    };
    if ownership::same(&bare(&old.value), &bare(new)) {
        count
    } else {
        count + 1
    }
}
