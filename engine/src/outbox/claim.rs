//! Taking messages: several in one transaction, each under a lease and a fence of its own.

use super::{Due, Key, LEASE, settle};
use crate::{
    desk::Desk,
    id::{GateId, PersonId, TicketId},
    link::Wanted,
    people::Person,
    store::{Known, StoreError, codec, entity::notice, load, people, tickets},
    ticket::Ticket,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};
use std::collections::HashMap;

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
        use notice::{Column as C, Entity};
        let tx = self.store.begin_apart().await?;
        let now = settle::moment(self, &tx).await?;
        let at = codec::micros(now);
        // What lies too far ahead was given by a clock that has since been set back.
        let (lease, pause) = (now + LEASE * 2, now + settle::LONGEST_PAUSE * 2);
        let due = C::NextAt.lte(at).or(C::NextAt.gt(codec::micros(pause)));
        let pending = C::State.eq("pending").and(due);
        let lapsed = C::LeaseUntil.lt(at);
        let lapsed = lapsed.or(C::LeaseUntil.gt(codec::micros(lease)));
        let silent = C::State.eq("sending").and(lapsed);
        let rows = Entity::find()
            .filter(pending.or(silent))
            .order_by_asc(C::NextAt)
            .order_by_asc(C::Record)
            .order_by_asc(C::N)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(tx.db())
            .await?;
        if rows.is_empty() {
            return Ok((rows, now));
        }
        let these = rows.iter().fold(Condition::any(), |all, it| {
            let one = C::Client.eq(&it.client).and(C::Record.eq(it.record));
            all.add(one.and(C::N.eq(it.n)))
        });
        Entity::update_many()
            .col_expr(C::State, Expr::value("sending"))
            .col_expr(C::Fence, Expr::col(C::Fence).add(1))
            .col_expr(C::Attempts, Expr::col(C::Attempts).add(1))
            .col_expr(C::LeaseUntil, Expr::value(codec::micros(now + LEASE)))
            .filter(these)
            .exec(tx.db())
            .await?;
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

/// What the messages of one batch are about; each thing is read once.
struct Around<'a> {
    desk: &'a Desk,
    tickets: HashMap<TicketId, Option<Ticket>>,
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

    /// Reads the tickets of all rows together, unless one of them cannot be read: then each is read
    /// by itself, and only that one is missing.
    async fn fill(&mut self, rows: &[notice::Model]) -> Result<(), StoreError> {
        let known = rows.iter().filter_map(|it| {
            let client = it.client.clone();
            codec::name(&it.ticket).ok().map(|id| Known { client, id })
        });
        let known: Vec<Known> = known.collect();
        match tickets::tickets(self.desk.store.reading(), &known).await {
            Ok(found) => {
                let found = found.into_values().map(|it| (it.id, Some(it)));
                self.tickets.extend(found);
                Ok(())
            }
            Err(StoreError::Corrupt { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn ticket(&mut self, row: &notice::Model) -> Result<Ticket, StoreError> {
        let known = Known {
            client: row.client.clone(),
            id: codec::name(&row.ticket)?,
        };
        if !self.tickets.contains_key(&known.id) {
            let found = load::ticket(self.desk.store.reading(), &known).await?;
            self.tickets.insert(known.id, found);
        }
        let found = self.tickets.get(&known.id).cloned().flatten();
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
            doubted: row.state == "sending" || settle::in_doubt(row.answer.as_deref()),
            to,
            ticket,
            gate,
            link: None,
        };
        Ok((due, days))
    }
}
