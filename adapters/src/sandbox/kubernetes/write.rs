//! Creating and changing objects: by POST, PUT, merge-patch and apply.

use super::{
    access::{self, User},
    commit::{Managing, Write, commit},
    kinds::Kind,
    ownership::{self, Writer},
    request::{Answer, Request, Target},
    state::{State, stamp},
    status::{Cause, Failure, Subject},
    store::Stored,
    typed,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// `POST` to a collection.
pub(super) fn create(
    state: &mut State,
    request: &Request,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let dry_run = request.dry_run("CreateOptions")?;
    let mut body = request.json()?;
    right_kind(&target.kind, &body)?;
    let unknown = typed::cut_unknown(&target.kind.schema, &mut body);
    let warnings = unknown_fields(request, &target.kind, &unknown)?;
    right_namespace(target, &body)?;
    let generated = body["metadata"]["generateName"].as_str().map(str::to_owned);
    if body["metadata"]["name"].is_null()
        && let Some(prefix) = generated
    {
        let id = state.store.id().simple().to_string();
        body["metadata"]["name"] = json!(format!("{prefix}{}", &id[..5]));
    }
    let Some(name) = body["metadata"]["name"].as_str().map(str::to_owned) else {
        let cause = Cause::required("metadata.name", "name or generateName is required");
        return Err(Failure::invalid(&target.subject(), vec![cause]));
    };
    let target = Target {
        name,
        ..target.clone()
    };
    if state.store.get(&target.address()).is_some() {
        return Err(Failure::exists(&target.subject()));
    }
    if let Some(map) = body.as_object_mut().filter(|_| target.kind.has_status) {
        map.remove("status");
    }
    let writer = writer(request, &target, now);
    let managing = Managing::Compared(writer);
    let mut answer = commit(
        state,
        Write {
            target: &target,
            new: body,
            managing,
            dry_run,
            now,
        },
    )?;
    answer.warnings.splice(0..0, warnings);
    Ok(answer)
}

/// `PUT` of an object.
pub(super) fn replace(
    state: &mut State,
    request: &Request,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let dry_run = request.dry_run("UpdateOptions")?;
    let live = live(state, target)?;
    let mut body = request.json()?;
    right_kind(&target.kind, &body)?;
    right_name(target, &body)?;
    let unknown = typed::cut_unknown(&target.kind.schema, &mut body);
    let warnings = unknown_fields(request, &target.kind, &unknown)?;
    unmoved(target, &live, &body)?;
    let new = part_of(target, &live.value, body);
    let managing = Managing::Compared(writer(request, target, now));
    let mut answer = commit(
        state,
        Write {
            target,
            new,
            managing,
            dry_run,
            now,
        },
    )?;
    answer.warnings.splice(0..0, warnings);
    Ok(answer)
}

/// `PATCH` of an object: apply or merge-patch, by the content type.
pub(super) fn patch(
    state: &mut State,
    request: &Request,
    user: &User,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let media = request
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let dry_run = request.dry_run("PatchOptions")?;
    match media {
        "application/apply-patch+yaml" => apply(state, request, user, target, dry_run, now),
        "application/merge-patch+json" => {
            if request.query.contains_key("force") {
                let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
                return Err(Failure::options("PatchOptions", cause));
            }
            merge(state, request, target, dry_run, now)
        }
        _ => Err(Failure::media_type()),
    }
}

fn merge(
    state: &mut State,
    request: &Request,
    target: &Target,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let live = live(state, target)?;
    let mut new = live.value.clone();
    ownership::merge_patch(&mut new, &request.json()?);
    let shown = new.to_string();
    let unknown = typed::cut_unknown(&target.kind.schema, &mut new);
    if let (Some(first), "Strict") = (unknown.first(), request.option("fieldValidation")) {
        let why = format!("strict decoding error: unknown field {first:?}");
        let cause = Cause::invalid("patch", &json!(shown), &why);
        let nobody = Subject {
            group: String::new(),
            kind: String::new(),
            plural: String::new(),
            name: String::new(),
        };
        return Err(Failure::invalid(&nobody, vec![cause]));
    }
    let warnings = unknown_fields(request, &target.kind, &unknown)?;
    unmoved(target, &live, &new)?;
    let new = part_of(target, &live.value, new);
    let managing = Managing::Compared(writer(request, target, now));
    let mut answer = commit(
        state,
        Write {
            target,
            new,
            managing,
            dry_run,
            now,
        },
    )?;
    answer.warnings.splice(0..0, warnings);
    Ok(answer)
}

fn apply(
    state: &mut State,
    request: &Request,
    user: &User,
    target: &Target,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    if request.option("fieldManager").is_empty() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(Failure::options("PatchOptions", cause));
    }
    let live = state.store.get(&target.address()).cloned();
    if live.is_none() {
        access::demand(state, user, &target.kind, &target.deed("create"))?;
    }
    let config = request.yaml()?;
    let kind = &target.kind;
    let (api, name) = (&config["apiVersion"], &config["kind"]);
    if *api != json!(kind.api_version()) || *name != json!(kind.kind) {
        let words = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let message = format!("invalid object type: {}, Kind={}", words(api), words(name));
        return Err(Failure::bad_request(message));
    }
    right_name(target, &config)?;
    right_namespace(target, &config)?;
    if !config["metadata"]["managedFields"].is_null() {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    typed_patch(kind, &config)?;
    let nothing = json!({});
    let (old, managed) = match &live {
        Some(live) => (&live.value, live.managed.as_slice()),
        None => (&nothing, [].as_slice()),
    };
    let writer = writer(request, target, now);
    let force = request.option("force") == "true";
    let (mut new, managed) = ownership::apply(&kind.schema, old, managed, &config, &writer, force)?;
    if let Some(live) = &live {
        unmoved(target, live, &config)?;
        new = part_of(target, &live.value, new);
    }
    new["metadata"]["name"] = json!(target.name);
    commit(
        state,
        Write {
            target,
            new,
            managing: Managing::Known(managed),
            dry_run,
            now,
        },
    )
}

fn typed_patch(kind: &Kind, config: &Value) -> Result<(), Failure> {
    let errors = typed::errors(&kind.schema, config);
    let words = match errors.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        several => format!("errors:\n  {}", several.join("\n  ")),
    };
    let text = |name: &str| config["metadata"][name].as_str().unwrap_or_default();
    let message = format!(
        "failed to create typed patch object ({}/{}; {}, Kind={}): {words}",
        text("namespace"),
        text("name"),
        kind.api_version(),
        kind.kind
    );
    Err(Failure::new(500, message))
}

