//! A small town for the portal: a database, two clients, the provider's staff, a clock moved by
//! hand, and a browser that keeps its cookies and runs no script.

use argon2::{Argon2, PasswordHasher};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use catalogue::{Catalogue, Family, Lang, Offer, Tokens};
use chrono::{Duration, NaiveDate};
use engine::{
    ambient::Scripted,
    contract::{Contract, Terms},
    desk::Desk,
    people::{Actor, Right},
    runner::Runner,
    store::{NewPerson, Store},
};
use guichet::http::{Web, pages, state::Provider};
use http_body_util::BodyExt;
use migrations::Migrator;
use sea_orm_migration::MigratorTrait;
use std::sync::Arc;
use tower::ServiceExt;
use workflows::{Registry, Workflows};

pub struct Town {
    pub desk: Desk,
    pub clock: Scripted,
    runner: Runner,
    router: Router,
    _dir: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Where a redirect leads.
    pub fn to(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    }
    /// The value of the hidden field `name`.
    pub fn hidden(&self, name: &str) -> String {
        let from = format!("name=\"{name}\" value=\"");
        let value = self
            .body
            .split(&from)
            .nth(1)
            .and_then(|it| it.split('"').next());
        value
            .unwrap_or_else(|| panic!("no hidden {name} in: {}", self.body))
            .to_owned()
    }
    /// Every hidden field inside the form posted to `action`, with its value.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let start = self.body.split(&format!("action=\"{action}\"")).nth(1);
        let form = start.unwrap_or_else(|| panic!("no form to {action} in: {}", self.body));
        let form = form.split("</form>").next().unwrap_or_default();
        let hidden = form.split("type=\"hidden\" name=\"").skip(1);
        let pair = |it: &str| {
            let (name, rest) = it.split_once("\" value=\"")?;
            Some((name.to_owned(), rest.split('"').next()?.to_owned()))
        };
        hidden.filter_map(pair).collect()
    }
    pub fn says(&self, words: &str) -> bool {
        self.body
            .replace(['\u{a0}', '\u{202f}'], " ")
            .contains(words)
    }
}

type Who = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static [Right],
);
const PEOPLE: [Who; 6] = [
    (
        "camille",
        "Camille Roy",
        Some("ACME"),
        &[Right::Request, Right::Commit, Right::Validate],
    ),
    (
        "paul",
        "Paul Dupont",
        Some("ACME"),
        &[Right::Commit, Right::Validate],
    ),
    (
        "marie",
        "Marie Martin",
        Some("MARTIN"),
        &[Right::Request, Right::Commit],
    ),
    ("lea", "Léa Morel", None, &[Right::Support]),
    ("hugo", "Hugo Petit", None, &[Right::Steer]),
    ("jules", "Jules Blanc", None, &[Right::Operate]),
];

fn contract(client: &str, code: &str, offer: Offer) -> Contract {
    let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    Contract {
        client: client.into(),
        client_name: client.into(),
        code: code.into(),
        offer,
        services: vec![Family::Kubernetes, Family::Containers],
        starts: day(2026, 3, 1),
        ends: day(2029, 2, 28),
        clusters: vec!["prod-paris".into(), "dev-paris".into()],
        terms: Terms::default(),
    }
}

impl Town {
    /// The town of the demonstration: personas instead of passwords.
    pub async fn demo() -> Town {
        Town::open(true).await
    }

    /// A town with local accounts.
    pub async fn real() -> Town {
        Town::open(false).await
    }

