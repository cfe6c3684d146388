//! The six public steps of a ticket: how far it is, or where it stopped.

use engine::ticket::{Ending, State as At, Status};
use workflows::Phase;

use super::Scene;
use crate::pages::parts::{Progress, Step};

impl Scene {
    /// The six public steps; one the ticket does not need says so.
    pub(super) fn steps(&self) -> Vec<Step> {
        let keys = [
            "step-received",
            "step-qualified",
            "step-planned",
            "step-agreed",
            "step-executed",
            "step-closed",
        ];
        let ticket = &self.ticket;
        let at = self.reached();
        let well = matches!(ticket.ending, Some(Ending::Validated | Ending::Tacit));
        let needed =
            |step: usize| step == 1 || ticket.tasks.iter().any(|it| place(it.node.phase) == step);
        let step = |(i, key): (usize, &&'static str)| {
            let number = i + 1;
            let progress = if !needed(number) {
                Progress::NotNeeded
            } else if number < at || well {
                Progress::Done
            } else if number > at {
                Progress::Ahead
            } else if ticket.state == At::Closed {
                Progress::Stopped
            } else {
                Progress::Current
            };
            Step { key, progress }
        };
        keys.iter().enumerate().map(step).collect()
    }

    /// The public step where the ticket is, or where it stopped.
    fn reached(&self) -> usize {
        let ticket = &self.ticket;
        if ticket.state != At::Closed {
            return usize::from(ticket.state.public_step());
        }
        let stopped = ticket.tasks.iter().filter(|it| {
            matches!(
                it.status,
                Status::Failed | Status::Cancelled | Status::Undone
            )
        });
        stopped.map(|it| place(it.node.phase)).min().unwrap_or(6)
    }
}

/// The public step that a stretch of a ticket's life belongs to.
fn place(phase: Phase) -> usize {
    match phase {
        Phase::Call | Phase::Orient | Phase::Quote | Phase::Offer | Phase::Study => 2,
        Phase::Plan => 3,
        Phase::Agree => 4,
        Phase::Window | Phase::Act => 5,
        Phase::Validate => 6,
    }
}
