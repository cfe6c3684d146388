//! What strangers may take (P29, `promises.md` §3): connections, heads, bodies, time, guesses.

use crate::{
    counter::PASSWORD,
    stage::{Api, good, problem},
};
use guichet::http::server::Limits;
use reqwest::{Method, StatusCode};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const SOON: Duration = Duration::from_secs(20);

/// Everything that comes back until the connection is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = timeout(SOON, stream.read_to_end(&mut bytes)).await;
    // A connection may also be cut while we still send.
    assert!(ended.is_ok(), "the connection is still open");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_body_that_does_not_come_holds_nobody_up() {
    let limits = Limits {
        request: Duration::from_millis(400),
        ..Limits::default()
    };
    let api = Api::within(true, limits).await;
    let mut slow = TcpStream::connect(api.address).await.unwrap();
    let head = "POST /api/v1/tickets HTTP/1.1\r\nhost: x\r\nauthorization: Demo camille\r\n\
                idempotency-key: k\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\
                connection: close\r\n\r\n{\"line\":";
    slow.write_all(head.as_bytes()).await.unwrap();
    good(api.ask(Method::GET, "/healthz").send().await.unwrap()).await;
    let answer = rest(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 5"), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_not_read_to_its_end() {
    let api = Api::open(true).await;
    let mut large = TcpStream::connect(api.address).await.unwrap();
    let head = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n",
        "a".repeat(200_000)
    );
    // The server may close before it was all sent.
    let _ = large.write_all(head.as_bytes()).await;
    let mut first = [0; 12];
    let answered = timeout(SOON, large.read_exact(&mut first)).await.unwrap();
    if answered.is_ok() {
        assert_eq!(&first, b"HTTP/1.1 431");
    }
    good(api.ask(Method::GET, "/healthz").send().await.unwrap()).await;
}

#[tokio::test]
async fn a_form_larger_than_any_of_ours_is_refused() {
    let api = Api::open(true).await;
    let sent = api
        .ask(Method::POST, "/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("login={}", "a".repeat(2 << 20)))
        .send()
        .await
        .unwrap();
    // Nothing that large comes from a page of ours.
    assert_eq!(sent.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn one_address_cannot_take_all_the_places() {
    let limits = Limits {
        per_address: 2,
        count_near: true,
        head: SOON,
        ..Limits::default()
    };
    let api = Api::within(true, limits).await;
    let probe = async || {
        let mut stream = TcpStream::connect(api.address).await.unwrap();
        // A connection that is shown the door at once may be gone before this.
        let _ = stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await;
        let mut bytes = Vec::new();
        let ended = timeout(SOON, stream.read_to_end(&mut bytes)).await;
        assert!(ended.is_ok(), "the connection is still open");
        bytes.starts_with(b"HTTP/1.0 200")
    };
    assert!(probe().await);
    let first = TcpStream::connect(api.address).await.unwrap();
    let _second = TcpStream::connect(api.address).await.unwrap();
    assert!(!probe().await, "a third connection of one address");
    drop(first);
    let freed = async {
        while !probe().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        timeout(SOON, freed).await.is_ok(),
        "the place is free again"
    );
}

#[tokio::test]
async fn thirty_links_that_open_nothing_a_minute_and_then_a_pause() {
    let api = Api::open(false).await;
    let open = |from: &'static str| {
        let link = api.ask(
            Method::GET,
            "/v/gch1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_00",
        );
        link.header("x-forwarded-for", from).send()
    };
    for _ in 0..30 {
        assert_eq!(
            open("203.0.113.7").await.unwrap().status(),
            StatusCode::GONE
        );
    }
    let refused = open("203.0.113.7").await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u32 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(refused.text().await.unwrap().contains("Trop d’essais"));
    let chosen = open("198.51.100.1, 203.0.113.7").await.unwrap();
    assert_eq!(
        chosen.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "a header changes nothing"
    );
    assert_eq!(
        open("203.0.113.8").await.unwrap().status(),
        StatusCode::GONE
    );
    let page = api
        .ask(Method::GET, "/sign-in")
        .header("x-forwarded-for", "203.0.113.7");
    assert_eq!(
        page.send().await.unwrap().status(),
        StatusCode::OK,
        "all else is open"
    );
}

#[tokio::test]
async fn wrong_passwords_run_out_at_every_door_and_right_ones_never_do() {
    let api = Api::open(false).await;
    let me = |password: &'static str| {
        let request = api.ask(Method::GET, "/api/v1/me");
        let request = request.header("x-forwarded-for", "203.0.113.7");
        request.basic_auth("camille", Some(password)).send()
    };
    let form = |password: &'static str| {
        let request = api.ask(Method::POST, "/sign-in");
        let request = request.header("x-forwarded-for", "203.0.113.7");
        request
            .form(&[("login", "camille"), ("password", password)])
            .send()
    };
    for _ in 0..35 {
        assert_eq!(me(PASSWORD).await.unwrap().status(), StatusCode::OK);
    }
    // Half at each door; hashing takes its time, and meanwhile a try may come back.
    for _ in 0..15 {
        assert_eq!(
            me("wrong").await.unwrap().status(),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(
            form("wrong").await.unwrap().status(),
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let mut tries = 0;
    let refused = loop {
        let answer = me("wrong").await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        tries += 1;
        assert!(tries < 30, "wrong passwords never run out");
    };
    assert!(refused.headers().contains_key("retry-after"));
    problem(refused, 429, "guesses.too-many").await;
    let elsewhere = api
        .ask(Method::GET, "/api/v1/me")
        .header("x-forwarded-for", "203.0.113.8");
    good(
        elsewhere
            .basic_auth("camille", Some(PASSWORD))
            .send()
            .await
            .unwrap(),
    )
    .await;
}
