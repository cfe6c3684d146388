//! The engine's vocabulary as marks and message ids. Total over its states: a new one does not
//! compile until it has its words.

use engine::{
    ledger::Account,
    people::{Person, Right},
    ticket::{Ending, State, Status, Task, Ticket},
};
use workflows::{FaultClass, Level, Party, Purpose, Role, Work};

use crate::pages::{Ui, parts::Mark};

/// Message id of a state, or of the ending of what is over.
pub(super) fn state_key(state: State, ending: Option<Ending>) -> &'static str {
    match (state, ending) {
        (State::Closed, Some(ending)) => ending_key(ending),
        (State::Closed, None) => "state-closed",
        (State::Calling, _) => "state-calling",
        (State::Orienting, _) => "state-orienting",
        (State::Quoting, _) => "state-quoting",
        (State::Offered, _) => "state-offered",
        (State::Studying, _) => "state-studying",
        (State::Preparing, _) => "state-preparing",
        (State::Agreeing, _) => "state-agreeing",
        (State::Scheduled, _) => "state-scheduled",
        (State::Running, _) => "state-running",
        (State::Suspended, _) => "state-suspended",
        (State::Blocked, _) => "state-blocked",
        (State::Undoing, _) => "state-undoing",
        (State::Delivered, _) => "state-delivered",
        (State::Contested, _) => "state-contested",
    }
}

fn ending_key(ending: Ending) -> &'static str {
    match ending {
        Ending::Validated => "ending-validated",
        Ending::Tacit => "ending-tacit",
        Ending::Failed => "ending-failed",
        Ending::Cancelled => "ending-cancelled",
        Ending::Declined => "ending-declined",
        Ending::Expired => "ending-expired",
        Ending::Infeasible => "ending-infeasible",
        Ending::Feasible => "ending-feasible",
        Ending::Reclassified => "ending-reclassified",
    }
}

/// The mark of a state: its shape and colour; the words come from [`state_key`].
pub(super) fn state_mark(ui: &Ui, state: State, ending: Option<Ending>) -> Mark {
    let nobody = String::new;
    match state {
        State::Calling | State::Orienting | State::Quoting | State::Offered => {
            Mark::WaitingPerson(nobody())
        }
        State::Agreeing | State::Delivered | State::Suspended | State::Contested => {
            Mark::WaitingPerson(nobody())
        }
        State::Scheduled => Mark::WaitingWindow(ui.now),
        State::Studying | State::Preparing | State::Running | State::Undoing => {
            Mark::Running(ui.now)
        }
        State::Blocked => Mark::Unknown,
        State::Closed => match ending {
            Some(Ending::Validated | Ending::Tacit | Ending::Feasible | Ending::Infeasible) => {
                Mark::Done
            }
            Some(Ending::Failed) => Mark::RolledBack,
            Some(Ending::Cancelled | Ending::Declined | Ending::Expired | Ending::Reclassified)
            | None => Mark::Skipped,
        },
    }
}

/// The mark of a task; `awaited` names whom an open gate waits for.
pub(super) fn task_mark(ui: &Ui, task: &Task, awaited: &str) -> Mark {
    let cause = || match &task.fault {
        Some(fault) => fault.message.clone(),
        None => task.note.clone().unwrap_or_default(),
    };
    let since = task.started_at.or(task.run_at).unwrap_or(ui.now);
    match task.status {
        Status::Waiting => Mark::Queued,
        Status::Ready => match &task.node.work {
            Work::Manual { role, .. } => Mark::WaitingPerson(ui.t(role_key(*role))),
            Work::Plan | Work::Action { .. } | Work::Gate(_) | Work::Timer { .. } => Mark::Queued,
        },
        Status::Running | Status::UndoDue | Status::Undoing => Mark::Running(since),
        Status::Asked => Mark::WaitingPerson(awaited.to_owned()),
        Status::Timed => Mark::WaitingWindow(task.run_at.unwrap_or(ui.now)),
        Status::Done => Mark::Done,
        Status::Failed | Status::UndoFailed => Mark::Failed(cause()),
        Status::Skipped | Status::Cancelled => Mark::Skipped,
        Status::InDoubt => Mark::Unknown,
        Status::Undone => Mark::RolledBack,
    }
}

