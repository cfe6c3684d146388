//! The only module that knows the database. Everything above it speaks of tickets.

mod append;
pub(crate) mod codec;
pub(crate) mod entity;
mod gather;
pub(crate) mod load;
mod notify;
mod parcel;
pub(crate) mod people;
mod session;
mod sets;
pub(crate) mod span;
mod sqlite;
pub(crate) mod tickets;
pub(crate) mod tiles;
pub(crate) mod time;
pub(crate) mod tokens;
mod writer;

pub(crate) use append::{Seal, pseudonym};
pub use load::Known;
pub(crate) use notify::Left;
pub use people::NewPerson;
pub(crate) use writer::{Batch, Job, Needs};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use session::Use;
use std::time::Duration;

/// The oldest SQLite without the WAL-reset corruption (fixed in 3.51.3).
const SAFE_SQLITE: [u32; 3] = [3, 51, 3];
/// Writers of one process on PostgreSQL: more would commit smaller groups.
const WRITERS: usize = 2;
/// Pages that the write-ahead log of SQLite grows to before they are copied back: 64 MiB.
const CHECKPOINT_PAGES: &str = "16384";
/// What the writer keeps of the file in memory: 8 MiB, as SQLite counts (negative: KiB).
const CACHE: &str = "-8192";
/// Prepared statements kept per connection: sets of rows come in few sizes.
const STATEMENTS: usize = 512;

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no, or nothing.
    #[error("database: {0}")]
    Db(#[from] DbErr),
    /// The database cannot be reached; so said whoever tried for all.
    #[error("database: {0}")]
    Away(String),
    /// Somebody else was faster; try again.
    #[error("changed meanwhile")]
    Conflict,
    /// A stored row cannot be understood.
    #[error("stored {what} cannot be read: {why}")]
    Corrupt {
        /// Which.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The database is of a kind or age that cannot be trusted.
    #[error("{0}")]
    Unfit(String),
}

/// How the database answered, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Unique,
    Retry,
    Lost,
    Other,
}

pub(crate) fn classify(error: &DbErr) -> Answer {
    use sea_orm::sqlx::Error;
    let inner = match error {
        DbErr::ConnectionAcquire(_) => return Answer::Lost,
        DbErr::Exec(RuntimeErr::SqlxError(it))
        | DbErr::Query(RuntimeErr::SqlxError(it))
        | DbErr::Conn(RuntimeErr::SqlxError(it)) => it,
        _ => return Answer::Other,
    };
    if matches!(
        **inner,
        Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed
    ) {
        return Answer::Lost;
    }
    match inner
        .as_database_error()
        .and_then(|it| it.code())
        .as_deref()
    {
        Some("2067" | "1555" | "23505") => Answer::Unique,
        Some("5" | "261" | "517" | "6" | "40001" | "40P01" | "55P03") => Answer::Retry,
        // Shut down, crashed, starting, in recovery or not writable any more: PostgreSQL §A.
        Some("57P01" | "57P02" | "57P03" | "08000" | "08003" | "08006" | "08001" | "25006") => {
            Answer::Lost
        }
        _ => Answer::Other,
    }
}

impl StoreError {
    /// Whether the same command may succeed at once when tried again.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            StoreError::Conflict => true,
            StoreError::Db(error) => match classify(error) {
                Answer::Unique | Answer::Retry => true,
                Answer::Lost | Answer::Other => false,
            },
            StoreError::Away(_) | StoreError::Corrupt { .. } | StoreError::Unfit(_) => false,
        }
    }

    /// Whether the database could not be reached: nobody knows whether the last commit took place.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        match self {
            StoreError::Away(_) => true,
            StoreError::Db(error) => classify(error) == Answer::Lost,
            StoreError::Conflict | StoreError::Corrupt { .. } | StoreError::Unfit(_) => false,
        }
    }
}

/// The database: one writer and several readers on SQLite; on PostgreSQL a pool for what is
/// decided, one for what is only read, one for heartbeats, so that none waits for another.
#[derive(Clone, Debug)]
pub struct Store {
    base: Base,
    beat: DatabaseConnection,
    queue: writer::Queue,
}

/// What writers and everybody who writes beside them share.
#[derive(Clone, Debug)]
struct Base {
    write: DatabaseConnection,
    read: DatabaseConnection,
    asides: writer::Asides,
    origin: String,
}

/// One open transaction.
pub struct Tx {
    tx: DatabaseTransaction,
    aside: Option<writer::Asides>,
}

