//! Who comes in, what may be sent, and how long it may take.

use crate::{
    counter::PASSWORD,
    stage::{Api, good, k06, problem},
};
use guichet::http::server::Limits;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn nobody_comes_in_without_a_password_a_session_or_the_demo() {
    let api = Api::open(false).await;
    let me = |login: &str, password: &str| {
        api.ask(Method::GET, "/api/v1/me")
            .basic_auth(login, Some(password))
            .send()
    };
    assert_eq!(
        good(me("camille", PASSWORD).await.unwrap()).await["login"],
        "camille"
    );
    for (login, password) in [("camille", "wrong"), ("nobody", PASSWORD), ("", "")] {
        let answer = me(login, password).await.unwrap();
        assert!(answer.headers().contains_key("www-authenticate"));
        problem(answer, 401, "sign-in.needed").await;
    }
    let demo = api.by("camille", Method::GET, "/me").send().await.unwrap();
    problem(demo, 401, "sign-in.needed").await;
    let person = api.app.desk.person("camille").await.unwrap().unwrap();
    let secret = api.app.desk.open_session(&person).await.unwrap();
    let bearer = api
        .ask(Method::GET, "/api/v1/me")
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    good(bearer).await;
    api.app.desk.end_session(&secret).await.unwrap();
    let ended = api
        .ask(Method::GET, "/api/v1/me")
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    problem(ended, 401, "sign-in.needed").await;
}

#[tokio::test]
async fn a_browser_cookie_changes_something_only_from_our_own_pages() {
    let api = Api::open(false).await;
    let person = api.app.desk.person("camille").await.unwrap().unwrap();
    let secret = api.app.desk.open_session(&person).await.unwrap();
    let send = |header: &'static str, value: &'static str| {
        let request = api
            .ask(Method::POST, "/api/v1/tickets")
            .header("idempotency-key", "k");
        let request = request
            .header("cookie", format!("guichet={secret}"))
            .json(&k06());
        request.header(header, value).send()
    };
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
        ("x-nothing", "1"),
    ] {
        problem(send(header, value).await.unwrap(), 403, "origin.foreign").await;
    }
    good(send("sec-fetch-site", "same-origin").await.unwrap()).await;
}

#[tokio::test]
async fn whatever_is_sent_the_answer_is_a_problem() {
    let api = Api::open(true).await;
    let send = |kind: &'static str, body: String| {
        let request = api
            .by("camille", Method::POST, "/tickets")
            .header("idempotency-key", "k");
        request.header("content-type", kind).body(body).send()
    };
    let json = "application/json";
    problem(send(json, "{".into()).await.unwrap(), 400, "body.malformed").await;
    let deep = "[".repeat(100_000);
    let deep = format!("{{\"line\":\"K06\",\"values\":{{\"cluster\":{deep}");
    problem(send(json, deep).await.unwrap(), 400, "body.malformed").await;
    problem(send(json, "{}".into()).await.unwrap(), 422, "body.invalid").await;
    let odd = json!({"line": "K06", "surprise": 1}).to_string();
    problem(send(json, odd).await.unwrap(), 422, "body.invalid").await;
    problem(
        send("text/plain", "{}".into()).await.unwrap(),
        415,
        "body.not-json",
    )
    .await;
    let huge = format!("\"{}\"", "a".repeat(300 * 1024));
    problem(send(json, huge).await.unwrap(), 413, "body.too-large").await;
    let missing = api
        .by("camille", Method::GET, "/nothing")
        .send()
        .await
        .unwrap();
    problem(missing, 404, "not-found").await;
    let method = api
        .by("camille", Method::DELETE, "/tickets")
        .send()
        .await
        .unwrap();
    problem(method, 405, "http.405").await;
    let query = api
        .by("camille", Method::GET, "/tickets?limit=many")
        .send()
        .await
        .unwrap();
    problem(query, 400, "http.400").await;
    let cursor = api
        .by("camille", Method::GET, "/tickets?after=x")
        .send()
        .await
        .unwrap();
    problem(cursor, 400, "query.invalid").await;
}

#[tokio::test]
async fn half_a_request_is_shown_the_door_and_probes_are_answered_f2() {
    let api = Api::open(true).await;
    let mut slow = TcpStream::connect(api.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n")
        .await
        .unwrap();
    for probe in ["/healthz", "/readyz"] {
        good(api.ask(Method::GET, probe).send().await.unwrap()).await;
    }
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the connection is still open");
    api.stop.send_replace(true);
    let ended = tokio::time::timeout(Duration::from_secs(20), api.server).await;
    assert!(ended.is_ok(), "the server did not stop");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let limits = Limits {
        connections: 1,
        head: Duration::from_secs(60),
        ..Limits::default()
    };
    let api = Api::within(true, limits).await;
    let first = TcpStream::connect(api.address).await.unwrap();
    let mut second = TcpStream::connect(api.address).await.unwrap();
    second
        .write_all(b"GET /healthz HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    let mut byte = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(200), second.read(&mut byte)).await;
    assert!(early.is_err(), "served although the only place was taken");
    drop(first);
    let later = tokio::time::timeout(Duration::from_secs(20), second.read(&mut byte)).await;
    assert_eq!(later.unwrap().unwrap(), 1);
}
