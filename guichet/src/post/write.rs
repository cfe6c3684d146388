//! The words of a letter, from the message owed and what surrounds it.

use super::{Around, Post, letter};
use crate::mail::{
    self, MailError, Rendered,
    view::{Addressee, Envelope, Request},
};
use engine::outbox::Due;

impl Post {
    pub(super) fn write(&self, due: &Due, around: &Around) -> Result<Rendered, MailError> {
        let ticket = &due.ticket;
        let room = letter::Room {
            due,
            people: &around.people,
            terms: around.terms.as_ref(),
            base_url: &self.base_url,
            provider: &self.sender.provider,
            registry: &self.desk.registry,
        };
        let requester = letter::name_of(&around.people, ticket.requester);
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
        mail::render(&room.letter(), &request, &to, &self.sender, &envelope)
    }
}

/// Number of the letter: from the record that owes it, so that a second try has the same name.
fn number(due: &Due) -> u32 {
    let record = u32::try_from(due.key.record).unwrap_or(u32::MAX / 100);
    let n = u32::try_from(due.key.n).unwrap_or(0);
    record.saturating_mul(100).saturating_add(n)
}
