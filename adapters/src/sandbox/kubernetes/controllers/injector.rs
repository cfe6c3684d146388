//! The injector program, as far as the cluster sees it: once its deployment runs, it writes its
//! authority into the webhook that is named in its settings.

use super::{count, snapshot};
use crate::sandbox::kubernetes::state::State;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

pub(super) fn settle(state: &mut State) {
    let running: Vec<String> = snapshot(state, "Deployment")
        .iter()
        .filter(|(_, it)| count(&it.value["status"]["availableReplicas"]) > 0)
        .filter_map(|(_, it)| setting(&it.value["spec"]["template"]["spec"]))
        .collect();
    for (at, webhook) in snapshot(state, "MutatingWebhookConfiguration") {
        if !running.iter().any(|it| it == webhook.name()) {
            continue;
        }
        state.store.touch(&at, |value| {
            for hook in value["webhooks"].as_array_mut().into_iter().flatten() {
                if hook["clientConfig"]["caBundle"]
                    .as_str()
                    .unwrap_or_default()
                    .is_empty()
                {
                    let authority = STANDARD.encode("-----BEGIN CERTIFICATE-----\nstand-in\n");
                    hook["clientConfig"]["caBundle"] = json!(authority);
                }
            }
        });
    }
}

fn setting(spec: &Value) -> Option<String> {
    let env = spec["containers"]
        .as_array()?
        .iter()
        .flat_map(|it| it["env"].as_array());
    let mut named = env
        .flatten()
        .filter(|it| it["name"] == "AGENT_INJECT_TLS_AUTO");
    named.next()?["value"].as_str().map(str::to_owned)
}
