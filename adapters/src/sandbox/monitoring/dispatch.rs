//! How the stand-in of Alertmanager notifies: alerts are grouped per route, wait, and are posted.

use super::state::{Held, Here, Inner, Labels};
use crate::monitor::{Router, document};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, sleep};

/// What a route says about notifying, with what it inherits.
#[derive(Clone, Debug)]
struct Manner {
    receiver: String,
    group_by: Vec<String>,
    wait: Duration,
    interval: Duration,
    repeat: Duration,
}

/// Sees to it that every alert has its groups at work.
pub(super) fn dispatch(here: &Here) {
    here.look(|state| {
        let Ok(router) = Router::of(&state.live.config) else {
            return;
        };
        let alerts: Vec<Labels> = state.alerts.values().map(|it| it.labels.clone()).collect();
        for labels in alerts {
            for (address, receiver) in router.matches(&labels) {
                let manner = manner(&state.live.config, &address, receiver);
                let (key, by) = group(&address, &manner, &labels);
                if state.groups.get(&key).is_none_or(|it| it.is_finished()) {
                    let work = work(here.clone(), key.clone(), by, address, manner);
                    state.groups.insert(key, tokio::spawn(work));
                }
            }
        }
    });
}

/// Ends all groups; after a reload they begin anew under the new routes.
pub(super) fn stop(state: &mut Inner) {
    for (_, group) in std::mem::take(&mut state.groups) {
        group.abort();
    }
}

/// Receivers of an alert, each with the labels of the group it is in there.
pub(super) fn groups_of(state: &Inner, labels: &Labels) -> Vec<(String, Labels)> {
    let Ok(router) = Router::of(&state.live.config) else {
        return Vec::new();
    };
    let routes = router
        .matches(labels)
        .into_iter()
        .map(|(address, receiver)| {
            let manner = manner(&state.live.config, &address, receiver.clone());
            (receiver, group(&address, &manner, labels).1)
        });
    routes.collect()
}

async fn work(here: Here, key: String, by: Labels, address: Vec<usize>, manner: Manner) {
    sleep(manner.wait).await;
    let mut sent_at: Option<Instant> = None;
    loop {
        let mut alerts = here.look(|state| members(state, &by, &address, &manner));
        if alerts.is_empty() {
            return;
        }
        // A silenced alert stays in its group, and is told once its silence is over.
        here.look(|state| {
            alerts.retain(|(_, it)| state.silences.active_for(&it.labels).is_empty());
        });
        let now: BTreeSet<(String, bool)> = alerts
            .iter()
            .map(|(print, it)| (print.clone(), it.has_ended()))
            .collect();
        let before = here.look(|state| state.sent.get(&key).cloned());
        let repeat = sent_at.is_none_or(|at| at.elapsed() >= manner.repeat);
        let news = match &before {
            // What ended before anybody was told of it is no news.
            None => now.iter().any(|(_, ended)| !ended),
            Some(before) => !now.is_subset(before),
        };
        if news || (repeat && sent_at.is_some()) {
            let body = payload(&key, &by, &manner, &alerts);
            let hooks = here.look(|state| hooks(state, &manner.receiver));
            for url in hooks {
                post(&here, &url, &body, manner.interval).await;
            }
            sent_at = Some(Instant::now());
            here.look(|state| state.sent.insert(key.clone(), now.clone()));
        }
        here.look(|state| {
            // An alert whose end was told is forgotten, unless it came back meanwhile.
            for (print, ended) in &now {
                if *ended && state.alerts.get(print).is_some_and(Held::has_ended) {
                    state.alerts.remove(print);
                }
            }
        });
        sleep(manner.interval).await;
    }
}

fn members(state: &Inner, by: &Labels, address: &[usize], manner: &Manner) -> Vec<(String, Held)> {
    let Ok(router) = Router::of(&state.live.config) else {
        return Vec::new();
    };
    let mine = |alert: &Held| {
        router
            .matches(&alert.labels)
            .iter()
            .any(|(at, _)| at == address)
            && group(address, manner, &alert.labels).1 == *by
    };
    let alerts = state.alerts.iter().filter(|(_, it)| mine(it));
    alerts
        .map(|(print, it)| (print.clone(), it.clone()))
        .collect()
}

