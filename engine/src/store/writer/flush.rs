//! Writes a group, set by set: as few statements as there are tables, whatever the number of
//! commands. Nothing is answered before the commit that follows.

use super::batch::Batch;
use crate::{
    approval::{Gate, GateState},
    store::{
        StoreError, codec,
        entity::{gate, gate_barred, task, ticket, ticket_order},
        load::Known,
        sets::{Set, Sheet},
        tokens,
    },
    ticket::Ticket,
};
use sea_orm::ModelTrait;
use serde::Serialize;
use std::collections::BTreeMap;

/// What of a ticket changes with its steps. SQLite writes the entries of every index of a column
/// that is named here anew, changed or not.
const TICKET_MOVES: [ticket::Column; 6] = [
    ticket::Column::Version,
    ticket::Column::State,
    ticket::Column::UpdatedAt,
    ticket::Column::WakeAt,
    ticket::Column::WaitsFor,
    ticket::Column::Head,
];
/// What of it changes as well in a few of them, as [`turned`] tells.
const TICKET_TURNS: [ticket::Column; 4] = [
    ticket::Column::Ending,
    ticket::Column::Code,
    ticket::Column::Cluster,
    ticket::Column::Speed,
];
/// The row is exactly as far behind as the ticket went.
const EXACT: &str = "{old}.version = {new}.version - {step}";
/// What of an order may change.
const ORDER_MOVES: [ticket_order::Column; 2] =
    [ticket_order::Column::Body, ticket_order::Column::Graph];
/// What of a task may change.
const TASK_MOVES: [task::Column; 8] = [
    task::Column::Status,
    task::Column::Attempt,
    task::Column::Fence,
    task::Column::Owner,
    task::Column::LeaseUntil,
    task::Column::RunAt,
    task::Column::ByMachine,
    task::Column::Body,
];
/// What of a gate may change.
const GATE_MOVES: [gate::Column; 4] = [
    gate::Column::State,
    gate::Column::ExpiresAt,
    gate::Column::RemindAt,
    gate::Column::Reminders,
];

impl Batch {
    /// Everything that is to be written, with checks that every row it changes was as it is
    /// remembered.
    pub(super) fn sheet(&mut self) -> Result<Sheet, StoreError> {
        let mut sheet = Sheet::new(self.backend);
        self.tickets_to(&mut sheet)?;
        self.tasks_to(&mut sheet)?;
        let asked = self.gates_to(&mut sheet)?;
        let taken = self.unlocks_to(&mut sheet)?;
        let rows = &mut self.rows;
        sheet.insert(rows.records.take())?;
        sheet.insert(rows.openings.take())?;
        sheet.insert(rows.notices.take())?;
        sheet.insert(rows.inbox.take())?;
        sheet.insert(rows.holds.take())?;
        sheet.insert(rows.settlements.take())?;
        sheet.insert(rows.postings.take())?;
        tokens::count(&mut sheet, &rows.lots)?;
        self.numbers_to(&mut sheet)?;
        self.heads_to(&mut sheet)?;
        sheet.then();
        self.wakes_to(&mut sheet)?;
        sheet.insert(taken)?;
        // Decisions go in while their gate is still open: the database checks them against it.
        sheet.insert(self.rows.decisions.take())?;
        sheet.then();
        sheet.replace(asked, &GATE_MOVES, None, None)?;
        self.slots_to(&mut sheet)?;
        Ok(sheet)
    }

    /// For rows of one table.
    pub(super) fn set<M: ModelTrait + Serialize>(&self) -> Set<M> {
        Set::new(self.backend)
    }

