//! Bounds on calls to the outside.

use tokio::time;
use workflows::{Fault, FaultClass};

/// What cannot be understood of our own data.
pub(super) fn unfit(error: impl ToString) -> Fault {
    Fault::new(FaultClass::Guard, error.to_string())
}

/// Bounds a call. A mutating call that ran out of time may have happened.
pub(super) async fn within<T>(
    policy: &workflows::Policy,
    call: impl Future<Output = Result<T, Fault>>,
    mutating: bool,
) -> Result<T, Fault> {
    match time::timeout(policy.apply_for, call).await {
        Ok(answer) => answer,
        Err(_) if mutating => Err(Fault::new(FaultClass::Ambiguous, "no answer in time")),
        Err(_) => Err(Fault::new(FaultClass::Transient, "no answer in time")),
    }
}
