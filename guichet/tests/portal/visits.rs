//! Coming in, looking around, and what is not shown.

use crate::town::Town;
use axum::{
    body::Body,
    http::{Request, StatusCode},
};

#[tokio::test]
async fn nobody_sees_a_page_without_signing_in() {
    let town = Town::real().await;
    for path in [
        "/inbox",
        "/tickets",
        "/tickets/ACME-2026-0001",
        "/catalogue",
        "/audit",
    ] {
        let answer = town.stranger().get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.to(), format!("/sign-in?next={path}"));
    }
    assert_eq!(
        town.stranger().get("/demo/as/camille").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_local_account_comes_in_with_its_password_only() {
    let town = Town::real().await;
    let mut browser = town.stranger();
    let wrong = [
        ("login", "camille"),
        ("password", "guess"),
        ("next", "/catalogue"),
    ];
    let answer = browser.post("/sign-in", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.says("L’identifiant ou le mot de passe est faux"),
        "which of the two is not said"
    );
    let unknown = [("login", "nobody"), ("password", "guess")];
    let other = browser.post("/sign-in", &unknown).await;
    assert!(other.says("L’identifiant ou le mot de passe est faux"));
    let right = [
        ("login", "camille"),
        ("password", "correct horse battery"),
        ("next", "//evil.example"),
    ];
    let answer = browser.post("/sign-in", &right).await;
    assert_eq!(
        (answer.status, answer.to()),
        (StatusCode::SEE_OTHER, "/inbox")
    );
    assert!(browser.get("/inbox").await.says("Camille Roy"));
    let out = browser.post("/sign-out", &[]).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/inbox").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let town = Town::demo().await;
    let before = town.number_of_records().await;
    let request = Request::post("/catalogue/K06/submit")
        .header("host", "127.0.0.1:8080")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("key=1&cluster=prod-paris"));
    let answer = town.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(town.number_of_records().await, before);
}

#[tokio::test]
async fn unknown_and_forbidden_tickets_are_the_same_page() {
    let town = Town::demo().await;
    let reference = crate::orders::order_by_hand(&town).await;
    let mut marie = town.browser("marie").await;
    let foreign = marie.get(&format!("/tickets/{reference}")).await;
    let unknown = marie.get("/tickets/ACME-2026-9999").await;
    assert_eq!(
        (foreign.status, unknown.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    let plain = |body: &str, own: &str| body.replace(own, "");
    assert_eq!(
        plain(&foreign.body, &reference),
        plain(&unknown.body, "ACME-2026-9999")
    );
    assert!(!marie.get("/tickets").await.body.contains(&reference));
    assert!(!marie.get("/audit").await.body.contains(&reference));
}

#[tokio::test]
async fn every_page_forbids_scripts_and_frames() {
    let town = Town::demo().await;
    let reference = crate::orders::order_by_hand(&town).await;
    let mut camille = town.browser("camille").await;
    let ticket = format!("/tickets/{reference}");
    let text = format!("{ticket}/graph.txt");
    for path in [
        "/inbox",
        "/tickets",
        "/catalogue",
        "/catalogue/K13",
        "/catalogue/K13/new",
        "/studies/new",
        "/contracts/ACME-K8S",
        "/audit",
        "/demo",
        &ticket,
        &text,
        "/nowhere",
    ] {
        let answer = camille.get(path).await;
        let policy = answer
            .headers
            .get("content-security-policy")
            .expect(path)
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'"),
            "{path}: {policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{path}"
        );
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert!(!answer.body.contains('⟦'), "{path}: a message is missing");
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    let css = guichet::pages::assets::css_path();
    let css = town.stranger().get(css).await;
    assert_eq!(css.status, StatusCode::OK);
    assert!(
        css.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

#[tokio::test]
async fn the_language_is_chosen_by_a_link_and_remembered() {
    let town = Town::demo().await;
    let mut camille = town.browser("camille").await;
    assert!(
        camille
            .get("/catalogue")
            .await
            .body
            .contains("<html lang=\"fr\"")
    );
    let english = camille.get("/catalogue?lang=en").await;
    assert!(english.body.contains("<html lang=\"en\""));
    let cookie = english.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("guichet_lang=en;") && cookie.contains("HttpOnly"));
    let strange = camille.get("/catalogue?lang=xx").await;
    assert!(strange.headers.get("set-cookie").is_none());
}
