//! `/studies`: off-catalogue requests (S19–S30).

use super::{
    super::{Web, problem::Problem},
    acts::{ItemBody, LineBody, conclude, reclassify},
    auth::{Acting, Signed},
    body::{Sent, read},
    tickets::{begin, contract, made, on_behalf, seen, send, view},
    views::ticket::{Row, TicketView},
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use catalogue::Tokens;
use chrono::{DateTime, Utc};
use engine::{
    query::Filter,
    ticket::{Command, Study},
};
use serde::Deserialize;
use serde_json::Value;

/// Studies that are not over, newest first.
pub(super) async fn list(
    State(web): State<Web>,
    signed: Signed,
) -> Result<Json<Vec<Row>>, Problem> {
    let client = signed.person.client.clone();
    let filter = Filter {
        client,
        open: true,
        limit: 500,
        ..Filter::default()
    };
    let all = web.desk.tickets(&filter).await?;
    let studies = all.iter().filter(|it| it.code.is_none());
    Ok(Json(studies.map(|it| Row::of(it, signed.lang)).collect()))
}

/// A study opened.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StudyBody {
    title: String,
    need: String,
    contract: Option<String>,
    on_behalf_of: Option<String>,
}

pub(super) async fn create(
    State(web): State<Web>,
    acting: Acting,
    Sent(body): Sent<StudyBody>,
) -> Result<Response, Problem> {
    let other = on_behalf(&web, &acting.person, body.on_behalf_of.as_deref()).await?;
    let client = other.as_ref().and_then(|it| it.client.as_deref());
    let contract = contract(&web, &acting.person, body.contract.as_deref(), client).await?;
    let study = Study {
        title: body.title,
        need: body.need,
        on_behalf_of: other.map(|it| it.id),
    };
    let command = Command::OpenStudy(study);
    let ticket = begin(&web, &contract, command, acting.caller).await?;
    made(&web, &ticket, acting.lang).await
}

pub(super) async fn one(
    State(web): State<Web>,
    signed: Signed,
    Path(reference): Path<String>,
) -> Result<Json<TicketView>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    match ticket.study {
        Some(_) => Ok(Json(view(&web, &ticket, signed.lang).await?)),
        None => Err(Problem::not_found()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slots {
    slots: Vec<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    slot: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Minutes {
    minutes: String,
    attendees: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    lines: Vec<LineBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Estimate {
    tokens: u32,
    effort_days: u32,
    lead_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Conclusion {
    feasible: bool,
    justification: String,
    #[serde(default)]
    items: Vec<ItemBody>,
}

pub(super) async fn act(
    State(web): State<Web>,
    acting: Acting,
    Path((reference, act)): Path<(String, String)>,
    Sent(body): Sent<Value>,
) -> Result<Json<TicketView>, Problem> {
    let catalogue = &web.desk.catalogue;
    let command = match act.as_str() {
        "propose-call" => Command::ProposeCall {
            slots: read::<Slots>(body)?.slots,
        },
        "choose-call" => Command::ChooseCall {
            slot: read::<Slot>(body)?.slot,
        },
        "minutes" => {
            let Minutes { minutes, attendees } = read(body)?;
            Command::RecordCall { minutes, attendees }
        }
        "reclassify" => reclassify(catalogue, read::<Lines>(body)?.lines)?,
        "estimate" => {
            let Estimate {
                tokens,
                effort_days,
                lead_days,
            } = read(body)?;
            Command::Estimate {
                tokens: Tokens(tokens),
                effort_days,
                lead_days,
            }
        }
        "conclude" => {
            let it: Conclusion = read(body)?;
            conclude(catalogue, it.feasible, it.justification, it.items)?
        }
        _ => return Err(Problem::not_found()),
    };
    send(&web, acting, &reference, command).await
}
