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

impl CommandId {
    /// The `n`-th name derived from this command: replaying a command gives the same names.
    #[must_use]
    pub fn derive(self, n: u32) -> Uuid {
        Uuid::new_v5(&self.0, &n.to_be_bytes())
    }
}
