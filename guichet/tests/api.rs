//! The JSON API, asked over loopback as other programs ask it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod counter;

use counter::{Counter, PASSWORD};
use engine::store::Store;
use guichet::{
    app::{App, Mail},
    http::{
        server::{Limits, Server},
        state::Provider,
    },
    mail::{Outbox, view::Sender},
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// The server on a database of its own.
struct Api {
    _counter: Counter,
    app: App,
    address: SocketAddr,
    client: Client,
    stop: watch::Sender<bool>,
    server: tokio::task::JoinHandle<()>,
}

impl Api {
    async fn open(demo: bool) -> Api {
        let limits = Limits {
            head: Duration::from_millis(300),
            ..Limits::default()
        };
        Api::within(demo, limits).await
    }

    async fn within(demo: bool, limits: Limits) -> Api {
        let counter = tokio::task::spawn_blocking(Counter::open).await.unwrap();
        let store = Store::open(&counter.url()).await.unwrap();
        let outbox = Arc::new(Outbox::open(counter.path().join("outbox")).unwrap());
        let sender = Sender {
            provider: "Nuage".into(),
            address: "guichet@nuage.example".into(),
            domain: "nuage.example".into(),
            support_phone: String::new(),
            support_mail: "support@nuage.example".into(),
            inbound: false,
        };
        let mail = Mail {
            deliver: outbox,
            outbox: None,
            sender,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let provider = Provider {
            name: "Nuage".into(),
            mail: "support@nuage.example".into(),
            phone: String::new(),
            base_url: format!("http://{address}"),
        };
        let app = App::assemble(store, Arc::default(), mail, provider, demo)
            .await
            .unwrap();
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(Server::new(app.web(), limits).run(listener, stopped));
        // Without TLS nothing of it is used, but the client wants to know whose it would be.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new();
        Api {
            _counter: counter,
            app,
            address,
            client,
            stop,
            server,
        }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    fn by(&self, login: &str, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/api/v1{path}");
        self.ask(method, &path)
            .header("authorization", format!("Demo {login}"))
    }

    async fn get(&self, login: &str, path: &str) -> Value {
        good(self.by(login, Method::GET, path).send().await.unwrap()).await
    }

    async fn post(&self, login: &str, path: &str, key: &str, body: &Value) -> Response {
        let request = self
            .by(login, Method::POST, path)
            .header("idempotency-key", key);
        request.json(body).send().await.unwrap()
    }

    async fn order(&self, key: &str) -> Value {
        good(self.post("camille", "/tickets", key, &k06()).await).await
    }
}

fn k06() -> Value {
    json!({"line": "K06", "values": {"cluster": "prod-paris", "action": "hibernate"}})
}

async fn good(response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// The problem that a response is, with every member that a problem has.
async fn problem(response: Response, status: u16, code: &str) -> Value {
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        response.status().as_u16(),
        status,
        "{}",
        response.text().await.unwrap()
    );
    assert_eq!(kind, "application/problem+json");
    let it: Value = response.json().await.unwrap();
    assert_eq!(
        (&it["code"], &it["status"]),
        (&json!(code), &json!(status)),
        "{it}"
    );
    assert_eq!(it["type"], format!("/api/problems/{code}"));
    assert!(it["title"].is_string() && it["detail"].is_string() && it["instance"].is_string());
    it
}

#[tokio::test]
async fn an_order_sent_twice_under_one_key_is_one_ticket() {
    let api = Api::open(true).await;
    let first = api.order("k-1").await;
    let again = api.order("k-1").await;
    assert_eq!(first["reference"], again["reference"]);
    assert_ne!(first["reference"], api.order("k-2").await["reference"]);
    let other = json!({"line": "K06", "values": {"cluster": "prod-paris", "action": "wake"}});
    let reused = api.post("camille", "/tickets", "k-1", &other).await;
    problem(reused, 422, "idempotency.key-reused").await;
    let bare = api
        .by("camille", Method::POST, "/tickets")
        .json(&k06())
        .send()
        .await
        .unwrap();
    problem(bare, 400, "idempotency.key-missing").await;
    let left = api.get("paul", "/contracts/ACME-K8S/balance").await;
    assert_eq!((&left["available"], &left["held"]), (&json!(18), &json!(2)));
}

#[tokio::test]
async fn a_grant_sent_twice_under_one_key_is_one_lot_s11() {
    let api = Api::open(true).await;
    let path = "/contracts/ACME-K8S/grants";
    let five = json!({"tokens": 5});
    for _ in 0..2 {
        let left = good(api.post("hugo", path, "g-1", &five).await).await;
        assert_eq!(left["tokens"]["available"], 25);
    }
    let reused = api.post("hugo", path, "g-1", &json!({"tokens": 6})).await;
    problem(reused, 422, "idempotency.key-reused").await;
    let both = tokio::join!(
        api.post("hugo", path, "g-2", &five),
        api.post("hugo", path, "g-2", &five)
    );
    good(both.0).await;
    assert_eq!(good(both.1).await["tokens"]["available"], 30);
    problem(
        api.post("paul", path, "g-3", &five).await,
        403,
        "person.not-entitled",
    )
    .await;
}

#[tokio::test]
async fn refusals_speak_the_language_of_the_request_and_point_at_the_fault() {
    let api = Api::open(true).await;
    let bad = json!({"line": "K06", "values": {"cluster": "elsewhere"}});
    let send = |lang: &'static str| {
        let request = api
            .by("camille", Method::POST, "/tickets")
            .header("idempotency-key", lang);
        request.header("accept-language", lang).json(&bad).send()
    };
    let french = problem(send("fr").await.unwrap(), 422, "form.invalid").await;
    let english = problem(send("en-GB,en;q=0.9").await.unwrap(), 422, "form.invalid").await;
    assert_ne!(french["detail"], english["detail"]);
    let pointers: Vec<&Value> = english["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["pointer"])
        .collect();
    assert!(pointers.contains(&&json!("/values/cluster")), "{english}");
    assert!(
        pointers.contains(&&json!("/values/action")),
        "all faults at once: {english}"
    );
    let quoted = json!({"line": "C13", "accelerated": true});
    let it = good_quote(&api, &quoted).await;
    assert!(it["clause"].as_str().unwrap().contains("S12"), "{it}");
}

async fn good_quote(api: &Api, body: &Value) -> Value {
    let asked = api
        .by("camille", Method::POST, "/quotes")
        .json(body)
        .send()
        .await
        .unwrap();
    problem(asked, 422, "quota.not-for-quotes").await
}

#[tokio::test]
async fn a_quote_needs_no_key_and_changes_nothing_s7() {
    let api = Api::open(true).await;
    let body = json!({"line": "K02", "values": {"nodes": 12}, "accelerated": true,
        "contract": "ACME-K8S"});
    let asked = api
        .by("camille", Method::POST, "/quotes")
        .json(&body)
        .send()
        .await
        .unwrap();
    let quote = good(asked).await;
    assert_eq!(
        (&quote["tokens"], &quote["available"]),
        (&json!(24), &json!(20))
    );
    assert_eq!(quote["accelerated_left"], 6);
    assert_eq!(
        api.get("camille", "/contracts/ACME-K8S/balance").await["available"],
        20
    );
    assert_eq!(
        api.get("camille", "/catalogue/items")
            .await
            .as_array()
            .unwrap()
            .len(),
        26
    );
    let line = api.get("camille", "/catalogue/items/k13").await;
    assert_eq!(line["code"], "K13");
}

#[tokio::test]
async fn what_belongs_to_another_client_looks_like_what_does_not_exist() {
    let api = Api::open(true).await;
    let reference = api.order("k").await["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    for rest in [
        "",
        "/tasks",
        "/plan",
        "/timeline",
        "/ledger-entries",
        "/graph",
    ] {
        let ask = |reference: &str| {
            api.by("theo", Method::GET, &format!("/tickets/{reference}{rest}"))
                .send()
        };
        let foreign = problem(ask(&reference).await.unwrap(), 404, "not-found").await;
        let unknown = problem(ask("ACME-2026-9999").await.unwrap(), 404, "not-found").await;
        assert_eq!(foreign["detail"], unknown["detail"]);
        good(
            api.by(
                "camille",
                Method::GET,
                &format!("/tickets/{reference}{rest}"),
            )
            .send()
            .await
            .unwrap(),
        )
        .await;
    }
    let body = json!({"reason": "x"});
    let act = api
        .post("theo", &format!("/tickets/{reference}/cancel"), "c", &body)
        .await;
    problem(act, 404, "not-found").await;
    assert_eq!(api.get("theo", "/tickets").await["data"], json!([]));
    let events = api.get("theo", "/audit/events?client=ACME").await;
    let all = events["data"].as_array().unwrap();
    assert!(all.iter().all(|it| it["client"] == "BMART"), "{events}");
    let contract = api
        .by("theo", Method::GET, "/contracts/ACME-K8S")
        .send()
        .await
        .unwrap();
    problem(contract, 404, "not-found").await;
}

#[tokio::test]
async fn a_study_is_estimated_agreed_and_concluded_and_a_decision_is_made_once_s19_s28() {
    let api = Api::open(true).await;
    let body = json!({"title": "Bus", "need": "Un bus managé"});
    let study = good(api.post("camille", "/studies", "s", &body).await).await;
    let reference = study["reference"].as_str().unwrap();
    let on = |act: &str| format!("/studies/{reference}/{act}");
    let slot = (api.app.desk.clock.now() + chrono::Duration::days(2)).to_rfc3339();
    let slots = json!({"slots": [slot]});
    good(api.post("lea", &on("propose-call"), "1", &slots).await).await;
    let wrong = api
        .post("lea", &on("propose-call"), "2", &json!({"slot": slot}))
        .await;
    problem(wrong, 422, "body.invalid").await;
    good(
        api.post("camille", &on("choose-call"), "3", &json!({"slot": slot}))
            .await,
    )
    .await;
    let minutes = json!({"minutes": "Un bus", "attendees": ["Camille"]});
    good(api.post("lea", &on("minutes"), "4", &minutes).await).await;
    let estimate = json!({"tokens": 6, "effort_days": 3, "lead_days": 10});
    good(api.post("lea", &on("estimate"), "5", &estimate).await).await;
    let waiting = api.get("paul", "/approvals").await;
    let id = waiting[0]["gate"].as_str().unwrap().to_owned();
    let gate = api.get("paul", &format!("/approvals/{id}")).await;
    let path = format!("/approvals/{id}/decision");
    let yes = json!({"decision": "approve", "plan_digest": gate["digest"]});
    let stale = json!({"decision": "approve", "plan_digest": "sha256:0"});
    problem(
        api.post("paul", &path, "d0", &stale).await,
        409,
        "gate.plan-changed",
    )
    .await;
    problem(
        api.post("camille", &path, "d1", &yes).await,
        403,
        "gate.own-request",
    )
    .await;
    let no = json!({"decision": "reject", "plan_digest": gate["digest"]});
    problem(
        api.post("paul", &path, "d2", &no).await,
        422,
        "gate.reason-missing",
    )
    .await;
    let decided = good(api.post("paul", &path, "d3", &yes).await).await;
    assert_eq!(decided["held"], 6);
    let again = good(api.post("paul", &path, "d3", &yes).await).await;
    assert_eq!(
        again["version"], decided["version"],
        "the same decision, sent twice"
    );
    let second = api.post("paul", &path, "d4", &yes).await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    let end = json!({"feasible": false, "justification": "Pas sur cette offre"});
    let ended = good(api.post("hugo", &on("conclude"), "6", &end).await).await;
    assert_eq!(
        (&ended["ending"], &ended["captured"]),
        (&json!("infeasible"), &json!(6))
    );
}

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
async fn a_list_is_read_page_by_page_without_loss() {
    let api = Api::open(true).await;
    for n in 0..5 {
        api.order(&n.to_string()).await;
    }
    let (mut seen, mut path) = (Vec::new(), "/tickets?limit=2".to_owned());
    loop {
        let page = api.get("camille", &path).await;
        let data = page["data"].as_array().unwrap();
        seen.extend(
            data.iter()
                .map(|it| it["reference"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/tickets?limit=2&after={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), sorted.len()), (5, 5), "{seen:?}");
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
