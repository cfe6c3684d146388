//! Who asks, and what they may do: tokens and role bindings.

use super::{kinds::Kind, request::Request, state::State, status::Failure, store::Stored, tokens};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Somebody the server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub name: String,
    pub groups: Vec<String>,
}

impl User {
    pub fn new(name: &str, groups: &[&str]) -> User {
        let groups = groups.iter().map(|it| (*it).to_owned()).collect();
        User {
            name: name.to_owned(),
            groups,
        }
    }
    fn is(&self, subject: &Value) -> bool {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => self.name == name,
            Some("Group") => self.groups.iter().any(|it| it == name),
            Some("ServiceAccount") => {
                let namespace = subject["namespace"].as_str().unwrap_or_default();
                self.name == format!("system:serviceaccount:{namespace}:{name}")
            }
            _ => false,
        }
    }
}

/// What somebody wants to do.
#[derive(Clone, Debug, Default)]
pub(super) struct Deed {
    pub verb: String,
    pub group: String,
    /// `resource` or `resource/subresource`.
    pub resource: String,
    pub namespace: String,
    pub name: String,
}

/// Who sent the request.
pub(super) fn recognise(
    state: &State,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<User, Failure> {
    let Some(token) = &request.token else {
        let anonymous = User::new("system:anonymous", &["system:unauthenticated"]);
        return if state.anonymous {
            Ok(anonymous)
        } else {
            Err(Failure::unauthorized())
        };
    };
    let own = [tokens::AUDIENCE.to_owned()];
    match tokens::user_of(state, token, &own, now) {
        Ok((mut user, _)) => {
            user.groups.push("system:authenticated".into());
            Ok(user)
        }
        Err(_) => Err(Failure::unauthorized()),
    }
}

/// The reason for which the deed is allowed; `None` when it is not.
pub(super) fn allowed(state: &State, user: &User, deed: &Deed) -> Option<String> {
    if user.groups.iter().any(|it| it == "system:masters") {
        return Some(String::new());
    }
    let everywhere = state.store.named("ClusterRoleBinding").into_iter();
    let here = state.store.named("RoleBinding").into_iter();
    let here = here.filter(|it| !deed.namespace.is_empty() && it.namespace() == deed.namespace);
    everywhere.chain(here).find_map(|binding| {
        let subjects = binding.value["subjects"].as_array()?;
        let subject = subjects.iter().find(|it| user.is(it))?;
        let role = role(state, binding)?;
        let rules = role.value["rules"].as_array()?;
        rules
            .iter()
            .any(|rule| covers(rule, deed))
            .then(|| reason(binding, role, subject))
    })
}

fn role<'a>(state: &'a State, binding: &Stored) -> Option<&'a Stored> {
    let (kind, name) = (binding.text("/roleRef/kind"), binding.text("/roleRef/name"));
    let namespace = if kind == "Role" {
        binding.namespace()
    } else {
        ""
    };
    let known = ["Role", "ClusterRole"].contains(&kind);
    let roles = if known {
        state.store.named(kind)
    } else {
        Vec::new()
    };
    roles
        .into_iter()
        .find(|it| it.name() == name && it.namespace() == namespace)
}

fn covers(rule: &Value, deed: &Deed) -> bool {
    let has = |field: &str, wanted: &str| {
        let list = rule[field]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        list.into_iter().any(|it| it == "*" || it == wanted)
    };
    let names = rule["resourceNames"].as_array().is_none_or(|list| {
        list.is_empty() || list.iter().any(|it| it.as_str() == Some(&deed.name))
    });
    has("verbs", &deed.verb)
        && has("apiGroups", &deed.group)
        && has("resources", &deed.resource)
        && names
}

fn reason(binding: &Stored, role: &Stored, subject: &Value) -> String {
    let scoped = |it: &Stored| match it.namespace() {
        "" => it.name().to_owned(),
        namespace => format!("{}/{namespace}", it.name()),
    };
    let kind = subject["kind"].as_str().unwrap_or_default();
    let name = subject["name"].as_str().unwrap_or_default();
    let who = match subject["namespace"].as_str() {
        Some(namespace) => format!("{kind} \"{name}/{namespace}\""),
        None => format!("{kind} {name:?}"),
    };
    format!(
        "RBAC: allowed by {} {:?} of {} {:?} to {who}",
        binding.kind.kind,
        scoped(binding),
        role.kind.kind,
        role.name()
    )
}

/// Refuses the deed when it is not allowed.
pub(super) fn demand(state: &State, user: &User, kind: &Kind, deed: &Deed) -> Result<(), Failure> {
    if allowed(state, user, deed).is_some() {
        return Ok(());
    }
    let scope = match deed.namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let why = format!(
        "User {:?} cannot {} resource {:?} in API group {:?} {scope}",
        user.name, deed.verb, deed.resource, deed.group
    );
    Err(Failure::forbidden(&kind.subject(&deed.name), &why))
}
