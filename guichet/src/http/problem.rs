//! Refusals as other programs read them: RFC 9457, with a stable code and its clause.

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use catalogue::{Lang, Text};
use engine::{
    desk::DeskError,
    store::StoreError,
    ticket::{Refusal, RefusalKind},
};
use serde::Serialize;
use serde_json::json;

use crate::i18n::choose;

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code: documented, never renamed.
    pub code: Box<str>,
    /// What happened here, and the remedy.
    pub detail: Text,
    /// Clause of the contract it rests on.
    pub clause: Option<Box<str>>,
    /// Faults of the body, one by one.
    pub errors: Vec<FieldProblem>,
    /// Seconds after which another try is sensible.
    pub retry_after: Option<u32>,
}

/// One fault of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer into the body.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// What is wrong and what would be right.
    pub detail: Text,
}

/// The request that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its path.
    pub instance: String,
    /// Its number in the log.
    pub id: Option<String>,
}

/// One fault, worded.
#[derive(Serialize)]
struct Worded<'p> {
    pointer: &'p str,
    code: &'p str,
    detail: &'p str,
}

impl Problem {
    /// A problem of that status, with the words of its status as title.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &str,
        fr: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Problem {
            status,
            code: code.into(),
            detail: Text::new(fr, en),
            clause: None,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// Nothing there, or not for this person: the two look the same.
    #[must_use]
    pub fn not_found() -> Self {
        Problem::from(Refusal::NotFound)
    }

    /// Nobody has signed in.
    #[must_use]
    pub fn unauthorized() -> Self {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "sign-in.needed",
            "Identifiez-vous.",
            "Sign in.",
        )
    }

    /// Too many wrong guesses from that address.
    #[must_use]
    pub fn too_many(seconds: u32) -> Self {
        let mut problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "guesses.too-many",
            format!("Trop d’essais depuis cette adresse\u{202f}; réessayez dans {seconds} s."),
            format!("Too many tries from this address; try again in {seconds} s."),
        );
        problem.retry_after = Some(seconds);
        problem
    }

    /// The body as it is sent, in that language, about that request.
    #[must_use]
    pub fn body(&self, lang: Lang, about: Option<&About>) -> serde_json::Value {
        let errors: Vec<Worded<'_>> = self
            .errors
            .iter()
            .map(|it| Worded {
                pointer: &it.pointer,
                code: &it.code,
                detail: it.detail.get(lang),
            })
            .collect();
        let mut body = json!({
            "type": format!("/api/problems/{}", self.code),
            "title": title(self.status).get(lang),
            "status": self.status.as_u16(),
            "detail": self.detail.get(lang),
            "code": self.code,
        });
        let optional = [
            ("instance", about.map(|it| json!(it.instance))),
            (
                "request_id",
                about.and_then(|it| it.id.as_ref()).map(|it| json!(it)),
            ),
            ("clause", self.clause.as_ref().map(|it| json!(it))),
            ("errors", (!errors.is_empty()).then(|| json!(errors))),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                body[key] = value;
            }
        }
        body
    }

    fn answer(&self, lang: Lang, about: Option<&About>) -> Response {
        let mut response = (self.status, Json(self.body(lang, about))).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let speaks = HeaderValue::from_static(crate::i18n::code(lang));
        headers.insert(header::CONTENT_LANGUAGE, speaks);
        if self.status == StatusCode::UNAUTHORIZED {
            let ways =
                HeaderValue::from_static("Bearer, Basic realm=\"guichet\", charset=\"UTF-8\"");
            headers.insert(header::WWW_AUTHENTICATE, ways);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// In French; [`word`] puts it into the language of the request.
    fn into_response(self) -> Response {
        let mut response = self.answer(Lang::Fr, None);
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match (&refusal, refusal.kind()) {
            (Refusal::KeyReused, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (_, RefusalKind::Invalid | RefusalKind::Rule) => StatusCode::UNPROCESSABLE_ENTITY,
            (_, RefusalKind::Forbidden) => StatusCode::FORBIDDEN,
            (_, RefusalKind::Missing) => StatusCode::NOT_FOUND,
            (_, RefusalKind::Stale) => StatusCode::CONFLICT,
            (_, RefusalKind::Gone) => StatusCode::GONE,
        };
        let words = refusal.sentence();
        let mut problem = Problem::new(status, refusal.code(), words.fr, words.en);
        problem.clause = refusal.clause().map(Box::from);
        problem.errors = match refusal {
            Refusal::Form(faults) => faults
                .into_iter()
                .map(|it| FieldProblem {
                    pointer: format!("/values{}", it.pointer),
                    code: it.code,
                    detail: it.message,
                })
                .collect(),
            Refusal::Parameters(all) => all
                .into_iter()
                .map(|it| FieldProblem {
                    pointer: format!("/values{}", it.pointer),
                    code: it.code.to_string(),
                    detail: Text::new(it.message.clone(), it.message),
                })
                .collect(),
            _ => Vec::new(),
        };
        problem
    }
}

impl From<StoreError> for Problem {
    /// A database that is away, busy or full comes back: 503, and the same command again is safe.
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        let mut problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "database.unavailable",
            "La base de données ne répond pas. Renvoyez la même requête avec la même clé.",
            "The database does not answer. Send the same request again with the same key.",
        );
        problem.retry_after = Some(2);
        problem
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(it) => it.into(),
            DeskError::Store(it) => it.into(),
        }
    }
}

/// What a status means, in words.
fn title(status: StatusCode) -> Text {
    let (fr, en) = match status.as_u16() {
        400 => ("Requête incomplète", "Incomplete request"),
        401 => ("Identification nécessaire", "Sign-in needed"),
        403 => ("Droit manquant", "Not entitled"),
        404 => ("Introuvable", "Not found"),
        405 => ("Méthode inconnue ici", "Method not known here"),
        408 => ("Trop lent", "Too slow"),
        409 => ("Changé entre-temps", "Changed meanwhile"),
        410 => ("Trop tard", "Too late"),
        413 => ("Trop grand", "Too large"),
        415 => ("Format non reconnu", "Format not known"),
        422 => ("Refusé", "Refused"),
        429 => ("Trop de requêtes", "Too many requests"),
        503 => ("Indisponible", "Unavailable"),
        _ => ("Erreur", "Error"),
    };
    Text::new(fr, en)
}

/// The language a request asks for.
#[must_use]
pub fn language(headers: &axum::http::HeaderMap) -> Lang {
    let accept = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|it| it.to_str().ok());
    choose(None, None, accept)
}

/// Middleware of the API: every error leaves as a problem in the language of the request, those
/// that the framework makes included.
pub async fn word(request: Request, next: Next) -> Response {
    let lang = language(request.headers());
    let about = About {
        instance: request.uri().path().to_owned(),
        id: super::trace::number(&request),
    };
    let mut response = next.run(request).await;
    let status = response.status();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return problem.answer(lang, Some(&about));
    }
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let words = title(status);
    let code = format!("http.{}", status.as_u16());
    let mut answer = Problem::new(status, &code, words.fr, words.en).answer(lang, Some(&about));
    if let Some(allow) = response.headers().get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}
