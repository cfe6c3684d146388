//! Questions about rights and identities; nothing of them is stored.

use super::{
    access::{self, Deed, User},
    kinds::{self},
    request::{Answer, Request},
    state::State,
    status::Failure,
    tokens,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Answers a review.
pub(super) fn answer(
    state: &State,
    user: &User,
    request: &Request,
    plural: &str,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let known = [
        "selfsubjectaccessreviews",
        "subjectaccessreviews",
        "selfsubjectreviews",
        "tokenreviews",
    ];
    if !known.contains(&plural) {
        return Err(Failure::no_resource());
    }
    if request.method != "POST" {
        return Err(Failure::not_allowed());
    }
    let mut body = request.json()?;
    match plural {
        "selfsubjectaccessreviews" => body["status"] = decide(state, user, &body["spec"]),
        "subjectaccessreviews" => {
            may(state, user, "authorization.k8s.io", plural)?;
            let groups = body["spec"]["groups"].as_array().into_iter().flatten();
            let groups: Vec<&str> = groups.filter_map(Value::as_str).collect();
            let other = User::new(body["spec"]["user"].as_str().unwrap_or_default(), &groups);
            body["status"] = decide(state, &other, &body["spec"]);
        }
        "selfsubjectreviews" => {
            body["status"] = json!({"userInfo": {"username": user.name, "groups": user.groups}});
        }
        _ => {
            may(state, user, "authentication.k8s.io", plural)?;
            body = tokens::review(state, body, now);
        }
    }
    Ok(Answer::new(201, body))
}

fn decide(state: &State, user: &User, spec: &Value) -> Value {
    let wanted = &spec["resourceAttributes"];
    let text = |name: &str| wanted[name].as_str().unwrap_or_default().to_owned();
    let resource = match text("subresource").as_str() {
        "" => text("resource"),
        sub => format!("{}/{sub}", text("resource")),
    };
    let deed = Deed {
        verb: text("verb"),
        group: text("group"),
        resource,
        namespace: text("namespace"),
        name: text("name"),
    };
    match access::allowed(state, user, &deed) {
        None => json!({"allowed": false}),
        Some(reason) if reason.is_empty() => json!({"allowed": true}),
        Some(reason) => json!({"allowed": true, "reason": reason}),
    }
}

fn may(state: &State, user: &User, group: &str, plural: &str) -> Result<(), Failure> {
    let deed = Deed {
        verb: "create".into(),
        group: group.into(),
        resource: plural.into(),
        ..Deed::default()
    };
    let mut kind = (*kinds::named("ConfigMap")).clone();
    kind.group = group.into();
    kind.plural = plural.into();
    access::demand(state, user, &kind, &deed)
}
