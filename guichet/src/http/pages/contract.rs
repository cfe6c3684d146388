//! A contract's tokens and accelerated changes.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use engine::{contract::Contract, quota, store::Known, window};
use serde::Deserialize;

use super::{Portal, fail::Fail, page as show, ticket, visit::Signed};
use crate::pages::{
    Ui,
    contract::{ContractPage, Lot, Slots},
    fields::Choice,
    ui::Fact,
};

/// Months of statements to choose from.
const MONTHS: u32 = 12;

/// Which month is asked for, `2026-11`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    period: String,
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).expect("every month has a first day")
}

impl Wanted {
    /// First day of the month asked for, else of this one.
    fn month(&self, today: NaiveDate) -> NaiveDate {
        let first = format!("{}-01", self.period);
        NaiveDate::parse_from_str(&first, "%Y-%m-%d").unwrap_or_else(|_| first_of_month(today))
    }
}

pub(super) async fn page(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    Query(wanted): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Fail> {
    let Signed { ui, person } = signed;
    let desk = &portal.web.desk;
    let contract = desk
        .contract(&code, Some(&person))
        .await?
        .ok_or(Fail::NotFound)?;
    let standing = desk.standing(&contract).await?;
    let month = wanted.month(window::paris_date(ui.now));
    let next = month.checked_add_months(Months::new(1)).unwrap_or(month);
    let statement = desk
        .statement(&contract, window::midnight(month), window::midnight(next))
        .await?;
    let mut taken = Vec::new();
    for slot in &standing.slots {
        let at = Known {
            client: contract.client.clone(),
            id: slot.ticket,
        };
        if let Some(ticket) = desk.ticket_at(&at).await? {
            taken.push((ticket.reference, slot.consumed));
        }
    }
    let sum = |of: fn(&engine::ledger::Lot) -> u32| -> i64 {
        standing.lots.iter().map(|it| i64::from(of(it))).sum()
    };
    let view = ContractPage {
        code: contract.code.clone(),
        facts: facts(&ui, &contract),
        granted: sum(|it| it.granted.0 - it.expired.0),
        held: sum(|it| it.held.0),
        spent: sum(|it| it.spent.0),
        lots: standing.lots.iter().map(|it| lot(&ui, it)).collect(),
        slots: Slots {
            of: quota::PER_YEAR,
            taken,
            from: window::midnight(standing.year.from),
            until: window::midnight(before(standing.year.until)),
        },
        periods: periods(&ui, &contract, month),
        opening: statement.opening,
        moves: ticket::moves(&ui, &statement.lines, None),
        ui,
    };
    show(&view)
}

fn before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(day)
}

fn facts(ui: &Ui, contract: &Contract) -> Vec<Fact> {
    let offer = match contract.offer {
        catalogue::Offer::Dedicated => "offer-dedicated",
        catalogue::Offer::Shared => "offer-shared",
    };
    let from = ui.day_text(window::midnight(contract.starts));
    let until = ui.day_text(window::midnight(contract.ends));
    vec![
        Fact::new(ui.t("contract-client"), &contract.client_name),
        Fact::new(ui.t("contract-offer"), ui.t(offer)),
        Fact::new(ui.t("contract-dates"), format!("{from} → {until}")),
        Fact::new(ui.t("contract-clusters"), contract.clusters.join(", ")),
    ]
}

fn lot(ui: &Ui, lot: &engine::ledger::Lot) -> Lot {
    let granted = ui.day_text(lot.granted_at);
    Lot {
        label: ui.say("lot-of").with("when", granted).to_string(),
        granted: i64::from(lot.granted.0),
        left: i64::from(lot.available(ui.now).0),
        expires: lot.expires_at,
    }
}

/// The months of the contract so far, newest first.
fn periods(ui: &Ui, contract: &Contract, chosen: NaiveDate) -> Vec<Choice> {
    let this = first_of_month(window::paris_date(ui.now));
    let starts = first_of_month(contract.starts);
    let back = |n| this.checked_sub_months(Months::new(n));
    let months = (0..MONTHS)
        .filter_map(back)
        .take_while(|it| *it >= starts || *it == this);
    let choice = |it: NaiveDate| {
        let at: DateTime<Utc> = window::midnight(it);
        let value = it.format("%Y-%m").to_string();
        Choice {
            chosen: it == chosen,
            ..Choice::new(value, ui.month_text(at))
        }
    };
    months.map(choice).collect()
}
