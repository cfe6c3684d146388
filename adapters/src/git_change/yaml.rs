//! YAML from outside, read under tight budgets: size first, then no anchors, few nodes.

use serde_json::Value;
use thiserror::Error;

/// Largest text that is looked at; also the largest file a ticket may deposit.
pub(super) const LARGEST: usize = 1 << 20;

/// A text that is not read as YAML.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum YamlError {
    #[error("the file is larger than 1 MiB")]
    TooLarge,
    #[error("the file is not UTF-8 text")]
    NotText,
    #[error("the file is not plain YAML (no anchors, at most 5000 nodes): {0}")]
    NotYaml(String),
    #[error("the file must hold exactly one YAML document")]
    NotOne,
}

/// Every document of the text; empty ones are left out.
pub(super) fn documents(bytes: &[u8]) -> Result<Vec<Value>, YamlError> {
    if bytes.len() > LARGEST {
        return Err(YamlError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| YamlError::NotText)?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: 0,
            max_anchors: 0,
            max_merge_keys: 0,
            max_nodes: 5000,
            max_depth: 64,
            max_documents: 200,
        },
        with_snippet: false,
    };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|e| {
        // Only the first line: what follows may quote the file.
        YamlError::NotYaml(e.to_string().lines().next().unwrap_or_default().to_owned())
    })
}

/// The only document of the text.
pub(super) fn document(bytes: &[u8]) -> Result<Value, YamlError> {
    let mut all = documents(bytes)?;
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(YamlError::NotOne),
    }
}