fn live(state: &State, target: &Target) -> Result<Stored, Failure> {
    let found = state.store.get(&target.address()).cloned();
    found.ok_or_else(|| Failure::not_found(&target.subject()))
}

fn writer(request: &Request, target: &Target, now: DateTime<Utc>) -> Writer {
    Writer {
        manager: request.manager(),
        api_version: target.kind.api_version(),
        subresource: target.subresource.clone(),
        time: stamp(now).as_str().unwrap_or_default().to_owned(),
    }
}

/// Of a new form, only the part that this path may write.
fn part_of(target: &Target, live: &Value, mut new: Value) -> Value {
    if !target.kind.has_status {
        return new;
    }
    let status = new["status"].take();
    if target.subresource == "status" {
        let mut kept = live.clone();
        kept["status"] = status;
        // The version asked for is compared by the caller; the rest stays.
        return kept;
    }
    match live.get("status") {
        Some(old) => new["status"] = old.clone(),
        None => {
            if let Some(map) = new.as_object_mut() {
                map.remove("status");
            }
        }
    }
    new
}

fn unmoved(target: &Target, live: &Stored, body: &Value) -> Result<(), Failure> {
    match body["metadata"]["resourceVersion"].as_str() {
        Some(asked) if !asked.is_empty() && asked != live.text("/metadata/resourceVersion") => {
            Err(Failure::moved(&target.subject()))
        }
        _ => Ok(()),
    }
}

fn unknown_fields(
    request: &Request,
    kind: &Kind,
    unknown: &[String],
) -> Result<Vec<String>, Failure> {
    let words: Vec<String> = unknown
        .iter()
        .map(|it| format!("unknown field {it:?}"))
        .collect();
    match request.option("fieldValidation") {
        "Strict" if !words.is_empty() => {
            let message = format!(
                "{0} in version {1:?} cannot be handled as a {0}: strict decoding error: {2}",
                kind.kind,
                kind.version,
                words.join(", ")
            );
            Err(Failure::bad_request(message))
        }
        "Ignore" => Ok(Vec::new()),
        _ => Ok(words),
    }
}

fn right_kind(kind: &Kind, body: &Value) -> Result<(), Failure> {
    let right = body["kind"] == json!(kind.kind) && body["apiVersion"] == json!(kind.api_version());
    if right {
        return Ok(());
    }
    let words = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let message = format!(
        "the object provided is unrecognized (must be of type {}): found {} {}",
        kind.kind,
        words("apiVersion"),
        words("kind")
    );
    Err(Failure::bad_request(message))
}

fn right_name(target: &Target, body: &Value) -> Result<(), Failure> {
    match body["metadata"]["name"].as_str() {
        Some(name) if name != target.name => Err(Failure::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            target.name
        ))),
        _ => Ok(()),
    }
}

fn right_namespace(target: &Target, body: &Value) -> Result<(), Failure> {
    match body["metadata"]["namespace"].as_str() {
        Some(name) if target.kind.namespaced && name != target.namespace => {
            Err(Failure::bad_request(
                "the namespace of the provided object does not match the namespace sent on the \
                 request",
            ))
        }
        _ => Ok(()),
    }
}
