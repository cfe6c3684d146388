//! A file deposited, replaced or removed as a whole.

use super::{
    manifest,
    params::Operation,
    revision::{Revision, change, refuse},
    yaml,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use workflows::{Fault, FaultClass, Verb};

pub(super) fn revise(
    path: &str,
    operation: Operation,
    content: Option<&str>,
    now: Option<&[u8]>,
) -> Result<Revision, Fault> {
    let wanted = match operation {
        Operation::Delete => None,
        Operation::Create | Operation::Update => content.map(str::as_bytes),
    };
    if wanted == now {
        return Ok(Revision::none(now));
    }
    let verb = match (operation, now) {
        (Operation::Create, Some(_)) => {
            return Err(refuse(format!("{path} exists already with other content")));
        }
        (Operation::Update, None) => {
            let message = format!("{path} is not in the repository");
            return Err(Fault::new(FaultClass::Missing, message));
        }
        (Operation::Create, None) => Verb::Create,
        (Operation::Update, Some(_)) => Verb::Update,
        (Operation::Delete, _) => Verb::Delete,
    };
    let secret = [now, wanted].into_iter().flatten().any(holds_secret);
    let mut line = change(
        path.to_owned(),
        verb,
        shown(now, secret),
        shown(wanted, secret),
    );
    line.secret = secret;
    let mut warnings = Vec::new();
    if verb == Verb::Delete && manifest::is_manifest(path) {
        warnings.push(format!(
            "Deleting {path} from the repository does not delete its objects from the cluster."
        ));
    }
    if secret {
        warnings.push(format!(
            "{path} holds secret values; only digests are shown."
        ));
    }
    Ok(Revision {
        content: wanted.map(<[u8]>::to_vec),
        changes: vec![line],
        warnings,
    })
}

/// Whether the text must not be shown. What cannot be read as YAML is searched for the word.
fn holds_secret(content: &[u8]) -> bool {
    match yaml::documents(content) {
        Ok(documents) => documents.iter().any(manifest::reveals),
        Err(_) => {
            let text = String::from_utf8_lossy(content);
            text.contains("kind: Secret") || text.contains("PRIVATE KEY")
        }
    }
}

fn shown(content: Option<&[u8]>, secret: bool) -> Value {
    match content {
        None => Value::Null,
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !secret => json!(text),
            _ => json!(format!("sha256:{}", hex::encode(Sha256::digest(bytes)))),
        },
    }
}
