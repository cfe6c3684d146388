//! Actions that only look. What every one of them would say about planning, applying and undoing
//! is said here once.

use crate::action::{Action, Cx, Fault, Policy, Recovered, Undone, Verdict, Violation};
use crate::plan::{Level, Plan};
use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

/// A question to a system. Every check is an [`Action`] whose plan is empty: nothing is applied,
/// nothing is taken back, and its verdict is its whole effect.
#[async_trait]
pub trait Check: Send + Sync + 'static {
    /// Durable name; see [`Action::NAME`].
    const NAME: &'static str;
    /// What the workflow passes in.
    type Params: Serialize + DeserializeOwned + Send + Sync;

    /// Bounds on tries and times.
    fn policy(&self) -> Policy {
        Policy::CHECK
    }
    /// See [`Action::validate`].
    fn validate(&self, params: &Self::Params) -> Vec<Violation>;
    /// Asks the system; only reads.
    async fn look(&self, cx: &Cx, params: &Self::Params) -> Result<Verdict, Fault>;
}

#[async_trait]
impl<C: Check> Action for C {
    const NAME: &'static str = C::NAME;
    type Params = C::Params;
    type Before = ();
    type Receipt = ();

    fn policy(&self) -> Policy {
        Check::policy(self)
    }
    fn validate(&self, params: &C::Params) -> Vec<Violation> {
        Check::validate(self, params)
    }
    fn targets(&self, _zone: &str, _params: &C::Params) -> Vec<String> {
        Vec::new()
    }
    async fn plan(&self, _cx: &Cx, _params: &C::Params) -> Result<Plan<()>, Fault> {
        Ok(Plan::new((), Vec::new(), Level::None))
    }
    async fn apply(&self, _cx: &Cx, _params: &C::Params, _plan: &Plan<()>) -> Result<(), Fault> {
        Ok(())
    }
    async fn recover(
        &self,
        _cx: &Cx,
        _params: &C::Params,
        _plan: &Plan<()>,
    ) -> Result<Recovered<()>, Fault> {
        Ok(Recovered::NotApplied)
    }
    async fn verify(
        &self,
        cx: &Cx,
        params: &C::Params,
        _plan: &Plan<()>,
        _receipt: Option<&()>,
    ) -> Result<Verdict, Fault> {
        self.look(cx, params).await
    }
    async fn undo(
        &self,
        _cx: &Cx,
        _params: &C::Params,
        _plan: &Plan<()>,
        _receipt: Option<&()>,
    ) -> Result<Undone, Fault> {
        Ok(Undone::NothingToDo)
    }
}
