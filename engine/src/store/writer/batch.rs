//! What a group of commands looks at and leaves: state in memory, and the rows it turns into.

use super::{Needs, load::Grip, rows::Rows};
use crate::{
    contract::Contract,
    id::TicketId,
    journal::{Frontier, Place},
    ledger::{Lot, Move},
    people::Person,
    quota::{self, Slot, SlotMove, Year},
    store::{
        Left, StoreError,
        append::{self, Seal, pseudonym},
        codec,
        load::{Known, Loaded},
        tokens,
    },
    ticket::{Ticket, Transition, transition::LockMove},
};
use catalogue::Tokens;
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use sea_orm::{ConnectionTrait, DbBackend};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// Resources that are held: by which ticket, and its reference.
pub(super) type Locks = BTreeMap<String, (TicketId, String)>;

/// State of the clients and tickets that a group is about.
pub(crate) struct Batch {
    pub(super) backend: DbBackend,
    pub(super) clients: HashMap<String, Option<Client>>,
    pub(super) tickets: HashMap<Known, Option<Arc<Ticket>>>,
    /// Tickets of clients of which somebody else changed something: they may be among it.
    pub(super) unsure: HashSet<Known>,
    pub(super) applied: Applied,
    /// Those of the group under way: nobody can read them yet.
    pub(super) applying: Applied,
    pub(super) rows: Rows,
    /// What the database's clock said when the group began, and when that was.
    pub(super) began: Option<(DateTime<Utc>, std::time::Instant)>,
}

/// Commands by client and name: their digests, and the tickets they were applied to.
pub(super) type Applied = HashMap<(String, String), (String, TicketId)>;

/// What decisions on a client's tickets look at.
pub(super) struct Client {
    pub(super) people: Arc<Vec<Person>>,
    pub(super) contracts: HashMap<String, Arc<Contract>>,
    pub(super) lots: HashMap<String, Vec<Lot>>,
    pub(super) slots: Vec<Taken>,
    pub(super) locks: Arc<Locks>,
    pub(super) next_number: i64,
    pub(super) log: Log,
}

/// A slot with the year it counts for.
pub(super) struct Taken {
    pub(super) contract: String,
    pub(super) from: NaiveDate,
    pub(super) slot: Slot,
}

/// End of a client's log.
pub(super) struct Log {
    pub(super) frontier: Frontier,
    pub(super) size: i64,
    pub(super) last_at: Option<DateTime<Utc>>,
}

impl Batch {
    pub(super) fn new(backend: DbBackend) -> Batch {
        Batch {
            backend,
            clients: HashMap::new(),
            tickets: HashMap::new(),
            unsure: HashSet::new(),
            applied: Applied::new(),
            applying: Applied::new(),
            rows: Rows::new(backend),
            began: None,
        }
    }

    /// Reads whatever of this is not in memory; on PostgreSQL its clients are held.
    pub(super) async fn load(
        &mut self,
        db: &impl ConnectionTrait,
        needs: &[Needs],
    ) -> Result<(), StoreError> {
        super::load::into(self, db, needs, Grip::Firm).await
    }

    /// A batch to look at, from which nothing is written.
    pub(crate) async fn glance(
        db: &impl ConnectionTrait,
        needs: &Needs,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new(db.get_database_backend());
        let needs = std::slice::from_ref(needs);
        super::load::into(&mut batch, db, needs, Grip::Loose).await?;
        Ok(batch)
    }

    /// The time of this group: the database's where several processes share one.
    pub(crate) fn now(&self, clock: &dyn crate::ambient::Clock) -> DateTime<Utc> {
        match self.began {
            Some((then, at)) if clock.yields_to_the_database() => {
                (then + at.elapsed()).trunc_subsecs(6)
            }
            _ => clock.now(),
        }
    }

