//! A secret in memory: it can be used, not shown.

use std::{fs, sync::Arc};
use thiserror::Error;

/// A secret string. Deliberately without `Debug`, `Display` and `Serialize`: code that would print
/// or store it does not compile.
#[derive(Clone)]
pub struct Secret(Arc<str>);

/// A secret that could not be obtained; names the reference, never the value.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The reference is neither `env:NAME` nor `file:path`.
    #[error("a secret is given as env:NAME or file:path, never as its value")]
    Reference,
    /// The variable or the file is absent or unreadable.
    #[error("nothing readable behind the secret reference {0}")]
    Absent(String),
    /// There is nothing in it.
    #[error("the secret behind {0} is empty")]
    Empty(String),
}

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl AsRef<str>) -> Self {
        Secret(Arc::from(value.as_ref()))
    }

    /// Reads what `env:NAME` or `file:path` points at, without surrounding blanks.
    ///
    /// # Errors
    /// When the reference has another form, or nothing is behind it.
    pub fn load(reference: &str) -> Result<Self, SecretError> {
        let absent = || SecretError::Absent(reference.to_owned());
        let value = match reference.split_once(':') {
            Some(("env", name)) => std::env::var(name).map_err(|_| absent())?,
            Some(("file", path)) => fs::read_to_string(path).map_err(|_| absent())?,
            _ => return Err(SecretError::Reference),
        };
        match value.trim() {
            "" => Err(SecretError::Empty(reference.to_owned())),
            value => Ok(Secret::new(value)),
        }
    }

    /// The value, for the one place that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `words` with every occurrence of the value replaced.
    #[must_use]
    pub fn hide_in(&self, words: &str) -> String {
        if self.0.is_empty() {
            words.to_owned()
        } else {
            words.replace(&*self.0, "<secret>")
        }
    }
}
