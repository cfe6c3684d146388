//! `/contracts`: what is left, what was used, and grants.

use super::{
    super::{Web, problem::Problem},
    auth::{Acting, Signed},
    body::Sent,
    tickets::odd,
    views::contract::{Balance, ContractView, Quota, StandingView},
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use catalogue::Tokens;
use chrono::{DateTime, Months, NaiveDate, Utc};
use engine::{
    ambient::{Ids, System},
    audit::{Statement, StatementLine},
    contract::Contract,
    desk::Desk,
    id::LotId,
    ledger::Lot,
    people::Person,
    ticket::Refusal,
    window::midnight,
};
use serde::Deserialize;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use uuid::Uuid;

async fn seen(web: &Web, person: &Person, code: &str) -> Result<Contract, Problem> {
    let found = web.desk.contract(code, Some(person)).await?;
    found.ok_or_else(Problem::not_found)
}

async fn standing(web: &Web, contract: &Contract) -> Result<StandingView, Problem> {
    let standing = web.desk.standing(contract).await?;
    Ok(StandingView::of(&standing, web.desk.clock.now()))
}

pub(super) async fn list(
    State(web): State<Web>,
    signed: Signed,
) -> Result<Json<Vec<ContractView>>, Problem> {
    let all = web.desk.contracts(signed.person.client.as_deref()).await?;
    Ok(Json(all.iter().map(ContractView::from).collect()))
}

pub(super) async fn one(
    State(web): State<Web>,
    signed: Signed,
    Path(code): Path<String>,
) -> Result<Json<StandingView>, Problem> {
    let contract = seen(&web, &signed.person, &code).await?;
    Ok(Json(standing(&web, &contract).await?))
}

pub(super) async fn balance(
    State(web): State<Web>,
    signed: Signed,
    Path(code): Path<String>,
) -> Result<Json<Balance>, Problem> {
    let contract = seen(&web, &signed.person, &code).await?;
    Ok(Json(standing(&web, &contract).await?.tokens))
}

pub(super) async fn quota(
    State(web): State<Web>,
    signed: Signed,
    Path(code): Path<String>,
) -> Result<Json<Quota>, Problem> {
    let contract = seen(&web, &signed.person, &code).await?;
    Ok(Json(standing(&web, &contract).await?.accelerated))
}

pub(super) async fn ledger(
    State(web): State<Web>,
    signed: Signed,
    Path(code): Path<String>,
) -> Result<Json<Vec<StatementLine>>, Problem> {
    let contract = seen(&web, &signed.person, &code).await?;
    let until = web.desk.clock.now() + chrono::Duration::seconds(1);
    let statement = web
        .desk
        .statement(&contract, DateTime::UNIX_EPOCH, until)
        .await?;
    Ok(Json(statement.lines))
}

/// `2026` or `2026-11`, in the days of Paris.
fn period(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (first, months) = match text.len() {
        4 => (format!("{text}-01-01"), 12),
        7 => (format!("{text}-01"), 1),
        _ => return None,
    };
    let first: NaiveDate = first.parse().ok()?;
    let next = first.checked_add_months(Months::new(months))?;
    Some((midnight(first), midnight(next)))
}

pub(super) async fn statement(
    State(web): State<Web>,
    signed: Signed,
    Path((code, text)): Path<(String, String)>,
) -> Result<Json<Statement>, Problem> {
    let contract = seen(&web, &signed.person, &code).await?;
    let (from, until) = period(&text).ok_or_else(|| odd("period"))?;
    Ok(Json(web.desk.statement(&contract, from, until).await?))
}

/// Tokens granted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantBody {
    tokens: u32,
    expires_at: Option<DateTime<Utc>>,
}

/// Gives the lot the name that follows from the caller's key, then names like any other.
struct Keyed {
    lot: Uuid,
    given: AtomicBool,
}

impl Ids for Keyed {
    fn id(&self) -> Uuid {
        match self.given.swap(true, Ordering::SeqCst) {
            false => self.lot,
            true => System.id(),
        }
    }
    fn secret(&self) -> [u8; 32] {
        System.secret()
    }
}

/// Grants a lot whose name follows from the key: the same request again finds the lot there, and
/// two at the same moment cannot both write it.
pub(super) async fn grant(
    State(web): State<Web>,
    acting: Acting,
    Path(code): Path<String>,
    Sent(body): Sent<GrantBody>,
) -> Result<(StatusCode, Json<StandingView>), Problem> {
    let contract = seen(&web, &acting.person, &code).await?;
    let lot = acting.caller.command.derive(0);
    let made = StatusCode::CREATED;
    if replayed(&web, &contract, lot, &body).await? {
        return Ok((made, Json(standing(&web, &contract).await?)));
    }
    let ids = Arc::new(Keyed {
        lot,
        given: AtomicBool::new(false),
    });
    let desk = Desk {
        ids,
        ..web.desk.clone()
    };
    let tokens = Tokens(body.tokens);
    let granted = desk
        .grant(&contract, tokens, body.expires_at, acting.caller)
        .await;
    if let Err(error) = granted
        && !replayed(&web, &contract, lot, &body).await?
    {
        return Err(error.into());
    }
    Ok((made, Json(standing(&web, &contract).await?)))
}

/// Whether that lot is there already, as this body asks for it.
async fn replayed(
    web: &Web,
    contract: &Contract,
    lot: Uuid,
    body: &GrantBody,
) -> Result<bool, Problem> {
    let standing = web.desk.standing(contract).await?;
    let same = |it: &Lot| it.granted.0 == body.tokens && it.expires_at == body.expires_at;
    match standing.lots.iter().find(|it| it.id == LotId(lot)) {
        None => Ok(false),
        Some(it) if same(it) => Ok(true),
        Some(_) => Err(Refusal::KeyReused.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_year_or_a_month_of_paris() {
        let (from, until) = period("2026-11").unwrap();
        assert_eq!(from.to_rfc3339(), "2026-10-31T23:00:00+00:00");
        assert_eq!(until.to_rfc3339(), "2026-11-30T23:00:00+00:00");
        assert!(period("2026").is_some());
        assert!(period("2026-13").is_none() && period("now").is_none());
    }
}