impl Store {
    /// Opens `sqlite://FILE` or `postgres://…`. Durable by default: WAL with full synchronisation
    /// on SQLite, `synchronous_commit` on PostgreSQL.
    ///
    /// # Errors
    /// The database cannot be reached, or is unfit: an SQLite older than the safe one.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let on_sqlite = url.starts_with("sqlite:");
        let asides = writer::Asides::default();
        let (write, read, beat) = if on_sqlite {
            let write = Database::connect(sqlite_writing(url, &asides)).await?;
            let read = Database::connect(sqlite(url, true)).await?;
            (write.clone(), read, write)
        } else {
            let write = postgres(url, WRITERS as u32 + 6, Use::Keyed);
            let write = Database::connect(write).await?;
            let read = Database::connect(postgres(url, 9, Use::Any)).await?;
            let beat = Database::connect(postgres(url, 2, Use::Keyed)).await?;
            (write, read, beat)
        };
        let base = Base {
            write,
            read,
            asides,
            origin: notify::origin(),
        };
        let writers = if on_sqlite { 1 } else { WRITERS };
        let queue = writer::Queue::start(writers, || writer::Writer::new(base.clone()));
        let store = Store { base, beat, queue };
        store.check_age().await?;
        Ok(store)
    }

    async fn check_age(&self) -> Result<(), StoreError> {
        if self.base.write.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let sql = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version() AS v");
        let row = self.base.write.query_one_raw(sql).await?;
        let version: String = row
            .map(|it| it.try_get("", "v"))
            .transpose()?
            .unwrap_or_default();
        let parts: Vec<u32> = version
            .split('.')
            .filter_map(|it| it.parse().ok())
            .collect();
        if parts.as_slice() < SAFE_SQLITE.as_slice() {
            return Err(StoreError::Unfit(format!(
                "SQLite {version} can corrupt a database in WAL mode; 3.51.3 or newer is needed"
            )));
        }
        Ok(())
    }

    /// The writing side, for migrations and for whoever has direct access to the database.
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        // Something may be written at any time.
        drop(self.base.asides.begin());
        &self.base.write
    }
    pub(crate) fn reading(&self) -> &DatabaseConnection {
        &self.base.read
    }
    /// Where machines look for what is due: on PostgreSQL by index only, since the database may
    /// believe for minutes that tables are as small as they were, and would walk them whole.
    pub(crate) fn looking(&self) -> &DatabaseConnection {
        match self.on_sqlite() {
            true => &self.base.read,
            false => &self.base.write,
        }
    }
    pub(crate) fn on_sqlite(&self) -> bool {
        self.base.write.get_database_backend() == DbBackend::Sqlite
    }
    /// Connections that only prolong leases: a busy engine cannot make itself look dead.
    pub(crate) fn beating(&self) -> &DatabaseConnection {
        &self.beat
    }
    /// Hands a job to the writers.
    pub(crate) fn send(&self, job: Box<dyn Job>) {
        self.queue.send(job);
    }

    /// Waits until nothing that was handed to the writers is still to be done.
    pub async fn quiet(&self) {
        self.queue.quiet().await;
    }

    /// A transaction that may write what decisions look at, beside the writers.
    ///
    /// # Errors
    /// The database cannot be reached in time.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        let mut tx = self.base.begin().await?;
        tx.aside = Some(self.base.asides.clone());
        Ok(tx)
    }

    /// A transaction that writes nothing that decisions look at: letters, links, sessions.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub(crate) async fn begin_apart(&self) -> Result<Tx, StoreError> {
        self.base.begin().await
    }

    /// Runs a unit of work on its own task: a caller that goes away cannot tear it in two.
    pub(crate) async fn unit<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        tokio::spawn(work)
            .await
            .map_err(|e| StoreError::Unfit(format!("unit of work broke off: {e}")))?
    }
}

impl Base {
    /// A transaction. It begins on a task of its own: a caller that goes away while the database is
    /// still answering would leave a connection half in a transaction, and later writes on it
    /// would vanish.
    async fn begin(&self) -> Result<Tx, StoreError> {
        let write = self.write.clone();
        let sqlite = write.get_database_backend() == DbBackend::Sqlite;
        let options = TransactionOptions {
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = tokio::spawn(async move { write.begin_with_options(options).await });
        let tx = tx
            .await
            .map_err(|e| StoreError::Unfit(format!("begin broke off: {e}")))??;
        Ok(Tx { tx, aside: None })
    }
}

impl Tx {
    pub(crate) fn db(&self) -> &DatabaseTransaction {
        &self.tx
    }
    pub(crate) async fn end(self) -> Result<(), StoreError> {
        // Counted before: a writer that begins right after the commit must not miss it.
        let _aside = self.aside.as_ref().map(writer::Asides::begin);
        Ok(self.tx.commit().await?)
    }
}

fn sqlite(url: &str, reading: bool) -> ConnectOptions {
    use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if reading { 4 } else { 1 })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(20))
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .sqlx_logging(false)
        // SQLite takes a transaction back by itself when the disk is full. The driver then still
        // counts one as open, and every later commit would end an inner savepoint only: such a
        // connection is closed. The ping lets a roll-back that is still queued run first.
        .test_before_acquire(false)
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            Box::pin(async move {
                use sea_orm::sqlx::Connection;
                if connection.is_in_transaction() {
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
        .map_sqlx_sqlite_opts(move |it: SqliteConnectOptions| {
            let it = it
                .busy_timeout(Duration::from_secs(10))
                .foreign_keys(true)
                .synchronous(SqliteSynchronous::Full)
                .statement_cache_capacity(STATEMENTS);
            if reading {
                it.read_only(true)
            } else {
                it.create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // Pages that change with every commit are copied back once in many.
                    .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                    .pragma("cache_size", CACHE)
                    .pragma("cache_spill", "off")
                    // What a statement may take back is copied within memory, not to a file.
                    .pragma("temp_store", "memory")
            }
        });
    options
}

/// The one connection that writes. SQLite counts foreign commits for each connection anew: what was
/// seen on the one before is not what is seen on this.
fn sqlite_writing(url: &str, asides: &writer::Asides) -> ConnectOptions {
    let (mut options, asides) = (sqlite(url, false), asides.clone());
    options.map_sqlx_sqlite_pool_opts(move |it| {
        let asides = asides.clone();
        it.after_connect(move |_, _| {
            drop(asides.begin());
            Box::pin(async { Ok(()) })
        })
    });
    options
}

fn postgres(url: &str, most: u32, what: Use) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(most)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        // A connection that somebody left inside a transaction is cleaned before it is used, and
        // asked by that whether it still lives.
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(|connection, _| {
            Box::pin(async move {
                sea_orm::sqlx::Executor::execute(connection, "ROLLBACK").await?;
                Ok(true)
            })
        })
        .map_sqlx_postgres_pool_opts(move |it| {
            it.after_connect(move |session, _| Box::pin(session::begin(session, what)))
        })
        .map_sqlx_postgres_opts(|it| it.statement_cache_capacity(STATEMENTS));
    options
}