/// The same mark for the picture.
pub(super) fn drawn(mark: &Mark) -> workflows::draw::Mark {
    use workflows::draw::Mark as Drawn;
    match mark {
        Mark::Queued => Drawn::Queued,
        Mark::WaitingPerson(_) => Drawn::WaitingPerson,
        Mark::WaitingWindow(_) => Drawn::WaitingWindow,
        Mark::Running(_) => Drawn::Running,
        Mark::Done => Drawn::Done,
        Mark::Failed(_) => Drawn::Failed,
        Mark::RolledBack => Drawn::RolledBack,
        Mark::Skipped => Drawn::Skipped,
        Mark::Unknown => Drawn::Unknown,
    }
}

/// Message id of a party.
pub(super) fn party_key(party: Party) -> &'static str {
    match party {
        Party::Client => "party-client",
        Party::Operations => "party-operations",
        Party::SecondOperator => "party-second-operator",
        Party::Support => "party-support",
        Party::Manager => "party-manager",
    }
}

/// Message id of who does a manual task.
pub(super) fn role_key(role: Role) -> &'static str {
    match role {
        Role::Operator => "party-operations",
        Role::Support => "party-support",
        Role::Manager => "party-manager",
    }
}

/// The right that doing a manual task takes.
pub(super) fn right_of(role: Role) -> Right {
    match role {
        Role::Operator => Right::Operate,
        Role::Support => Right::Support,
        Role::Manager => Right::Steer,
    }
}

/// The word in message ids for what is decided.
pub(super) fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Agreement => "agreement",
        Purpose::Operations => "operations",
        Purpose::Offer => "offer",
        Purpose::Estimate => "estimate",
        Purpose::Passage => "passage",
        Purpose::Validation => "validation",
    }
}

/// Message id of the worst effect on service.
pub(super) fn impact_key(level: Level) -> &'static str {
    match level {
        Level::None => "impact-none",
        Level::Reload => "impact-reload",
        Level::RollingRestart => "impact-rolling-restart",
        Level::Eviction => "impact-eviction",
        Level::Outage => "impact-outage",
        Level::DataLoss => "impact-data-loss",
    }
}

/// Message id of the plain sentence for a class of faults.
pub(super) fn fault_key(class: FaultClass) -> &'static str {
    match class {
        FaultClass::Transient => "fault-transient",
        FaultClass::Ambiguous => "fault-ambiguous",
        FaultClass::Conflict => "fault-conflict",
        FaultClass::Rejected => "fault-rejected",
        FaultClass::Denied => "fault-denied",
        FaultClass::Missing => "fault-missing",
        FaultClass::Guard => "fault-guard",
    }
}

/// Message id of a movement of tokens.
pub(super) fn move_key(from: Account, to: Account) -> &'static str {
    match (from, to) {
        (Account::Issuer, Account::Stock) => "move-granted",
        (Account::Stock, Account::Held) => "move-held-for",
        (Account::Held, Account::Spent) => "move-charged",
        (Account::Held, Account::Stock) => "move-returned",
        (Account::Stock, Account::Expired) => "move-expired",
        _ => "move-other",
    }
}

/// The name of a person, or a dash for somebody no longer known.
pub(super) fn name_of(people: &[Person], id: engine::id::PersonId) -> String {
    let known = people.iter().find(|it| it.id == id);
    known.map_or_else(|| "—".to_owned(), |it| it.name.clone())
}

/// Whether a ticket is still an off-catalogue study.
pub(super) fn is_study(ticket: &Ticket) -> bool {
    ticket.study.is_some() && ticket.code.is_none()
}
