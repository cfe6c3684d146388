//! `ticket approve|reject|validate|cancel|retry|…`: deciding and repairing.

use super::{
    args::{Complete, Decide, Ticket as Verb},
    end::{CHANGED, OK, REFUSED, Stop},
    here::Here,
    look::show,
};
use catalogue::Tokens;
use engine::{
    approval::{Gate, GateState, Verdict, may_decide},
    people::Person,
    ticket::{Command, Refusal, Ticket},
};
use workflows::Purpose;

/// Which gates a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// What is to happen: plan, price, estimate, passage.
    Before,
    /// What was delivered.
    After,
    /// Either.
    Any,
}

impl About {
    fn fits(self, gate: &Gate) -> bool {
        let after = gate.purpose == Purpose::Validation;
        match self {
            About::Before => !after,
            About::After => after,
            About::Any => true,
        }
    }
}

/// Runs a `ticket` command that changes a ticket.
///
/// # Errors
/// Refused whole.
pub async fn act(here: &Here, verb: &Verb) -> Result<u8, Stop> {
    let (reference, command) = match verb {
        Verb::Approve(it) => return decide(here, it, Verdict::Approve, About::Before).await,
        Verb::Reject(it) => return decide(here, it, Verdict::Reject, About::Any).await,
        Verb::Validate(it) | Verb::Close(it) => {
            return decide(here, it, Verdict::Approve, About::After).await;
        }
        Verb::Cancel(it) => (
            &it.reference,
            Command::Cancel {
                reason: it.why.clone(),
            },
        ),
        Verb::GiveUp(it) => (
            &it.reference,
            Command::GiveUp {
                reason: it.why.clone(),
            },
        ),
        Verb::Suspend(it) => (
            &it.reference,
            Command::Suspend {
                reason: it.why.clone(),
            },
        ),
        Verb::Redeliver(it) => (
            &it.reference,
            Command::Redeliver {
                note: it.why.clone(),
            },
        ),
        Verb::Resume(it) => (&it.reference, Command::Resume),
        Verb::Retry(it) => (
            &it.reference,
            Command::Retry {
                task: it.task.clone(),
            },
        ),
        Verb::Skip(it) => {
            let (task, proof) = (it.task.clone(), it.why.clone());
            (&it.reference, Command::Skip { task, proof })
        }
        Verb::TakeOver(it) => {
            let (task, reason) = (it.task.clone(), it.why.clone());
            (&it.reference, Command::TakeOver { task, reason })
        }
        Verb::Complete(it) => (&it.reference, complete(it)),
        Verb::Quote {
            reference,
            tokens,
            note,
        } => (
            reference,
            Command::Quote {
                tokens: Tokens(*tokens),
                note: note.clone(),
            },
        ),
        Verb::New(_)
        | Verb::List(_)
        | Verb::Show(_)
        | Verb::Watch(_)
        | Verb::Graph { .. }
        | Verb::Plan(_)
        | Verb::Log { .. } => return Err(Refusal::NotFound.into()),
    };
    let ticket = here.send(reference, command).await?;
    show(here, &ticket, false).await?;
    Ok(OK)
}

fn complete(it: &Complete) -> Command {
    Command::Complete {
        task: it.task.clone(),
        well: !it.failed,
        evidence: it.evidence.clone(),
        spent: Tokens(it.spent),
    }
}

/// Answers the gate that this person may decide.
async fn decide(here: &Here, asked: &Decide, verdict: Verdict, about: About) -> Result<u8, Stop> {
    let person = here.person().await?;
    let ticket = here.ticket(&asked.reference).await?;
    let gate = choose(here, &ticket, &person, about)?;
    let command = Command::Decide {
        gate: gate.id,
        verdict,
        digest: asked.digest.clone().unwrap_or_else(|| gate.digest.clone()),
        comment: asked.comment.clone(),
    };
    let ticket = here.send(&ticket.reference, command).await.map_err(|it| {
        let reference = &ticket.reference;
        match it.exit {
            CHANGED => it.hint(format!("guichet ticket plan {reference}")),
            REFUSED => it.hint(format!("guichet ticket show {reference}")),
            _ => it,
        }
    })?;
    show(here, &ticket, false).await?;
    Ok(OK)
}

/// The open gate this person may decide; else the reason why there is none.
fn choose<'t>(
    here: &Here,
    ticket: &'t Ticket,
    person: &Person,
    about: About,
) -> Result<&'t Gate, Stop> {
    let operators = ticket.approving_operators();
    let now = here.now();
    let mut why = None;
    let fitting = || ticket.gates.iter().filter(|it| about.fits(it));
    for gate in fitting().filter(|it| it.state == GateState::Open) {
        match may_decide(gate, &ticket.client, person, &gate.digest, &operators, now) {
            Ok(()) => return Ok(gate),
            Err(it) => why = why.or(Some(it)),
        }
    }
    let show = format!("guichet ticket show {}", ticket.reference);
    if let Some(why) = why {
        return Err(Stop::from(why).hint(show));
    }
    let decided = fitting().any(|it| it.state != GateState::Superseded);
    let refusal = match decided {
        true => Refusal::AlreadyDecided,
        false => Refusal::OutOfOrder {
            state: ticket.state,
            verb: "decide",
        },
    };
    Err(Stop::from(refusal).hint(show))
}
