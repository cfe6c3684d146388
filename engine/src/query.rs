//! What can be read: tickets, people, contracts. Scoped by who looks; what
//! somebody may not see does not exist for them.

pub use crate::inbox::{Turn, Waiting};

use crate::{
    contract::Contract,
    desk::Desk,
    id::{PersonId, TicketId},
    people::Person,
    quota::{self, Slot, Year},
    run::Run,
    store::{Known, StoreError, codec, entity, load, people},
    ticket::{Ending, State, Ticket},
};
use catalogue::{Speed, Text};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, Statement, sea_query::Expr,
};
use serde::Serialize;

/// A ticket as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Name.
    pub id: TicketId,
    /// How people write it.
    pub reference: String,
    /// Code of the client.
    pub client: String,
    /// Code of the contract.
    pub contract: String,
    /// Where it stands.
    pub state: State,
    /// How it ended.
    pub ending: Option<Ending>,
    /// Catalogue line.
    pub code: Option<String>,
    /// Title.
    pub title: Text,
    /// Cluster.
    pub cluster: Option<String>,
    /// Speed.
    pub speed: Speed,
    /// Price, once known.
    pub tokens: Option<u32>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<&Ticket> for Summary {
    fn from(it: &Ticket) -> Summary {
        Summary {
            id: it.id,
            reference: it.reference.clone(),
            client: it.client.clone(),
            contract: it.contract.clone(),
            state: it.state,
            ending: it.ending,
            code: it.code.clone(),
            title: it.title.clone(),
            cluster: it.cluster.clone(),
            speed: it.speed,
            tokens: it.price.as_ref().map(|it| it.total().0),
            created_at: it.created_at,
            updated_at: it.updated_at,
        }
    }
}

/// Which tickets to list; newest first.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of one client.
    pub client: Option<String>,
    /// In one state.
    pub state: Option<State>,
    /// Not closed.
    pub open: bool,
    /// Accelerated only.
    pub accelerated: bool,
    /// Children of one ticket.
    pub parent: Option<TicketId>,
    /// Older than this one (keyset page).
    pub before: Option<(DateTime<Utc>, TicketId)>,
    /// At most this many.
    pub limit: u64,
}

impl Filter {
    /// What a database of that kind is asked, so that a test can ask it how it would walk.
    #[must_use]
    pub fn asked(&self, kind: DbBackend) -> Statement {
        self.query().build(kind)
    }

    /// The conditions of partial indexes are written out, not bound: only then does a database see
    /// them.
    fn query(&self) -> Select<entity::ticket::Entity> {
        use entity::ticket::{Column as C, Entity};
        let mut query = Entity::find()
            .order_by_desc(C::CreatedAt)
            .order_by_desc(C::Id)
            .limit(self.limit.clamp(1, 500));
        if let Some(client) = &self.client {
            query = query.filter(C::Client.eq(client));
        }
        if let Some(state) = self.state {
            query = query.filter(C::State.eq(state.word()));
        }
        if self.open || self.state.is_some_and(|it| it != State::Closed) {
            query = query.filter(Expr::cust("ending IS NULL"));
        }
        if self.accelerated {
            query = query.filter(Expr::cust("speed = 'accelerated'"));
        }
        if let Some(parent) = self.parent {
            query = query.filter(C::Parent.eq(parent.to_string()));
        }
        if let Some((at, id)) = self.before {
            // One comparison of both columns: an index is entered at that very place.
            let place = [C::CreatedAt, C::Id].map(Expr::col);
            let there = [Expr::val(codec::micros(at)), Expr::val(id.to_string())];
            query = query.filter(Expr::tuple(place).lt(Expr::tuple(there)));
        }
        query
    }
}

/// A contract with where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The contract.
    pub contract: Contract,
    /// Its lots, oldest first.
    pub lots: Vec<crate::ledger::Lot>,
    /// The current counting year of accelerated changes.
    pub year: Year,
    /// Slots taken in it.
    pub slots: Vec<Slot>,
}

impl Standing {
    /// Tokens that can be held now.
    #[must_use]
    pub fn available(&self, now: DateTime<Utc>) -> u32 {
        crate::ledger::available(&self.lots, now).0
    }
}

impl Desk {
    /// The ticket of that reference or name, as far as `viewer` may see it (`None`: all).
    ///
    /// # Errors
    /// The database failed.
    pub async fn ticket(
        &self,
        text: &str,
        viewer: Option<&Person>,
    ) -> Result<Option<Ticket>, StoreError> {
        let db = self.store.reading();
        let scope = viewer.and_then(|it| it.client.as_deref());
        match load::find(db, text, scope).await? {
            Some(known) => load::ticket(db, &known).await,
            None => Ok(None),
        }
    }

    /// The ticket of that place.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ticket_at(&self, at: &Known) -> Result<Option<Ticket>, StoreError> {
        load::ticket(self.store.reading(), at).await
    }

    /// Tickets, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tickets(&self, filter: &Filter) -> Result<Vec<Summary>, StoreError> {
        let rows = filter.query().all(self.store.reading()).await?;
        rows.into_iter().map(summary).collect()
    }

    /// All contracts, or those of one client.
    ///
    /// # Errors
    /// The database failed.
    pub async fn contracts(&self, client: Option<&str>) -> Result<Vec<Contract>, StoreError> {
        load::contracts(self.store.reading(), client).await
    }

    /// The contract of that code, whoever's it is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn contract(
        &self,
        code: &str,
        viewer: Option<&Person>,
    ) -> Result<Option<Contract>, StoreError> {
        let scope = viewer.and_then(|it| it.client.as_deref());
        let all = load::contracts(self.store.reading(), scope).await?;
        Ok(all
            .into_iter()
            .find(|it| it.code.eq_ignore_ascii_case(code)))
    }

    /// Where a contract stands.
    ///
    /// # Errors
    /// The database failed.
    pub async fn standing(&self, contract: &Contract) -> Result<Standing, StoreError> {
        let db = self.store.reading();
        let year = quota::year(contract, self.clock.now());
        Ok(Standing {
            lots: load::lots(db, &contract.client, &contract.code).await?,
            slots: load::slots(db, &contract.client, &contract.code, year.from).await?,
            year,
            contract: contract.clone(),
        })
    }

    /// The client's persons and the provider's staff, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn people_around(&self, client: &str) -> Result<Vec<Person>, StoreError> {
        people::around(self.store.reading(), client).await
    }

    /// Everybody known.
    ///
    /// # Errors
    /// The database failed.
    pub async fn everybody(&self) -> Result<Vec<Person>, StoreError> {
        people::everybody(self.store.reading()).await
    }

    /// The person with that login.
    ///
    /// # Errors
    /// The database failed.
    pub async fn person(&self, login: &str) -> Result<Option<Person>, StoreError> {
        people::by_login(self.store.reading(), login).await
    }

    /// The person of that name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn person_by_id(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        people::by_id(self.store.reading(), id).await
    }
}

fn summary(row: entity::ticket::Model) -> Result<Summary, StoreError> {
    let empty = std::sync::Arc::new(crate::ticket::Ordered {
        entry: None,
        answers: serde_json::Value::Null,
        workflow: String::new(),
        workflow_version: 0,
        validated_by: String::new(),
        why: None,
        need: None,
    });
    let ticket = codec::ticket_of(row, empty, Run::default(), Vec::new(), Vec::new())?;
    Ok(Summary::from(&ticket))
}
