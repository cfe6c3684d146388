//! What is due, as the database knows it.

use super::{AT_ONCE, LEASE, Runner};
use crate::{
    bell::Candidate,
    store::{Known, StoreError, codec, entity, entity::task::Column as C},
    ticket::{State, System},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, Func, Query, SelectStatement, SimpleExpr},
};

impl Runner {
    /// Tasks whose holder fell silent, and then those that are due, but for those that go to a
    /// system for which others wait already. The states are written out, not bound: only then does
    /// a database see the conditions of its partial indexes.
    pub(super) async fn due(
        &self,
        waited_for: impl Iterator<Item = &System>,
    ) -> Result<Vec<Candidate>, StoreError> {
        let now = self.desk.clock.now();
        let absurd = codec::micros(now + LEASE * 2);
        let now = codec::micros(now);
        let mut over = C::LeaseUntil.lt(now).or(C::LeaseUntil.gt(absurd));
        if self.alone {
            over = over.or(C::Owner.ne(&self.name));
        }
        let silent = "status IN ('running', 'undoing') AND by_machine";
        let elsewhere = waited_for.fold(Condition::all(), |all, it| all.add(going_to(it).not()));
        let silent = in_order(silent).filter(over).filter(elsewhere.clone());
        let fresh = "by_machine AND status IN ('ready', 'undo_due')";
        let fresh = in_order(fresh)
            .filter(C::RunAt.lte(now))
            .filter(Expr::exists(admitting()))
            .filter(elsewhere);
        let mut rows: Vec<Row> = Vec::new();
        for some in [silent, fresh] {
            let left = AT_ONCE.saturating_sub(rows.len()) as u64;
            let some = some.limit(left).into_tuple();
            rows.extend(some.all(self.desk.store.looking()).await?);
        }
        rows.into_iter()
            .map(|(client, ticket, task, owner, family, zone)| {
                let zone = zone.unwrap_or_default();
                Ok(Candidate {
                    known: Known {
                        client,
                        id: codec::name(&ticket)?,
                    },
                    task,
                    system: System { zone, family },
                    heir_of: owner.filter(|it| self.alone && *it != self.name),
                })
            })
            .collect()
    }
}

/// Tasks in that state, in the order in which they became due.
fn in_order(state: &'static str) -> Select<entity::task::Entity> {
    entity::task::Entity::find()
        .select_only()
        .columns([C::Client, C::Ticket, C::Name, C::Owner, C::Family])
        .expr(Expr::SubQuery(None, Box::new(zone().into())))
        .filter(Expr::cust(state))
        .order_by_asc(C::RunAt)
        .order_by_asc(C::Ticket)
        .order_by_asc(C::Seq)
}

/// Client, ticket, name, owner, family of actions, and the zone of its ticket.
type Row = (
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// The ticket of a task.
fn of_task() -> SelectStatement {
    use entity::{task, ticket};
    let of = |column| Expr::col((ticket::Entity, column));
    let ours = |column| Expr::col((task::Entity, column));
    Query::select()
        .from(ticket::Entity)
        .and_where(of(ticket::Column::Client).eq(ours(C::Client)))
        .and_where(of(ticket::Column::Id).eq(ours(C::Ticket)))
        .take()
}

/// The zone it is about.
fn zone() -> SelectStatement {
    let column = entity::ticket::Column::Cluster;
    of_task().column((entity::ticket::Entity, column)).take()
}

/// Tasks that go to that system.
fn going_to(system: &System) -> SimpleExpr {
    let family = match &system.family {
        Some(family) => C::Family.eq(family.as_str()),
        None => C::Family.is_null(),
    };
    let zone = Expr::col((entity::ticket::Entity, entity::ticket::Column::Cluster));
    let here = Func::coalesce([zone, Expr::value("")]);
    let here = of_task()
        .expr(Expr::value(1))
        .and_where(Expr::expr(here).eq(system.zone.as_str()))
        .take();
    family.and(Expr::exists(here))
}

/// The ticket of a task, if it lets machines work: tasks of tickets that stand still must not stand
/// in the way of others (R10, R15).
fn admitting() -> SelectStatement {
    use entity::ticket;
    let state = Expr::col((ticket::Entity, ticket::Column::State));
    let states = [State::Preparing, State::Running, State::Undoing];
    of_task()
        .expr(Expr::value(1))
        .and_where(state.is_in(states.map(State::word)))
        .take()
}
