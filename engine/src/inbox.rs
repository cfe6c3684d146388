//! What waits for whom: questions to answer, tasks to do by hand, tickets that stand still.

use crate::{
    approval::{self, GateState},
    desk::Desk,
    id::GateId,
    people::{Person, Right},
    query::Summary,
    run,
    store::{Known, StoreError, codec, entity, load},
    ticket::{State, Status, Ticket},
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeSet;
use workflows::{Party, Role, Work};

/// Most tickets of one kind that an inbox looks at.
pub const MOST_WAITING: u64 = 500;

/// Something that waits for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// On which ticket.
    pub ticket: Summary,
    /// What for.
    pub what: Turn,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
}

/// What a person is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// An answer.
    Gate(GateId, workflows::Purpose),
    /// A task by hand.
    Hand(String),
    /// A standstill: retry, skip, take over or give up.
    Standstill(String),
    /// A contested delivery.
    Contested,
}

impl Desk {
    /// What waits for this person, most urgent first. Looks only at tickets on which somebody is
    /// waited for, oldest first, at most [`MOST_WAITING`] of each kind.
    ///
    /// # Errors
    /// The database failed.
    pub async fn inbox(&self, person: &Person) -> Result<Vec<Waiting>, StoreError> {
        let db = self.store.reading();
        let mut waiting = Vec::new();
        for known in self.waited_for(person).await? {
            if let Some(ticket) = load::ticket(db, &known).await? {
                turns(&ticket, person, &mut waiting);
            }
        }
        waiting.sort_by_key(|it| (it.until.is_none(), it.until, it.since));
        Ok(waiting)
    }

    /// Tickets that may wait for this person: open gates of their side and, for the provider,
    /// tasks by hand and standstills.
    async fn waited_for(&self, person: &Person) -> Result<Vec<Known>, StoreError> {
        use entity::{gate, task, ticket};
        let db = self.store.reading();
        let mut places: BTreeSet<(String, String)> = BTreeSet::new();
        let mut gates = gate::Entity::find()
            .select_only()
            .columns([gate::Column::Client, gate::Column::Ticket])
            .filter(gate::Column::State.eq(GateState::Open.word()))
            .order_by_asc(gate::Column::OpenedAt)
            .limit(MOST_WAITING);
        let client_side = codec::word(&Party::Client)?;
        gates = match &person.client {
            Some(client) => gates
                .filter(gate::Column::Client.eq(client))
                .filter(gate::Column::Party.eq(client_side)),
            None => gates.filter(gate::Column::Party.ne(client_side)),
        };
        places.extend(gates.into_tuple().all(db).await?);
        if person.is_staff() {
            let by_hand = task::Entity::find()
                .select_only()
                .columns([task::Column::Client, task::Column::Ticket])
                .filter(task::Column::ByMachine.eq(false))
                .filter(task::Column::Status.is_in([Status::Ready.word(), Status::UndoDue.word()]))
                .limit(MOST_WAITING);
            places.extend(by_hand.into_tuple().all(db).await?);
            let still = ticket::Entity::find()
                .select_only()
                .columns([ticket::Column::Client, ticket::Column::Id])
                .filter(
                    ticket::Column::State.is_in([State::Blocked.word(), State::Contested.word()]),
                )
                .order_by_asc(ticket::Column::CreatedAt)
                .limit(MOST_WAITING);
            places.extend(still.into_tuple().all(db).await?);
        }
        places
            .into_iter()
            .map(|(client, id)| {
                Ok(Known {
                    client,
                    id: codec::name(&id)?,
                })
            })
            .collect()
    }
}

/// What on this ticket waits for this person.
fn turns(ticket: &Ticket, person: &Person, into: &mut Vec<Waiting>) {
    let summary = Summary::from(ticket);
    let mut put = |what, since, until| {
        into.push(Waiting {
            ticket: summary.clone(),
            what,
            since,
            until,
        });
    };
    let operators = ticket.approving_operators();
    for gate in ticket.open_gates() {
        let at = gate.opened_at;
        let can = approval::may_decide(gate, &ticket.client, person, &gate.digest, &operators, at);
        if can.is_ok() {
            put(Turn::Gate(gate.id, gate.purpose), at, gate.expires_at);
        }
    }
    for task in &ticket.tasks {
        let role = match &task.node.work {
            Work::Manual { role, .. } => *role,
            _ if task.status == Status::UndoDue && run::undone_by_hand(task) => Role::Operator,
            _ => continue,
        };
        let due = matches!(task.status, Status::Ready | Status::UndoDue);
        if due && person.may(crate::ticket::right_of(role)) {
            let since = task.run_at.unwrap_or(ticket.updated_at);
            put(Turn::Hand(task.node.name.clone()), since, None);
        }
    }
    if let Some(still) = &ticket.standstill
        && person.may(Right::Operate)
    {
        put(
            Turn::Standstill(still.task.clone()),
            ticket.updated_at,
            None,
        );
    }
    if ticket.contested.is_some() && person.may(Right::Support) {
        put(Turn::Contested, ticket.updated_at, None);
    }
}
