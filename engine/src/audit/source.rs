//! A database looked at and never written to: the one at work, or a copy of it.

use crate::{
    journal::Frontier,
    store::{Store, StoreError, codec, entity},
};
use sea_orm::{
    AccessMode, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection,
    DatabaseTransaction, DbBackend, EntityTrait, IsolationLevel, QueryFilter, QueryOrder,
    QuerySelect, Statement, TransactionOptions, TransactionTrait,
};
use serde::{Deserialize, Serialize};
use std::{path::Path, time::Duration};

/// How many leaves are read at a time.
pub(super) const PAGE: u64 = 2_000;

/// Whoever reads everything in one transaction takes the time it takes.
const PATIENT: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

/// Where a client's log ends: size, root and what it takes to go on from there (RFC 6962).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Code of the client.
    pub client: String,
    /// Leaves so far.
    pub size: u64,
    /// Hex root of the Merkle tree over them.
    pub root: String,
    /// Hex roots of its complete subtrees, largest first.
    pub frontier: String,
}

impl Head {
    /// The right edge of the tree; `None` when size, root and edge do not belong together.
    #[must_use]
    pub fn edge(&self) -> Option<Frontier> {
        let edge = Frontier::decode(self.size, &self.frontier)?;
        (hex::encode(edge.root()) == self.root).then_some(edge)
    }
}

/// How a database stands to a head that was published from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds that log, and perhaps goes on from it; this is where it ends now.
    Holds(Head),
    /// It holds fewer records: it is older.
    Older(u64),
    /// It does not know the client.
    Unknown,
    /// It holds as many records or more, but not those.
    Forked(u64),
}

/// A database that is only read.
#[derive(Clone, Debug)]
pub struct Source {
    db: DatabaseConnection,
}

impl Source {
    /// Opens `sqlite://FILE` or `postgres://…` for reading, beside whoever works on it.
    ///
    /// # Errors
    /// It cannot be reached, or there is none.
    pub async fn open(url: &str) -> Result<Source, StoreError> {
        if let Some(rest) = url.strip_prefix("sqlite://") {
            let path = rest.split('?').next().unwrap_or(rest);
            return Source::file(Path::new(path)).await;
        }
        let mut options = quiet(url);
        options.map_sqlx_postgres_opts(|it| {
            it.options([
                ("default_transaction_read_only", "on"),
                ("idle_in_transaction_session_timeout", "0"),
                ("statement_timeout", "0"),
            ])
        });
        let db = Database::connect(options).await?;
        Ok(Source { db })
    }

    /// Opens an SQLite file for reading. Nothing is made or changed beside it but what the
    /// write-ahead log of a file in use asks for.
    ///
    /// # Errors
    /// There is none, or it is no database.
    pub async fn file(path: &Path) -> Result<Source, StoreError> {
        let mut options = quiet("sqlite://named.below");
        let path = path.to_owned();
        options.map_sqlx_sqlite_opts(move |it| {
            it.filename(&path)
                .read_only(true)
                .busy_timeout(Duration::from_secs(10))
        });
        let db = Database::connect(options).await?;
        Ok(Source { db })
    }

    /// The database that a desk works on.
    #[must_use]
    pub fn of(store: &Store) -> Source {
        Source {
            db: store.reading().clone(),
        }
    }

