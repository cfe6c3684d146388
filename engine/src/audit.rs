//! Who did what, when and why; what every token was used for; and whether all of it still holds.

pub mod proof;
pub mod source;
pub mod verify;

use crate::{
    contract::Contract,
    desk::Desk,
    ledger::Account,
    store::{StoreError, codec, entity, span, tokens},
    ticket::Ticket,
};
use catalogue::Tokens;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, sea_query::Expr,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One record with its words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// Code of the client whose log it is in.
    pub client: String,
    /// Number in that log, from 0.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What, e.g. `gate.decided`.
    pub kind: String,
    /// Reference of the ticket.
    pub reference: Option<String>,
    /// Cluster.
    pub cluster: Option<String>,
    /// Task.
    pub task: Option<String>,
    /// The leaf: what is proved.
    pub leaf: Value,
    /// The words the leaf commits to, as far as they are kept.
    pub words: BTreeMap<String, String>,
    /// Hex RFC 6962 leaf hash.
    pub leaf_hash: String,
}

/// What to look for; newest first.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// In one client's log.
    pub client: Option<String>,
    /// About one ticket, by name.
    pub ticket: Option<crate::id::TicketId>,
    /// By one person.
    pub person: Option<crate::id::PersonId>,
    /// On one cluster.
    pub cluster: Option<String>,
    /// Of one kind, or of a family: `gate.` finds all about gates.
    pub kind: Option<String>,
    /// From then on.
    pub from: Option<DateTime<Utc>>,
    /// Before then.
    pub until: Option<DateTime<Utc>>,
    /// Older than this number, within one client (keyset page).
    pub before: Option<i64>,
    /// At most this many.
    pub limit: u64,
}

impl Search {
    /// What a database of that kind is asked, so that a test can ask it how it would walk;
    /// `before` is when the record of that number was written; a journal that is read in its own
    /// order goes by the number alone.
    #[must_use]
    pub fn asked(&self, kind: DbBackend, before: Option<DateTime<Utc>>) -> sea_orm::Statement {
        self.query(kind, before.map(codec::micros)).build(kind)
    }

    /// The client whose journal is read in its own order; none where another index says more.
    fn along_the_key(&self) -> Option<&str> {
        let narrowed = self.ticket.is_some() || self.person.is_some() || self.cluster.is_some();
        self.client.as_deref().filter(|_| !narrowed)
    }

    fn query(&self, kind: DbBackend, before: Option<i64>) -> Select<entity::record::Entity> {
        use entity::record::{Column as C, Entity};
        let mut query = Entity::find().limit(self.limit.clamp(1, 10_000));
        let along = self.along_the_key();
        if along.is_none() {
            query = query.order_by_desc(C::At);
        }
        query = query.order_by_desc(C::Seq);
        if let Some(it) = &self.client {
            query = query.filter(C::Client.eq(it));
        }
        if let Some(it) = self.ticket {
            query = query.filter(C::Ticket.eq(it.to_string()));
        }
        if let Some(it) = self.person {
            query = query.filter(C::Person.eq(it.to_string()));
        }
        if let Some(it) = &self.cluster {
            query = query.filter(C::Cluster.eq(it));
        }
        if let Some(it) = &self.kind {
            query = if it.ends_with('.') {
                query.filter(C::Kind.starts_with(it))
            } else {
                query.filter(C::Kind.eq(it))
            };
        }
        if let Some(it) = self.from {
            query = query.filter(C::At.gte(codec::micros(it)));
            if let Some(client) = along {
                query = query.filter(span::not_before(kind, client, it));
            }
        }
        if let Some(it) = self.until {
            query = query.filter(C::At.lt(codec::micros(it)));
            if let Some(client) = along {
                query = query.filter(span::before(kind, client, it));
            }
        }
        if let Some(seq) = self.before {
            query = match before {
                // The indexes are in the order of time: entered at that place.
                Some(at) => {
                    let place = [C::At, C::Seq].map(Expr::col);
                    let there = [Expr::val(at), Expr::val(seq)];
                    query.filter(Expr::tuple(place).lt(Expr::tuple(there)))
                }
                None => query.filter(C::Seq.lt(seq)),
            };
        }
        query
    }
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementLine {
    /// When.
    pub at: DateTime<Utc>,
    /// Reference of the ticket.
    pub reference: Option<String>,
    /// From which account.
    pub from: Account,
    /// To which account.
    pub to: Account,
    /// How many.
    pub tokens: Tokens,
    /// Stock afterwards.
    pub available: i64,
    /// Held afterwards.
    pub held: i64,
}

/// All token movements of a contract in a stretch of time, with sums that add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Code of the contract.
    pub contract: String,
    /// From then on.
    pub from: DateTime<Utc>,
    /// Before then.
    pub until: DateTime<Utc>,
    /// Stock before the first line.
    pub opening: i64,
    /// Held before the first line.
    pub opening_held: i64,
    /// Movements, oldest first.
    pub lines: Vec<StatementLine>,
    /// Tokens granted in this time.
    pub granted: i64,
    /// Tokens captured in this time.
    pub spent: i64,
    /// Tokens expired in this time.
    pub expired: i64,
    /// Stock after the last line.
    pub available: i64,
    /// Held after the last line.
    pub held: i64,
    /// `sha256:…` of the lines.
    pub digest: String,
}

