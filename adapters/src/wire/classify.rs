//! From a status, or from silence, to what the engine may do about it.

use workflows::FaultClass;

/// The usual meaning of a refused status; systems with habits of their own override it.
#[must_use]
pub fn standard(status: u16) -> FaultClass {
    match status {
        429 | 502 | 503 | 504 => FaultClass::Transient,
        401 | 403 => FaultClass::Denied,
        404 => FaultClass::Missing,
        _ => FaultClass::Rejected,
    }
}

/// What no answer means, and the sentence for it. The library's own error text is not used: it
/// quotes the address with its query.
pub(super) fn silence(error: &reqwest::Error, mutates: bool) -> (FaultClass, &'static str) {
    if error.is_builder() {
        return (FaultClass::Guard, "the request could not be built");
    }
    if error.is_connect() {
        return (FaultClass::Transient, "no connection");
    }
    let why = if error.is_timeout() {
        "sent, and no answer in time"
    } else {
        "sent, and the connection broke before the answer was complete"
    };
    (
        if mutates {
            FaultClass::Ambiguous
        } else {
            FaultClass::Transient
        },
        why,
    )
}
