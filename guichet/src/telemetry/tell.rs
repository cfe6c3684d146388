//! The log's own witness: one line for what moved a ticket or ended a task. Ids only: what people
//! wrote, and who they are, stands in the journal.

use chrono::{DateTime, Utc};
use engine::{
    ticket::{Command, Ticket, Transition},
    witness::Witness,
};
use std::sync::Arc;

/// Writes transitions into the log.
#[derive(Clone, Copy, Debug)]
pub struct Teller;

impl Witness for Teller {
    fn committed(
        &self,
        before: Option<&Ticket>,
        step: &Transition,
        command: &Command,
        _at: DateTime<Utc>,
    ) {
        let after = &step.ticket;
        let (command, task) = (command.kind(), step.record.task.as_deref());
        let (from, to) = (before.map(|it| it.state.word()), after.state.word());
        if from == Some(to) {
            tracing::debug!(
                ticket = after.reference,
                task,
                command,
                state = to,
                "committed"
            );
        } else {
            tracing::info!(
                ticket = after.reference,
                task,
                command,
                from,
                state = to,
                "committed"
            );
        }
    }
}

/// Several witnesses, in order.
#[derive(Clone, Debug)]
pub struct All(pub Vec<Arc<dyn Witness>>);

impl Witness for All {
    fn committed(
        &self,
        before: Option<&Ticket>,
        step: &Transition,
        command: &Command,
        at: DateTime<Utc>,
    ) {
        for it in &self.0 {
            it.committed(before, step, command, at);
        }
    }
}
