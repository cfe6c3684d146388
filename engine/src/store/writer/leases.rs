//! Ends of leases, which move without a record: a replica asks for those of the tickets it knows.

use super::{Needs, batch::Batch, load::tickets_of};
use crate::{
    store::{
        StoreError, codec,
        gather::{Gather, Gathered},
        load::Known,
    },
    ticket::{Status, Task},
};
use std::{collections::BTreeSet, sync::Arc};

/// Tasks that somebody has a lease on.
const HELD: [Status; 2] = [Status::Running, Status::Undoing];

pub(super) fn ask(asked: &mut Gather, batch: &Batch, needs: &[Needs]) -> Result<(), StoreError> {
    let leased = |it: &Known| {
        let known = batch.ticket(it);
        known.is_some_and(|it| {
            it.tasks
                .having(&HELD)
                .any(|(_, it)| it.lease_until.is_some())
        })
    };
    let leased = tickets_of(needs).filter(leased);
    let leased: BTreeSet<_> = leased.map(|it| (it.client, it.id.to_string())).collect();
    if leased.is_empty() {
        return Ok(());
    }
    let leased: Vec<_> = leased.into_iter().collect();
    asked.list("leased", &["client", "id"], &leased)?;
    asked.values(
        "lease",
        "task.client, task.ticket, task.seq, task.lease_until",
        "leased CROSS JOIN task WHERE task.client = leased.client AND task.ticket = leased.id
         AND task.lease_until IS NOT NULL",
    );
    Ok(())
}

pub(super) fn tell(found: &mut Gathered, batch: &mut Batch) -> Result<(), StoreError> {
    for (client, ticket, seq, until) in
        found.values::<(String, String, i32, Option<i64>)>("lease")?
    {
        let id = codec::name(&ticket)?;
        let known = batch.tickets.get_mut(&Known { client, id });
        let Some(ticket) = known.and_then(Option::as_mut) else {
            continue;
        };
        let until = codec::maybe(until)?;
        let moved = |it: &Task| it.seq == seq && it.lease_until != until;
        let moved = ticket.tasks.having(&HELD).find(|(_, it)| moved(it));
        if let Some(at) = moved.map(|(at, _)| at) {
            Arc::make_mut(ticket).tasks.change(at).lease_until = until;
        }
    }
    Ok(())
}
