//! The personal link of a mail (S9, S18): opening it decides nothing, whoever opens it and however
//! often; a person who reads and sends decides once.

use crate::{
    orders::{order_by_hand, order_line},
    town::{Answer, Town},
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};

async fn link(town: &Town) -> String {
    order_by_hand(town).await;
    let links = town.links("paul").await;
    assert_eq!(links.len(), 1, "Paul was asked once");
    links[0].token.clone()
}

async fn decide(town: &Town, page: &Answer, token: &str, own: &[(&str, &str)]) -> Answer {
    town.stranger()
        .fill(page, &format!("/v/{token}"), own)
        .await
}

#[tokio::test]
async fn scanners_and_previews_decide_nothing() {
    let town = Town::demo().await;
    let token = link(&town).await;
    let before = town.number_of_records().await;
    let path = format!("/v/{token}");
    for method in [
        Method::HEAD,
        Method::GET,
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
    ] {
        let request = Request::builder()
            .method(method)
            .uri(&path)
            .body(Body::empty());
        town.send(request.unwrap()).await;
    }
    // A robot that sends every form it finds, at once and with nothing filled in.
    let page = town.stranger().get(&path).await;
    let sent = decide(&town, &page, &token, &[]).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    town.wait(60);
    let sent = decide(&town, &page, &token, &[]).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sent.says("Choisissez l’une des deux réponses"));
    assert_eq!(
        town.number_of_records().await,
        before,
        "nothing was decided"
    );
}

#[tokio::test]
async fn a_decision_faster_than_reading_is_asked_again() {
    let town = Town::demo().await;
    let token = link(&town).await;
    let page = town.stranger().get(&format!("/v/{token}")).await;
    town.wait(1);
    let yes = [("choice", "approve")];
    let again = decide(&town, &page, &token, &yes).await;
    assert!(again.says("Merci de relire, puis de confirmer"));
    assert!(
        !again.body.contains(" checked"),
        "and nothing is chosen beforehand"
    );
    town.wait(2);
    let done = decide(&town, &again, &token, &yes).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
}

#[tokio::test]
async fn a_person_decides_once_without_cookie_and_reads_the_receipt() {
    let town = Town::demo().await;
    let token = link(&town).await;
    let path = format!("/v/{token}");
    let page = town.stranger().get(&path).await;
    assert!(page.body.len() < 10_000, "{} bytes", page.body.len());
    assert!(page.headers.get("set-cookie").is_none());
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["x-robots-tag"], "noindex, nofollow");
    town.wait(30);
    let yes = [("choice", "approve"), ("comment", "d’accord")];
    let done = decide(&town, &page, &token, &yes).await;
    assert_eq!(done.to(), format!("{path}/receipt"), "{}", done.body);
    let receipt = town.stranger().get(done.to()).await;
    assert!(receipt.says("Votre décision est enregistrée") && receipt.says("Accord donné"));
    assert!(receipt.says("Paul Dupont") && receipt.says("d’accord"));

    let records = town.number_of_records().await;
    let twice = decide(
        &town,
        &page,
        &token,
        &[("choice", "refuse"), ("comment", "non")],
    )
    .await;
    assert!(twice.says("Cette décision est déjà enregistrée") && twice.says("Accord donné"));
    let opened = town.stranger().get(&path).await;
    assert_eq!(
        opened.status,
        StatusCode::OK,
        "a used link shows what was decided"
    );
    assert!(opened.says("Accord donné"));
    assert_eq!(town.number_of_records().await, records);
}

#[tokio::test]
async fn links_that_open_nothing_are_the_same_bytes() {
    let town = Town::demo().await;
    let token = link(&town).await;
    town.wait(15 * 24 * 3600);
    let expired = town.stranger().get(&format!("/v/{token}")).await;
    let mut altered = token.clone();
    altered.replace_range(10..11, if &token[10..11] == "A" { "B" } else { "A" });
    let altered = town.stranger().get(&format!("/v/{altered}")).await;
    let strange = town.stranger().get("/v/x").await;
    assert_eq!(expired.status, StatusCode::GONE);
    assert_eq!(expired.body, altered.body);
    assert_eq!(expired.body, strange.body);
    let post = town
        .stranger()
        .post(&format!("/v/{token}"), &[("choice", "approve")])
        .await;
    assert_eq!(post.body, expired.body);
}

