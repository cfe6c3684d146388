//! Who sends a request, and under which name.

use super::super::{
    Web,
    problem::{Problem, language},
};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use catalogue::Lang;
use engine::{
    desk::Caller,
    id::CommandId,
    people::{Actor, Person, Via},
};
use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Longest Idempotency-Key.
const LONGEST_KEY: usize = 255;

/// Each check of a password takes some 20 MB and a core for a while: a few at once, no more.
static CHECKS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(4)));

/// A hash of nobody's password, so that an unknown login takes as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let hash = Argon2::default().hash_password(b"nobody has this password");
    hash.map(|it| it.to_string()).unwrap_or_default()
});

/// Somebody who has signed in.
pub(super) struct Signed {
    /// Who.
    pub(super) person: Person,
    /// Language of the answer.
    pub(super) lang: Lang,
}

/// Somebody who has signed in and names what they send: the same name again is the same command.
pub(super) struct Acting {
    /// Who.
    pub(super) person: Person,
    /// Language of the answer.
    pub(super) lang: Lang,
    /// The same, as the desk wants it.
    pub(super) caller: Caller,
}

impl FromRequestParts<Web> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let lang = language(&parts.headers);
        let given = parts.headers.get(header::AUTHORIZATION);
        let person = match given.map(|it| it.to_str().unwrap_or_default()) {
            Some(it) => by_header(it, parts, web).await?,
            None => by_cookie(parts, web).await?,
        };
        match person.filter(|it| it.active) {
            Some(person) => Ok(Signed { person, lang }),
            None => Err(Problem::unauthorized()),
        }
    }
}

impl FromRequestParts<Web> for Acting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let Signed { person, lang } = Signed::from_request_parts(parts, web).await?;
        let key = key(&parts.headers)?;
        let path = parts.extensions.get::<axum::extract::OriginalUri>();
        let path = path.map_or_else(|| parts.uri.path(), |it| it.path());
        let name = format!("api\0{path}\0{key}");
        let command = CommandId(Uuid::new_v5(&person.id.0, name.as_bytes()));
        let actor = Actor::Person(Box::new(person.clone()), Via::Api);
        Ok(Acting {
            person,
            lang,
            caller: Caller { actor, command },
        })
    }
}

/// The Idempotency-Key: with or without the quotes of a structured header.
fn key(headers: &HeaderMap) -> Result<&str, Problem> {
    let missing = || {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "idempotency.key-missing",
            "Il manque l’en-tête Idempotency-Key\u{a0}: une clé nouvelle par commande, la même \
             pour la renvoyer.",
            "The header Idempotency-Key is missing: a new key for each command, the same one to \
             send it again.",
        )
    };
    let value = headers.get("idempotency-key").ok_or_else(missing)?;
    let text = value
        .to_str()
        .map_err(|_| missing())?
        .trim()
        .trim_matches('"');
    match text.is_empty() || text.len() > LONGEST_KEY {
        true => Err(missing()),
        false => Ok(text),
    }
}

async fn by_header(value: &str, parts: &Parts, web: &Web) -> Result<Option<Person>, Problem> {
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Ok(web.desk.session(rest).await?),
        "basic" => by_password(rest, web).await,
        "demo" if web.demo && is_near(parts) => Ok(web.desk.person(rest).await?),
        _ => Ok(None),
    }
}

/// Whether the request comes from this very machine.
fn is_near(parts: &Parts) -> bool {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    from.is_some_and(|it| it.0.ip().is_loopback())
}

async fn by_password(encoded: &str, web: &Web) -> Result<Option<Person>, Problem> {
    let decoded = STANDARD
        .decode(encoded)
        .ok()
        .and_then(|it| String::from_utf8(it).ok());
    let Some((login, password)) = decoded.as_deref().and_then(|it| it.split_once(':')) else {
        return Ok(None);
    };
    let (person, hash) = match web.desk.account(login).await? {
        Some((person, hash)) => (Some(person), hash),
        None => (None, NOBODY.clone()),
    };
    let Ok(turn) = CHECKS.clone().acquire_owned().await else {
        return Ok(None);
    };
    let password = password.to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        let fits = PasswordHash::new(&hash).is_ok_and(|it| {
            Argon2::default()
                .verify_password(password.as_bytes(), &it)
                .is_ok()
        });
        drop(turn);
        fits
    });
    let fits = checked.await.unwrap_or(false);
    Ok(person.filter(|_| fits))
}

/// The portal's own cookie. A browser sends it along with whatever another site makes it send, so
/// anything that changes something must come from our own pages.
async fn by_cookie(parts: &Parts, web: &Web) -> Result<Option<Person>, Problem> {
    let secure = web.provider.base_url.starts_with("https://");
    let name = if secure { "__Host-guichet" } else { "guichet" };
    let cookies = parts.headers.get_all(header::COOKIE).iter();
    let secret = cookies
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='))
        .find(|it| it.0 == name)
        .map(|it| it.1);
    let Some(secret) = secret else {
        return Ok(None);
    };
    let harmless = parts.method == Method::GET || parts.method == Method::HEAD;
    if !harmless && !same_origin(&parts.headers, &web.provider.base_url) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "origin.foreign",
            "Cette requête ne vient pas de nos pages.",
            "This request does not come from our own pages.",
        ));
    }
    Ok(web.desk.session(secret).await?)
}

fn same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let origin = base_url
        .splitn(4, '/')
        .take(3)
        .collect::<Vec<_>>()
        .join("/");
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(it)) => it == origin,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(k, v)| ((*k).parse().unwrap(), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn a_cookie_counts_only_from_our_own_pages() {
        let from = |all| same_origin(&headers(all), "https://g.example/portal");
        assert!(from(&[("sec-fetch-site", "same-origin")]));
        assert!(from(&[("origin", "https://g.example")]));
        assert!(!from(&[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://g.example")
        ]));
        assert!(!from(&[("sec-fetch-site", "none")]));
        assert!(!from(&[("origin", "https://g.example.evil")]));
        assert!(!from(&[]));
    }

    #[test]
    fn a_key_is_read_with_and_without_quotes_and_never_empty() {
        assert_eq!(
            key(&headers(&[("idempotency-key", "\"a-1\"")])).unwrap(),
            "a-1"
        );
        assert_eq!(key(&headers(&[("idempotency-key", "a-1")])).unwrap(), "a-1");
        assert!(key(&headers(&[("idempotency-key", "\"\"")])).is_err());
        assert!(key(&headers(&[])).is_err());
    }
}
