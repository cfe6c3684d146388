//! What the stand-in of Alertmanager holds: alerts, silences, counters, and who waits for what.

use super::{
    live::{Live, now},
    silences::Silences,
};
use crate::monitor::{Matcher, Router};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tokio::task::JoinHandle;

pub(super) type Labels = BTreeMap<String, String>;

/// The shared half of the stand-in.
#[derive(Debug)]
pub(super) struct Shared {
    pub path: PathBuf,
    pub client: reqwest::Client,
    state: Mutex<Inner>,
}

pub(super) type Here = Arc<Shared>;

/// Everything behind the lock.
#[derive(Debug)]
pub(super) struct Inner {
    pub live: Live,
    pub reload_ok: bool,
    pub alerts: BTreeMap<String, Held>,
    pub silences: Silences,
    pub counters: Counters,
    pub groups: BTreeMap<String, JoinHandle<()>>,
    /// What was last sent for a group: fingerprints, and whether they had ended.
    pub sent: BTreeMap<String, BTreeSet<(String, bool)>>,
}

/// The counters of webhook notifications.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub begun: u64,
    pub failed: u64,
    pub requests: u64,
    pub requests_failed: u64,
}

/// One alert.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub labels: Labels,
    pub annotations: Labels,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Held {
    pub fn has_ended(&self) -> bool {
        self.ends_at <= now()
    }
}

impl Shared {
    pub fn new(path: PathBuf, live: Live, client: reqwest::Client) -> Here {
        let inner = Inner {
            live,
            reload_ok: true,
            alerts: BTreeMap::new(),
            silences: Silences::default(),
            counters: Counters::default(),
            groups: BTreeMap::new(),
            sent: BTreeMap::new(),
        };
        Arc::new(Shared {
            path,
            client,
            state: Mutex::new(inner),
        })
    }

    pub fn look<T>(&self, at: impl FnOnce(&mut Inner) -> T) -> T {
        at(&mut self.state.lock().expect("no holder of this lock panics"))
    }
}

impl Inner {
    /// Receivers in the order of the tree.
    pub fn receivers(&self, labels: &Labels) -> Vec<String> {
        Router::of(&self.live.config)
            .map(|it| it.receivers(labels))
            .unwrap_or_default()
    }

    /// An alert as the API shows it.
    pub fn shown(&self, fingerprint: &str, alert: &Held) -> Value {
        let silenced = self.silences.active_for(&alert.labels);
        let state = if silenced.is_empty() {
            "active"
        } else {
            "suppressed"
        };
        let receivers: Vec<Value> = self
            .receivers(&alert.labels)
            .iter()
            .map(|it| json!({ "name": it }))
            .collect();
        json!({
            "labels": alert.labels, "annotations": alert.annotations,
            "startsAt": alert.starts_at, "endsAt": alert.ends_at, "updatedAt": alert.updated_at,
            "fingerprint": fingerprint, "receivers": receivers,
            "status": { "state": state, "silencedBy": silenced, "inhibitedBy": [] },
        })
    }

    /// Alerts that have not ended and that every matcher accepts.
    pub fn matching(&self, matchers: &[Matcher]) -> Vec<(&String, &Held)> {
        self.alerts
            .iter()
            .filter(|(_, it)| !it.has_ended() && matchers.iter().all(|m| m.holds(&it.labels)))
            .collect()
    }
}

/// The name that Alertmanager gives to a set of labels: FNV-1a over names and values, each closed
/// by a byte that UTF-8 never has.
pub(super) fn fingerprint(labels: &Labels) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for text in labels.iter().flat_map(|(name, value)| [name, value]) {
        for byte in text.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_of_the_real_program() {
        let labels = |team: &str, ticket: &str| -> Labels {
            [
                ("alertname", "Golden"),
                ("team", team),
                ("guichet_ticket", ticket),
            ]
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect()
        };
        assert_eq!(fingerprint(&labels("a", "T-1")), "3d82f2240aca8b0d");
        assert_eq!(fingerprint(&labels("b", "T-2")), "663e8e199eeabc87");
    }
}
