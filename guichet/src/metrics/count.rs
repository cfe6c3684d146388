//! What is counted as it happens: transitions, letters, exchanges.

use super::{
    Metrics,
    labels::{Exchange, Kind, Outcome, Task, Ticket},
};
use crate::mail::{Accepted, Deliver, Delivery, Leave, Rendered};
use adapters::wire::{Answered, Ear};
use async_trait::async_trait;
use catalogue::{Class, Speed};
use chrono::{DateTime, Utc};
use engine::{
    approval::GateState,
    ticket::{self, Command, State, Status, Transition},
    witness::Witness,
};
use std::sync::Arc;
use workflows::{Purpose, Work};

impl Witness for Metrics {
    fn committed(
        &self,
        before: Option<&ticket::Ticket>,
        step: &Transition,
        _command: &Command,
        at: DateTime<Utc>,
    ) {
        self.note(before, step, at);
    }
}

impl Metrics {
    fn note(&self, before: Option<&ticket::Ticket>, step: &Transition, at: DateTime<Utc>) {
        let after = &step.ticket;
        if step.new {
            self.event("ordered", after);
        }
        if before.map(|it| it.state) != Some(after.state) {
            self.entered(before, after, at);
        }
        if let Some(before) = before {
            self.tasks_ended(before, after, at);
            self.answered(before, after, at);
        }
        for child in &step.children {
            self.note(None, child, at);
        }
    }

    fn event(&self, event: &'static str, ticket: &ticket::Ticket) {
        let class = match ticket.class() {
            Some(Class::Simple) => "simple",
            Some(Class::Complex) => "complex",
            None => "none",
        };
        let accelerated = match ticket.speed {
            Speed::Accelerated => "true",
            Speed::Normal => "false",
        };
        let labels = Ticket {
            event,
            class,
            accelerated,
        };
        self.tickets.get_or_create(&labels).inc();
    }

    fn entered(&self, before: Option<&ticket::Ticket>, after: &ticket::Ticket, at: DateTime<Utc>) {
        let ending = after.ending.map(ticket::Ending::word);
        self.event(ending.unwrap_or(after.state.word()), after);
        // What was contested had been delivered before.
        let again = before.is_some_and(|it| it.state == State::Contested);
        if after.state == State::Delivered && !again {
            self.lead.observe(seconds(at - after.created_at));
        }
    }

    fn tasks_ended(&self, before: &ticket::Ticket, after: &ticket::Ticket, now: DateTime<Utc>) {
        for (at, is) in after.tasks.changed(Some(&before.tasks)) {
            let Some(was) = before.tasks.get(at).filter(|it| it.status != is.status) else {
                continue;
            };
            let begun = match is.status {
                Status::Done | Status::Failed | Status::InDoubt => is.started_at,
                Status::Undone | Status::UndoFailed => was.run_at,
                Status::Waiting
                | Status::Ready
                | Status::Running
                | Status::Asked
                | Status::Timed
                | Status::Skipped
                | Status::Cancelled
                | Status::UndoDue
                | Status::Undoing => None,
            };
            let (Some(begun), Some((adapter, kind))) = (begun, named(&is.node.work)) else {
                continue;
            };
            let labels = Task {
                adapter,
                kind,
                outcome: is.status.word(),
            };
            let took = seconds(now - begun);
            self.tasks.get_or_create(&labels).observe(took);
        }
    }

    fn answered(&self, before: &ticket::Ticket, after: &ticket::Ticket, at: DateTime<Utc>) {
        for gate in before.open_gates() {
            let state = after.gate(gate.id).map(|it| it.state);
            if matches!(state, Some(GateState::Approved | GateState::Rejected)) {
                let kind = purpose(gate.purpose);
                let wait = self.waits.get_or_create(&Kind { kind });
                wait.observe(seconds(at - gate.opened_at));
            }
        }
    }
}

fn seconds(span: chrono::Duration) -> f64 {
    span.to_std().unwrap_or_default().as_secs_f64()
}

/// Adapter and kind of work that somebody performs; waiting is no work.
fn named(work: &Work) -> Option<(String, String)> {
    let (adapter, kind) = match work {
        Work::Plan => ("guichet", "plan"),
        Work::Manual { .. } => ("hand", "manual"),
        Work::Action { name, .. } => name.split_once('.').unwrap_or((name, "action")),
        Work::Gate(_) | Work::Timer { .. } => return None,
    };
    Some((adapter.to_owned(), kind.to_owned()))
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Agreement => "agreement",
        Purpose::Operations => "operations",
        Purpose::Offer => "offer",
        Purpose::Estimate => "estimate",
        Purpose::Passage => "passage",
        Purpose::Validation => "validation",
    }
}

impl Ear for Metrics {
    fn heard(&self, system: &'static str, answered: Answered) {
        let outcome = match answered {
            Answered::Status(0..400) => "ok",
            Answered::Status(400..500) => "refused",
            Answered::Status(_) => "error",
            Answered::Nothing => "silent",
        };
        let labels = Exchange {
            adapter: system,
            outcome,
        };
        self.exchanges.get_or_create(&labels).inc();
    }
}

/// A way out for letters that counts what becomes of them.
pub(super) struct Counted {
    pub(super) inner: Arc<dyn Deliver>,
    pub(super) metrics: Arc<Metrics>,
}

#[async_trait]
impl Deliver for Counted {
    async fn hand_over(&self, mail: &Rendered, leave: Leave) -> Result<Accepted, Delivery> {
        let end = self.inner.hand_over(mail, leave).await;
        let outcome = match &end {
            // Never tried.
            Err(Delivery::Held) => return end,
            Ok(_) => "sent",
            Err(Delivery::Permanent(..)) => "never",
            Err(Delivery::Transient(_)) => "later",
            Err(Delivery::Unknown(_)) => "unknown",
        };
        let letters = &self.metrics.letters;
        letters.get_or_create(&Outcome { outcome }).inc();
        end
    }
}