    fn after(&self, known: &Known) -> Result<&Ticket, StoreError> {
        let found = self.tickets.get(known).and_then(Option::as_ref);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| codec::corrupt("ticket", known.id))
    }

    fn tickets_to(&self, sheet: &mut Sheet) -> Result<(), StoreError> {
        let (mut new, mut orders, mut reordered) = (self.set(), self.set(), self.set());
        // By how many steps each ticket went: the row has to be exactly that far behind.
        let mut moved: BTreeMap<(i64, bool), Set<ticket::Model>> = BTreeMap::new();
        for (known, before) in &self.rows.before {
            let after = self.after(known)?;
            let order = || -> Result<ticket_order::Model, StoreError> {
                Ok(ticket_order::Model {
                    client: after.client.clone(),
                    ticket: after.id.to_string(),
                    body: codec::json(after.ordered.as_ref())?,
                    graph: codec::graph(&after.tasks)?,
                })
            };
            match before {
                None => {
                    new.push(&codec::ticket_row(after)?)?;
                    orders.push(&order()?)?;
                }
                Some(before) => {
                    let steps = after.version - before.version;
                    if steps > 0 {
                        let moves = (steps, turned(before, after));
                        let rows = moved.entry(moves).or_insert_with(|| self.set());
                        rows.push(&codec::ticket_row(after)?)?;
                    }
                    let grown = !after.tasks.same_nodes(&before.tasks);
                    if grown || self.rows.reordered.contains(known) {
                        reordered.push(&order()?)?;
                    }
                }
            }
        }
        sheet.insert(new)?;
        sheet.insert(orders)?;
        sheet.replace(reordered, &ORDER_MOVES, None, None)?;
        for ((steps, turned), rows) in moved {
            let mut columns = TICKET_MOVES.to_vec();
            if turned {
                columns.extend(TICKET_TURNS);
            }
            sheet.replace(rows, &columns, Some(EXACT), Some(steps))?;
        }
        Ok(())
    }

    fn tasks_to(&self, sheet: &mut Sheet) -> Result<(), StoreError> {
        let (mut new, mut changed) = (self.set(), self.set());
        for (known, before) in &self.rows.before {
            let after = self.after(known)?;
            let old = before.as_ref().map(|it| &it.tasks);
            for (at, task) in after.tasks.changed(old) {
                let row = || codec::task_row(&after.client, after.id, task);
                match old.and_then(|it| it.get(at)) {
                    Some(was) if was == task => {}
                    Some(_) => changed.push(&row()?)?,
                    None => new.push(&row()?)?,
                }
            }
        }
        sheet.insert(new)?;
        // A claim is never taken back: whatever is stored is older (R2).
        let older = Some("{old}.fence <= {new}.fence");
        sheet.replace(changed, &TASK_MOVES, older, None)
    }

    /// New gates; those that changed are returned.
    fn gates_to(&self, sheet: &mut Sheet) -> Result<Set<gate::Model>, StoreError> {
        let (mut new, mut changed, mut barred) = (self.set(), self.set(), self.set());
        for (known, before) in &self.rows.before {
            let after = self.after(known)?;
            for it in &after.gates {
                let was: Option<&Gate> = before.as_ref().and_then(|before| before.gate(it.id));
                if was == Some(it) {
                    continue;
                }
                let row = codec::gate_row(&after.client, after.id, it)?;
                if was.is_some() {
                    changed.push(&row)?;
                    continue;
                }
                for person in &it.barred {
                    barred.push(&gate_barred::Model {
                        client: after.client.clone(),
                        gate: row.id.clone(),
                        person: person.to_string(),
                    })?;
                }
                let open = GateState::Open.word();
                if self.rows.decided.contains(&it.id) && row.state != open {
                    changed.push(&row)?;
                    new.push(&gate::Model {
                        state: open.into(),
                        ..row
                    })?;
                } else {
                    new.push(&row)?;
                }
            }
        }
        sheet.insert(new)?;
        sheet.insert(barred)?;
        Ok(changed)
    }
}

/// Whether any of [`TICKET_TURNS`] changed.
fn turned(before: &Ticket, after: &Ticket) -> bool {
    before.ending != after.ending
        || before.code != after.code
        || before.cluster != after.cluster
        || before.speed != after.speed
}
