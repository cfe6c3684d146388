//! What the clients and the provider's people do all day: order, agree, do by hand, validate, and
//! now and then refuse or cancel.

use crate::{
    player::{Player, Told},
    town::{CLUSTERS, Town, WATCHED},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A ticket is brought to its end within this time once nobody interferes any more.
const ENDED_WITHIN: Duration = Duration::from_secs(240);

/// Which changes somebody orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// K06 on that cluster: one mutating call to a provider.
    Power(&'static str),
    /// K11: a commit, a reload, a proof.
    Label,
    /// K13: the same, and an alert; now and then refused by Alertmanager, and taken back.
    Receiver,
    /// C01: a commit, and a proof.
    Deposit(&'static str),
    /// K08: five steps by hand.
    Retention,
    /// K08 ordered and cancelled at once: transitions that wait for no runner.
    Fickle,
}

/// What a town of that kind orders all at once.
pub const MIXED: [Line; 13] = [
    Line::Power(CLUSTERS[1]),
    Line::Power(CLUSTERS[2]),
    Line::Power(CLUSTERS[3]),
    Line::Label,
    Line::Receiver,
    Line::Deposit("acme/boutique"),
    Line::Deposit("acme/boutique"),
    Line::Deposit("nord/vitrine"),
    Line::Deposit("nord/vitrine"),
    Line::Retention,
    Line::Fickle,
    Line::Fickle,
    Line::Fickle,
];

/// Plays every line until `enough`, then brings what is open to its end.
pub fn play(
    lines: &[Line],
    town: &Town,
    enough: &Arc<AtomicBool>,
    mut player: impl FnMut(usize) -> Player,
) -> JoinSet<u32> {
    let mut all = JoinSet::new();
    for (n, line) in lines.iter().copied().enumerate() {
        let (mut player, enough) = (player(n), enough.clone());
        let sink = town.monitoring.sink.url("");
        all.spawn(async move {
            let mut told = 0;
            while !enough.load(Ordering::SeqCst) {
                one(&mut player, line, &sink, &enough).await;
                told += 1;
            }
            told
        });
    }
    all
}

/// Who orders, and who decides for the client.
fn sides(line: Line) -> (&'static str, [&'static str; 2]) {
    match line {
        Line::Power("lille" | "brest") | Line::Deposit("nord/vitrine") => {
            ("theo", ["jeanne", "jeanne"])
        }
        _ => ("camille", ["paul", "ines"]),
    }
}

fn values(player: &mut Player, line: Line, sink: &str) -> (&'static str, Value) {
    let name = player.key().to_lowercase();
    match line {
        Line::Power(cluster) => {
            let action = if player.dice.percent(50) {
                "hibernate"
            } else {
                "wake"
            };
            ("K06", json!({ "cluster": cluster, "action": action }))
        }
        Line::Label => {
            let value = format!("v{}", player.dice.below(1_000_000));
            let labels = json!({ "equipe": value });
            let sure = json!({
                "cluster": WATCHED, "labels": labels, "confirm_series_change": true,
            });
            ("K11", sure)
        }
        Line::Receiver => {
            let refused = player.dice.percent(25);
            // Every offline check lets this pass; only Alertmanager's own parser refuses it.
            let odd = if refused {
                "service=~\"a{1001}\""
            } else {
                "service=\"a\""
            };
            let asked = json!({
                "cluster": WATCHED, "receiver": name, "url": format!("{sink}{name}"),
                "matchers": [format!("team=\"{name}\""), odd],
                "test_labels": { "team": name, "service": "a" },
            });
            ("K13", asked)
        }
        Line::Deposit(repo) => {
            let cluster = if repo.starts_with("nord") {
                "lille"
            } else {
                WATCHED
            };
            let content =
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {{}}\n");
            let asked = json!({
                "cluster": cluster, "repo": repo, "path": format!("manifests/{name}.yaml"),
                "operation": "create", "content": content,
            });
            ("C01", asked)
        }
        Line::Retention | Line::Fickle => {
            let asked = json!({
                "cluster": WATCHED, "period": format!("{}d", player.dice.between(2, 90)),
                "acknowledge_loss": true,
            });
            ("K08", asked)
        }
    }
}

/// One change from its order to its end.
async fn one(player: &mut Player, line: Line, sink: &str, enough: &AtomicBool) {
    let (requester, deciders) = sides(line);
    let (code, values) = values(player, line, sink);
    let accelerated = line != Line::Fickle && player.dice.percent(25);
    let Some(reference) = player.order(requester, code, values, accelerated).await else {
        return;
    };
    // So many looks after the order it is cancelled, unless it is over by then.
    let mut patience = match player.dice.percent(12) {
        true => Some(player.dice.below(25)),
        false => (line == Line::Fickle).then_some(0),
    };
    let path = format!("/api/v1/tickets/{reference}");
    let mut undisturbed = None;
    loop {
        let ticket = player.look(requester, &path).await;
        if ticket["state"] == "closed" {
            return;
        }
        if patience == Some(0) {
            let reason = json!({ "reason": "We changed our mind." });
            player
                .command(requester, &format!("{path}/cancel"), reason)
                .await;
        }
        patience = patience.and_then(|it| it.checked_sub(1));
        further(player, &ticket, &deciders).await;
        if enough.load(Ordering::SeqCst) {
            let since = *undisturbed.get_or_insert_with(Instant::now);
            assert!(
                since.elapsed() < ENDED_WITHIN,
                "{reference} hangs (P7): {ticket:#}"
            );
        }
        // Asks again until the ticket is closed.
        sleep(LOOK_EVERY).await;
    }
}

/// Does whatever the ticket waits for: answers, steps by hand, repairs.
async fn further(player: &mut Player, ticket: &Value, deciders: &[&'static str; 2]) {
    let none = Vec::new();
    let reference = ticket["reference"].as_str().unwrap_or_default();
    for gate in ticket["gates"].as_array().unwrap_or(&none) {
        if gate["state"] != "open" {
            continue;
        }
        let who = match gate["party"].as_str() {
            Some("client") => deciders[player.dice.below(2)],
            _ => ["jules", "nora"][player.dice.below(2)],
        };
        let declined = gate["purpose"] == "agreement" && player.dice.percent(6);
        let answer = json!({
            "decision": if declined { "reject" } else { "approve" },
            "plan_digest": gate["digest"],
            "comment": declined.then_some("Not like that."),
        });
        let id = gate["id"].as_str().unwrap_or_default();
        let path = format!("/api/v1/approvals/{id}/decision");
        player.command(who, &path, answer).await;
    }
    for task in ticket["tasks"].as_array().unwrap_or(&none) {
        let by_hand = task["kind"] == "manual" && task["status"] == "ready";
        // What the runner may not take back by itself waits for a person as well.
        let back_by_hand = task["status"] == "undo_due" && task["undo"] == "manual";
        if (by_hand || back_by_hand) && ticket["state"] != "suspended" {
            let name = task["name"].as_str().unwrap_or_default();
            let path = format!("/api/v1/tickets/{reference}/tasks/{name}/complete");
            let done = json!({ "evidence": "done and looked at" });
            player.command("jules", &path, done).await;
        }
    }
    if ticket["state"] == "blocked" {
        let task = ticket["standstill"]["task"].as_str().unwrap_or_default();
        let path = format!("/api/v1/tickets/{reference}/tasks/{task}/retry");
        if let Told::No(_) = player.command("nora", &path, json!({})).await {
            let path = format!("/api/v1/tickets/{reference}/give-up");
            player
                .command("nora", &path, json!({ "reason": "It cannot be done." }))
                .await;
        }
    }
}