    /// The ticket an earlier copy of this command was applied to, with the digest it had.
    pub(crate) fn applied(&self, client: &str, command: &str) -> Option<&(String, TicketId)> {
        let key = (client.to_owned(), command.to_owned());
        self.applied.get(&key).or_else(|| self.applying.get(&key))
    }

    /// The ticket as the commands before left it.
    pub(crate) fn ticket(&self, at: &Known) -> Option<Arc<Ticket>> {
        self.tickets.get(at).cloned().flatten()
    }

    /// What a decision under that contract looks at.
    pub(crate) fn facts(&self, client: &str, contract: &str, now: DateTime<Utc>) -> Option<Loaded> {
        let client = self.clients.get(client)?.as_ref()?;
        let contract = client.contracts.get(contract)?.clone();
        let year: Year = quota::year(&contract, now);
        let here = |it: &&Taken| it.contract == contract.code && it.from == year.from;
        Some(Loaded {
            people: client.people.clone(),
            lots: client.lots.get(&contract.code).cloned().unwrap_or_default(),
            slots: client.slots.iter().filter(here).map(|it| it.slot).collect(),
            locks: client.locks.clone(),
            next_number: client.next_number,
            year,
            contract,
        })
    }

    /// Puts a transition into the batch; the ticket as it leaves it.
    pub(crate) fn write(
        &mut self,
        step: &Transition,
        seal: &Seal<'_>,
    ) -> Result<Arc<Ticket>, StoreError> {
        let after = Arc::new(step.ticket.clone());
        let known = Known::from(&step.ticket);
        let was = self.tickets.insert(known.clone(), Some(after.clone()));
        self.rows.touch(&known, was.flatten(), step);
        self.rows.until = Some(seal.now);
        for (gate, said) in &step.decisions {
            self.rows.decide(&after, *gate, said, seal.now)?;
        }
        if step.new {
            self.client(&after.client)?.next_number += 1;
            *self.rows.counted.entry(after.client.clone()).or_default() += 1;
        }
        self.lock(&after, step.locks.as_ref(), seal.now)?;
        self.count_slot(&after, step.slot)?;
        let seq = self.append(&after, step, seal)?;
        self.post(&after, &step.moves, seq, seal.now)?;
        self.rows.owe(step, seq, seal.now)?;
        for child in &step.children {
            self.write(child, seal)?;
        }
        Ok(after)
    }

    /// Remembers that the command was applied, so that the same command again is answered, not
    /// applied (R8).
    pub(crate) fn remember(&mut self, ticket: &Ticket, seal: &Seal<'_>) -> Result<(), StoreError> {
        let command = seal.command.to_string();
        self.rows.remember(ticket, &command, seal)?;
        let key = (ticket.client.clone(), command);
        self.applied.insert(key, (seal.digest.clone(), ticket.id));
        Ok(())
    }

    /// Prolongs the lease of a task, and says whether that claim still holds.
    pub(crate) fn prolong(
        &mut self,
        at: &Known,
        task: &str,
        fence: i64,
        until: DateTime<Utc>,
    ) -> bool {
        let Some(Some(ticket)) = self.tickets.get_mut(at) else {
            return false;
        };
        let was = ticket.clone();
        let held = |at: &usize| {
            let it = &was.tasks[*at];
            it.fence == fence && it.lease_until.is_some()
        };
        let Some(nth) = was.tasks.find(task).filter(held) else {
            return false;
        };
        Arc::make_mut(ticket).tasks.change(nth).lease_until = Some(until);
        self.rows.keep(at, was);
        true
    }

