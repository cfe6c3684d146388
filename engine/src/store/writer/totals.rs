//! Writes what a client's tickets share: locks, slots, counters, the ends of logs.

use super::batch::Batch;
use crate::{
    quota::SlotMove,
    store::{
        StoreError, codec,
        entity::{resource_lock, slot},
        sets::{Set, Sheet},
    },
};
use serde_json::{Value, json};

/// Whoever waits for a ticket that let go looks again.
const WAKE: &str = "UPDATE ticket SET wake_at = CAST(it.value->>'at' AS BIGINT) FROM {rows}
    WHERE ticket.client = it.value->>'client' AND ticket.waits_for = it.value->>'id'";
/// Locks that are let go.
const UNLOCK: &str = "DELETE FROM resource_lock WHERE (client, resource) IN
    (SELECT it.value->>'client', it.value->>'resource' FROM {rows})";
/// How many tickets a client got.
const NUMBER: &str = "UPDATE client
    SET next_number = next_number + CAST(it.value->>'more' AS BIGINT) FROM {rows}
    WHERE client.client = it.value->>'client'";
/// An accelerated slot is used up, or free again.
const CONSUME: &str = "UPDATE slot SET consumed = TRUE FROM {rows}
    WHERE slot.client = it.value->>'client' AND slot.ticket = it.value->>'ticket'";
const RETURN: &str = "DELETE FROM slot WHERE (client, ticket) IN
    (SELECT it.value->>'client', it.value->>'ticket' FROM {rows})";
/// The end of a log, from where it is remembered to have been.
const HEAD: &str = "UPDATE log_head SET size = CAST(it.value->>'size' AS BIGINT),
    frontier = it.value->>'frontier' FROM {rows}
    WHERE log_head.client = it.value->>'client'
    AND log_head.size = CAST(it.value->>'was' AS BIGINT)";

impl Batch {
    pub(super) fn wakes_to(&self, sheet: &mut Sheet) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for (client, freed) in &self.rows.freed {
            let one = |(id, at)| json!({ "client": client, "id": id, "at": codec::micros(at) });
            rows.extend(freed.iter().copied().map(one));
        }
        sheet.change(WAKE, &rows, false)
    }

    /// Locks that are let go; those that are taken are returned. They are all taken or none: the
    /// primary key refuses a second holder.
    pub(super) fn unlocks_to(
        &self,
        sheet: &mut Sheet,
    ) -> Result<Set<resource_lock::Model>, StoreError> {
        let (mut gone, mut taken) = (Vec::new(), self.set());
        for (code, (before, now)) in &self.rows.locked {
            let after = match self.clients.get(code) {
                Some(Some(client)) => &client.locks,
                Some(None) | None => return Err(codec::corrupt("client", code)),
            };
            let holder = |it: Option<&(crate::id::TicketId, String)>| it.map(|it| it.0);
            for (resource, was) in before.as_ref() {
                if holder(after.get(resource)) != Some(was.0) {
                    gone.push(json!({ "client": code, "resource": resource }));
                }
            }
            for (resource, is) in after.as_ref() {
                if holder(before.get(resource)) != Some(is.0) {
                    taken.push(&resource_lock::Model {
                        client: code.clone(),
                        resource: resource.clone(),
                        ticket: is.0.to_string(),
                        at: codec::micros(*now),
                    })?;
                }
            }
        }
        sheet.change(UNLOCK, &gone, true)?;
        Ok(taken)
    }

    pub(super) fn numbers_to(&self, sheet: &mut Sheet) -> Result<(), StoreError> {
        let row = |(code, more): (&String, &i64)| json!({ "client": code, "more": more });
        let rows: Vec<Value> = self.rows.counted.iter().map(row).collect();
        sheet.change(NUMBER, &rows, true)
    }

    pub(super) fn heads_to(&self, sheet: &mut Sheet) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for (code, was) in &self.rows.logs {
            let log = match self.clients.get(code) {
                Some(Some(client)) => &client.log,
                Some(None) | None => return Err(codec::corrupt("log", code)),
            };
            let frontier = log.frontier.encode();
            rows.push(json!({
                "client": code, "was": was, "size": log.size, "frontier": frontier,
            }));
        }
        sheet.change(HEAD, &rows, true)
    }

    pub(super) fn slots_to(&self, sheet: &mut Sheet) -> Result<(), StoreError> {
        for (known, contract, step) in &self.rows.slots {
            sheet.then();
            let mine = [json!({ "client": known.client, "ticket": known.id })];
            match *step {
                SlotMove::Reserve { from, ordinal } => {
                    let mut one = self.set();
                    one.push(&slot::Model {
                        client: known.client.clone(),
                        contract: contract.clone(),
                        year_from: from.to_string(),
                        ordinal: i32::from(ordinal),
                        ticket: known.id.to_string(),
                        consumed: false,
                    })?;
                    sheet.insert(one)?;
                }
                SlotMove::Consume => sheet.change(CONSUME, &mine, true)?,
                SlotMove::Return => sheet.change(RETURN, &mine, true)?,
            }
        }
        Ok(())
    }
}
