//! `vault.login`: proves by a real login that pods get exactly what their role promises.

use super::{
    AUDIENCE, Model,
    layout::{self, policies},
    mount_of,
};
use crate::systems::Systems;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use workflows::{Check, Cx, Fault, FaultClass, Proof, Verdict, Violation};

/// Every token has it; a role does not name it.
const EVERYONES: &str = "default";

/// Logs in as the pods of some namespaces would.
pub struct VaultLogin {
    systems: Arc<Systems>,
}

/// Parameters of `vault.login`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginParams {
    /// Namespaces whose pods log in.
    pub namespaces: Vec<String>,
    /// Service account of those pods.
    pub service_account: String,
    /// Role to log in as.
    pub role: String,
    /// Access models that it must grant, no more and no less.
    pub models: Vec<Model>,
}

impl VaultLogin {
    /// The check over these systems.
    #[must_use]
    pub fn new(systems: Arc<Systems>) -> Self {
        VaultLogin { systems }
    }
}

#[async_trait]
impl Check for VaultLogin {
    const NAME: &'static str = "vault.login";
    type Params = LoginParams;

    fn validate(&self, params: &LoginParams) -> Vec<Violation> {
        layout::names(&params.namespaces, &params.service_account, &params.role)
    }

    async fn look(&self, cx: &Cx, params: &LoginParams) -> Result<Verdict, Fault> {
        let zone = self.systems.zone(&cx.zone)?;
        let (vault, kube, mount) = (zone.vault()?, zone.kube()?, mount_of(&cx.zone));
        let promised = policies(&cx.zone, &params.models);
        let mut proofs = Vec::new();
        for namespace in &params.namespaces {
            let jwt = kube
                .token(cx, namespace, &params.service_account, AUDIENCE)
                .await?;
            let granted = match vault.try_login(cx, &mount, &params.role, &jwt).await {
                Ok(policies) => {
                    json!(
                        policies
                            .iter()
                            .filter(|it| *it != EVERYONES)
                            .collect::<Vec<_>>()
                    )
                }
                Err(fault) if refused(fault.class) => json!(fault.message),
                Err(fault) => return Err(fault),
            };
            proofs.push(Proof::equal(
                format!(
                    "A pod of {namespace} logs in as {} and gets its policies.",
                    params.role
                ),
                json!(promised),
                granted,
            ));
        }
        Ok(if proofs.iter().all(|it| it.ok) {
            Verdict::Ok(proofs)
        } else {
            Verdict::Bad(proofs)
        })
    }
}

/// A refused login is an answer to the question; an unreachable Vault is not.
fn refused(class: FaultClass) -> bool {
    matches!(
        class,
        FaultClass::Denied | FaultClass::Rejected | FaultClass::Missing
    )
}
