//! The clock's side: wakes tickets whose time has come, and keeps the daily house: lots that
//! expired, accelerated changes that are free again.

use crate::{
    desk::{Desk, DeskError},
    people::Actor,
    store::{Known, StoreError, codec, entity},
    ticket::Command,
    window::{BadWindow, Window},
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::time;

/// How long nothing is due before we look anyway.
const PATROL: time::Duration = time::Duration::from_millis(500);

/// Wakes what is due.
pub struct Scheduler {
    desk: Desk,
    house: Window,
    next_house: Option<DateTime<Utc>>,
}

impl Scheduler {
    /// A scheduler that keeps the house shortly after midnight, Europe/Paris.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        let house = Window {
            opens: "5 0 * * *".into(),
            minutes: 1,
        };
        Scheduler {
            desk,
            house,
            next_house: None,
        }
    }

    /// Works until `stop` says true.
    pub async fn run(mut self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let mut bell = self.desk.bell.listen();
        while !*stop.borrow() {
            bell.mark_unchanged();
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "the clock's round failed");
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = time::sleep(PATROL) => {}
            }
        }
    }

    /// Wakes everything due now. Returns how many tickets were woken.
    ///
    /// # Errors
    /// The database failed.
    pub async fn round(&mut self) -> Result<usize, StoreError> {
        self.keep_house().await?;
        let due = self.due().await?;
        let mut woken = 0;
        for known in due {
            let caller = self.desk.caller(Actor::Engine("scheduler"));
            match self.desk.handle(&known, Command::Wake, caller).await {
                Ok(_) => woken += 1,
                Err(DeskError::Store(error)) => return Err(error),
                Err(DeskError::Refused(refusal)) => {
                    tracing::warn!(%refusal, ticket = %known.id, "cannot wake");
                }
            }
        }
        Ok(woken)
    }

    async fn due(&self) -> Result<Vec<Known>, StoreError> {
        use entity::ticket::{Column as C, Entity};
        let rows = Entity::find()
            .select_only()
            .columns([C::Client, C::Id])
            .filter(C::WakeAt.lte(codec::micros(self.desk.clock.now())))
            .order_by_asc(C::WakeAt)
            .limit(200)
            .into_tuple::<(String, String)>()
            .all(self.desk.store.reading())
            .await?;
        rows.into_iter()
            .map(|(client, id)| {
                Ok(Known {
                    client,
                    id: codec::name(&id)?,
                })
            })
            .collect()
    }

    /// Once a day, and once at the start: what expired is posted. A lot that expired is never
    /// held from in between, whether it was posted or not.
    async fn keep_house(&mut self) -> Result<(), StoreError> {
        let now = self.desk.clock.now();
        if self.next_house.is_some_and(|it| it > now) {
            return Ok(());
        }
        for contract in self.desk.contracts(None).await? {
            for done in [
                self.desk.expire_lots(&contract).await.map(drop),
                self.desk.renew_quota(&contract).await.map(drop),
            ] {
                match done {
                    Ok(()) => {}
                    Err(DeskError::Store(error)) => return Err(error),
                    Err(DeskError::Refused(refusal)) => tracing::warn!(%refusal, "house not kept"),
                }
            }
        }
        let soon = now + chrono::Duration::minutes(2);
        self.next_house = self.house.next(soon).map_err(unfit)?;
        Ok(())
    }
}

fn unfit(error: BadWindow) -> StoreError {
    StoreError::Unfit(error.to_string())
}
