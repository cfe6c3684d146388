//! Deciding while signed in: the same question as a link asks.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use engine::{
    approval::{self, Gate},
    id::{CommandId, GateId},
    store::Known,
    ticket::{Command, Refusal, Ticket},
};
use uuid::Uuid;

use super::{
    Portal,
    fail::Fail,
    go, page, page_as,
    posted::Posted,
    question::{Answer, Question, Wrong, plan},
    visit::Signed,
};
use crate::pages::decide::{DecidePage, StalePage};

/// What the form carries back: which question, what was read, and the name of the command.
struct Read {
    gate: GateId,
    digest: String,
    command: CommandId,
}

impl Read {
    fn seal(&self) -> String {
        format!("{}.{}.{}", self.gate, self.command, self.digest)
    }
    fn open(text: &str) -> Option<Read> {
        let (gate, rest) = text.split_once('.')?;
        let (command, digest) = rest.split_once('.')?;
        Some(Read {
            gate: gate.parse().ok()?,
            command: CommandId(Uuid::parse_str(command).ok()?),
            digest: digest.to_owned(),
        })
    }
}

async fn find(portal: &Portal, signed: &Signed, reference: &str) -> Result<Ticket, Fail> {
    let found = portal
        .web
        .desk
        .ticket(reference, Some(&signed.person))
        .await?;
    found.ok_or(Fail::NotFound)
}

/// The open question this person may answer.
fn mine<'a>(signed: &Signed, ticket: &'a Ticket) -> Result<&'a Gate, Refusal> {
    let operators = ticket.approving_operators();
    let now = signed.ui.now;
    let mut why = Refusal::AlreadyDecided;
    for gate in ticket.open_gates() {
        let person = &signed.person;
        match approval::may_decide(gate, &ticket.client, person, &gate.digest, &operators, now) {
            Ok(()) => return Ok(gate),
            Err(refusal) => why = refusal,
        }
    }
    Err(why)
}

async fn show(
    portal: &Portal,
    signed: Signed,
    ticket: &Ticket,
    gate: &Gate,
    posted: &Posted,
    wrong: Wrong,
) -> Result<Response, Fail> {
    let status = if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let people = portal.web.desk.people_around(&ticket.client).await?;
    let question = Question {
        ui: &signed.ui,
        ticket,
        gate,
        people: &people,
    };
    let read = Read {
        gate: gate.id,
        digest: gate.digest.clone(),
        command: CommandId(portal.web.desk.ids.id()),
    };
    let action = format!("/tickets/{}/decide", ticket.reference);
    let decision = question.form(action, read.seal(), false, posted, wrong);
    let view = DecidePage {
        decision,
        reference: ticket.reference.clone(),
        ui: signed.ui,
    };
    page_as(status, &view)
}

pub(super) async fn form(
    State(portal): State<Portal>,
    Path(reference): Path<String>,
    signed: Signed,
) -> Result<Response, Fail> {
    let ticket = find(&portal, &signed, &reference).await?;
    match mine(&signed, &ticket) {
        Ok(gate) => {
            show(
                &portal,
                signed,
                &ticket,
                gate,
                &Posted::default(),
                Wrong::default(),
            )
            .await
        }
        // Nothing to decide, or nothing for this person: the ticket says who is waited for.
        Err(Refusal::AlreadyDecided | Refusal::NotEntitled) => {
            Ok(go(&format!("/tickets/{}", ticket.reference)))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

pub(super) async fn decide(
    State(portal): State<Portal>,
    Path(reference): Path<String>,
    signed: Signed,
    posted: Posted,
) -> Result<Response, Fail> {
    let ticket = find(&portal, &signed, &reference).await?;
    let read = posted
        .get("nonce")
        .and_then(Read::open)
        .ok_or(Fail::Forbidden)?;
    let gate = ticket.gate(read.gate).ok_or(Fail::NotFound)?;
    let answer = Answer::of(&posted);
    let people = portal.web.desk.people_around(&ticket.client).await?;
    let wrong = Question {
        ui: &signed.ui,
        ticket: &ticket,
        gate,
        people: &people,
    }
    .wrong(&answer);
    let Some(verdict) = answer.verdict.filter(|_| wrong.is_empty()) else {
        return show(&portal, signed, &ticket, gate, &posted, wrong).await;
    };
    let command = Command::Decide {
        gate: read.gate,
        verdict,
        digest: read.digest.clone(),
        comment: answer.comment,
    };
    let caller = signed.caller(read.command);
    match portal
        .web
        .desk
        .handle(&Known::from(&ticket), command, caller)
        .await
    {
        Ok(ticket) => Ok(go(&format!("/tickets/{}", ticket.reference))),
        Err(engine::desk::DeskError::Refused(Refusal::PlanChanged)) => stale(signed, &ticket, read),
        Err(engine::desk::DeskError::Refused(Refusal::AlreadyDecided))
            if mine(&signed, &ticket).is_ok() =>
        {
            stale(signed, &ticket, read)
        }
        Err(error) => Err(error.into()),
    }
}

/// What was read is no longer what would be decided: the new plan, and the way to its question.
fn stale(signed: Signed, ticket: &Ticket, read: Read) -> Result<Response, Fail> {
    let plan = mine(&signed, ticket)
        .ok()
        .and_then(|_| plan(&signed.ui, ticket));
    let reference = ticket.reference.clone();
    let view = StalePage {
        reference,
        read: read.digest,
        plan,
        ui: signed.ui,
    };
    let mut response = page(&view)?;
    *response.status_mut() = StatusCode::CONFLICT;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_carries_back_exactly_what_was_read() {
        let read = Read {
            gate: GateId(Uuid::from_u128(1)),
            digest: "sha256:9f2c".into(),
            command: CommandId(Uuid::from_u128(2)),
        };
        let again = Read::open(&read.seal()).unwrap();
        assert_eq!((again.gate, again.command), (read.gate, read.command));
        assert_eq!(again.digest, read.digest);
        assert!(Read::open("not ours").is_none());
    }
}
