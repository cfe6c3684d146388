//! Coming in and going out.

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use engine::people::Person;

use super::{
    Portal,
    fail::Fail,
    go, page, page_as,
    posted::Posted,
    visit::{Visit, cookie, query, role},
};
use crate::pages::{
    Ui,
    fields::{Fault, Faults, Field, Input, Line},
    people::{Persona, PersonasPage, SignInPage},
};

/// A hash of nothing anybody knows, so that an unknown login takes as long as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Z3VpY2hldG5vYm9keQ$\
    WxgTJjHQ0xG3mXqjKc6b4lI1mmpzmQ4iRZ4mAc4DkVs";

pub(super) async fn front(State(portal): State<Portal>, visit: Visit) -> Response {
    match visit.person {
        Some(_) => go("/inbox"),
        None if portal.web.demo => go("/demo"),
        None => go("/sign-in"),
    }
}

/// Where to go after signing in: a path of ours and nothing else.
fn safe(next: Option<&str>) -> String {
    let ours = |it: &&str| it.starts_with('/') && !it.starts_with("//") && !it.contains('\\');
    next.filter(ours).unwrap_or("/inbox").to_owned()
}

pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut i) = (Vec::with_capacity(bytes.len()), 0);
    while i < bytes.len() {
        let hex = text
            .get(i + 1..i + 3)
            .and_then(|it| u8::from_str_radix(it, 16).ok());
        match (bytes[i], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                i += 1;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub(super) async fn form(
    State(portal): State<Portal>,
    uri: Uri,
    visit: Visit,
) -> Result<Response, Fail> {
    if portal.web.demo {
        return Ok(go("/demo"));
    }
    let next = safe(query(&uri, "next").map(decoded).as_deref());
    page(&sign_in_page(visit.ui, "", next, false))
}

fn sign_in_page(ui: Ui, login: &str, next: String, wrong: bool) -> SignInPage {
    let words = ui.words;
    let line =
        |name: &str, key: &str, line: Line| Field::new(words, name, ui.t(key), Input::Line(line));
    let fields = vec![
        line(
            "login",
            "sign-in-login",
            Line {
                complete: "username",
                ..Line::text(login)
            },
        ),
        line(
            "password",
            "sign-in-password",
            Line {
                kind: "password",
                complete: "current-password",
                ..Line::text("")
            },
        ),
    ];
    let mut faults = Faults::none(words);
    if wrong {
        faults.items.push(Fault {
            id: Some(fields[0].id()),
            text: ui.t("sign-in-wrong"),
            clause: None,
        });
    }
    SignInPage {
        fields,
        faults,
        next,
        ui,
    }
}

pub(super) async fn sign_in(
    State(portal): State<Portal>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Fail> {
    let login = posted.text("login");
    let account = portal.web.desk.account(&login).await?;
    let password = posted.raw("password").unwrap_or_default().to_owned();
    let (person, hash) = match account {
        Some((person, hash)) => (Some(person), hash),
        None => (None, NOBODY.to_owned()),
    };
    let _turn = portal.hashing.acquire().await;
    let checked = tokio::task::spawn_blocking(move || fits(&password, &hash)).await;
    let fits = checked.map_err(|error| Fail::Broken(error.to_string()))?;
    let next = safe(posted.get("next"));
    match person.filter(|_| fits) {
        Some(person) => admit(&portal, &person, &next).await,
        None => {
            let view = sign_in_page(visit.ui, &login, next, true);
            page_as(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

fn fits(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|it| {
        Argon2::default()
            .verify_password(password.as_bytes(), &it)
            .is_ok()
    })
}

/// Opens a session under a new secret, whatever cookie came in.
async fn admit(portal: &Portal, person: &Person, next: &str) -> Result<Response, Fail> {
    let secret = portal.web.desk.open_session(person).await?;
    let mut response = go(next);
    set(portal, &mut response, &format!("{secret}; Path=/"))?;
    Ok(response)
}

fn set(portal: &Portal, response: &mut Response, value: &str) -> Result<(), Fail> {
    let secure = if portal.secure() { "; Secure" } else { "" };
    let name = portal.session_cookie();
    let cookie = format!("{name}={value}; HttpOnly; SameSite=Lax{secure}");
    let cookie = HeaderValue::from_str(&cookie).map_err(|it| Fail::Broken(it.to_string()))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

pub(super) async fn sign_out(
    State(portal): State<Portal>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Fail> {
    if let Some(secret) = cookie(&headers, portal.session_cookie()) {
        portal.web.desk.end_session(secret).await?;
    }
    let mut response = go("/");
    set(&portal, &mut response, "; Path=/; Max-Age=0")?;
    Ok(response)
}

pub(super) async fn personas(State(portal): State<Portal>, visit: Visit) -> Result<Response, Fail> {
    let everybody = portal.web.desk.everybody().await?;
    let contracts = portal.web.desk.contracts(None).await?;
    let ui = visit.ui;
    let house = |person: &Person| match &person.client {
        Some(code) => {
            let contract = contracts.iter().find(|it| it.client == *code);
            contract.map_or(code, |it| &it.client_name).clone()
        }
        None => portal.web.provider.name.clone(),
    };
    let personas = everybody
        .iter()
        .filter(|it| it.active)
        .map(|it| Persona {
            login: it.login.clone(),
            name: it.name.clone(),
            role: ui.t(role(it)),
            house: house(it),
            sees: ui.t(&format!("{}-sees", role(it))),
        })
        .collect();
    let tour = ["tour-order", "tour-mail", "tour-decide", "tour-watch"];
    page(&PersonasPage {
        personas,
        tour: tour.iter().map(|it| ui.t(it)).collect(),
        ui,
    })
}

/// Demo only: comes in as that person.
pub(super) async fn enter(
    State(portal): State<Portal>,
    Path(login): Path<String>,
) -> Result<Response, Fail> {
    let person = portal.web.desk.person(&login).await?.filter(|it| it.active);
    admit(&portal, &person.ok_or(Fail::NotFound)?, "/inbox").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site_after_signing_in() {
        for elsewhere in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "x",
        ] {
            assert_eq!(safe(Some(elsewhere)), "/inbox", "{elsewhere}");
        }
        assert_eq!(safe(Some("/tickets/A-1?detail=1")), "/tickets/A-1?detail=1");
        assert_eq!(decoded("/tickets%3Fq%3Da+b%"), "/tickets?q=a b%");
    }

    #[test]
    fn the_hash_of_nobody_is_a_hash_so_that_checking_it_takes_its_time() {
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert!(!fits("", NOBODY));
    }
}
