//! Taking messages: several in one transaction, each under a lease and a fence of its own.

use super::{Due, Key, LEASE, settle, tells_of_tasks};
use crate::{
    desk::Desk,
    id::{GateId, PersonId, TicketId},
    link::Wanted,
    people::Person,
    store::{Known, StoreError, codec, entity::notice, load, people, tickets},
    ticket::Ticket,
};
use chrono::{DateTime, Utc};
use notice::Column as C;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, LockBehavior, LockType},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Messages that somebody delivers from now on.
const TAKE: &str = "UPDATE notice SET state = 'sending', fence = notice.fence + 1,
    lease_until = CAST(it.value->>'until' AS BIGINT), answer = it.value->>'answer' FROM {rows}
    WHERE notice.client = it.value->>'client'
    AND notice.record = CAST(it.value->>'record' AS BIGINT)
    AND notice.n = CAST(it.value->>'n' AS INTEGER)";

impl Desk {
    /// Takes the next message due, with a fresh link if it asks something.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_notice(&self) -> Result<Option<Due>, StoreError> {
        Ok(self.take_notices(1).await?.pop())
    }

    /// Takes up to `most` messages that are due, or whose deliverer fell silent, with a fresh link
    /// for each that asks something. A message that cannot even be read is given up, so that it
    /// stands in nobody's way.
    ///
    /// # Errors
    /// The database failed; what was taken already comes back when its lease ends.
    pub async fn take_notices(&self, most: u64) -> Result<Vec<Due>, StoreError> {
        loop {
            let (rows, now) = self.claim(most).await?;
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let dues = self.read(rows).await?;
            let dues = self.with_links(dues, now).await?;
            if !dues.is_empty() {
                return Ok(dues);
            }
        }
    }

    /// Rows as they were before, whose fence has been raised, and when.
    async fn claim(&self, most: u64) -> Result<(Vec<notice::Model>, DateTime<Utc>), StoreError> {
        let tx = self.store.begin_apart().await?;
        let now = tx.now(&*self.clock).await?;
        let mut rows = Vec::new();
        for whose in [silent(now), due(now), unlikely(now)] {
            let more = most.saturating_sub(rows.len() as u64);
            if more > 0 {
                let whose = whose
                    .limit(more)
                    .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
                rows.extend(whose.all(tx.db()).await?);
            }
        }
        if rows.is_empty() {
            return Ok((rows, now));
        }
        let until = codec::micros(now + LEASE);
        let taken = |it: &notice::Model| {
            json!({
                "client": it.client, "record": it.record, "n": it.n, "until": until,
                "answer": settle::when_taken(it.answer.as_deref()),
            })
        };
        let taken: Vec<Value> = rows.iter().map(taken).collect();
        tx.change_set(TAKE, &taken).await?;
        tx.end().await?;
        Ok((rows, now))
    }

    /// Tickets and persons around the messages. Outside the transaction: nobody waits for it.
    async fn read(&self, rows: Vec<notice::Model>) -> Result<Vec<(Due, i64)>, StoreError> {
        let mut around = Around::new(self);
        around.fill(&rows).await?;
        let mut dues = Vec::with_capacity(rows.len());
        let mut unfit = Vec::new();
        for row in rows {
            match around.due(&row).await {
                Ok(due) => dues.push(due),
                Err(StoreError::Corrupt { what, why }) => {
                    tracing::error!(what, why, ticket = row.ticket, "a message cannot be read");
                    unfit.push((row, format!("{what}: {why}")));
                }
                Err(error) => return Err(error),
            }
        }
        if !unfit.is_empty() {
            let tx = self.store.begin_apart().await?;
            for (row, why) in &unfit {
                settle::bury(&tx, row, why).await?;
            }
            tx.end().await?;
        }
        Ok(dues)
    }

    /// A fresh link for every message that asks something, all in one transaction.
    async fn with_links(
        &self,
        dues: Vec<(Due, i64)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Due>, StoreError> {
        let asks = dues.iter().filter_map(|(due, days)| {
            Some(Wanted {
                ticket: &due.ticket,
                gate: due.gate.as_ref()?,
                to: &due.to,
                owed: due.at,
                days: *days,
            })
        });
        let wanted: Vec<Wanted<'_>> = asks.collect();
        let mut minted = Vec::new();
        if !wanted.is_empty() {
            let tx = self.store.begin_apart().await?;
            minted = self.mint_links(&tx, &wanted, now).await?;
            tx.end().await?;
        }
        let mut minted = minted.into_iter();
        let linked = dues.into_iter().map(|(mut due, _)| {
            due.link = due.gate.as_ref().and_then(|_| minted.next());
            due
        });
        Ok(linked.collect())
    }
}

fn with_tasks(row: &notice::Model) -> bool {
    tells_of_tasks(&row.occasion, row.gate.is_some())
}

/// Messages in that state, oldest first. The state is written out, not bound: only then does a
/// database see the condition of its partial index.
fn waiting(state: &'static str) -> Select<notice::Entity> {
    notice::Entity::find()
        .filter(Expr::cust(state))
        .order_by_asc(C::NextAt)
        .order_by_asc(C::Record)
        .order_by_asc(C::N)
}

