//! What an object says: whether it is ours, what would change in it, whether it does its work.

use super::shape::{EFFECT, cleaned, differences, fields, missing};
use serde_json::{Value, json};
use workflows::{Change, Cx, Fidelity, Proof, Verb};

pub(super) fn marked(mut object: Value, cx: &Cx) -> Value {
    object["metadata"]["annotations"][EFFECT] = json!(cx.idem.to_string());
    object
}

pub(super) fn mark(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"][EFFECT].as_str()
}

pub(super) fn text(object: &Value, name: &str) -> String {
    object["metadata"][name]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// The lines of a plan for one object: `object` is what we apply, `next` what the server would
/// store. A new object is shown as we apply it: what the server fills in, such as the address of a
/// service, may be another at every asking.
pub(super) fn lines(
    address: &str,
    live: Option<&Value>,
    object: &Value,
    next: &Value,
    fidelity: Fidelity,
) -> Vec<Change> {
    let line = |path: String, verb, before, after| Change {
        path,
        verb,
        before,
        after,
        secret: false,
        fidelity,
    };
    match live {
        None => vec![line(
            address.to_owned(),
            Verb::Create,
            Value::Null,
            cleaned(object),
        )],
        Some(live) => differences(&cleaned(live), &cleaned(next))
            .into_iter()
            .map(|(path, old, new)| line(format!("{address}{path}"), Verb::Update, old, new))
            .collect(),
    }
}

/// What an object still needs before it does its work; `None` when it does.
pub(super) fn waits_for(object: &Value) -> Option<String> {
    let status = &object["status"];
    let number = |name: &str| status[name].as_u64().unwrap_or_default();
    match object["kind"].as_str()? {
        "Deployment" => {
            let wanted = object["spec"]["replicas"].as_u64().unwrap_or(1);
            let seen = number("observedGeneration");
            let current = object["metadata"]["generation"].as_u64() <= Some(seen);
            let done = current
                && number("updatedReplicas") == wanted
                && number("availableReplicas") == wanted
                && number("unavailableReplicas") == 0;
            (!done).then(|| "the pods of the deployment are not all available".to_owned())
        }
        "Secret" if object["type"] == "kubernetes.io/service-account-token" => {
            object["data"]["token"]
                .is_null()
                .then(|| "the cluster has not issued the account's token".to_owned())
        }
        "MutatingWebhookConfiguration" => {
            let hooks = object["webhooks"].as_array()?;
            let bare = hooks.iter().any(|it| {
                it["clientConfig"]["caBundle"]
                    .as_str()
                    .unwrap_or_default()
                    .is_empty()
            });
            bare.then(|| "the injector has not written its authority into the webhook".to_owned())
        }
        _ => None,
    }
}

pub(super) fn proof(address: &str, wanted: &Value, live: Option<&Value>) -> Proof {
    let Some(live) = live else {
        return Proof::equal(format!("{address} exists"), json!(true), json!(false));
    };
    let claim = format!("{address} holds every field we applied");
    match missing(wanted, live) {
        None => Proof::equal(claim, json!(fields(wanted)), json!(fields(wanted))),
        Some((path, expected, actual)) => {
            Proof::equal(format!("{claim}, {path} among them"), expected, actual)
        }
    }
}
