//! Why there is no page to show; `dress` turns it into one in the reader's language.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::{
    desk::DeskError,
    store::StoreError,
    ticket::{Refusal, RefusalKind},
};
use std::sync::Arc;

/// Why there is no page to show.
#[derive(Debug)]
pub(super) enum Fail {
    /// Unknown, or not for this person: nobody can tell which.
    NotFound,
    /// Nobody is signed in; where they wanted to go.
    SignIn(String),
    /// The request does not come from one of our pages.
    Forbidden,
    /// A rule says no.
    Refused(Box<Refusal>),
    /// The database is away, busy or full: what to write in the log.
    Unavailable(String),
    /// Too many wrong guesses from that address: seconds to wait.
    TooMany(u32),
    /// Our fault: what to write in the log.
    Broken(String),
}

/// The failure of a response on its way to `dress`.
#[derive(Clone)]
pub(super) struct Failed(pub(super) Arc<Fail>);

impl Fail {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Fail::NotFound => StatusCode::NOT_FOUND,
            Fail::SignIn(_) => StatusCode::SEE_OTHER,
            Fail::Forbidden => StatusCode::FORBIDDEN,
            Fail::Refused(refusal) => match refusal.kind() {
                RefusalKind::Invalid | RefusalKind::Rule => StatusCode::UNPROCESSABLE_ENTITY,
                RefusalKind::Forbidden => StatusCode::FORBIDDEN,
                RefusalKind::Missing => StatusCode::NOT_FOUND,
                RefusalKind::Stale => StatusCode::CONFLICT,
                RefusalKind::Gone => StatusCode::GONE,
            },
            Fail::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Fail::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Fail::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Seconds after which another try is sensible.
    pub(super) fn retry_after(&self) -> Option<u32> {
        match self {
            Fail::Unavailable(_) => Some(2),
            Fail::TooMany(seconds) => Some(*seconds),
            Fail::NotFound
            | Fail::SignIn(_)
            | Fail::Forbidden
            | Fail::Refused(_)
            | Fail::Broken(_) => None,
        }
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        if let Fail::SignIn(wanted) = &self {
            let next: String = url_encoded(wanted);
            return super::go(&format!("/sign-in?next={next}"));
        }
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Failed(Arc::new(self)));
        response
    }
}

/// A value as it may stand in a query.
pub(super) fn url_encoded(text: &str) -> String {
    text.bytes()
        .map(|it| match it {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(it).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

impl From<Refusal> for Fail {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Fail::NotFound,
            other => Fail::Refused(Box::new(other)),
        }
    }
}

impl From<StoreError> for Fail {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Db(_)
            | StoreError::Away(_)
            | StoreError::Conflict
            | StoreError::Unfit(_) => Fail::Unavailable(error.to_string()),
            StoreError::Corrupt { .. } => Fail::Broken(error.to_string()),
        }
    }
}

impl From<DeskError> for Fail {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(refusal) => refusal.into(),
            DeskError::Store(error) => error.into(),
        }
    }
}

impl From<askama::Error> for Fail {
    fn from(error: askama::Error) -> Self {
        Fail::Broken(format!("template: {error}"))
    }
}
