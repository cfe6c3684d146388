//! The hands at work, and which task each is about.

use super::Runner;
use crate::bell::{Candidate, Seat, Taken};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::task::{Id, JoinError, JoinSet};

/// The hands at work.
#[derive(Default)]
pub(super) struct Hands {
    all: JoinSet<bool>,
    /// What is being claimed: it is not taken up twice.
    about: HashMap<Id, Candidate>,
    claimed: HashSet<Candidate>,
    fruitful: bool,
}

impl Hands {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether anything was claimed since this was last asked.
    pub(super) fn were_fruitful(&mut self) -> bool {
        std::mem::take(&mut self.fruitful)
    }

    /// Claims a task, unless a hand is at it already.
    pub(super) fn take(&mut self, runner: &Arc<Runner>, it: Candidate, seat: Seat) {
        if !self.claimed.insert(it.clone()) {
            return;
        }
        let (runner, mine) = (runner.clone(), it.clone());
        let hand = self
            .all
            .spawn(async move { runner.take(&mine, Some(seat)).await });
        self.about.insert(hand.id(), it);
    }

    /// Goes on with a task whose claim is committed.
    pub(super) fn go_on(&mut self, runner: &Arc<Runner>, it: Taken) {
        let runner = runner.clone();
        self.all.spawn(async move {
            let Taken {
                known,
                ticket,
                task,
                at,
                seat,
            } = it;
            runner.work(&known, &ticket, &task, at, Some(seat)).await;
            false
        });
    }

    /// Waits until one has ended.
    pub(super) async fn end(&mut self) {
        if let Some(ended) = self.all.join_next_with_id().await {
            self.forget(ended);
        }
    }

    /// Those that have ended.
    pub(super) fn end_all(&mut self) {
        while let Some(ended) = self.all.try_join_next_with_id() {
            self.forget(ended);
        }
    }

    /// One that broke off leaves its lease to whoever finds it expired: this process may too.
    fn forget(&mut self, ended: Result<(Id, bool), JoinError>) {
        let id = match ended {
            Ok((id, took)) => {
                self.fruitful |= took;
                id
            }
            Err(broken) => broken.id(),
        };
        if let Some(it) = self.about.remove(&id) {
            self.claimed.remove(&it);
        }
    }
}