/// Whose deliverer fell silent, or whose lease was given by a clock that has since been set back.
fn silent(now: DateTime<Utc>) -> Select<notice::Entity> {
    let lapsed = C::LeaseUntil.lt(codec::micros(now));
    let absurd = C::LeaseUntil.gt(codec::micros(now + LEASE * 2));
    waiting("state = 'sending'").filter(lapsed.or(absurd))
}

/// Due, along the index: what is owed beyond `most` is not looked at.
fn due(now: DateTime<Utc>) -> Select<notice::Entity> {
    waiting("state = 'pending'").filter(C::NextAt.lte(codec::micros(now)))
}

/// Due so late that the clock must have been set back since.
fn unlikely(now: DateTime<Utc>) -> Select<notice::Entity> {
    let absurd = codec::micros(now + settle::LONGEST_PAUSE * 2);
    waiting("state = 'pending'").filter(C::NextAt.gt(absurd))
}

/// What the messages of one batch are about; each thing is read once.
struct Around<'a> {
    desk: &'a Desk,
    /// By name, and whether with their tasks.
    tickets: HashMap<(TicketId, bool), Option<Arc<Ticket>>>,
    persons: HashMap<PersonId, Option<Person>>,
    days: HashMap<(String, String), i64>,
}

impl<'a> Around<'a> {
    fn new(desk: &'a Desk) -> Self {
        Around {
            desk,
            tickets: HashMap::new(),
            persons: HashMap::new(),
            days: HashMap::new(),
        }
    }

    /// Reads the tickets of all rows together, and all persons, unless one of them cannot be read:
    /// then each is read by itself, and only that one is missing.
    async fn fill(&mut self, rows: &[notice::Model]) -> Result<(), StoreError> {
        for tasks in [true, false] {
            let these = rows.iter().filter(|it| with_tasks(it) == tasks);
            let known = these.filter_map(|it| {
                let client = it.client.clone();
                codec::name(&it.ticket).ok().map(|id| Known { client, id })
            });
            let known: Vec<Known> = known.collect();
            let db = self.desk.store.reading();
            let found = match tasks {
                true => tickets::tickets(db, &known).await,
                false => tickets::without_tasks(db, &known).await,
            };
            match found {
                Ok(found) => self.tickets.extend(
                    found
                        .into_values()
                        .map(|it| ((it.id, tasks), Some(Arc::new(it)))),
                ),
                Err(StoreError::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let ids: BTreeSet<String> = rows.iter().map(|it| it.person.clone()).collect();
        match people::by_ids(self.desk.store.reading(), ids.into_iter().collect()).await {
            Ok(found) => {
                let found = found.into_iter().map(|it| (it.id, Some(it)));
                self.persons.extend(found);
                Ok(())
            }
            Err(StoreError::Corrupt { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn ticket(&mut self, row: &notice::Model) -> Result<Arc<Ticket>, StoreError> {
        let known = Known {
            client: row.client.clone(),
            id: codec::name(&row.ticket)?,
        };
        let what = (known.id, with_tasks(row));
        if !self.tickets.contains_key(&what) {
            let found = load::ticket(self.desk.store.reading(), &known).await?;
            self.tickets.insert(what, found.map(Arc::new));
        }
        let found = self.tickets.get(&what).cloned().flatten();
        found.ok_or_else(|| codec::corrupt("notice", "its ticket is gone"))
    }

    async fn person(&mut self, row: &notice::Model) -> Result<Person, StoreError> {
        let id = codec::name(&row.person)?;
        if !self.persons.contains_key(&id) {
            let found = people::by_id(self.desk.store.reading(), id).await?;
            self.persons.insert(id, found);
        }
        let found = self.persons.get(&id).cloned().flatten();
        found.ok_or_else(|| codec::corrupt("notice", "its person is gone"))
    }

    /// How many days a link of this ticket's contract works.
    async fn days(&mut self, ticket: &Ticket) -> Result<i64, StoreError> {
        let place = (ticket.client.clone(), ticket.contract.clone());
        if let Some(days) = self.days.get(&place) {
            return Ok(*days);
        }
        let found = load::contract(self.desk.store.reading(), &place.0, &place.1).await?;
        let found = found.ok_or_else(|| codec::corrupt("notice", "its contract is gone"))?;
        let days = i64::from(Ord::min(found.terms.link_days, 30));
        self.days.insert(place, days);
        Ok(days)
    }

    async fn due(&mut self, row: &notice::Model) -> Result<(Due, i64), StoreError> {
        let ticket = self.ticket(row).await?;
        let to = self.person(row).await?;
        let gate = match &row.gate {
            Some(id) => ticket.gate(codec::name::<GateId>(id)?).cloned(),
            None => None,
        };
        let days = match gate {
            Some(_) => self.days(&ticket).await?,
            None => 0,
        };
        let due = Due {
            key: Key {
                client: row.client.clone(),
                record: row.record,
                n: row.n,
            },
            fence: row.fence + 1,
            attempt: row.attempts + 1,
            occasion: row.occasion.clone(),
            facts: codec::from_json("facts", &row.facts)?,
            at: codec::instant(row.at)?,
            doubted: settle::in_doubt(row.answer.as_deref()),
            to,
            ticket,
            gate,
            link: None,
        };
        Ok((due, days))
    }
}
