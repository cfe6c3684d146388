//! Figures about this program for Prometheus. There is no global recorder: one [`Metrics`] is made
//! and handed to whoever has something to count.
//!
//! Names and units follow the Prometheus conventions. No label names a ticket, a person or, unless
//! the operator asks for it, a contract: whoever reads the figures learns nothing of a client.

mod count;
mod expose;
mod labels;
mod serve;
mod verify;

pub use expose::Format;
pub use serve::{Door, routes};
pub use verify::watch_over;

use crate::mail::Deliver;
use chrono::{DateTime, Utc};
use count::Counted;
use engine::{desk::Desk, store::StoreError, ticket::Status};
use labels::{Contract, Exchange, Kind, Outcome, State, Task, Ticket};
use prometheus_client::{
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
        info::Info,
    },
    registry::{Registry, Unit},
};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long figures read from the database are good for: scraping more often costs nothing more.
const FRESH: Duration = Duration::from_secs(5);

/// Seconds from an order to its delivery: a minute to a month.
const LEAD: [f64; 9] = [
    60.0,
    300.0,
    900.0,
    3_600.0,
    14_400.0,
    86_400.0,
    259_200.0,
    604_800.0,
    2_592_000.0,
];
/// Seconds of a task: a tenth of a second to a day.
const TASK: [f64; 11] = [
    0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0,
];
/// Seconds a person takes to answer: a minute to a month.
const WAIT: [f64; 8] = [
    60.0,
    600.0,
    3_600.0,
    14_400.0,
    86_400.0,
    172_800.0,
    604_800.0,
    2_592_000.0,
];

#[derive(Clone, Copy, Debug)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// Figures about this program. Cheap to share; it is told of things and asked for a text.
pub struct Metrics {
    registry: Registry,
    tickets: Family<Ticket, Counter>,
    lead: Histogram,
    tasks: Family<Task, Histogram, Buckets>,
    waits: Family<Kind, Histogram, Buckets>,
    letters: Family<Outcome, Counter>,
    exchanges: Family<Exchange, Counter>,
    open: Family<State, Gauge>,
    outbox: Gauge,
    tokens: Option<Family<Contract, Gauge>>,
    verified: Gauge,
    read: Mutex<Option<Instant>>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// No figures yet. `version` is that of the program; `ledger` adds the tokens of every
    /// contract, by code.
    #[must_use]
    pub fn new(version: &str, ledger: bool) -> Metrics {
        let mut registry = Registry::with_prefix("guichet");
        let mut it = Metrics {
            registry: Registry::default(),
            tickets: Family::default(),
            lead: Histogram::new(LEAD),
            tasks: Family::new_with_constructor(Buckets(&TASK)),
            waits: Family::new_with_constructor(Buckets(&WAIT)),
            letters: Family::default(),
            exchanges: Family::default(),
            open: Family::default(),
            outbox: Gauge::default(),
            tokens: ledger.then(Family::default),
            verified: Gauge::default(),
            read: Mutex::default(),
        };
        let r = &mut registry;
        let build = Info::new(vec![("version", version.to_owned())]);
        r.register("build", "Which program this is", build);
        let help = "What happened to tickets: ordered, states entered, endings";
        r.register("tickets", help, it.tickets.clone());
        let help = "From the order to the first delivery";
        r.register_with_unit("ticket_lead_time", help, Unit::Seconds, it.lead.clone());
        let help = "From when a task could begin to its end, tries included";
        r.register_with_unit("task_duration", help, Unit::Seconds, it.tasks.clone());
        let help = "Tasks of open tickets that are not over";
        r.register("tasks_in_state", help, it.open.clone());
        let help = "From the question to the answer that settled it";
        r.register_with_unit("approval_wait", help, Unit::Seconds, it.waits.clone());
        let help = "Letters owed: not sent, and not given up";
        r.register("mail_outbox_pending", help, it.outbox.clone());
        let help = "Letters handed to the mail server, and how it took them";
        r.register("mail_sent", help, it.letters.clone());
        let help = "Requests to the clients' systems";
        r.register("adapter_requests", help, it.exchanges.clone());
        let help = "When the journal was last found sound; 0: not by this process";
        let verified = it.verified.clone();
        r.register("audit_last_verified_timestamp_seconds", help, verified);
        if let Some(tokens) = &it.tokens {
            let help = "Tokens of a contract by account of the ledger";
            r.register("ledger_tokens", help, tokens.clone());
        }
        it.registry = registry;
        it
    }

    /// Reads what is not counted but stands in the database, unless that was done a moment ago.
    ///
    /// # Errors
    /// The database failed; the figures from before are to be taken for nothing then.
    pub async fn read(&self, desk: &Desk) -> Result<(), StoreError> {
        let mut read = self.read.lock().await;
        if read.is_some_and(|it| it.elapsed() < FRESH) {
            return Ok(());
        }
        *read = None;
        let (pulse, open) = (desk.pulse().await?, desk.tasks_open().await?);
        self.outbox.set(whole(pulse.letters));
        for status in Status::ALL.into_iter().filter(|it| !it.is_over()) {
            let state = status.word();
            let count = open.get(&status).copied().unwrap_or(0);
            self.open.get_or_create(&State { state }).set(whole(count));
        }
        if let Some(tokens) = &self.tokens {
            for stock in desk.stocks().await? {
                let free = stock.granted - stock.held - stock.spent - stock.expired;
                for (kind, n) in [
                    ("granted", stock.granted),
                    ("held", stock.held),
                    ("spent", stock.spent),
                    ("expired", stock.expired),
                    ("stock", free),
                ] {
                    let contract = stock.contract.clone();
                    tokens.get_or_create(&Contract { contract, kind }).set(n);
                }
            }
        }
        *read = Some(Instant::now());
        Ok(())
    }

    /// The journal was found sound at that time.
    pub fn verified(&self, at: DateTime<Utc>) {
        self.verified.set(at.timestamp());
    }

    /// The figures as a scraper reads them.
    ///
    /// # Errors
    /// None in practice: a text can always be written to memory.
    pub fn text(&self, format: Format) -> Result<String, fmt::Error> {
        format.text(&self.registry)
    }

    /// The same way out for letters, counted.
    #[must_use]
    pub fn counting(self: &Arc<Self>, inner: Arc<dyn Deliver>) -> Arc<dyn Deliver> {
        let metrics = self.clone();
        Arc::new(Counted { inner, metrics })
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
