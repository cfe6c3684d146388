//! Names of things: newtypes over what is stored.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// One order and its whole life.
    TicketId
);
id!(
    /// A human being, above accounts and mailboxes: four eyes are counted in persons.
    PersonId
);
id!(
    /// One question put to persons.
    GateId
);
id!(
    /// A dated lot of tokens.
    LotId
);
id!(
    /// Tokens set aside for one ticket on one lot.
    HoldId
);
id!(
    /// What a caller sent, named by the caller: the same command twice is one command.
    CommandId
);

/// Bytes of a name that tell when it was given (RFC 9562 §5.7).
const BEGINNING: usize = 6;

impl CommandId {
    /// The `n`-th name derived from this command: replaying a command gives the same names. It
    /// begins like the command's: names given one after the other stand side by side in every
    /// index, so that a commit touches few pages.
    #[must_use]
    pub fn derive(self, n: u32) -> Uuid {
        let mut name = Uuid::new_v5(&self.0, &n.to_be_bytes()).into_bytes();
        name[..BEGINNING].copy_from_slice(&self.0.as_bytes()[..BEGINNING]);
        Uuid::new_v8(name)
    }
}
