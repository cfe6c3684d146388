//! From a file as it is to the file as asked, with what a person should read about it.

use super::{Edit, alertmanager, file, prometheus};
use workflows::{Change, Fault, FaultClass, Verb};

/// What an edit makes of a file.
#[derive(Debug)]
pub(super) struct Revision {
    /// The whole new content; `None` when the file goes.
    pub(super) content: Option<Vec<u8>>,
    /// Differences, none when the file is already as asked.
    pub(super) changes: Vec<Change>,
    /// What to read before agreeing.
    pub(super) warnings: Vec<String>,
}

impl Revision {
    /// The file stays as it is.
    pub(super) fn none(now: Option<&[u8]>) -> Revision {
        let content = now.map(<[u8]>::to_vec);
        Revision {
            content,
            changes: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Computes the edit on the present content; pure.
pub(super) fn revise(edit: &Edit, now: Option<&[u8]>) -> Result<Revision, Fault> {
    match edit {
        Edit::File {
            path,
            operation,
            content,
        } => file::revise(path, *operation, content.as_deref(), now),
        Edit::PrometheusLabels { path, set, remove } => {
            prometheus::revise(path, set, remove, present(path, now)?)
        }
        Edit::AlertmanagerReceiver {
            path,
            receiver,
            url,
            matchers,
            goes_on,
            send_resolved,
        } => {
            let asked = alertmanager::Asked {
                receiver,
                url,
                matchers,
                goes_on: *goes_on,
                send_resolved: *send_resolved,
            };
            alertmanager::revise(path, &asked, present(path, now)?)
        }
    }
}

fn present<'a>(path: &str, now: Option<&'a [u8]>) -> Result<&'a [u8], Fault> {
    now.ok_or_else(|| {
        Fault::new(
            FaultClass::Missing,
            format!("{path} is not in the repository"),
        )
    })
}

/// Our own rule refuses what was found in the repository.
pub(super) fn refuse(message: impl Into<String>) -> Fault {
    Fault::new(FaultClass::Guard, message)
}

/// One visible difference.
pub(super) fn change(
    path: String,
    verb: Verb,
    before: serde_json::Value,
    after: serde_json::Value,
) -> Change {
    Change {
        path,
        verb,
        before,
        after,
        secret: false,
        fidelity: workflows::Fidelity::Exact,
    }
}
