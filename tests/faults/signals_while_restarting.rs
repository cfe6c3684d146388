//! P5: « a signal (approval, refusal, cancel, closure) answered 2xx is applied exactly once », be
//! it sent twice at once to two replicas that are being killed meanwhile.

use crate::{
    drain::drain,
    oracle,
    player::{Player, Seen, Told},
    postgres::Postgres,
    report,
    stage::Stage,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tests::dice::Dice;
use tokio::{task::JoinSet, time::sleep};

/// Signals in one run, each sent twice; nightly ten thousand.
fn signals() -> usize {
    report::number("GUICHET_SIGNALS", 100)
}

const CLIENTS: usize = 8;
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// When nobody has anything to say, the next kill does not wait for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Its plan may lose a few runners, each with a lease.
const MOVES_WITHIN: Duration = Duration::from_secs(300);

/// What one client can throw, and how many were thrown.
struct Signaller {
    first: Player,
    second: Player,
    count: Arc<AtomicUsize>,
}

impl Signaller {
    /// The same signal under the same key, twice at once; both are told the same.
    async fn twice(&mut self, login: &str, path: &str, body: Value) -> Told {
        self.count.fetch_add(1, Ordering::SeqCst);
        let key = self.first.key();
        let (one, other) = tokio::join!(
            self.first.send(login, path, &key, &body),
            self.second.send(login, path, &key, &body)
        );
        let said = |it: &Told| match it {
            Told::Done(ticket) => ticket["reference"].to_string(),
            Told::No(code) => code.clone(),
        };
        assert_eq!(
            said(&one),
            said(&other),
            "two answers to {path} under {key}"
        );
        one
    }

    /// One ticket from its order to its closure: agreements, steps by hand and closure, every
    /// signal twice, now and then a refusal or a cancellation in between.
    async fn ticket(&mut self) {
        // Everything but its plan is done by people: many signals and little waiting.
        let values = json!({ "cluster": "paris", "period": "30d", "acknowledge_loss": true });
        let Some(reference) = self.first.order("camille", "K08", values, false).await else {
            panic!("the order was refused");
        };
        let path = format!("/api/v1/tickets/{reference}");
        let cancelled_at = match self.first.dice.percent(20) {
            true => Some(self.first.dice.below(8)),
            false => None,
        };
        let mut signals = 0;
        loop {
            if cancelled_at == Some(signals) {
                let reason = json!({ "reason": "We changed our mind." });
                self.twice("camille", &format!("{path}/cancel"), reason)
                    .await;
            }
            signals += 1;
            match self.next(&path).await {
                Next::Gate(gate) => self.answer(&gate).await,
                Next::Hand(task) => {
                    let at = format!("{path}/tasks/{task}/complete");
                    self.twice("jules", &at, json!({ "evidence": "looked at" }))
                        .await;
                }
                Next::Over => return,
            }
        }
    }

    /// What the ticket waits for.
    async fn next(&mut self, path: &str) -> Next {
        let begun = Instant::now();
        loop {
            let ticket = self.first.look("camille", path).await;
            let none = Vec::new();
            let open = |it: &&Value| it["state"] == "open";
            if let Some(gate) = ticket["gates"]
                .as_array()
                .unwrap_or(&none)
                .iter()
                .find(open)
            {
                return Next::Gate(gate.clone());
            }
            let by_hand = |it: &&Value| {
                let back = it["status"] == "undo_due" && it["undo"] == "manual";
                back || it["kind"] == "manual" && it["status"] == "ready"
            };
            if let Some(task) = ticket["tasks"]
                .as_array()
                .unwrap_or(&none)
                .iter()
                .find(by_hand)
            {
                return Next::Hand(task["name"].as_str().unwrap_or_default().to_owned());
            }
            if ticket["state"] == "closed" {
                return Next::Over;
            }
            let still = begun.elapsed() < MOVES_WITHIN;
            assert!(still, "{path} waits for nobody (P7): {ticket:#}");
            // Asks again until the ticket waits for somebody.
            sleep(LOOK_EVERY).await;
        }
    }

    async fn answer(&mut self, gate: &Value) {
        let who = match gate["party"].as_str() {
            Some("client") => "paul",
            _ => "nora",
        };
        let agreement = gate["purpose"] == "agreement";
        let verdict = match agreement && self.first.dice.percent(10) {
            true => "reject",
            false => "approve",
        };
        let id = gate["id"].as_str().unwrap_or_default();
        let path = format!("/api/v1/approvals/{id}/decision");
        let answer = json!({
            "decision": verdict, "plan_digest": gate["digest"], "comment": "As told.",
        });
        let told = self.twice(who, &path, answer.clone()).await;
        // One person speaks once, whatever they say the second time.
        if matches!(told, Told::Done(_)) && self.first.dice.percent(20) {
            let again = self.twice(who, &path, answer).await;
            assert!(matches!(again, Told::No(_)), "{who} answered {id} twice");
        }
    }
}

/// What a ticket waits for.
enum Next {
    Gate(Value),
    Hand(String),
    Over,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_signal_answered_while_replicas_restart_is_applied_exactly_once() {
    let mut dice = Dice::thrown("signals");
    let cluster = Postgres::start(false);
    let mut stage = Stage::postgres(&cluster, 3).await;
    stage.open().await;
    let (seen, enough) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let count = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for n in 0..CLIENTS {
        let player = |side: &str, dice: Dice| {
            Player::new(&format!("signal-{n}-{side}"), &stage.door, &seen, dice)
        };
        let mut it = Signaller {
            first: player("a", dice.fork()),
            second: player("b", dice.fork()),
            count: count.clone(),
        };
        let enough = enough.clone();
        clients.spawn(async move {
            while !enough.load(Ordering::SeqCst) {
                it.ticket().await;
            }
        });
    }
    let mut killed = 0;
    while count.load(Ordering::SeqCst) < signals() {
        let n = dice.below(stage.replicas.len());
        // A few signals between two kills, or all that is seen is a program that starts.
        let (begun, before) = (Instant::now(), seen.acked.load(Ordering::SeqCst));
        let wanted = before + u64::try_from(dice.between(1, 6)).expect("small");
        while seen.acked.load(Ordering::SeqCst) < wanted && begun.elapsed() < PATIENCE {
            // Looks again until so many signals were answered.
            sleep(Duration::from_millis(5)).await;
        }
        let millis = u64::try_from(dice.between(5, 400)).expect("small");
        // Not a wait for anything: the dice say when the next one dies.
        sleep(Duration::from_millis(millis)).await;
        stage.replicas[n].kill();
        stage.replicas[n].start();
        killed += 1;
    }
    enough.store(true, Ordering::SeqCst);
    for it in &mut stage.replicas {
        it.ready().await;
    }
    while let Some(told) = clients.join_next().await {
        told.expect("every signal was answered, and both copies alike");
    }
    drain(&mut stage).await;
    let found = oracle::at_the_end(&stage).await;
    report::line(
        "signals",
        &format!(
            "{} signals, each twice at once, {killed} kills; {}; {found}",
            count.load(Ordering::SeqCst),
            report::seen(&seen)
        ),
    );
    found.must_be_clean();
}