    /// Ends the connection.
    ///
    /// # Errors
    /// The database failed.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.db.close().await?)
    }

    /// Whether it is a PostgreSQL database.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Postgres
    }

    /// The connection, for what other crates know of the schema.
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.db
    }

    /// One unchanging view of everything.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn view(&self) -> Result<View, StoreError> {
        let postgres = self.is_postgres();
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            ..Default::default()
        };
        let tx = self.db.begin_with_options(options).await?;
        if postgres {
            // A pooler in between may have dropped what the connection asked for.
            tx.execute_unprepared(PATIENT).await?;
        }
        Ok(View { tx })
    }

    /// Where every client's log ends.
    ///
    /// # Errors
    /// The database failed, or a head cannot be read.
    pub async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        heads(&self.db).await
    }

    /// How the database stands to a published head. Reads the leaves since then, no others: from
    /// the published edge and those leaves follows what the log's head has to be now.
    ///
    /// # Errors
    /// The database failed, or a stored head or leaf hash cannot be read.
    pub async fn standing(&self, published: &Head) -> Result<Standing, StoreError> {
        let found = entity::log_head::Entity::find_by_id(published.client.clone())
            .one(&self.db)
            .await?;
        let Some(found) = found.map(head_of).transpose()? else {
            return Ok(Standing::Unknown);
        };
        if found.size < published.size {
            return Ok(Standing::Older(found.size));
        }
        let mut edge = published
            .edge()
            .ok_or_else(|| codec::corrupt("published head", &published.client))?;
        while edge.size < found.size {
            let hashes = self.leaf_hashes(&found, edge.size).await?;
            if hashes.is_empty() {
                return Ok(Standing::Forked(found.size));
            }
            for hash in hashes {
                edge.append(hash);
            }
        }
        Ok(if hex::encode(edge.root()) == found.root {
            Standing::Holds(found)
        } else {
            Standing::Forked(found.size)
        })
    }

    async fn leaf_hashes(&self, of: &Head, from: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        use entity::record::{Column as C, Entity};
        let number = |it: u64| i64::try_from(it).map_err(|e| codec::corrupt("log", e));
        let rows: Vec<String> = Entity::find()
            .select_only()
            .column(C::LeafHash)
            .filter(C::Client.eq(&of.client))
            .filter(C::Seq.gte(number(from)?))
            .filter(C::Seq.lt(number(of.size)?))
            .order_by_asc(C::Seq)
            .limit(PAGE)
            .into_tuple()
            .all(&self.db)
            .await?;
        rows.iter()
            .map(|it| {
                let bytes = hex::decode(it).map_err(|e| codec::corrupt("leaf hash", e))?;
                let bytes: Result<[u8; 32], _> = bytes.try_into();
                bytes.map_err(|_| codec::corrupt("leaf hash", it))
            })
            .collect()
    }

    /// Writes a consistent copy of an SQLite database into an empty or absent file while others
    /// work on it; nothing is said about the copy being on disk.
    ///
    /// # Errors
    /// It is not SQLite, there is no room, or the file holds something.
    pub async fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let name = file
            .to_str()
            .ok_or_else(|| StoreError::Unfit(format!("{}: not UTF-8", file.display())))?;
        let sql = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [name.into()]);
        self.db.execute_raw(sql).await?;
        Ok(())
    }

    /// How many bytes the database takes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        let sql = match self.db.get_database_backend() {
            DbBackend::Postgres => "SELECT pg_database_size(current_database()) AS n",
            _ => "SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size",
        };
        let n = super::verify::number(&self.db, sql).await?;
        u64::try_from(n).map_err(|e| codec::corrupt("size", e))
    }

    /// How much of Guichet is in it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn content(&self) -> Result<Content, StoreError> {
        let tables = match self.db.get_database_backend() {
            DbBackend::Postgres => {
                "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname = current_schema()"
            }
            _ => "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
        };
        if super::verify::number(&self.db, tables).await? == 0 {
            return Ok(Content::Nothing);
        }
        // A database of somebody else has no such tables, and counts as inhabited.
        let rows = "SELECT (SELECT count(*) FROM client) + (SELECT count(*) FROM person)
                    + (SELECT count(*) FROM record)";
        Ok(match super::verify::number(&self.db, rows).await {
            Ok(0) => Content::Schema,
            Ok(_) | Err(_) => Content::Rows,
        })
    }
}

/// How much of Guichet is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// No table at all.
    Nothing,
    /// Tables, and nobody in them.
    Schema,
    /// Somebody's data.
    Rows,
}

/// One unchanging view of a database.
pub struct View {
    tx: DatabaseTransaction,
}

impl View {
    pub(super) fn db(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// Where every client's log ends in this view.
    ///
    /// # Errors
    /// As [`Source::heads`].
    pub async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        heads(&self.tx).await
    }

    /// A name under which another PostgreSQL connection can take the same view, as long as this
    /// one lasts.
    ///
    /// # Errors
    /// It is not PostgreSQL.
    pub async fn export(&self) -> Result<String, StoreError> {
        let sql = "SELECT pg_export_snapshot() AS name";
        let sql = Statement::from_string(self.tx.get_database_backend(), sql);
        let row = self.tx.query_one_raw(sql).await?;
        let row = row.ok_or_else(|| codec::corrupt("snapshot", "no name"))?;
        Ok(row.try_get("", "name")?)
    }

    /// Ends it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}

fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(20))
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .sqlx_logging(false);
    options
}

async fn heads(db: &impl ConnectionTrait) -> Result<Vec<Head>, StoreError> {
    let rows = entity::log_head::Entity::find()
        .order_by_asc(entity::log_head::Column::Client)
        .all(db)
        .await?;
    rows.into_iter().map(head_of).collect()
}

fn head_of(row: entity::log_head::Model) -> Result<Head, StoreError> {
    let size = u64::try_from(row.size).map_err(|e| codec::corrupt("log", e))?;
    let edge = Frontier::decode(size, &row.frontier)
        .ok_or_else(|| codec::corrupt("log", format!("{}: frontier", row.client)))?;
    Ok(Head {
        client: row.client,
        size,
        root: hex::encode(edge.root()),
        frontier: row.frontier,
    })
}
