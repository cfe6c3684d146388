//! On PostgreSQL, replicas tell each other that something was committed, within the commit itself.

use super::{Store, StoreError};
use sea_orm::sqlx::postgres::PgListener;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Channel on which replicas tell each other.
const CHANNEL: &str = "guichet";

/// A name by which a process knows its own notifications.
pub(super) fn origin() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// What a commit says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Machines may do something that nobody took with it.
    Work,
    /// Whatever it made due was taken with it.
    Nothing,
}

/// Behind the name of a process that left nothing to do.
const NOTHING: &str = "nothing";

/// What a process of that name tells others when its commit takes place.
pub(super) fn word(origin: &str, left: Left) -> Word {
    let text = match left {
        Left::Work => origin.to_owned(),
        Left::Nothing => format!("{origin} {NOTHING}"),
    };
    Word {
        channel: CHANNEL,
        text,
    }
}

/// A notification.
pub(super) struct Word {
    pub(super) channel: &'static str,
    pub(super) text: String,
}

/// What a notification of another process says; `None` for one's own.
fn heard(text: &str, own: &str) -> Option<Left> {
    let (origin, rest) = text.split_once(' ').unwrap_or((text, ""));
    match rest {
        _ if origin == own => None,
        NOTHING => Some(Left::Nothing),
        _ => Some(Left::Work),
    }
}

/// Hears what other replicas committed.
pub(crate) struct Ear {
    listener: PgListener,
    own: String,
}

impl Store {
    /// An ear for other replicas; `None` on SQLite, where there are none.
    pub(crate) async fn listen(&self) -> Result<Option<Ear>, StoreError> {
        if self.on_sqlite() {
            return Ok(None);
        }
        let lost = |e| StoreError::Unfit(format!("cannot listen to other replicas: {e}"));
        let pool = self.reading().get_postgres_connection_pool();
        let mut listener = PgListener::connect_with(pool).await.map_err(lost)?;
        listener.listen(CHANNEL).await.map_err(lost)?;
        Ok(Some(Ear {
            listener,
            own: self.base.origin.clone(),
        }))
    }
}

impl Ear {
    /// Waits until another replica committed something, or may have while the connection was lost.
    pub(crate) async fn hear(&mut self) -> Result<Left, StoreError> {
        loop {
            match self.listener.try_recv().await {
                Ok(Some(said)) => {
                    if let Some(left) = heard(said.payload(), &self.own) {
                        return Ok(left);
                    }
                }
                Ok(None) => return Ok(Left::Work),
                Err(e) => return Err(StoreError::Unfit(format!("cannot hear replicas: {e}"))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_hear_whether_there_is_anything_to_do() {
        for left in [Left::Work, Left::Nothing] {
            let said = word("a", left).text;
            assert_eq!(heard(&said, "b"), Some(left), "{said}");
            assert_eq!(heard(&said, "a"), None, "its own: {said}");
        }
    }

    #[test]
    fn a_word_that_is_not_understood_may_mean_work() {
        assert_eq!(heard("a something", "b"), Some(Left::Work));
        assert_eq!(heard("", "b"), Some(Left::Work));
    }
}
