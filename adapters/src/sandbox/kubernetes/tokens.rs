//! Tokens of service accounts: how they are issued, and whom they stand for.

use super::{
    access::User,
    kinds,
    state::State,
    status::{Cause, Failure, Subject},
    store::Address,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Audience of the server itself.
pub(super) const AUDIENCE: &str = "https://kubernetes.default.svc";
const SHORTEST: i64 = 600;
const USUAL: i64 = 3600;

/// A token that was issued.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    namespace: String,
    account: String,
    uid: String,
    audiences: Vec<String>,
    /// `None` for a token kept in a Secret.
    expires: Option<DateTime<Utc>>,
}

/// Issues a token for an account that exists.
pub(super) fn issue(
    state: &mut State,
    namespace: &str,
    account: &str,
    audiences: Vec<String>,
    expires: Option<DateTime<Utc>>,
) -> Option<String> {
    let at = Address::of(&kinds::named("ServiceAccount"), namespace, account);
    let uid = state.store.get(&at)?.uid().to_owned();
    let claims = json!({
        "iss": AUDIENCE, "aud": audiences, "exp": expires.map(|it| it.timestamp()),
        "sub": format!("system:serviceaccount:{namespace}:{account}"), "jti": state.store.id(),
        "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": account, "uid": uid}},
    });
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let head = encode(br#"{"alg":"RS256","kid":"stand-in"}"#);
    let signed = format!("{head}.{}", encode(claims.to_string().as_bytes()));
    let token = format!("{signed}.{}", encode(&Sha256::digest(signed.as_bytes())));
    let (namespace, account) = (namespace.to_owned(), account.to_owned());
    let issued = Issued {
        namespace,
        account,
        uid,
        audiences,
        expires,
    };
    state.issued.insert(token.clone(), issued);
    Some(token)
}

/// Whom a token stands for towards `asked`, and for which of these audiences.
pub(super) fn user_of(
    state: &State,
    token: &str,
    asked: &[String],
    now: DateTime<Utc>,
) -> Result<(User, Vec<String>), String> {
    if let Some(user) = state.users.get(token) {
        return Ok((user.clone(), asked.to_vec()));
    }
    let Some(issued) = state.issued.get(token) else {
        return Err("invalid bearer token".into());
    };
    let refused = |why: String| Err(format!("[invalid bearer token, {why}]"));
    let common: Vec<String> = asked
        .iter()
        .filter(|it| issued.audiences.contains(it))
        .cloned()
        .collect();
    if common.is_empty() {
        let (own, asked) = (json!(issued.audiences), json!(asked));
        return refused(format!(
            "token audiences {own} is invalid for the target audiences {asked}"
        ));
    }
    if issued.expires.is_some_and(|it| it <= now) {
        return refused("service account token has expired".into());
    }
    let (namespace, account) = (&issued.namespace, &issued.account);
    let at = Address::of(&kinds::named("ServiceAccount"), namespace, account);
    match state.store.get(&at) {
        None => refused(format!("serviceaccounts {account:?} not found")),
        Some(it) if it.uid() != issued.uid => {
            let found = it.uid();
            refused(format!(
                "service account UID ({found}) does not match claim ({})",
                issued.uid
            ))
        }
        Some(_) => {
            let group = format!("system:serviceaccounts:{namespace}");
            let name = format!("system:serviceaccount:{namespace}:{account}");
            Ok((
                User::new(&name, &["system:serviceaccounts", &group]),
                common,
            ))
        }
    }
}

/// `POST …/serviceaccounts/<name>/token`
pub(super) fn request(
    state: &mut State,
    namespace: &str,
    account: &str,
    mut body: Value,
    now: DateTime<Utc>,
) -> Result<Value, Failure> {
    let kind = kinds::named("ServiceAccount");
    if state
        .store
        .get(&Address::of(&kind, namespace, account))
        .is_none()
    {
        return Err(Failure::not_found(&kind.subject(account)));
    }
    let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(USUAL);
    if seconds < SHORTEST {
        let value = &body["spec"]["expirationSeconds"];
        let why = "may not specify a duration less than 10 minutes";
        let subject = Subject {
            group: "authentication.k8s.io".into(),
            kind: "TokenRequest".into(),
            plural: "tokenrequests".into(),
            name: String::new(),
        };
        let cause = Cause::invalid("spec.expirationSeconds", value, why);
        return Err(Failure::invalid(&subject, vec![cause]));
    }
    let mut audiences = texts(&body["spec"]["audiences"]);
    if audiences.is_empty() {
        audiences.push(AUDIENCE.into());
    }
    body["spec"]["audiences"] = json!(audiences);
    body["spec"]["expirationSeconds"] = json!(seconds);
    body["metadata"] = json!({"name": account, "namespace": namespace});
    let expires = now + TimeDelta::seconds(seconds);
    let token = issue(state, namespace, account, audiences, Some(expires));
    let expires = expires.to_rfc3339_opts(SecondsFormat::Secs, true);
    body["status"] = json!({"token": token, "expirationTimestamp": expires});
    Ok(body)
}

/// `POST …/tokenreviews`
pub(super) fn review(state: &State, mut body: Value, now: DateTime<Utc>) -> Value {
    let token = body["spec"]["token"].as_str().unwrap_or_default();
    let mut asked = texts(&body["spec"]["audiences"]);
    if asked.is_empty() {
        asked.push(AUDIENCE.into());
    }
    let status = match user_of(state, token, &asked, now) {
        Ok((user, audiences)) => {
            let mut groups = user.groups;
            groups.push("system:authenticated".into());
            let user = json!({"username": user.name, "groups": groups});
            json!({"authenticated": true, "audiences": audiences, "user": user})
        }
        Err(why) => json!({"user": {}, "error": why}),
    };
    body["status"] = status;
    body
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}