    /// Whether other replicas find something to do: whoever waits for a lock that is let go is due
    /// as well.
    pub(super) fn left(&self) -> Left {
        let Some(now) = self.rows.until else {
            return Left::Nothing;
        };
        let mut changed = self.rows.before.keys().filter_map(|it| self.ticket(it));
        let due = changed.any(|it| it.due(now).next().is_some());
        match due || !self.rows.freed.is_empty() {
            true => Left::Work,
            false => Left::Nothing,
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.rows.is_changed()
    }

    pub(super) fn client(&mut self, code: &str) -> Result<&mut Client, StoreError> {
        let found = self.clients.get_mut(code).and_then(Option::as_mut);
        found.ok_or_else(|| codec::corrupt("client", code))
    }

    fn lock(
        &mut self,
        ticket: &Ticket,
        step: Option<&LockMove>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Some(step) = step else { return Ok(()) };
        let client = self.client(&ticket.client)?;
        let before = client.locks.clone();
        let locks = Arc::make_mut(&mut client.locks);
        match step {
            LockMove::Take(resources) => {
                for resource in resources {
                    let mine = (ticket.id, ticket.reference.clone());
                    let held = locks.entry(resource.clone()).or_insert(mine);
                    if held.0 != ticket.id {
                        return Err(StoreError::Conflict);
                    }
                }
            }
            LockMove::Release => locks.retain(|_, (holder, _)| *holder != ticket.id),
        }
        if *step == LockMove::Release {
            self.rows.wake(ticket, now);
        }
        self.rows.locks(&ticket.client, before, now);
        Ok(())
    }

    fn count_slot(&mut self, ticket: &Ticket, step: Option<SlotMove>) -> Result<(), StoreError> {
        let Some(step) = step else { return Ok(()) };
        let client = self.client(&ticket.client)?;
        match step {
            SlotMove::Reserve { from, ordinal } => client.slots.push(Taken {
                contract: ticket.contract.clone(),
                from,
                slot: Slot {
                    ordinal,
                    ticket: ticket.id,
                    consumed: false,
                },
            }),
            SlotMove::Consume => {
                let mine = client.slots.iter_mut();
                mine.filter(|it| it.slot.ticket == ticket.id)
                    .for_each(|it| it.slot.consumed = true);
            }
            SlotMove::Return => client.slots.retain(|it| it.slot.ticket != ticket.id),
        }
        client.slots.sort_by_key(|it| it.slot.ordinal);
        self.rows.slot(ticket, step);
        Ok(())
    }

    /// Appends one record to the client's log.
    fn append(
        &mut self,
        ticket: &Arc<Ticket>,
        step: &Transition,
        seal: &Seal<'_>,
    ) -> Result<i64, StoreError> {
        let log = &mut self.client(&ticket.client)?.log;
        let at = log.last_at.map_or(seal.now, |it| it.max(seal.now));
        let place = Place {
            index: log.size,
            id: (seal.name)().to_string(),
            at,
            about: &ticket.reference,
            actor: pseudonym(seal.actor),
            via: seal.actor.via().word(),
        };
        let before = log.size;
        let (record, openings) =
            append::record(&ticket.client, Some(ticket), &step.record, &place, seal);
        log.frontier.append(record.1);
        log.size += 1;
        log.last_at = Some(at);
        self.rows
            .record(&ticket.client, before, &record.0, &openings)?;
        Ok(before)
    }

    fn post(
        &mut self,
        ticket: &Ticket,
        moves: &[Move],
        seq: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if moves.is_empty() {
            return Ok(());
        }
        let lots = &mut self.client(&ticket.client)?.lots;
        for step in moves {
            let (lot, by) = tokens::counters(step);
            let known = lots.values_mut().flatten().find(|it| it.id == lot);
            let lot = known.ok_or_else(|| codec::corrupt("lot", lot.to_string()))?;
            let add = |it: &mut Tokens, by: i64| -> Result<(), StoreError> {
                *it = codec::count(i64::from(it.0) + by)?;
                Ok(())
            };
            add(&mut lot.held, by.held)?;
            add(&mut lot.spent, by.spent)?;
            add(&mut lot.expired, by.expired)?;
        }
        self.rows
            .post(&ticket.client, &ticket.contract, moves, seq, now)
    }
}