#[tokio::test]
async fn asking_for_a_new_link_never_says_whether_one_was_due() {
    let town = Town::demo().await;
    let token = link(&town).await;
    let due = town
        .stranger()
        .post(&format!("/v/{token}/renew"), &[])
        .await;
    let not = town.stranger().post("/v/x/renew", &[]).await;
    assert_eq!((due.status, due.body), (not.status, not.body));
    let again = town
        .stranger()
        .post(&format!("/v/{token}"), &[("renew", "1")])
        .await;
    assert!(again.says("un nouveau lien part à l’adresse enregistrée"));
    assert_eq!(
        town.links("paul").await.len(),
        1,
        "one new link an hour, to the same person"
    );
}

#[tokio::test]
async fn a_form_of_one_link_does_not_serve_another() {
    let town = Town::demo().await;
    let (first, second) = (link(&town).await, link(&town).await);
    let page = town.stranger().get(&format!("/v/{first}")).await;
    town.wait(30);
    let mut fields = page.form(&format!("/v/{first}"));
    fields.push(("choice".into(), "approve".into()));
    let before = town.number_of_records().await;
    let answer = town
        .stranger()
        .post_all(&format!("/v/{second}"), &fields)
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(town.number_of_records().await, before);
}

/// The page lets no referrer out, so browsers without `Sec-Fetch-Site` name its origin `null`.
#[tokio::test]
async fn a_browser_that_names_its_origin_null_can_decide() {
    let town = Town::demo().await;
    let token = link(&town).await;
    let page = town.stranger().get(&format!("/v/{token}")).await;
    town.wait(30);
    let body = format!("nonce={}&choice=approve", page.hidden("nonce"));
    let request = Request::post(format!("/v/{token}"))
        .header("host", "127.0.0.1:8080")
        .header("origin", "null")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body));
    let answer = town.send(request.unwrap()).await;
    assert_eq!(
        answer.to(),
        format!("/v/{token}/receipt"),
        "{}",
        answer.body
    );
}

/// What cannot be undone, and a script on a worker, takes the code of the mail too.
#[tokio::test]
async fn a_script_takes_the_code_printed_in_the_mail() {
    let town = Town::demo().await;
    let script = [
        ("cluster", "prod-paris"),
        ("node", "worker-1"),
        ("script", "rotate-logs"),
        ("script_ref", "0123456789abcdef0123456789abcdef01234567"),
        ("acknowledge_not_durable", "true"),
    ];
    let made = order_line(&mut town.browser("camille").await, "K07", &script).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    town.work().await;
    // The operators look at a script first, where the procedure says so.
    let mut jules = town.browser("jules").await;
    let decide_on = format!("{}/decide", made.to().trim_end_matches("?new=1"));
    if jules.get("/inbox").await.body.contains(&decide_on) {
        let question = jules.get(&decide_on).await;
        jules
            .fill(&question, &decide_on, &[("choice", "approve")])
            .await;
        town.work().await;
    }
    let minted = town.links("paul").await.pop().expect("Paul is asked");
    let (token, code) = (minted.token, minted.code.expect("a script takes a code"));
    let page = town.stranger().get(&format!("/v/{token}")).await;
    assert!(
        page.says("Code à six chiffres") && !page.body.contains(&code),
        "not in the page"
    );
    town.wait(30);
    let yes = ("choice", "approve");
    let before = town.number_of_records().await;
    let other = if code == "123456" { "654321" } else { "123456" };
    for wrong in ["", other] {
        let answer = decide(&town, &page, &token, &[yes, ("code", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.says("Ce n’est pas le code du courriel"));
    }
    assert_eq!(
        town.number_of_records().await,
        before,
        "nothing was decided"
    );
    let done = decide(&town, &page, &token, &[yes, ("code", &code)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
}
