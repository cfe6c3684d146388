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
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') <> 'remote_apply'";
/// Words that promise a commit on disk, here and on every synchronous standby.
const KEPT: [&str; 2] = ["on", "remote_apply"];

/// Prepares a new session; one that would acknowledge before the disk has it is not used.
pub(super) async fn begin(session: &mut PgConnection) -> Result<(), Error> {
    session.execute(BEGIN).await?;
    let row = session.fetch_one("SHOW synchronous_commit").await?;
    let is: String = row.try_get(0)?;
    if KEPT.contains(&is.as_str()) {
        return Ok(());
    }
    let why = format!("synchronous_commit stays {is}: commits would be lost with the power");
    Err(Error::Configuration(why.into()))
}
