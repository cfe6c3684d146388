//! Mutating webhooks for new pods: those at an address of their own may be dead, those behind a
//! service are played here, the injector's with what it adds to a pod.

use super::{
    defaults, kinds,
    selectors::Labels,
    state::State,
    status::{Cause, Failure},
    store::{Address, Stored},
};
use serde_json::{Value, json};

const ASKS: &str = "vault.hashicorp.com/agent-inject";
const STATUS: &str = "vault.hashicorp.com/agent-inject-status";

/// Calls every webhook that is meant for this pod. One that cannot be reached refuses the pod,
/// when it was registered so.
pub(super) fn call(state: &State, namespace: &Value, pod: &mut Value) -> Result<(), Failure> {
    for configuration in state.store.named("MutatingWebhookConfiguration") {
        for hook in list(&configuration.value["webhooks"]) {
            let meant = Labels::of(&hook["namespaceSelector"]).fit(namespace)
                && Labels::of(&hook["objectSelector"]).fit(pod)
                && takes_pods(hook);
            if !meant {
                continue;
            }
            match reach(state, &hook["clientConfig"]) {
                Ok(Some(answerer)) => inject(&answerer.value["spec"], pod),
                Ok(None) => {}
                Err(_) if hook["failurePolicy"] == "Ignore" => {}
                Err(why) => return Err(failed(hook, &why)),
            }
        }
    }
    Ok(())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn failed(hook: &Value, why: &str) -> Failure {
    let name = hook["name"].as_str().unwrap_or_default();
    let words = format!(
        "failed calling webhook {name:?}: failed to call webhook: Post \"{}?timeout={}s\": {why}",
        address(&hook["clientConfig"]),
        hook["timeoutSeconds"]
    );
    let message = format!("Internal error occurred: {words}");
    let failure = Failure::new(500, message).reason("InternalError");
    failure.causes(vec![Cause::new("", words, "")])
}

fn address(client: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(url) = client["url"].as_str() {
        return url.to_owned();
    }
    let service = &client["service"];
    let (name, namespace) = (text(&service["name"]), text(&service["namespace"]));
    format!(
        "https://{name}.{namespace}.svc:{}{}",
        service["port"],
        text(&service["path"])
    )
}

/// The pod that answers, for a webhook behind a service; why nobody does, otherwise.
fn reach<'a>(state: &'a State, client: &Value) -> Result<Option<&'a Stored>, String> {
    if let Some(url) = client["url"].as_str() {
        return match state.dead_hooks.get(url) {
            Some(why) => Err(why.clone()),
            None => Ok(None),
        };
    }
    let text = |name: &str| client["service"][name].as_str().unwrap_or_default();
    let (name, namespace) = (text("name"), text("namespace"));
    let at = Address::of(&kinds::named("Service"), namespace, name);
    let service = state
        .store
        .get(&at)
        .ok_or_else(|| format!("service {name:?} not found"))?;
    let selector = Labels::of(&json!({"matchLabels": service.value["spec"]["selector"]}));
    let pods = state.store.named("Pod").into_iter();
    let mut ready = pods.filter(|it| it.namespace() == namespace && selector.fit(&it.value));
    let answerer = ready.find(|it| it.text("/status/phase") == "Running");
    let answerer =
        answerer.ok_or_else(|| format!("no endpoints available for service {name:?}"))?;
    if client["caBundle"].as_str().unwrap_or_default().is_empty() {
        let why =
            "tls: failed to verify certificate: x509: certificate signed by unknown authority";
        return Err(why.to_owned());
    }
    Ok(Some(answerer))
}

/// What the injector does to a pod that asks for it: an agent before it and one beside it.
fn inject(injector: &Value, pod: &mut Value) {
    let annotations = &pod["metadata"]["annotations"];
    if annotations[ASKS] != "true" || annotations[STATUS].is_string() {
        return;
    }
    let mut programs = list(&injector["containers"]);
    let Some(program) = programs.find(|it| list(&it["args"]).any(|arg| arg == "agent-inject"))
    else {
        return;
    };
    let mut env = list(&program["env"]);
    let image = env.find(|it| it["name"] == "AGENT_INJECT_VAULT_IMAGE");
    let image = image.map(|it| it["value"].clone()).unwrap_or_default();
    for (place, name) in [
        ("initContainers", "vault-agent-init"),
        ("containers", "vault-agent"),
    ] {
        let mut all: Vec<Value> = list(&pod["spec"][place]).cloned().collect();
        all.push(json!({"name": name, "image": image}));
        pod["spec"][place] = json!(all);
    }
    pod["metadata"]["annotations"][STATUS] = json!("injected");
    defaults::fill("Pod", pod);
}

fn takes_pods(hook: &Value) -> bool {
    let has = |all: &Value, wanted: &str| list(all).any(|it| it == wanted || it == "*");
    list(&hook["rules"]).any(|rule| {
        has(&rule["resources"], "pods")
            && has(&rule["operations"], "CREATE")
            && has(&rule["apiGroups"], "")
    })
}

/// The addresses that would have to be called, with the seconds they are given.
pub(super) fn addresses(state: &State) -> Vec<(String, u64)> {
    let configurations = state.store.named("MutatingWebhookConfiguration");
    let hooks = configurations
        .iter()
        .flat_map(|it| list(&it.value["webhooks"]));
    hooks
        .filter_map(|hook| {
            let url = hook["clientConfig"]["url"].as_str()?.to_owned();
            Some((url, hook["timeoutSeconds"].as_u64().unwrap_or(10)))
        })
        .collect()
}
