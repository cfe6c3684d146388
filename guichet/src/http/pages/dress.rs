//! What every page has in common: where a form may come from, which headers go out, how a failure
//! looks, and the choice of language and colours that is remembered.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Portal,
    fail::{Fail, Failed},
    page_as,
    visit::{LANG, THEME, query},
};
use crate::{
    http::trace::number_of,
    pages::trouble::{Kind, Reason, TroublePage},
};

/// No script, no frame, no form to elsewhere, nothing from anybody else.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Wraps every request to the portal.
pub(super) async fn dress(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let seen = parts.clone();
    let open = parts.method.is_safe() || is_link(&parts) || comes_from_here(&parts.headers);
    let mut response = if open {
        next.run(Request::from_parts(parts, body)).await
    } else {
        Fail::Forbidden.into_response()
    };
    if let Some(Failed(fail)) = response.extensions_mut().remove::<Failed>() {
        response = explain(&portal, &seen, &fail).await;
    }
    remember(&portal, &seen, response.headers_mut());
    harden(&portal, &seen, response.headers_mut());
    response
}

/// A link page carries its own proof, a nonce that we made for this very link, and no cookie counts
/// there; and since it lets no referrer out, an older browser names its origin `null`.
fn is_link(parts: &Parts) -> bool {
    parts.uri.path().starts_with("/v/")
}

/// Whether a request that changes something comes from one of our own pages. A browser says so in
/// `Sec-Fetch-Site` or at least in `Origin`; who sends neither is no browser of today, and then the
/// session cookie, which never travels across sites, is what protects.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|it: &HeaderValue| it.to_str().ok())
    };
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|it| it.1 == host),
        (Some(_), None) => false,
    }
}

async fn explain(portal: &Portal, parts: &Parts, fail: &Fail) -> Response {
    if let Fail::Broken(why) | Fail::Unavailable(why) = fail {
        tracing::error!(why, "page failed");
    }
    // A database that has just failed is not asked again for the name in the head of the page.
    let plain = matches!(fail, Fail::Unavailable(_) | Fail::TooMany(_));
    let visit = if plain {
        None
    } else {
        portal.visit(parts).await.ok()
    };
    let ui = visit.map_or_else(|| portal.ui(parts, None), |it| it.ui);
    let lang = ui.words.lang();
    let view = TroublePage {
        kind: match fail {
            Fail::NotFound | Fail::SignIn(_) => Kind::NotFound,
            Fail::Forbidden => Kind::Forbidden,
            Fail::Refused(_) => Kind::Refused,
            Fail::Unavailable(_) => Kind::Unavailable,
            Fail::TooMany(_) => Kind::TooMany,
            Fail::Broken(_) => Kind::Broken,
        },
        reason: match fail {
            Fail::Refused(refusal) => Some(Reason {
                code: refusal.code().to_owned(),
                text: refusal.sentence().get(lang).to_owned(),
                clause: refusal.clause().map(str::to_owned),
                remedy: None,
            }),
            _ => None,
        },
        request: match fail {
            Fail::Broken(_) | Fail::Unavailable(_) => number_of(&parts.extensions),
            _ => None,
        },
        ui,
    };
    let mut response = page_as(fail.status(), &view).unwrap_or_else(|_| {
        let mut bare = Response::new(Body::from("500"));
        *bare.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        bare
    });
    if let Some(seconds) = fail.retry_after() {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Keeps the language and the colours that a link asked for; nothing else is read from a query.
fn remember(portal: &Portal, parts: &Parts, headers: &mut HeaderMap) {
    let secure = if portal.secure() { "; Secure" } else { "" };
    for (name, parameter, allowed) in [
        (LANG, "lang", &["fr", "en"][..]),
        (THEME, "theme", &["auto", "light", "dark"][..]),
    ] {
        let Some(value) = query(&parts.uri, parameter).filter(|it| allowed.contains(it)) else {
            continue;
        };
        let cookie =
            format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

fn harden(portal: &Portal, parts: &Parts, headers: &mut HeaderMap) {
    let mut put = |name: &'static str, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    put("content-security-policy", POLICY);
    put("x-content-type-options", "nosniff");
    put("x-frame-options", "DENY");
    put("cross-origin-opener-policy", "same-origin");
    put("cache-control", "no-store");
    if portal.secure() {
        put("strict-transport-security", "max-age=31536000");
    }
    if is_link(parts) {
        put("referrer-policy", "no-referrer");
        put("x-robots-tag", "noindex, nofollow");
    } else {
        put("referrer-policy", "same-origin");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|it| (it.0.parse().unwrap(), HeaderValue::from_static(it.1)))
            .collect()
    }

    #[test]
    fn a_form_of_another_site_is_turned_away() {
        for foreign in [
            headers(&[("sec-fetch-site", "cross-site")]),
            headers(&[("sec-fetch-site", "same-site")]),
            headers(&[
                ("origin", "https://evil.example"),
                ("host", "guichet.example"),
            ]),
            headers(&[("origin", "null"), ("host", "guichet.example")]),
            headers(&[("origin", "https://guichet.example")]),
        ] {
            assert!(!comes_from_here(&foreign), "{foreign:?}");
        }
    }

    #[test]
    fn our_own_forms_pass_in_old_and_new_browsers() {
        for ours in [
            headers(&[("sec-fetch-site", "same-origin"), ("origin", "null")]),
            headers(&[
                ("origin", "http://127.0.0.1:8080"),
                ("host", "127.0.0.1:8080"),
            ]),
            headers(&[]),
        ] {
            assert!(comes_from_here(&ours), "{ours:?}");
        }
    }
}
