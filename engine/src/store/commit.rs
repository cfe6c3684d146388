//! The only writer of transitions: ticket, tasks, gates, ledger, slots, locks, record, notices, all
//! in the transaction of the decision, or nothing.

use super::{
    StoreError, Tx, codec,
    entity::{
        client, decision, gate_barred, inbox, resource_lock, slot, task, ticket, ticket_order,
    },
};
use crate::{
    approval::Gate,
    id::CommandId,
    journal::{Hash, Place},
    people::Actor,
    quota::SlotMove,
    ticket::{Ticket, Transition, transition::LockMove},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

/// Everything a commit needs that is not in the transition.
pub(crate) struct Seal<'a> {
    pub(crate) now: DateTime<Utc>,
    pub(crate) actor: &'a Actor,
    pub(crate) command: CommandId,
    pub(crate) digest: String,
    pub(crate) salt: &'a (dyn Fn() -> Hash + Send + Sync),
    pub(crate) name: &'a (dyn Fn() -> Uuid + Send + Sync),
}

impl Tx {
    /// Writes a transition. `before` is the ticket the decision was made on.
    pub(crate) async fn write(
        &self,
        before: Option<&Ticket>,
        step: &Transition,
        seal: &Seal<'_>,
    ) -> Result<(), StoreError> {
        self.write_ticket(before, step).await?;
        self.write_tasks(before, &step.ticket).await?;
        self.write_gates(before, step, seal).await?;
        self.write_locks(step, seal).await?;
        self.write_slot(step).await?;
        if step.new {
            self.count_ticket(&step.ticket.client).await?;
        }
        let about = Place {
            index: 0,
            id: (seal.name)().to_string(),
            at: seal.now,
            about: &step.ticket.reference,
            actor: pseudonym(seal.actor),
            via: seal.actor.via().word(),
        };
        let seq = self
            .append(Some(&step.ticket), &step.record, about, seal)
            .await?;
        self.write_moves(
            &step.ticket.client,
            &step.ticket.contract,
            &step.moves,
            seq,
            seal.now,
        )
        .await?;
        self.write_notices(step, seq, seal.now).await?;
        for child in &step.children {
            Box::pin(self.write(None, child, seal)).await?;
        }
        Ok(())
    }

    /// Remembers that the command was applied, so that the same command again is answered, not
    /// applied (R8).
    pub(crate) async fn remember(
        &self,
        client: &str,
        ticket: String,
        seal: &Seal<'_>,
    ) -> Result<(), StoreError> {
        let row = inbox::Model {
            client: client.to_owned(),
            command: seal.command.to_string(),
            digest: seal.digest.clone(),
            ticket,
            at: codec::micros(seal.now),
        };
        row.into_active_model().insert(&self.tx).await?;
        Ok(())
    }

    async fn write_ticket(
        &self,
        before: Option<&Ticket>,
        step: &Transition,
    ) -> Result<(), StoreError> {
        let after = &step.ticket;
        let row = codec::ticket_row(after)?.into_active_model();
        if step.new {
            row.insert(&self.tx).await?;
        } else {
            let was = before.map_or(after.version - 1, |it| it.version);
            let updated = ticket::Entity::update_many()
                .set(row.reset_all())
                .filter(ticket::Column::Client.eq(&after.client))
                .filter(ticket::Column::Id.eq(after.id.to_string()))
                .filter(ticket::Column::Version.eq(was))
                .exec(&self.tx)
                .await?;
            if updated.rows_affected != 1 {
                return Err(StoreError::Conflict);
            }
        }
        if step.new || step.reordered {
            let row = ticket_order::Model {
                client: after.client.clone(),
                ticket: after.id.to_string(),
                body: codec::json(after.ordered.as_ref())?,
            };
            let row = row.into_active_model();
            if step.new {
                row.insert(&self.tx).await?;
            } else {
                row.reset_all().update(&self.tx).await?;
            }
        }
        Ok(())
    }

