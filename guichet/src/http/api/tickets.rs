//! `/tickets`: order, look, act.

use super::{
    super::{Web, problem::Problem},
    auth::{Acting, Signed},
    body::Sent,
    catalogue::Drawn,
    views::{
        Names, Page,
        plan::{PlanView, drawing},
        ticket::{Row, TicketView},
    },
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use catalogue::{Lang, Speed, Tokens};
use chrono::{DateTime, Utc};
use engine::{
    audit::{StatementLine, Trace},
    contract::Contract,
    desk::Caller,
    id::{PersonId, TicketId},
    people::Person,
    query::Filter,
    store::Known,
    ticket::{Command, Order, Refusal, Start, State as Stage, Ticket},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Most objects of a page.
const LARGEST_PAGE: u64 = 100;

/// The ticket of that reference, as far as this person may see it.
pub(super) async fn seen(web: &Web, person: &Person, reference: &str) -> Result<Ticket, Problem> {
    let found = web.desk.ticket(reference, Some(person)).await?;
    found.ok_or_else(Problem::not_found)
}

/// Names of the persons around that client.
pub(super) async fn names(web: &Web, client: &str) -> Result<Names, Problem> {
    Ok(Names::of(&web.desk.people_around(client).await?))
}

/// A ticket in full.
pub(super) async fn view(web: &Web, it: &Ticket, lang: Lang) -> Result<TicketView, Problem> {
    Ok(TicketView::of(it, &names(web, &it.client).await?, lang))
}

/// A ticket that has just come into being.
pub(super) async fn made(web: &Web, it: &Ticket, lang: Lang) -> Result<Response, Problem> {
    let place = format!("/api/v1/tickets/{}", it.reference);
    let view = view(web, it, lang).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(view)).into_response())
}

/// The contract to order under: the one named, or the only one this person may order under.
pub(super) async fn contract(
    web: &Web,
    person: &Person,
    code: Option<&str>,
    client: Option<&str>,
) -> Result<Contract, Problem> {
    if let Some(code) = code {
        let found = web.desk.contract(code, Some(person)).await?;
        return found.ok_or_else(Problem::not_found);
    }
    let scope = person.client.as_deref().or(client);
    let all = web.desk.contracts(scope).await?;
    match <[Contract; 1]>::try_from(all) {
        Ok([only]) => Ok(only),
        Err(all) if all.is_empty() => Err(Problem::not_found()),
        Err(_) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "contract.ambiguous",
            "Il y a plusieurs contrats\u{a0}: nommez-en un dans « contract ».",
            "There are several contracts: name one in “contract”.",
        )),
    }
}

/// The client's person for whom support files something.
pub(super) async fn on_behalf(
    web: &Web,
    actor: &Person,
    login: Option<&str>,
) -> Result<Option<Person>, Problem> {
    let Some(login) = login else { return Ok(None) };
    let person = web.desk.person(login).await?;
    let visible = |it: &Person| {
        it.client
            .as_deref()
            .is_some_and(|client| actor.sees(client))
    };
    person
        .filter(visible)
        .map(Some)
        .ok_or_else(Problem::not_found)
}

/// Which tickets.
#[derive(Deserialize)]
pub(super) struct Which {
    state: Option<String>,
    client: Option<String>,
    open: Option<bool>,
    accelerated: Option<bool>,
    limit: Option<u64>,
    after: Option<String>,
}

impl Which {
    fn filter(&self, person: &Person) -> Result<Filter, Problem> {
        let state = match &self.state {
            None => None,
            Some(it) => Some(Stage::from_word(it).ok_or_else(|| odd("state"))?),
        };
        let before = self
            .after
            .as_deref()
            .map(|it| place(it).ok_or_else(|| odd("after")));
        Ok(Filter {
            client: person.client.clone().or_else(|| self.client.clone()),
            state,
            open: self.open.unwrap_or(false),
            accelerated: self.accelerated.unwrap_or(false),
            parent: None,
            before: before.transpose()?,
            limit: self.limit.unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE) + 1,
        })
    }
}

/// A query parameter that makes no sense.
pub(super) fn odd(name: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "query.invalid",
        format!("Le paramètre «\u{a0}{name}\u{a0}» n’a pas de sens."),
        format!("The parameter “{name}” makes no sense."),
    )
}

fn cursor(row: (DateTime<Utc>, TicketId)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}", row.0.timestamp_micros(), row.1))
}

fn place(cursor: &str) -> Option<(DateTime<Utc>, TicketId)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (at, id) = text.split_once(':')?;
    Some((
        DateTime::from_timestamp_micros(at.parse().ok()?)?,
        id.parse().ok()?,
    ))
}

pub(super) async fn list(
    State(web): State<Web>,
    signed: Signed,
    Query(which): Query<Which>,
) -> Result<Json<Page<Row>>, Problem> {
    let filter = which.filter(&signed.person)?;
    let mut all = web.desk.tickets(&filter).await?;
    let size = usize::try_from(filter.limit - 1).unwrap_or(usize::MAX);
    let has_more = all.len() > size;
    all.truncate(size);
    let last = all.last().filter(|_| has_more);
    let next_cursor = last.map(|it| cursor((it.created_at, it.id)));
    let data = all.iter().map(|it| Row::of(it, signed.lang)).collect();
    Ok(Json(Page {
        data,
        has_more,
        next_cursor,
    }))
}

