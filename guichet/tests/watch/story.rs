//! A whole story on the real program, from the order to the closing, with everything on: figures,
//! traces, log at debug. Everybody who watches sees it, and nobody sees a secret (P27).

use crate::{
    collector::Collector,
    counter::{Counter, PASSWORD},
    program::{PATIENCE, Running},
    seen,
    sink::Sink,
};
use adapters::{
    forge::RepoId,
    sandbox::{gitea::Gitea, serving::Serving},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{fs, time::Duration};
use tokio::time::{Instant, sleep};

const FORGE: &str = "canary-forge-5d41402abc4b";
const SMTP: &str = "canary-smtp-7d793037a076";
const SCRAPE: &str = "canary-scrape-0e6f8a1c9b2d";
const TRACES: &str = "canary-traces-9e107d9d372b";
const WRONG: &str = "canary-wrong-password-81dc9bdb";
const WORDS: &str = "canary words of a person";

struct Stage {
    counter: Counter,
    running: Running,
    sink: Sink,
    collector: Collector,
    _forge: (Gitea, Serving),
}

async fn stage() -> Stage {
    let counter = tokio::task::spawn_blocking(Counter::open).await.unwrap();
    let root = counter.path().join("git");
    fs::create_dir(&root).unwrap();
    let gitea = Gitea::new(&root);
    gitea.accept(FORGE, true);
    let repo = RepoId::try_from("acme/boutique".to_owned()).unwrap();
    gitea
        .create(&repo, &[("README.md", b"# Boutique\n")])
        .await
        .unwrap();
    let forge = gitea.serve(0).await.unwrap();
    let systems = counter.path().join("systems.toml");
    let zone = format!(
        "[zones.prod-paris.forge]\nurl = \"{}\"\ntoken = \"env:FORGE\"\n",
        forge.url()
    );
    fs::write(&systems, zone).unwrap();
    let sink = Sink::asking(SMTP);
    let collector = Collector::start().await;
    let config = format!(
        "systems = \"systems.toml\"\n\
         [mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nuser = \"guichet\"\n\
         password = \"env:SMTP\"\nfrom = \"guichet@nuage.example\"\n\
         [metrics]\nlisten = \"127.0.0.1:0\"\ntoken = \"env:SCRAPE\"\nledger = true\n\
         [log]\nformat = \"json\"\nfilter = \"debug\"\n\
         [traces]\nendpoint = \"{}\"\ntoken = \"env:TRACES\"\n",
        sink.port(),
        collector.url,
    );
    let mut command = counter.program();
    let roles = "web,worker,scheduler,mailer";
    command.args(Running::arguments(&counter, roles, &config));
    for (name, value) in [
        ("FORGE", FORGE),
        ("SMTP", SMTP),
        ("SCRAPE", SCRAPE),
        ("TRACES", TRACES),
    ] {
        command.env(name, value);
    }
    let running = Running::from(command, &counter).await;
    Stage {
        counter,
        running,
        sink,
        collector,
        _forge: (gitea, forge),
    }
}

impl Stage {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.portal)
    }

    async fn api(&self, path: &str) -> Value {
        let asked = self.running.client.get(self.url(&format!("/api/v1{path}")));
        let answer = asked
            .basic_auth("camille", Some(PASSWORD))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// Orders a manifest as Camille: the reference, and the number of the request.
    async fn order(&self) -> (String, String) {
        let body = json!({"line": "C01", "values": {
            "cluster": "prod-paris", "repo": "acme/boutique", "path": "manifests/a.yaml",
            "operation": "create",
            "content": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata: {}\n",
        }});
        let request = self
            .running
            .client
            .post(self.url("/api/v1/tickets?canary=query"))
            .basic_auth("camille", Some(PASSWORD))
            .header("idempotency-key", "story");
        let answer = request.json(&body).send().await.unwrap();
        let number = answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let status = answer.status();
        let made: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{made}");
        (made["reference"].as_str().unwrap().to_owned(), number)
    }

    /// The link of the next letter to Paul whose link is not among these.
    async fn link(&self, known: &[String]) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            for letter in self.sink.received() {
                let text = letter["parts"][0]["content"].as_str().unwrap_or_default();
                let link = text.split("/v/").nth(1).unwrap_or_default();
                let link = link.split_whitespace().next().unwrap_or_default();
                let to_paul = letter["rcpt"][0] == "paul@example.org";
                if to_paul && !link.is_empty() && !known.contains(&link.to_owned()) {
                    return link.to_owned();
                }
            }
            assert!(Instant::now() < end, "no letter: {}", self.running.log());
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Opens a link, reads, and says yes: as soon as the page believes that it was read.
    async fn agree(&self, link: &str) {
        let url = self.url(&format!("/v/{link}"));
        let page = self.running.client.get(&url).send().await.unwrap();
        let page = page.text().await.unwrap();
        let nonce = page.split("name=\"nonce\" value=\"").nth(1).unwrap();
        let nonce = nonce.split('"').next().unwrap();
        let form = [("nonce", nonce), ("choice", "approve"), ("comment", WORDS)];
        let end = Instant::now() + PATIENCE;
        loop {
            let sent = self
                .running
                .client
                .post(&url)
                .form(&form)
                .send()
                .await
                .unwrap();
            if sent.status() == StatusCode::SEE_OTHER {
                return;
            }
            let (status, body) = (sent.status(), sent.text().await.unwrap());
            assert!(Instant::now() < end, "{status} {body}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn sign_in(&self, password: &str) -> Option<String> {
        let form = [("login", "camille"), ("password", password)];
        let sent = self.running.client.post(self.url("/sign-in")).form(&form);
        let answer = sent.send().await.unwrap();
        let cookie = answer.headers().get("set-cookie")?.to_str().unwrap();
        let secret = cookie.split(['=', ';']).nth(1).unwrap();
        Some(secret.to_owned())
    }

    async fn figures(&self, accept: &str) -> String {
        let asked = self.running.client.get(&self.running.figures);
        let answer = asked
            .bearer_auth(SCRAPE)
            .header("accept", accept)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(accept == "*/*" || kind.starts_with(accept), "{kind}");
        answer.text().await.unwrap()
    }

    async fn closed(&self, reference: &str) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let ticket = self.api(&format!("/tickets/{reference}")).await;
            if ticket["state"] == "closed" {
                return ticket;
            }
            assert!(Instant::now() < end, "{ticket} {}", self.running.log());
            sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn a_whole_story_is_seen_by_all_who_watch_and_shows_them_no_secret_p27() {
    let stage = stage().await;
    let (reference, number) = stage.order().await;
    let first = stage.link(&[]).await;
    stage.agree(&first).await;
    let second = stage.link(std::slice::from_ref(&first)).await;
    stage.agree(&second).await;
    let ticket = stage.closed(&reference).await;
    let session = stage.sign_in(PASSWORD).await.unwrap();
    assert_eq!(stage.sign_in(WRONG).await, None);
    stage.running.get("/v/gch1_canary-of-a-link_00").await;

    let classic = stage.figures("*/*").await;
    seen::figures(&classic, &reference);
    seen::promtool(&classic);
    let open = stage.figures("application/openmetrics-text").await;
    assert!(open.ends_with("# EOF\n") && !open.contains(&reference));
    let shut = stage
        .running
        .client
        .get(&stage.running.figures)
        .send()
        .await
        .unwrap();
    assert_eq!(shut.status(), StatusCode::UNAUTHORIZED);
    let outside = stage.running.get("/metrics").await;
    assert_eq!(
        outside.status(),
        StatusCode::NOT_FOUND,
        "never on the portal"
    );
    let running = &stage.running;
    seen::scraped(&running.client, &running.figures, SCRAPE).await;

    let kept = [
        stage.api("/audit/events").await.to_string(),
        stage
            .api(&format!("/tickets/{reference}/tasks"))
            .await
            .to_string(),
        ticket.to_string(),
        json!(stage.sink.received()).to_string(),
    ];
    let files = ["guichet.db", "guichet.db-wal"].map(|it| {
        let bytes = fs::read(stage.counter.path().join(it)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let said = stage.running.end().await;
    seen::spans(&stage.collector, &reference, &number);
    seen::log(&said, &reference, &number);
    let everywhere = [
        FORGE,
        SMTP,
        SCRAPE,
        TRACES,
        PASSWORD,
        WRONG,
        "canary-of-a-link",
    ]
    .map(str::to_owned);
    let encoded = [
        STANDARD.encode(format!("camille:{PASSWORD}")),
        STANDARD.encode(format!("\0guichet\0{SMTP}")),
        STANDARD.encode(SMTP),
    ];
    let watched = [said, classic, open, stage.collector.raw()];
    let personal = [
        first,
        second,
        session,
        WORDS.to_owned(),
        "canary=query".to_owned(),
    ];
    for secret in everywhere.iter().chain(&encoded) {
        for text in watched.iter().chain(&kept).chain(&files) {
            assert!(
                !text.contains(secret.as_str()),
                "{secret} stands in: {text}"
            );
        }
    }
    for secret in &personal {
        for text in &watched {
            assert!(
                !text.contains(secret.as_str()),
                "{secret} stands in: {text}"
            );
        }
    }
}
