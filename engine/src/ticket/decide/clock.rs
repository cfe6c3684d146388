//! The clock: reminders, expiries, starts, tacit closure.

use super::{draft::Draft, gate};
use crate::ticket::{Ending, Refusal, State};
use chrono::Duration;
use workflows::Purpose;

/// Does what is due on the ticket.
pub(super) fn wake(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    // Every replica has a scheduler and all of them find the same tickets; the first one counts.
    if draft.it.ticket.wake_at.is_none_or(|it| it > draft.now()) {
        return Err(Refusal::NotDue);
    }
    if tacitly_validated(draft) {
        draft.it.record.kind = "ticket.closed-by-silence";
        draft.close(Ending::Tacit);
        return Ok(());
    }
    gate::clock(draft)?;
    draft.advance()
}

/// Only where the contract says so (ruling 6); there is no tacit agreement anywhere.
fn tacitly_validated(draft: &Draft<'_>) -> bool {
    let Some(days) = draft.facts.contract.terms.tacit_validation_days else {
        return false;
    };
    let ticket = &draft.it.ticket;
    ticket.state == State::Delivered
        && ticket.open_gates().any(|it| {
            it.purpose == Purpose::Validation
                && it.opened_at + Duration::days(i64::from(days)) <= draft.now()
        })
}