/// A change ordered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderBody {
    line: String,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    accelerated: bool,
    start_at: Option<DateTime<Utc>>,
    why: Option<String>,
    contract: Option<String>,
    on_behalf_of: Option<String>,
}

pub(super) async fn create(
    State(web): State<Web>,
    acting: Acting,
    Sent(body): Sent<OrderBody>,
) -> Result<Response, Problem> {
    let other = on_behalf(&web, &acting.person, body.on_behalf_of.as_deref()).await?;
    let client = other.as_ref().and_then(|it| it.client.as_deref());
    let contract = contract(&web, &acting.person, body.contract.as_deref(), client).await?;
    let entry = web.desk.catalogue.get(&body.line).cloned();
    let order = Order {
        entry: entry.ok_or_else(|| Refusal::UnknownLine(body.line.clone()))?,
        answers: body.values,
        speed: if body.accelerated {
            Speed::Accelerated
        } else {
            Speed::Normal
        },
        start: body.start_at.map_or(Start::Asap, Start::At),
        why: body.why,
        on_behalf_of: other.map(|it| PersonId(it.id.0)),
    };
    let command = Command::Order(Box::new(order));
    let ticket = begin(&web, &contract, command, acting.caller).await?;
    made(&web, &ticket, acting.lang).await
}

/// Makes a ticket under that contract. The key remembers the command, not the contract: a key
/// used for another contract is a key used for another body.
pub(super) async fn begin(
    web: &Web,
    contract: &Contract,
    command: Command,
    caller: Caller,
) -> Result<Ticket, Problem> {
    let made = web
        .desk
        .create(&contract.client, &contract.code, command, caller)
        .await?;
    match made.contract == contract.code {
        true => Ok(made),
        false => Err(Refusal::KeyReused.into()),
    }
}

pub(super) async fn one(
    State(web): State<Web>,
    signed: Signed,
    Path(reference): Path<String>,
) -> Result<Json<TicketView>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    Ok(Json(view(&web, &ticket, signed.lang).await?))
}

pub(super) async fn plan(
    State(web): State<Web>,
    signed: Signed,
    Path(reference): Path<String>,
) -> Result<Json<PlanView>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    Ok(Json(PlanView::of(&ticket, signed.lang)))
}

pub(super) async fn graph(
    State(web): State<Web>,
    signed: Signed,
    Path(reference): Path<String>,
    Query(drawn): Query<Drawn>,
) -> Result<Response, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    Ok(drawn.answer(&drawing(&ticket, signed.lang), signed.lang))
}

pub(super) async fn timeline(
    State(web): State<Web>,
    signed: Signed,
    Path(reference): Path<String>,
) -> Result<Json<Vec<Trace>>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    Ok(Json(web.desk.history(&ticket).await?))
}

pub(super) async fn ledger(
    State(web): State<Web>,
    signed: Signed,
    Path(reference): Path<String>,
) -> Result<Json<Vec<StatementLine>>, Problem> {
    let ticket = seen(&web, &signed.person, &reference).await?;
    let contract = web
        .desk
        .contract(&ticket.contract, Some(&signed.person))
        .await?;
    let contract = contract.ok_or_else(Problem::not_found)?;
    let until = web.desk.clock.now() + chrono::Duration::seconds(1);
    let statement = web
        .desk
        .statement(&contract, ticket.created_at, until)
        .await?;
    let own = |it: &StatementLine| it.reference.as_deref() == Some(ticket.reference.as_str());
    Ok(Json(statement.lines.into_iter().filter(own).collect()))
}

/// Words that go with an act.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ActBody {
    reason: String,
    tokens: u32,
}

pub(super) async fn act(
    State(web): State<Web>,
    acting: Acting,
    Path((reference, act)): Path<(String, String)>,
    Sent(body): Sent<ActBody>,
) -> Result<Json<TicketView>, Problem> {
    let reason = body.reason;
    let command = match act.as_str() {
        "cancel" => Command::Cancel { reason },
        "suspend" => Command::Suspend { reason },
        "resume" => Command::Resume,
        "give-up" => Command::GiveUp { reason },
        "redeliver" => Command::Redeliver { note: reason },
        "quote" => Command::Quote {
            tokens: Tokens(body.tokens),
            note: reason,
        },
        _ => return Err(Problem::not_found()),
    };
    send(&web, acting, &reference, command).await
}

/// Sends a command to the ticket of that reference.
pub(super) async fn send(
    web: &Web,
    acting: Acting,
    reference: &str,
    command: Command,
) -> Result<Json<TicketView>, Problem> {
    let ticket = seen(web, &acting.person, reference).await?;
    let ticket = web
        .desk
        .handle(&Known::from(&ticket), command, acting.caller)
        .await?;
    Ok(Json(view(web, &ticket, acting.lang).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nonsense_nowhere() {
        let at = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap();
        let id = TicketId(uuid::Uuid::from_u128(7));
        assert_eq!(place(&cursor((at, id))), Some((at, id)));
        assert_eq!(place("§"), None);
        assert_eq!(place(&URL_SAFE_NO_PAD.encode("1:2")), None);
    }
}
