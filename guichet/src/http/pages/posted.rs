//! What a form sent, with names that may come several times.

use axum::{
    Form, RequestExt,
    extract::{FromRequest, Request},
};
use engine::id::CommandId;
use uuid::Uuid;

use super::fail::Fail;

/// Names and values in the order they were sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Posted(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Fail;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fail> {
        match request.extract::<Form<Vec<(String, String)>>, _>().await {
            Ok(Form(pairs)) => Ok(Posted(pairs)),
            Err(_) => Err(Fail::Forbidden),
        }
    }
}

impl Posted {
    /// The last value of that name, as it was typed.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|it| it.0 == name)
            .map(|it| it.1.as_str())
    }
    /// The value of that name without the blanks around it; nothing when it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|it| !it.is_empty())
    }
    /// The value of that name, or the empty text.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().replace("\r\n", "\n")
    }
    /// Every value of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |it| it.0 == name)
            .map(|it| it.1.as_str())
    }
    /// The number of that name; `u32::MAX` for what is none, which every rule refuses.
    pub(super) fn number(&self, name: &str) -> u32 {
        self.get(name)
            .map_or(0, |it| it.parse().unwrap_or(u32::MAX))
    }
    /// The name of the command: the one-time key of the form, so that sending it twice is once.
    ///
    /// # Errors
    /// A form without a key is none of ours.
    pub(super) fn command(&self) -> Result<CommandId, Fail> {
        let key = self.get("key").ok_or(Fail::Forbidden)?;
        let derived = || Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes());
        Ok(CommandId(key.parse().unwrap_or_else(|_| derived())))
    }
}
