//! Mail: letters to people, written in their language and handed to a mail server or, in the demo,
//! to an outbox one can look into.
//!
//! A letter goes through four hands: facts ([`view`]) → sentences and both parts ([`render()`]) →
//! bytes ([`message()`]) → delivery ([`Deliver`]). Only the last one touches the world.

use async_trait::async_trait;

mod clean;
mod compose;
mod dots;
mod invite;
mod leave;
mod message;
mod outbox;
mod render;
pub mod smtp;
pub mod view;

pub use leave::Leave;
pub use message::{address, message};
pub use outbox::{Kept, Outbox, OutboxError};
pub use render::{Attachment, Mailbox, Rendered, SUBJECT, render};

/// A letter that cannot be written. Trying again cannot help; a person must look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// That address is none.
    #[error("not a mail address: {0}")]
    Address(&'static str),
    /// A reference is empty, too long or holds more than letters, digits and hyphens.
    #[error("not a reference that can name a message")]
    Reference,
    /// The link is no address of the web, or is personal and would go to somebody else.
    #[error("not a link that can stand in a mail")]
    Link,
    /// A header holds a control character or is not of this world.
    #[error("not a header that can stand in a mail")]
    Header,
    /// A template failed.
    #[error("the letter could not be laid out")]
    Template,
    /// The mail library refused the message.
    #[error("the message could not be built: {0}")]
    Build(String),
    /// The mail library gave up on the message.
    #[error("the message could not be built: the library panicked")]
    Panicked,
}

/// The mail server took the letter and answers for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its own words; kept as evidence.
    pub reply: String,
}

/// Why a letter was not accepted, and so what happens to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Delivery {
    /// It will never be accepted: to a person, not to another try. SMTP code and words; a letter
    /// that could not even be written carries 553 for an address and 554 for all else, as a server
    /// would have said.
    #[error("refused for good ({0}): {1}")]
    Permanent(u16, String),
    /// Not now: to be tried again later.
    #[error("not accepted for now: {0}")]
    Transient(String),
    /// The connection was lost after the letter went out and before the answer came: it may have
    /// arrived. It can be sent once more, since its Message-ID is the same.
    #[error("sent, but no answer came: {0}")]
    Unknown(String),
    /// Its sender did not let it go: nothing of its text went out.
    #[error("held back")]
    Held,
}

impl From<MailError> for Delivery {
    fn from(error: MailError) -> Self {
        let code = if matches!(error, MailError::Address(_)) {
            553
        } else {
            554
        };
        Delivery::Permanent(code, error.to_string())
    }
}

/// Somewhere to hand letters to.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Hands over one letter. Nothing of its text goes out before `leave` is given.
    ///
    /// # Errors
    /// See [`Delivery`]; nothing about one letter stands in the way of the next.
    async fn hand_over(&self, mail: &Rendered, leave: Leave) -> Result<Accepted, Delivery>;

    /// Hands over one letter that may go at once.
    ///
    /// # Errors
    /// As [`Deliver::hand_over`].
    async fn deliver(&self, mail: &Rendered) -> Result<Accepted, Delivery> {
        self.hand_over(mail, Leave::free()).await
    }
}
