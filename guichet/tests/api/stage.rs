//! The server on a database of its own, and how to read its answers.

use crate::counter::Counter;
use engine::store::Store;
use guichet::{
    app::{App, Mail},
    http::{
        server::{Limits, Server},
        state::Provider,
    },
    mail::{Outbox, view::Sender},
};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// The server on a database of its own.
pub struct Api {
    _counter: Counter,
    pub app: App,
    pub address: SocketAddr,
    pub client: Client,
    pub stop: watch::Sender<bool>,
    pub server: tokio::task::JoinHandle<()>,
}

impl Api {
    pub async fn open(demo: bool) -> Api {
        let limits = Limits {
            head: Duration::from_millis(300),
            ..Limits::default()
        };
        Api::within(demo, limits).await
    }

    pub async fn within(demo: bool, limits: Limits) -> Api {
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

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    pub fn by(&self, login: &str, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/api/v1{path}");
        self.ask(method, &path)
            .header("authorization", format!("Demo {login}"))
    }

    pub async fn get(&self, login: &str, path: &str) -> Value {
        good(self.by(login, Method::GET, path).send().await.unwrap()).await
    }

    pub async fn post(&self, login: &str, path: &str, key: &str, body: &Value) -> Response {
        let request = self
            .by(login, Method::POST, path)
            .header("idempotency-key", key);
        request.json(body).send().await.unwrap()
    }

    pub async fn order(&self, key: &str) -> Value {
        good(self.post("camille", "/tickets", key, &k06()).await).await
    }
}

pub fn k06() -> Value {
    json!({"line": "K06", "values": {"cluster": "prod-paris", "action": "hibernate"}})
}

pub async fn good(response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// The problem that a response is, with every member that a problem has.
pub async fn problem(response: Response, status: u16, code: &str) -> Value {
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
