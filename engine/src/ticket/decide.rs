//! The one place where a ticket changes. Pure: everything it looks at is in its arguments.

mod by_hand;
mod children;
mod clock;
mod draft;
mod flow;
mod gate;
mod operate;
mod order;
mod report;
mod study;

use super::{Command, Refusal, Ticket, Transition, verb};
use crate::ticket::transition::Facts;
pub(crate) use draft::Draft;
pub(crate) use flow::right_of;

/// Decides what a command changes, or refuses it whole.
///
/// # Errors
/// The refusal, with its code, clause and remedy; nothing is to be written then.
pub fn decide(
    ticket: Option<&Ticket>,
    command: &Command,
    facts: &Facts,
) -> Result<Transition, Refusal> {
    let Some(ticket) = ticket else {
        return match command {
            Command::Order(it) => order::order(it, facts),
            Command::OpenStudy(it) => study::open(it, facts),
            _ => Err(Refusal::NotFound),
        };
    };
    // First of all: a stranger does not even learn in which state the ticket is.
    if let Some(person) = facts.actor.person()
        && !person.sees(&ticket.client)
    {
        return Err(Refusal::NotFound);
    }
    if let Some(asked) = command.verb()
        && !verb::admits(ticket.state, asked)
    {
        return Err(Refusal::OutOfOrder {
            state: ticket.state,
            verb: asked.word(),
        });
    }
    let mut draft = Draft::on(ticket, command.kind(), facts);
    match command {
        Command::Order(_) | Command::OpenStudy(_) => return Err(Refusal::KeyReused),
        Command::ProposeCall { slots } => study::propose_call(&mut draft, slots)?,
        Command::ChooseCall { slot } => study::choose_call(&mut draft, *slot)?,
        Command::RecordCall { minutes, attendees } => {
            study::record_call(&mut draft, minutes, attendees)?;
        }
        Command::Reclassify { lines } => study::reclassify(&mut draft, lines)?,
        Command::Estimate {
            tokens,
            effort_days,
            lead_days,
        } => {
            study::estimate(&mut draft, *tokens, *effort_days, *lead_days)?;
        }
        Command::Conclude {
            feasible,
            justification,
            items,
            entries,
        } => {
            study::conclude(&mut draft, *feasible, justification, items, entries)?;
        }
        Command::Quote { tokens, note } => operate::quote(&mut draft, *tokens, note)?,
        Command::Decide {
            gate,
            verdict,
            digest,
            comment,
        } => {
            gate::answer(&mut draft, *gate, *verdict, digest, comment.as_deref())?;
        }
        Command::Cancel { reason } => operate::cancel(&mut draft, reason)?,
        Command::Suspend { reason } => operate::suspend(&mut draft, reason)?,
        Command::Resume => operate::resume(&mut draft)?,
        Command::Complete {
            task,
            well,
            evidence,
            spent,
        } => {
            operate::complete(&mut draft, task, *well, evidence, *spent)?;
        }
        Command::Retry { task } => operate::retry(&mut draft, task)?,
        Command::Skip { task, proof } => operate::skip(&mut draft, task, proof)?,
        Command::TakeOver { task, reason } => operate::take_over(&mut draft, task, reason)?,
        Command::GiveUp { reason } => operate::give_up(&mut draft, reason)?,
        Command::Redeliver { note } => operate::redeliver(&mut draft, note)?,
        Command::Remind { gate } => gate::ask_again(&mut draft, *gate)?,
        Command::Claim {
            task,
            owner,
            lease,
            heir_of,
        } => {
            report::claim(&mut draft, task, owner, *lease, heir_of.as_deref())?;
        }
        Command::Intend {
            task,
            fence,
            digest,
            undo,
        } => {
            report::intend(&mut draft, task, *fence, digest, *undo)?;
        }
        Command::Report {
            task,
            fence,
            outcome,
            evidence,
        } => {
            report::report(&mut draft, ticket, task, *fence, outcome, evidence)?;
        }
        Command::Wake => clock::wake(&mut draft)?,
    }
    Ok(draft.finish())
}
