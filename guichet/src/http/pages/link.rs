//! The page behind a personal link: opening decides nothing, a posted form with its own nonce does.
//! Works without cookie, session and script.

use axum::{
    extract::{Path, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use engine::{
    approval::{self, Decision as Said, GateState},
    desk::{Caller, DeskError},
    id::CommandId,
    outbox::Link,
    people::{Actor, Person, Via},
    store::Known,
    ticket::{Command, Refusal},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Portal,
    fail::Fail,
    go, page, page_as,
    posted::Posted,
    question::{Answer, Question, Wrong},
};
use crate::pages::{
    Ui,
    link::{GonePage, LinkPage, ReceiptPage, RenewedPage},
};

/// A form sent faster than a person can read is shown again.
const DWELL: Duration = Duration::seconds(2);
/// A form older than this is shown again.
const KEPT: Duration = Duration::hours(12);

/// How a link stands for whoever opens it.
enum Stand {
    /// It asks.
    Asks,
    /// Somebody answered: what they said.
    Answered(Said),
    /// It opens nothing: unknown, expired or replaced.
    Nothing,
}

fn stand(link: &Link, now: DateTime<Utc>) -> Stand {
    let own = link
        .gate
        .decisions
        .iter()
        .find(|it| it.person == link.person.id);
    if let Some(said) = own {
        return Stand::Answered(said.clone());
    }
    match link.gate.state {
        GateState::Approved | GateState::Rejected => match link.gate.decisions.last() {
            Some(said) => Stand::Answered(said.clone()),
            None => Stand::Nothing,
        },
        GateState::Expired | GateState::Superseded => Stand::Nothing,
        GateState::Open => {
            let (ticket, gate) = (&link.ticket, &link.gate);
            let operators = ticket.approving_operators();
            let person = &link.person;
            let may =
                approval::may_decide(gate, &ticket.client, person, &gate.digest, &operators, now);
            if may.is_ok() && link.expires_at > now {
                Stand::Asks
            } else {
                Stand::Nothing
            }
        }
    }
}

/// The voice of a link page: no session is read, and the language switch leads to the same link
/// without naming it, so that all links that open nothing answer the same bytes.
fn voice(portal: &Portal, parts: &Parts, person: Option<&Person>) -> Ui {
    let mut ui = portal.ui(parts, person);
    ui.here = String::new();
    ui
}

fn gone(portal: &Portal, parts: &Parts) -> Result<Response, Fail> {
    page_as(
        StatusCode::GONE,
        &GonePage {
            ui: voice(portal, parts, None),
        },
    )
}

/// Server-made value of one form of one link: when it was made, and that we made it.
fn nonce(key: &[u8; 32], token: &str, digest: &str, at: DateTime<Utc>) -> String {
    let at = at.timestamp_micros().to_be_bytes();
    let mut hasher = Sha256::new();
    // Fixed-length parts only, the key at both ends: nothing can be appended or shifted.
    hasher.update(key);
    hasher.update(Sha256::digest(token.as_bytes()));
    hasher.update(Sha256::digest(digest.as_bytes()));
    hasher.update(at);
    hasher.update(key);
    let mut bytes = at.to_vec();
    bytes.extend_from_slice(&hasher.finalize());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// When the form with that nonce was made, if it is one of ours for this link and this content.
fn made_at(key: &[u8; 32], token: &str, digest: &str, sent: &str) -> Option<DateTime<Utc>> {
    let bytes = URL_SAFE_NO_PAD.decode(sent).ok()?;
    let micros = i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
    let at = DateTime::from_timestamp_micros(micros)?;
    (nonce(key, token, digest, at) == sent).then_some(at)
}

/// Shows the question.
async fn ask(
    portal: &Portal,
    parts: &Parts,
    (token, link): (&str, &Link),
    posted: &Posted,
    (wrong, again): (Wrong, Option<&str>),
) -> Result<Response, Fail> {
    let status = if wrong.is_empty() && again.is_none() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let ui = voice(portal, parts, Some(&link.person));
    let people = portal.web.desk.people_around(&link.ticket.client).await?;
    let question = Question {
        ui: &ui,
        ticket: &link.ticket,
        gate: &link.gate,
        people: &people,
    };
    let nonce = nonce(&portal.web.nonce_key, token, &link.gate.digest, ui.now);
    let mut decision = question.form(format!("/v/{token}"), nonce, link.needs_code, posted, wrong);
    decision.again = again.map(|it| ui.t(it));
    page_as(
        status,
        &LinkPage {
            decision,
            person: link.person.name.clone(),
            ui,
        },
    )
}

async fn show_receipt(
    portal: &Portal,
    parts: &Parts,
    link: &Link,
    said: &Said,
    already: bool,
) -> Result<Response, Fail> {
    let ui = voice(portal, parts, Some(&link.person));
    let people = portal.web.desk.people_around(&link.ticket.client).await?;
    let question = Question {
        ui: &ui,
        ticket: &link.ticket,
        gate: &link.gate,
        people: &people,
    };
    let recorded = question.recorded(said);
    page(&ReceiptPage {
        recorded,
        already,
        ui,
    })
}

pub(super) async fn open(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    parts: Parts,
) -> Result<Response, Fail> {
    let now = portal.web.desk.clock.now();
    let Some(link) = portal.web.desk.link(&token).await? else {
        return gone(&portal, &parts);
    };
    match stand(&link, now) {
        Stand::Asks => {
            let nothing = (Wrong::default(), None);
            ask(
                &portal,
                &parts,
                (&token, &link),
                &Posted::default(),
                nothing,
            )
            .await
        }
        Stand::Answered(said) => show_receipt(&portal, &parts, &link, &said, true).await,
        Stand::Nothing => gone(&portal, &parts),
    }
}

pub(super) async fn receipt(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    parts: Parts,
) -> Result<Response, Fail> {
    let now = portal.web.desk.clock.now();
    let Some(link) = portal.web.desk.link(&token).await? else {
        return gone(&portal, &parts);
    };
    match stand(&link, now) {
        Stand::Asks => Ok(go(&format!("/v/{token}"))),
        Stand::Answered(said) => show_receipt(&portal, &parts, &link, &said, false).await,
        Stand::Nothing => gone(&portal, &parts),
    }
}

pub(super) async fn decide(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    parts: Parts,
    posted: Posted,
) -> Result<Response, Fail> {
    if posted.get("renew").is_some() {
        return renew(State(portal), Path(token), parts).await;
    }
    let desk = &portal.web.desk;
    let now = desk.clock.now();
    let Some(link) = desk.link(&token).await? else {
        return gone(&portal, &parts);
    };
    match stand(&link, now) {
        Stand::Asks => {}
        Stand::Answered(said) => return show_receipt(&portal, &parts, &link, &said, true).await,
        Stand::Nothing => return gone(&portal, &parts),
    }
    let sent = posted.get("nonce").unwrap_or_default();
    let made = made_at(&portal.web.nonce_key, &token, &link.gate.digest, sent);
    let fresh = made.is_some_and(|at| now - at >= DWELL && now - at <= KEPT);
    if !fresh {
        let again = (Wrong::default(), Some("ask-confirm"));
        return ask(&portal, &parts, (&token, &link), &posted, again).await;
    }
    let answer = Answer::of(&posted);
    let ui = voice(&portal, &parts, Some(&link.person));
    let mut wrong = Question {
        ui: &ui,
        ticket: &link.ticket,
        gate: &link.gate,
        people: &[],
    }
    .wrong(&answer);
    if wrong.is_empty() && link.needs_code {
        let code = posted.get("code").unwrap_or_default();
        // An empty box is a slip, not a try.
        if code.is_empty() || !desk.code_fits(&token, code).await? {
            wrong.code = Some(ui.t("ask-code-wrong"));
        }
    }
    let Some(verdict) = answer.verdict.filter(|_| wrong.is_empty()) else {
        return ask(&portal, &parts, (&token, &link), &posted, (wrong, None)).await;
    };
    let command = Command::Decide {
        gate: link.gate.id,
        verdict,
        digest: link.gate.digest.clone(),
        comment: answer.comment,
    };
    // One form is one command: sent twice, it counts once.
    let caller = Caller {
        actor: Actor::Person(Box::new(link.person.clone()), Via::Link),
        command: CommandId(Uuid::new_v5(&Uuid::NAMESPACE_URL, sent.as_bytes())),
    };
    match desk
        .handle(&Known::from(&link.ticket), command, caller)
        .await
    {
        Ok(_) | Err(DeskError::Refused(Refusal::AlreadyDecided)) => {
            Ok(go(&format!("/v/{token}/receipt")))
        }
        Err(DeskError::Refused(
            Refusal::PlanChanged | Refusal::GateExpired { .. } | Refusal::NotEntitled,
        )) => gone(&portal, &parts),
        Err(error) => Err(error.into()),
    }
}

/// Asks for a new link. It goes to the registered addresses only, and the answer is the same
/// whether there was anything to renew or not.
pub(super) async fn renew(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    parts: Parts,
) -> Result<Response, Fail> {
    let desk = &portal.web.desk;
    if let Some(link) = desk.link(&token).await?
        && let Some(gate) = link
            .ticket
            .open_gates()
            .find(|it| it.task == link.gate.task)
    {
        let actor = Actor::Person(Box::new(link.person.clone()), Via::Link);
        // Once an hour at most: the command of an hour is one command.
        let hour = desk.clock.now().timestamp() / 3600;
        let name = format!("renew/{}/{}/{hour}", gate.id, link.person.id);
        let caller = Caller {
            actor,
            command: CommandId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())),
        };
        let command = Command::Remind { gate: gate.id };
        if let Err(error) = desk
            .handle(&Known::from(&link.ticket), command, caller)
            .await
        {
            tracing::warn!(%error, "no new link was sent");
        }
    }
    page(&RenewedPage {
        ui: voice(&portal, &parts, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_belongs_to_one_link_one_content_and_one_moment() {
        let (key, other) = ([1; 32], [2; 32]);
        let at: DateTime<Utc> = "2026-11-22T15:00:00Z".parse().unwrap();
        let made = nonce(&key, "token", "sha256:aa", at);
        assert_eq!(made_at(&key, "token", "sha256:aa", &made), Some(at));
        assert_eq!(
            made_at(&key, "tokem", "sha256:aa", &made),
            None,
            "another link"
        );
        assert_eq!(
            made_at(&key, "token", "sha256:ab", &made),
            None,
            "another content"
        );
        assert_eq!(
            made_at(&other, "token", "sha256:aa", &made),
            None,
            "another key"
        );
        let mut forged = URL_SAFE_NO_PAD.decode(&made).unwrap();
        forged[7] ^= 1;
        let forged = URL_SAFE_NO_PAD.encode(forged);
        assert_eq!(
            made_at(&key, "token", "sha256:aa", &forged),
            None,
            "another moment"
        );
        assert_eq!(made_at(&key, "token", "sha256:aa", ""), None);
    }
}