impl Desk {
    /// Records, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn records(&self, search: &Search) -> Result<Vec<Trace>, StoreError> {
        let db = self.store.reading();
        let mut before = None;
        if search.along_the_key().is_none()
            && let (Some(client), Some(seq)) = (&search.client, search.before)
        {
            use entity::record::{Column as C, Entity};
            let at = Entity::find_by_id((client.clone(), seq))
                .select_only()
                .column(C::At)
                .into_tuple::<i64>();
            before = at.one(db).await?;
        }
        if search.before.is_some_and(|it| it <= 0) {
            return Ok(Vec::new());
        }
        let rows = search
            .query(db.get_database_backend(), before)
            .all(db)
            .await?;
        self.with_words(rows).await
    }

    /// The records of one ticket, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn history(&self, ticket: &Ticket) -> Result<Vec<Trace>, StoreError> {
        let search = Search {
            client: Some(ticket.client.clone()),
            ticket: Some(ticket.id),
            limit: 10_000,
            ..Search::default()
        };
        let mut all = self.records(&search).await?;
        all.sort_by_key(|it| it.seq);
        Ok(all)
    }

    async fn with_words(&self, rows: Vec<entity::record::Model>) -> Result<Vec<Trace>, StoreError> {
        use entity::opening::{Column as C, Entity};
        let mut words: HashMap<(String, i64), BTreeMap<String, String>> = HashMap::new();
        let clients: BTreeSet<String> = rows.iter().map(|it| it.client.clone()).collect();
        for client in clients {
            let seqs: Vec<i64> = rows
                .iter()
                .filter(|it| it.client == client)
                .map(|it| it.seq)
                .collect();
            for chunk in seqs.chunks(500) {
                let found = Entity::find()
                    .filter(C::Client.eq(&client))
                    .filter(C::Seq.is_in(chunk.iter().copied()))
                    .all(self.store.reading())
                    .await?;
                for it in found {
                    let of = words.entry((it.client, it.seq)).or_default();
                    of.insert(it.field, it.value);
                }
            }
        }
        rows.into_iter()
            .map(|row| {
                let leaf: Value = codec::from_json("leaf", &row.leaf)?;
                let about = row
                    .ticket
                    .is_some()
                    .then(|| leaf["chg"].as_str().map(str::to_owned));
                Ok(Trace {
                    at: codec::instant(row.at)?,
                    words: words
                        .remove(&(row.client.clone(), row.seq))
                        .unwrap_or_default(),
                    client: row.client,
                    seq: row.seq,
                    kind: row.kind,
                    reference: about.flatten(),
                    cluster: row.cluster,
                    task: row.task,
                    leaf,
                    leaf_hash: row.leaf_hash,
                })
            })
            .collect()
    }

    /// The statement of a contract; its sums are those of its lines.
    ///
    /// # Errors
    /// The database failed.
    pub async fn statement(
        &self,
        contract: &Contract,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Statement, StoreError> {
        use entity::posting::{Column as C, Entity};
        let rows = Entity::find()
            .filter(C::Client.eq(&contract.client))
            .filter(C::Contract.eq(&contract.code))
            .filter(C::At.lt(codec::micros(until)))
            .order_by_asc(C::Record)
            .order_by_asc(C::N)
            .all(self.store.reading())
            .await?;
        let references = self.references(&contract.client).await?;
        let mut it = Statement {
            contract: contract.code.clone(),
            from,
            until,
            opening: 0,
            opening_held: 0,
            lines: Vec::new(),
            granted: 0,
            spent: 0,
            expired: 0,
            available: 0,
            held: 0,
            digest: String::new(),
        };
        for row in rows {
            let line = tokens::line_of(row)?;
            let n = i64::from(line.tokens.0);
            let sign =
                |account| i64::from(line.credit == account) - i64::from(line.debit == account);
            it.available += n * sign(Account::Stock);
            it.held += n * sign(Account::Held);
            if line.at < from {
                (it.opening, it.opening_held) = (it.available, it.held);
                continue;
            }
            it.granted -= n * sign(Account::Issuer);
            it.spent += n * sign(Account::Spent);
            it.expired += n * sign(Account::Expired);
            it.lines.push(StatementLine {
                at: line.at,
                reference: line.ticket.and_then(|id| references.get(&id).cloned()),
                from: line.debit,
                to: line.credit,
                tokens: line.tokens,
                available: it.available,
                held: it.held,
            });
        }
        let lines = serde_json::to_value(&it.lines).map_err(|e| codec::corrupt("line", e))?;
        it.digest = workflows::plan::digest(&lines);
        Ok(it)
    }

    async fn references(&self, client: &str) -> Result<HashMap<String, String>, StoreError> {
        use entity::ticket::{Column as C, Entity};
        let all = Entity::find()
            .select_only()
            .columns([C::Id, C::Reference])
            .filter(C::Client.eq(client))
            .into_tuple::<(String, String)>()
            .all(self.store.reading())
            .await?;
        Ok(all.into_iter().collect())
    }
}
