//! Which commands change what is stored.

use super::{Client, Contract, Person, Study, Ticket, Verb};

impl Verb {
    /// Whether the command changes tickets, clients, contracts or persons.
    #[must_use]
    pub fn writes(&self) -> bool {
        match self {
            Verb::Ticket(it) => !matches!(
                it,
                Ticket::List(_)
                    | Ticket::Show(_)
                    | Ticket::Watch(_)
                    | Ticket::Graph { .. }
                    | Ticket::Plan(_)
                    | Ticket::Log { .. }
            ),
            Verb::Study(it) => !matches!(it, Study::Show(_)),
            Verb::Contract(it) => matches!(it, Contract::Grant { .. } | Contract::Add { .. }),
            Verb::Person(it) => matches!(it, Person::Add(_)),
            Verb::Client(it) => matches!(it, Client::Add { .. }),
            Verb::Demo(_)
            | Verb::Serve(_)
            | Verb::Bench(_)
            | Verb::Db(_)
            | Verb::Catalogue(_)
            | Verb::Price(_)
            | Verb::Inbox { .. }
            | Verb::Audit(_)
            | Verb::Journal(_)
            | Verb::Mail(_)
            | Verb::Doctor
            | Verb::Completion { .. }
            | Verb::Help { .. } => false,
        }
    }
}