async fn post(here: &Here, url: &str, body: &Value, within: Duration) {
    here.look(|it| it.counters.begun += 1);
    let (end, mut pause) = (Instant::now() + within, Duration::from_millis(100));
    loop {
        let request = here
            .client
            .post(url)
            .header("content-type", "application/json");
        let answer = request.body(body.to_string()).timeout(within).send().await;
        let status = answer.map(|it| it.status());
        here.look(|it| it.counters.requests += 1);
        if status.as_ref().is_ok_and(|it| it.is_success()) {
            return;
        }
        here.look(|it| it.counters.requests_failed += 1);
        let hopeless = status.is_ok_and(|it| !it.is_server_error());
        if hopeless || Instant::now() + pause > end {
            here.look(|it| it.counters.failed += 1);
            return;
        }
        sleep(pause).await;
        pause *= 2;
    }
}

fn hooks(state: &Inner, receiver: &str) -> Vec<String> {
    let receivers = state.live.config["receivers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let found = receivers.iter().find(|it| it["name"] == receiver);
    let hooks = found.and_then(|it| it["webhook_configs"].as_array());
    let urls = hooks
        .into_iter()
        .flatten()
        .filter_map(|it| it["url"].as_str());
    urls.map(str::to_owned).collect()
}

fn manner(config: &Value, address: &[usize], receiver: String) -> Manner {
    let seconds = Duration::from_secs;
    let mut manner = Manner {
        receiver,
        group_by: Vec::new(),
        wait: seconds(30),
        interval: seconds(300),
        repeat: seconds(4 * 3600),
    };
    let mut route = &config["route"];
    for step in std::iter::once(None).chain(address.iter().map(Some)) {
        if let Some(at) = step {
            route = &route["routes"][*at];
        }
        if let Some(by) = route["group_by"].as_array() {
            manner.group_by = by
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
        }
        let time = |key: &str, kept: Duration| {
            let given = route[key].as_str().and_then(document::milliseconds);
            given.map_or(kept, Duration::from_millis)
        };
        manner.wait = time("group_wait", manner.wait);
        manner.interval = time("group_interval", manner.interval);
        manner.repeat = time("repeat_interval", manner.repeat);
    }
    manner
}

/// The key of the group and the labels it is grouped by.
fn group(address: &[usize], manner: &Manner, labels: &Labels) -> (String, Labels) {
    let all = manner.group_by.iter().any(|it| it == "...");
    let by: Labels = labels
        .iter()
        .filter(|(name, _)| all || manner.group_by.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (format!("{address:?}/{}:{}", manner.receiver, json!(by)), by)
}

fn payload(key: &str, by: &Labels, manner: &Manner, alerts: &[(String, Held)]) -> Value {
    let firing = alerts.iter().any(|(_, it)| !it.has_ended());
    let word = |ended: bool| if ended { "resolved" } else { "firing" };
    let common = |of: fn(&Held) -> &Labels| -> Labels {
        let mut all = alerts.iter().map(|(_, it)| of(it));
        let first = all.next().cloned().unwrap_or_default();
        all.fold(first, |common, it| {
            common
                .into_iter()
                .filter(|(name, value)| it.get(name) == Some(value))
                .collect()
        })
    };
    let shown: Vec<Value> = alerts
        .iter()
        .map(|(print, it)| {
            json!({
                "status": word(it.has_ended()), "labels": it.labels,
                "annotations": it.annotations, "startsAt": it.starts_at, "endsAt": it.ends_at,
                "generatorURL": "", "fingerprint": print,
            })
        })
        .collect();
    json!({
        "version": "4", "groupKey": key, "truncatedAlerts": 0, "status": word(!firing),
        "receiver": manner.receiver, "groupLabels": by, "commonLabels": common(|it| &it.labels),
        "commonAnnotations": common(|it| &it.annotations), "externalURL": "", "alerts": shown,
    })
}
