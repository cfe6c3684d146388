//! What hangs on a change: its record in the client's log, and the messages it owes.

use super::{
    StoreError, Tx, codec,
    entity::{log_head, notice, opening, record},
};
use crate::{
    id::CommandId,
    journal::{self, Entry, Frontier, Hash, Place},
    people::Actor,
    ticket::{Ticket, Transition},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::Expr,
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

/// How the journal names an actor.
pub(crate) fn pseudonym(actor: &Actor) -> String {
    match actor {
        Actor::Person(person, _) => format!("p:{}", person.pseudonym),
        Actor::Engine(part) => format!("engine:{part}"),
    }
}

/// The row of a record with its hash, and the rows of what it commits to.
pub(super) fn record(
    client: &str,
    about: Option<&Ticket>,
    entry: &Entry,
    place: &Place<'_>,
    seal: &Seal<'_>,
) -> ((record::Model, Hash), Vec<opening::Model>) {
    let (leaf, openings) = journal::leaf(entry, place, || (seal.salt)());
    let hash = journal::leaf_hash(leaf.as_bytes());
    let row = record::Model {
        client: client.to_owned(),
        seq: place.index,
        at: codec::micros(place.at),
        kind: entry.kind.to_owned(),
        ticket: about.map(|it| it.id.to_string()),
        cluster: about.and_then(|it| it.cluster.clone()),
        task: entry.task.clone(),
        person: seal.actor.person().map(|it| it.id.to_string()),
        leaf,
        leaf_hash: hex::encode(hash),
    };
    let openings = openings.into_iter().map(|it| opening::Model {
        client: client.to_owned(),
        seq: place.index,
        field: it.field,
        salt: it.salt,
        value: it.value,
    });
    ((row, hash), openings.collect())
}

/// The rows of the messages that a transition owes.
pub(super) fn notices(
    step: &Transition,
    seq: i64,
    now: DateTime<Utc>,
) -> Result<Vec<notice::Model>, StoreError> {
    let row = |(n, it): (usize, &crate::notice::Notice)| {
        Ok(notice::Model {
            client: step.ticket.client.clone(),
            record: seq,
            n: i32::try_from(n).map_err(|e| codec::corrupt("notice", e))?,
            ticket: step.ticket.id.to_string(),
            occasion: it.occasion.word().into(),
            person: it.to.to_string(),
            gate: it.gate.map(|it| it.to_string()),
            facts: it.facts.to_string(),
            at: codec::micros(now),
            state: "pending".into(),
            fence: 0,
            lease_until: None,
            attempts: 0,
            next_at: codec::micros(now),
            sent_at: None,
            answer: None,
        })
    };
    step.notices.iter().enumerate().map(row).collect()
}

impl Tx {
    /// Appends one record that is about a contract; the log's head is the last row touched but for
    /// what hangs on it.
    pub(crate) async fn append(
        &self,
        client: &str,
        entry: &Entry,
        mut place: Place<'_>,
        seal: &Seal<'_>,
    ) -> Result<i64, StoreError> {
        let head = log_head::Entity::find_by_id(client.to_owned())
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or_else(|| codec::corrupt("log", client))?;
        let mut frontier = frontier(&head)?;
        place.index = head.size;
        let last = self.last_at(client, head.size).await?;
        place.at = last.map_or(place.at, |it| it.max(place.at));
        let ((row, hash), openings) = record(client, None, entry, &place, seal);
        frontier.append(hash);
        row.into_active_model().insert(&self.tx).await?;
        for opening in openings {
            opening.into_active_model().insert(&self.tx).await?;
        }
        let moved = log_head::Entity::update_many()
            .col_expr(log_head::Column::Size, Expr::value(head.size + 1))
            .col_expr(log_head::Column::Frontier, Expr::value(frontier.encode()))
            .filter(log_head::Column::Client.eq(client))
            .filter(log_head::Column::Size.eq(head.size))
            .exec(&self.tx)
            .await?;
        if moved.rows_affected != 1 {
            return Err(StoreError::Conflict);
        }
        Ok(head.size)
    }

    /// When the last record was written: a clock that jumps back does not turn the journal around.
    async fn last_at(&self, client: &str, size: i64) -> Result<Option<DateTime<Utc>>, StoreError> {
        let last = record::Entity::find_by_id((client.to_owned(), size - 1))
            .select_only()
            .column(record::Column::At)
            .into_tuple::<i64>()
            .one(&self.tx)
            .await?;
        codec::maybe(last)
    }
}

/// The frontier that a log's head carries.
pub(super) fn frontier(head: &log_head::Model) -> Result<Frontier, StoreError> {
    let size = u64::try_from(head.size).map_err(|e| codec::corrupt("log", e))?;
    Frontier::decode(size, &head.frontier).ok_or_else(|| codec::corrupt("log", "frontier"))
}
