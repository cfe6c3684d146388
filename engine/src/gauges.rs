//! How the work stands, for whoever watches over this program: how far behind the clock it is,
//! what is open, what is owed. Every query walks an index of what is open and never history.

use crate::{
    desk::Desk,
    store::{StoreError, codec, entity},
    ticket::Status,
};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, QueryResult, Statement};
use std::{collections::BTreeMap, time::Duration};

// The conditions are written out, not bound: only then does a database see that they are those of
// its partial indexes.
const WAKE: &str = "SELECT wake_at AS due FROM ticket
    WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1";
// Only in these states does a runner take anything; a suspended ticket keeps nobody waiting.
const READY: &str = "SELECT t.run_at AS due FROM task t
    JOIN ticket k ON k.client = t.client AND k.id = t.ticket
    WHERE t.by_machine AND t.status IN ('ready', 'undo_due') AND t.run_at >= 0
    AND k.state IN ('preparing', 'running', 'undoing') ORDER BY t.run_at LIMIT 1";
const SILENT: &str = "SELECT lease_until AS due FROM task
    WHERE status IN ('running', 'undoing') ORDER BY lease_until LIMIT 1";
const OWED: &str = "SELECT COUNT(*) AS n, MIN(o.at) AS due FROM (
    SELECT at FROM notice WHERE state = 'pending' AND next_at >= 0
    UNION ALL SELECT at FROM notice WHERE state = 'sending' AND lease_until >= 0) o";
// A cross join, since there SQLite keeps the order: open tickets first, then their tasks.
const OPEN: &str = "SELECT t.status AS status, COUNT(*) AS n FROM ticket k CROSS JOIN task t
    WHERE t.client = k.client AND t.ticket = k.id AND k.ending IS NULL GROUP BY t.status";

/// Every query made here, so that a test can ask a database how it would walk.
pub const QUERIES: [&str; 5] = [WAKE, READY, SILENT, OWED, OPEN];

/// How far behind the clock the work is. Zero: nothing due has been left waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// For how long the ticket that was to be woken first has been waiting for that.
    pub wake: Duration,
    /// For how long the task that a runner could take first has been waiting for one, or for
    /// somebody to notice that its holder fell silent.
    pub task: Duration,
    /// Letters that are owed: not sent, and not given up.
    pub letters: u64,
    /// Age of the oldest of them.
    pub letter: Duration,
}

/// Tokens of one contract, over all its lots, by the ledger's accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Code of the contract.
    pub contract: String,
    /// Granted so far.
    pub granted: i64,
    /// Set aside for tickets under way.
    pub held: i64,
    /// Captured.
    pub spent: i64,
    /// Not used in time.
    pub expired: i64,
}

impl Desk {
    /// How far behind the clock the work is. Reads three rows, and the letters owed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn pulse(&self) -> Result<Pulse, StoreError> {
        let now = self.clock.now();
        let wake = self.due(WAKE, now).await?;
        let (ready, silent) = (self.due(READY, now).await?, self.due(SILENT, now).await?);
        let owed = self.row(OWED).await?;
        let count = owed.as_ref().map(|it| it.try_get::<i64>("", "n"));
        let oldest = owed.map(|it| it.try_get::<Option<i64>>("", "due"));
        Ok(Pulse {
            wake,
            task: ready.max(silent),
            letters: u64::try_from(count.transpose()?.unwrap_or(0)).unwrap_or(0),
            letter: overdue(oldest.transpose()?.flatten(), now)?,
        })
    }

    async fn row(&self, sql: &str) -> Result<Option<QueryResult>, StoreError> {
        let db = self.store.reading();
        let asked = Statement::from_string(db.get_database_backend(), sql);
        Ok(db.query_one_raw(asked).await?)
    }

    async fn due(&self, sql: &str, now: DateTime<Utc>) -> Result<Duration, StoreError> {
        let found = self.row(sql).await?;
        let at = found.map(|it| it.try_get::<Option<i64>>("", "due"));
        overdue(at.transpose()?.flatten(), now)
    }

    /// How many tasks of open tickets stand how; those that are over are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tasks_open(&self) -> Result<BTreeMap<Status, u64>, StoreError> {
        let db = self.store.reading();
        let asked = Statement::from_string(db.get_database_backend(), OPEN);
        let mut all = BTreeMap::new();
        for row in db.query_all_raw(asked).await? {
            let word: String = row.try_get("", "status")?;
            let status = Status::from_word(&word).ok_or_else(|| codec::corrupt("status", &word))?;
            if !status.is_over() {
                let count: i64 = row.try_get("", "n")?;
                all.insert(status, u64::try_from(count).unwrap_or(0));
            }
        }
        Ok(all)
    }

    /// Tokens of every contract, by code.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stocks(&self) -> Result<Vec<Stock>, StoreError> {
        let mut all: BTreeMap<String, Stock> = BTreeMap::new();
        for lot in entity::lot::Entity::find()
            .all(self.store.reading())
            .await?
        {
            let of = all.entry(lot.contract.clone()).or_default();
            of.contract = lot.contract;
            of.granted += lot.granted;
            of.held += lot.held;
            of.spent += lot.spent;
            of.expired += lot.expired;
        }
        Ok(all.into_values().collect())
    }
}

fn overdue(at: Option<i64>, now: DateTime<Utc>) -> Result<Duration, StoreError> {
    let Some(at) = at else {
        return Ok(Duration::ZERO);
    };
    // What is due only later makes nobody wait.
    Ok((now - codec::instant(at)?).to_std().unwrap_or_default())
}
