//! Bodies: JSON or a problem.

use super::super::problem::{FieldProblem, Problem};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use catalogue::Text;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A JSON body that says what we expect and nothing else.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // Also what keeps a form on another site from being one of ours.
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|it| it.to_str().ok());
        let kind = kind
            .and_then(|it| it.split(';').next())
            .unwrap_or_default()
            .trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "body.not-json",
                "Le corps doit être du JSON\u{a0}: Content-Type: application/json.",
                "The body has to be JSON: Content-Type: application/json.",
            ));
        }
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|why| match why.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        "body.too-large",
                        "Le corps dépasse 256 Kio.",
                        "The body exceeds 256 KiB.",
                    ),
                    _ => unreadable("body.unreadable", &why),
                })?;
        parse(&bytes).map(Sent)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|why| match why.is_data() {
        true => unfit(&why),
        false => unreadable("body.malformed", &why),
    })
}

/// The fields of a body whose route is known only from its path.
pub(super) fn read<T: DeserializeOwned>(body: Value) -> Result<T, Problem> {
    serde_json::from_value(body).map_err(|why| unfit(&why))
}

/// JSON, but not what we expect.
fn unfit(why: &serde_json::Error) -> Problem {
    let code = "body.invalid";
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        code,
        format!("Le corps ne convient pas\u{a0}: {why}"),
        format!("The body does not fit: {why}"),
    );
    let detail = Text::new(why.to_string(), why.to_string());
    problem.errors.push(FieldProblem {
        pointer: String::new(),
        code: code.into(),
        detail,
    });
    problem
}

fn unreadable(code: &str, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        code,
        format!("Le corps ne peut pas être lu\u{a0}: {why}"),
        format!("The body cannot be read: {why}"),
    )
}
