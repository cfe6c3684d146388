//! The mailer: takes messages owed from the engine, writes the letter, hands it over, says how it
//! went. One bad address or letter never stands in the way of the others.

mod letter;

use crate::mail::{
    self, Accepted, Deliver, Delivery,
    view::{Addressee, Envelope, Request, Sender},
};
use catalogue::Text;
use engine::{
    desk::Desk,
    outbox::{Delivered, Due},
    store::StoreError,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time};

/// Letters handed over at once.
const AT_ONCE: usize = 4;
/// How long nobody rings before we look anyway.
const PATROL: Duration = Duration::from_secs(1);

/// The mailer.
#[derive(Clone)]
pub struct Post {
    desk: Desk,
    deliver: Arc<dyn Deliver>,
    sender: Sender,
    base_url: String,
}

impl Post {
    /// A mailer that hands letters to `deliver`; links begin with `base_url`.
    #[must_use]
    pub fn new(desk: Desk, deliver: Arc<dyn Deliver>, sender: Sender, base_url: String) -> Post {
        Post {
            desk,
            deliver,
            sender,
            base_url,
        }
    }

    /// Works until `stop` says true.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let mut hands = JoinSet::new();
        for _ in 0..AT_ONCE {
            hands.spawn(self.clone().one_hand(stop.clone()));
        }
        while hands.join_next().await.is_some() {}
    }

    async fn one_hand(self, mut stop: watch::Receiver<bool>) {
        let mut bell = self.desk.bell.listen();
        while !*stop.borrow() {
            bell.mark_unchanged();
            match self.round().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "cannot send letters"),
            }
            tokio::select! {
                _ = bell.changed() => {}
                _ = stop.changed() => {}
                () = time::sleep(PATROL) => {}
            }
        }
    }

    /// Sends one letter, if one is due.
    ///
    /// # Errors
    /// The database failed.
    pub async fn round(&self) -> Result<bool, StoreError> {
        let Some(due) = self.desk.take_notice().await? else {
            return Ok(false);
        };
        let end = match self.send(&due).await? {
            Ok(accepted) => Delivered::Sent(accepted.reply),
            Err(Delivery::Permanent(code, words)) => Delivered::Never(format!("{code} {words}")),
            Err(Delivery::Transient(words)) => Delivered::Later(words),
            Err(Delivery::Unknown(words)) => Delivered::Unknown(words),
        };
        if !matches!(end, Delivered::Sent(_)) {
            tracing::warn!(
                ticket = due.ticket.reference,
                occasion = due.occasion,
                ?end,
                "letter not delivered"
            );
        }
        self.desk.notice_ended(&due, end).await?;
        Ok(true)
    }

    async fn send(&self, due: &Due) -> Result<Result<Accepted, Delivery>, StoreError> {
        let ticket = &due.ticket;
        let people = self.desk.people_around(&ticket.client).await?;
        let contract = self.desk.contract(&ticket.contract, None).await?;
        let room = letter::Room {
            due,
            people: &people,
            terms: contract.as_ref().map(|it| &it.terms),
            base_url: &self.base_url,
            provider: &self.sender.provider,
            registry: &self.desk.registry,
        };
        let requester = letter::name_of(&people, ticket.requester);
        let request = Request {
            title: ticket.title.clone(),
            requester: format!("{requester} ({})", ticket.client),
            cluster: ticket.cluster.clone(),
        };
        let to = Addressee {
            name: due.to.name.clone(),
            mail: due.to.mail.clone(),
            lang: due.to.lang,
        };
        let envelope = Envelope {
            reference: ticket.reference.clone(),
            n: number(due),
            root: ticket.reference.clone(),
            last: None,
            date: due.at,
        };
        let rendered = mail::render(&room.letter(), &request, &to, &self.sender, &envelope);
        Ok(match rendered {
            Ok(mail) => self.deliver.deliver(&mail).await,
            Err(error) => Err(error.into()),
        })
    }
}

/// Number of the letter: from the record that owes it, so that a second try has the same name.
fn number(due: &Due) -> u32 {
    let record = u32::try_from(due.key.record).unwrap_or(u32::MAX / 100);
    let n = u32::try_from(due.key.n).unwrap_or(0);
    record.saturating_mul(100).saturating_add(n)
}

/// The same words in both languages: what systems and people say is not translated.
fn quoted(words: &str) -> Text {
    Text::new(words, words)
}
