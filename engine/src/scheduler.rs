//! The clock's side: wakes tickets whose time has come, and keeps the daily house: lots that
//! expired, accelerated changes that are free again.

use crate::{
    desk::{Desk, DeskError},
    people::Actor,
    store::{Known, StoreError, codec, entity},
    ticket::{Command, Refusal},
    window::{BadWindow, Window},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use tokio::{task::JoinSet, time};

/// How long nothing is due before we look anyway.
const PATROL: time::Duration = time::Duration::from_millis(500);
/// How many tickets are woken together.
const PAGE: u64 = 32;

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
        while !*stop.borrow() {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "the clock's round failed");
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = time::sleep(PATROL) => {}
            }
        }
    }

    /// Wakes everything due now. Returns how many tickets were woken; a ticket that cannot be woken
    /// does not stand in the way of the others.
    ///
    /// # Errors
    /// The database failed.
    pub async fn round(&mut self) -> Result<usize, StoreError> {
        self.keep_house().await?;
        let now = codec::micros(self.desk.clock.now());
        let (mut woken, mut after) = (0, None);
        loop {
            let page = self.due(now, after.as_ref()).await?;
            // Together, so that they share their commits.
            let mut hands = JoinSet::new();
            for (_, client, id) in &page {
                let known = Known {
                    client: client.clone(),
                    id: codec::name(id)?,
                };
                hands.spawn(wake(self.desk.clone(), known));
            }
            while let Some(done) = hands.join_next().await {
                woken += usize::from(matches!(done, Ok(true)));
            }
            match page.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => return Ok(woken),
            }
        }
    }

    /// The next page of what is due at `now`, after that one.
    async fn due(&self, now: i64, after: Option<&Due>) -> Result<Vec<Due>, StoreError> {
        use entity::ticket::{Column as C, Entity};
        let mut query = Entity::find()
            .select_only()
            .columns([C::WakeAt, C::Client, C::Id])
            .filter(C::WakeAt.lte(now))
            .order_by_asc(C::WakeAt)
            .order_by_asc(C::Client)
            .order_by_asc(C::Id)
            .limit(PAGE);
        if let Some((at, client, id)) = after {
            let place = [C::WakeAt, C::Client, C::Id].map(Expr::col);
            let there = [Expr::val(*at), Expr::val(client), Expr::val(id)];
            query = query.filter(Expr::tuple(place).gt(Expr::tuple(there)));
        }
        let page = query.into_tuple::<Due>().all(self.desk.store.looking());
        Ok(page.await?)
    }

    /// Once a day, and once at the start: what expired is posted. A lot that expired is never
    /// held from in between, whether it was posted or not.
    async fn keep_house(&mut self) -> Result<(), StoreError> {
        let now = self.desk.clock.now();
        if self.next_house.is_some_and(|it| it > now) {
            return Ok(());
        }
        let mut kept = true;
        for contract in self.desk.contracts(None).await? {
            for done in [
                self.desk.expire_lots(&contract).await.map(drop),
                self.desk.renew_quota(&contract).await.map(drop),
            ] {
                if let Err(error) = done {
                    // The other contracts and the tickets do not wait for this one.
                    tracing::warn!(%error, contract = contract.code, "house not kept");
                    kept = false;
                }
            }
        }
        self.next_house = if kept {
            let soon = now + chrono::Duration::minutes(2);
            self.house.next(soon).map_err(unfit)?
        } else {
            Some(now + chrono::Duration::minutes(1))
        };
        Ok(())
    }
}

/// A ticket that is due: since when, whose, its name.
type Due = (i64, String, String);

/// Wakes one ticket; false when somebody else did, or when it cannot be woken now.
async fn wake(desk: Desk, known: Known) -> bool {
    let caller = desk.caller(Actor::Engine("scheduler"));
    match desk.handle(&known, Command::Wake, caller).await {
        Ok(_) => return true,
        Err(DeskError::Refused(Refusal::NotDue)) => {}
        Err(error) => tracing::warn!(%error, ticket = %known.id, "cannot wake"),
    }
    false
}

fn unfit(error: BadWindow) -> StoreError {
    StoreError::Unfit(error.to_string())
}