    async fn open(demo: bool) -> Town {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("guichet.db").display());
        let store = Store::open(&url).await.unwrap();
        Migrator::up(store.connection(), None).await.unwrap();
        let clock = Scripted::at("2026-11-23T09:00:00Z".parse().unwrap());
        let catalogue = Catalogue::embedded().unwrap();
        let workflows = Workflows::embedded().unwrap();
        let desk = Desk::new(store, &clock, catalogue, workflows, Registry::default());
        let web = Web {
            desk: desk.clone(),
            provider: Arc::new(Provider {
                name: "Nuage Sûr".into(),
                mail: "support@nuage.example".into(),
                phone: "+33 1 00 00 00 00".into(),
                base_url: "http://127.0.0.1:8080".into(),
            }),
            outbox: None,
            demo,
            nonce_key: Arc::new([9; 32]),
            house: Arc::default(),
        };
        let router = pages::routes(&web).with_state(web);
        let runner = Runner::new(desk.clone(), "runner-1");
        let town = Town {
            desk,
            clock,
            runner,
            router,
            _dir: dir,
        };
        town.populate().await;
        town
    }

    async fn populate(&self) {
        let acme = contract("ACME", "ACME-K8S", Offer::Dedicated);
        let martin = contract("MARTIN", "MARTIN-S", Offer::Shared);
        for contract in [&acme, &martin] {
            self.desk
                .add_client(&contract.client, &contract.client_name)
                .await
                .unwrap();
            self.desk.add_contract(contract).await.unwrap();
            let caller = self.desk.caller(Actor::Engine("office"));
            self.desk
                .grant(contract, Tokens(40), None, caller)
                .await
                .unwrap();
        }
        let hash = Argon2::default()
            .hash_password(b"correct horse battery")
            .unwrap()
            .to_string();
        for (login, name, client, rights) in PEOPLE {
            let new = NewPerson {
                client: client.map(str::to_owned),
                name: name.into(),
                mail: format!("{login}@town.example"),
                login: login.into(),
                lang: Lang::Fr,
                rights: rights.iter().copied().collect(),
                password: Some(hash.clone()),
            };
            self.desk.add_person(&new).await.unwrap();
        }
    }

    /// Lets the runner work until it finds nothing to do.
    pub async fn work(&self) {
        while self.runner.round().await.unwrap() > 0 {}
    }

    pub fn wait(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// A browser in which that persona is signed in.
    pub async fn browser(&self, login: &str) -> Browser<'_> {
        let mut browser = Browser {
            town: self,
            cookie: String::new(),
        };
        browser.get(&format!("/demo/as/{login}")).await;
        assert!(!browser.cookie.is_empty(), "{login} is signed in");
        browser
    }

    /// A browser in which nobody is signed in.
    pub fn stranger(&self) -> Browser<'_> {
        Browser {
            town: self,
            cookie: String::new(),
        }
    }

    /// The secrets of the personal links owed to `login`, oldest first; all other messages too are
    /// taken as delivered.
    pub async fn links(&self, login: &str) -> Vec<engine::outbox::Minted> {
        let mut links = Vec::new();
        while let Some(due) = self.desk.take_notice().await.unwrap() {
            let sent = engine::outbox::Delivered::Sent("250".into());
            self.desk.notice_ended(&due, sent).await.unwrap();
            links.extend(due.link.filter(|_| due.to.login == login));
        }
        links
    }

    pub async fn number_of_records(&self) -> usize {
        let all = engine::audit::Search {
            limit: 10_000,
            ..Default::default()
        };
        self.desk.records(&all).await.unwrap().len()
    }
}

/// A browser without scripts.
pub struct Browser<'a> {
    town: &'a Town,
    cookie: String,
}

impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "127.0.0.1:8080");
        let request = request.header(header::COOKIE, &self.cookie);
        self.keep(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let own: Vec<(String, String)> = fields
            .iter()
            .map(|it| (it.0.to_owned(), it.1.to_owned()))
            .collect();
        self.post_all(path, &own).await
    }

    pub async fn post_all(&mut self, path: &str, fields: &[(String, String)]) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::ORIGIN, "http://127.0.0.1:8080")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.keep(request.body(Body::from(encoded(fields))).unwrap())
            .await
    }

    /// Fills in the form posted to `action` on `page` and sends it.
    pub async fn fill(&mut self, page: &Answer, action: &str, own: &[(&str, &str)]) -> Answer {
        let mut fields = page.form(action);
        fields.extend(own.iter().map(|it| (it.0.to_owned(), it.1.to_owned())));
        self.post_all(action, &fields).await
    }

    async fn keep(&mut self, request: Request<Body>) -> Answer {
        let answer = self.town.send(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap_or_default();
            if pair.starts_with("guichet=") {
                self.cookie = pair.to_owned();
            }
        }
        answer
    }
}

fn encoded(fields: &[(String, String)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|it| match it {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(it).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let pairs = fields
        .iter()
        .map(|it| format!("{}={}", escape(&it.0), escape(&it.1)));
    pairs.collect::<Vec<_>>().join("&")
}
