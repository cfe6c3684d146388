//! Somebody with an HTTP client who does not give up: no answer means the same request again
//! under the same key, at another replica.

use crate::{
    diary::{Entry, Fate},
    http::{self, Ask, Silence},
    stage::Door,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tests::dice::Dice;
use tokio::time::sleep;

/// Longest without any answer to one command, over everything that goes wrong meanwhile.
const ANSWERED_WITHIN: Duration = Duration::from_secs(240);
/// How long one request may take; a replica that was stopped never answers.
const ONE_TRY: Duration = Duration::from_secs(8);
const BREATH: Duration = Duration::from_millis(25);

/// What all players together saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Commands answered 2xx.
    pub acked: AtomicU64,
    /// Commands answered 4xx.
    pub refused: AtomicU64,
    /// Requests whose answer was lost.
    pub lost: AtomicU64,
    /// Commands answered 2xx after an answer to them was lost.
    pub resolved: AtomicU64,
    /// Commands sent again although they had been answered.
    pub repeated: AtomicU64,
    /// Requests answered 5xx.
    pub unavailable: AtomicU64,
}

/// The end of a command.
#[derive(Clone, Debug)]
pub enum Told {
    /// 2xx, with the ticket.
    Done(Value),
    /// 4xx, with its code.
    No(String),
}

/// One of the clients' or the provider's people at work.
pub struct Player {
    pub door: Arc<Door>,
    pub dice: Dice,
    pub seen: Arc<Seen>,
    name: String,
    count: u64,
}

fn add(to: &AtomicU64) {
    to.fetch_add(1, Ordering::Relaxed);
}

impl Player {
    pub fn new(name: &str, door: &Arc<Door>, seen: &Arc<Seen>, dice: Dice) -> Player {
        Player {
            door: door.clone(),
            dice,
            seen: seen.clone(),
            name: name.to_owned(),
            count: 0,
        }
    }

    fn request(&self, method: &'static str, login: &str, path: &str) -> Ask {
        let secret = &self.door.sessions[login];
        Ask {
            method,
            path: path.to_owned(),
            headers: vec![
                ("authorization", format!("Bearer {secret}")),
                ("accept-language", "en".into()),
            ],
            body: String::new(),
        }
    }

    /// A name nobody used before.
    pub fn key(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.name, self.count)
    }

    /// Sends a command under a fresh key until it is answered.
    pub async fn command(&mut self, login: &str, path: &str, body: Value) -> Told {
        let key = self.key();
        self.send(login, path, &key, &body).await
    }

    /// Sends a command under that key until it is answered.
    pub async fn send(&mut self, login: &str, path: &str, key: &str, body: &Value) -> Told {
        let begun = Instant::now();
        let mut ask = self.request("POST", login, path);
        ask.headers.push(("idempotency-key", key.to_owned()));
        ask.headers
            .push(("content-type", "application/json".into()));
        ask.body = body.to_string();
        let entry = |fate, reference: &str| Entry {
            fate,
            login: login.to_owned(),
            path: path.to_owned(),
            key: key.to_owned(),
            reference: reference.to_owned(),
            body: body.clone(),
        };
        self.door.diary.note(&entry(Fate::Sent, ""));
        let mut doubtful = false;
        loop {
            let at = self.door.replicas[self.dice.below(self.door.replicas.len())];
            match http::ask(at, &ask, ONE_TRY).await {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    let ticket = answer.json();
                    let reference = ticket["reference"].as_str().unwrap_or_default();
                    self.door.diary.note(&entry(Fate::Acked, reference));
                    add(&self.seen.acked);
                    if doubtful {
                        add(&self.seen.resolved);
                    }
                    return Told::Done(ticket);
                }
                Ok(answer) if (400..500).contains(&answer.status) => {
                    self.door.diary.note(&entry(Fate::Refused, ""));
                    add(&self.seen.refused);
                    let code = answer.json()["code"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned();
                    return Told::No(code);
                }
                Ok(_) => {
                    doubtful = true;
                    add(&self.seen.unavailable);
                }
                Err(Silence::Lost) => {
                    doubtful = true;
                    add(&self.seen.lost);
                }
                Err(Silence::Unheard) => {}
            }
            assert!(
                begun.elapsed() < ANSWERED_WITHIN,
                "{path} under {key} was never answered"
            );
            // A person who got no answer asks again.
            sleep(BREATH).await;
        }
    }

    /// Looks until there is an answer; `null` for what is not there.
    pub async fn look(&mut self, login: &str, path: &str) -> Value {
        let begun = Instant::now();
        let ask = self.request("GET", login, path);
        loop {
            let at = self.door.replicas[self.dice.below(self.door.replicas.len())];
            match http::ask(at, &ask, ONE_TRY).await {
                Ok(answer) if answer.status == 200 => return answer.json(),
                Ok(answer) if answer.status == 404 => return Value::Null,
                _ => {}
            }
            assert!(begun.elapsed() < ANSWERED_WITHIN, "{path} never answered");
            // A person who got no answer asks again.
            sleep(BREATH).await;
        }
    }

    /// Orders a line; the reference, unless it was refused. What is asked again after the answer
    /// is the same ticket, not a second one.
    pub async fn order(
        &mut self,
        login: &str,
        line: &str,
        values: Value,
        accelerated: bool,
    ) -> Option<String> {
        let key = self.key();
        let body = json!({
            "line": line, "values": values, "accelerated": accelerated, "why": key,
        });
        let path = "/api/v1/tickets";
        let reference = |told: &Told| match told {
            Told::Done(ticket) => ticket["reference"].as_str().map(str::to_owned),
            Told::No(_) => None,
        };
        let told = self.send(login, path, &key, &body).await;
        let first = reference(&told);
        if let Told::No(code) = &told {
            let usual = ["quota.spent", "tokens.short"];
            assert!(
                usual.contains(&code.as_str()),
                "{line} refused: {code} {body}"
            );
        } else if self.dice.percent(10) {
            let again = self.send(login, path, &key, &body).await;
            assert_eq!(reference(&again), first, "one key, two tickets: {key}");
            add(&self.seen.repeated);
        }
        first
    }
}
