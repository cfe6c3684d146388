//! What every session on PostgreSQL begins with. It is said in the session itself: a pooler in
//! between forgets what the start-up packet asked for, and a role may have settings of its own.

use sea_orm::sqlx::{Error, Executor, PgConnection, Row};

/// Bounds on waiting, and no words about the ROLLBACK before each use, which nearly always finds
/// nothing to roll back. An answer means that the disk has it (P11): what waits for less is made
/// to wait; `remote_apply` waits for more, and stays.
const BEGIN: &str = "SET idle_in_transaction_session_timeout = '15s';
    SET lock_timeout = '5s';
    SET statement_timeout = '10s';
    SET client_min_messages = 'error';
    SET jit = off;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') <> 'remote_apply'";
/// Where everything is found by its key: in its index. A plan is made once for each statement, and
/// one made while the tables were small has to be right when they have grown. Entries of what is no
/// more are passed over by the second scan of an index, unless the first was made for a bitmap:
/// until the next vacuum that would visit every task that was ever at work.
const KEYED: &str = "SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off; SET enable_bitmapscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off";
/// Words that promise a commit on disk, here and on every synchronous standby.
const KEPT: [&str; 2] = ["on", "remote_apply"];

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Decisions, which know the keys of all they look at.
    Keyed,
    /// Questions of any kind.
    Any,
}

/// Prepares a new session; one that would acknowledge before the disk has it is not used.
pub(super) async fn begin(session: &mut PgConnection, what: Use) -> Result<(), Error> {
    session.execute(BEGIN).await?;
    if what == Use::Keyed {
        session.execute(KEYED).await?;
    }
    let row = session.fetch_one("SHOW synchronous_commit").await?;
    let is: String = row.try_get(0)?;
    if KEPT.contains(&is.as_str()) {
        return Ok(());
    }
    let why = format!("synchronous_commit stays {is}: commits would be lost with the power");
    Err(Error::Configuration(why.into()))
}