    async fn write_tasks(&self, before: Option<&Ticket>, after: &Ticket) -> Result<(), StoreError> {
        let old = before.map_or(&[][..], |it| &it.tasks);
        let mut fresh = Vec::new();
        for (i, task) in after.tasks.iter().enumerate() {
            match old.get(i) {
                Some(was) if was == task => {}
                Some(_) => {
                    let row = codec::task_row(&after.client, after.id, task)?;
                    row.into_active_model().reset_all().update(&self.tx).await?;
                }
                None => {
                    fresh.push(codec::task_row(&after.client, after.id, task)?.into_active_model());
                }
            }
        }
        for chunk in fresh.chunks(50) {
            task::Entity::insert_many(chunk.to_vec())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Decisions go in before their gate changes: the database checks them against the open gate.
    async fn write_gates(
        &self,
        before: Option<&Ticket>,
        step: &Transition,
        seal: &Seal<'_>,
    ) -> Result<(), StoreError> {
        let after = &step.ticket;
        for (id, said) in &step.decisions {
            let digest = after
                .gate(*id)
                .map(|it| it.digest.clone())
                .unwrap_or_default();
            let row = decision::Model {
                client: after.client.clone(),
                gate: id.to_string(),
                person: said.person.to_string(),
                digest,
                verdict: codec::word(&said.verdict)?,
                via: said.via.clone(),
                comment: said.comment.clone(),
                at: codec::micros(seal.now),
            };
            row.into_active_model().insert(&self.tx).await?;
        }
        for it in &after.gates {
            let was: Option<&Gate> = before.and_then(|before| before.gate(it.id));
            if was == Some(it) {
                continue;
            }
            let row = codec::gate_row(&after.client, after.id, it)?.into_active_model();
            if was.is_some() {
                row.reset_all().update(&self.tx).await?;
                continue;
            }
            row.insert(&self.tx).await?;
            for person in &it.barred {
                let row = gate_barred::Model {
                    client: after.client.clone(),
                    gate: it.id.to_string(),
                    person: person.to_string(),
                };
                row.into_active_model().insert(&self.tx).await?;
            }
        }
        Ok(())
    }

    /// Locks are all taken or none: the primary key refuses a second holder. Tickets that waited
    /// for this one look again at once.
    async fn write_locks(&self, step: &Transition, seal: &Seal<'_>) -> Result<(), StoreError> {
        let after = &step.ticket;
        match &step.locks {
            None => Ok(()),
            Some(LockMove::Take(resources)) => {
                let mine: Vec<String> = resource_lock::Entity::find()
                    .filter(resource_lock::Column::Client.eq(&after.client))
                    .filter(resource_lock::Column::Ticket.eq(after.id.to_string()))
                    .all(&self.tx)
                    .await?
                    .into_iter()
                    .map(|it| it.resource)
                    .collect();
                for resource in resources.iter().filter(|it| !mine.contains(it)) {
                    let row = resource_lock::Model {
                        client: after.client.clone(),
                        resource: resource.clone(),
                        ticket: after.id.to_string(),
                        at: codec::micros(seal.now),
                    };
                    row.into_active_model().insert(&self.tx).await?;
                }
                Ok(())
            }
            Some(LockMove::Release) => {
                resource_lock::Entity::delete_many()
                    .filter(resource_lock::Column::Client.eq(&after.client))
                    .filter(resource_lock::Column::Ticket.eq(after.id.to_string()))
                    .exec(&self.tx)
                    .await?;
                let now = Expr::value(codec::micros(seal.now));
                ticket::Entity::update_many()
                    .col_expr(ticket::Column::WakeAt, now)
                    .filter(ticket::Column::Client.eq(&after.client))
                    .filter(ticket::Column::WaitsFor.eq(after.id.to_string()))
                    .exec(&self.tx)
                    .await?;
                Ok(())
            }
        }
    }

    async fn write_slot(&self, step: &Transition) -> Result<(), StoreError> {
        let after = &step.ticket;
        let mine = slot::Column::Client
            .eq(&after.client)
            .and(slot::Column::Ticket.eq(after.id.to_string()));
        match step.slot {
            None => {}
            Some(SlotMove::Reserve { from, ordinal }) => {
                let row = slot::Model {
                    client: after.client.clone(),
                    contract: after.contract.clone(),
                    year_from: from.to_string(),
                    ordinal: i32::from(ordinal),
                    ticket: after.id.to_string(),
                    consumed: false,
                };
                row.into_active_model().insert(&self.tx).await?;
            }
            Some(SlotMove::Consume) => {
                slot::Entity::update_many()
                    .col_expr(slot::Column::Consumed, Expr::value(true))
                    .filter(mine)
                    .exec(&self.tx)
                    .await?;
            }
            Some(SlotMove::Return) => {
                slot::Entity::delete_many()
                    .filter(mine)
                    .exec(&self.tx)
                    .await?;
            }
        }
        Ok(())
    }

    async fn count_ticket(&self, code: &str) -> Result<(), StoreError> {
        client::Entity::update_many()
            .col_expr(
                client::Column::NextNumber,
                Expr::col(client::Column::NextNumber).add(1),
            )
            .filter(client::Column::Client.eq(code))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

/// How the journal names an actor.
pub(crate) fn pseudonym(actor: &Actor) -> String {
    match actor {
        Actor::Person(person, _) => format!("p:{}", person.pseudonym),
        Actor::Engine(part) => format!("engine:{part}"),
    }
}
